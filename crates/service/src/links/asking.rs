//! People who lost their way in: they enter their e-mail address at the sign-in page and are mailed a
//! link, if they may get in. Nobody learns from the answer whether an address is known.

use chrono::{DateTime, Duration, Utc};
use vestibule_domain::UserId;
use vestibule_domain::access::decide;
use vestibule_domain::event::{Action, Actor, Payload};
use vestibule_domain::link::{Link, LinkOrigin, Wanted};
use vestibule_domain::mail::{check_address, key};
use vestibule_storage::links::{self, Scope};
use vestibule_storage::users::{self, User};
use vestibule_storage::{Write, outbox};

use super::automatic::hold;
use super::codes::Visitor;
use crate::{Change, Error, Service, access};

/// How long a person who was mailed a link waits for the next.
const PAUSE: Duration = Duration::minutes(10);

impl Service {
    /// Whether somebody at that source may ask now. It counts as having asked.
    pub fn may_ask_for_link(&self, visitor: &Visitor) -> bool {
        let now = self.now();
        let admitted = self.asking_throttle().admits(visitor.address, now);
        if admitted {
            self.asking_throttle().failed(visitor.address, now);
        }
        admitted
    }

    /// Mails a link to the active person with that e-mail address who may get in now: the one they
    /// have, or a new one. Whatever stands in the way, nothing is told of it.
    pub fn ask_for_link(&self, email: &str, visitor: &Visitor) -> Result<(), Error> {
        let email = email.trim();
        if !self.settings().links.mail || check_address(email).is_err() {
            return Ok(());
        }
        let (service, visitor) = (self.clone(), visitor.clone());
        let key = key(email);
        self.store().write("links.ask", move |tx| {
            let now = service.now();
            let Some(user) = users::find_by_email(tx, &key)? else {
                return Ok(());
            };
            service.answer_asking(tx, &user, &visitor, now)
        })
    }

    fn answer_asking(
        &self,
        tx: &mut Write<'_>,
        user: &User,
        visitor: &Visitor,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let facts = access::facts(tx, user.id)?;
        if !decide(&facts, now).allowed() || hold(tx, user, &facts)?.is_some() {
            return Ok(());
        }
        let link = if let Some(link) = standing_link(tx, user.id, now)? {
            let letters = outbox::of_link(tx, link.id)?;
            if letters.iter().any(|letter| letter.created + PAUSE > now) {
                return Ok(());
            }
            link
        } else {
            let template = Change {
                id: None,
                at: now,
                actor: Actor::System,
                action: Action::LinkCreated,
                subject: user.id.into(),
                provider: Some(user.provider),
                cause: None,
                request_id: Some(visitor.request_id.clone()),
                payload: Payload::default(),
            };
            let wanted = Wanted::default();
            match self.make_link(tx, user.id, wanted, LinkOrigin::Asked, &template) {
                Ok(link) => link,
                Err(Error::Conflict(_) | Error::Invalid { .. }) => return Ok(()),
                Err(error) => return Err(error),
            }
        };
        match self.mail_link(tx, &link, user.email.as_deref()) {
            Err(Error::Conflict(_)) => Ok(()),
            done => done,
        }
    }
}

/// The link a person has that works now.
fn standing_link(
    tx: &mut Write<'_>,
    user: UserId,
    now: DateTime<Utc>,
) -> Result<Option<Link>, Error> {
    let standing = links::standing(tx, &Scope::Users(&[user]), now)?;
    Ok(standing.into_iter().find(|link| link.start <= now))
}
