//! People who lost their way in: they enter their e-mail address at the sign-in page and are mailed a
//! link, if they may get in. Nobody learns from the answer whether an address is known.

use chrono::{DateTime, Duration, Utc};
use vestibule_domain::access::{Facts, decide};
use vestibule_domain::link::{Link, LinkOrigin, Wanted};
use vestibule_domain::mail::{self, check_address};
use vestibule_storage::links::{self, Scope};
use vestibule_storage::users::{self, User};
use vestibule_storage::{Write, outbox};

use super::automatic::hold;
use super::codes::Visitor;
use super::{Grounds, by_itself};
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
        // What is written another way is the same address, the dot at the end of a host too.
        let key = mail::key(email);
        if !self.settings().links.mail || check_address(&key).is_err() {
            return Ok(());
        }
        let (service, visitor) = (self.clone(), visitor.clone());
        self.store().write("links.ask", move |tx| {
            let now = service.now();
            let Some(user) = users::find_by_email(tx, &key)? else {
                return Ok(());
            };
            // Whoever asks in vain keeps nobody waiting.
            let facts = access::facts(tx, user.id)?;
            if matches!(due(tx, &user, &facts, now)?, Due::Nothing) {
                return Ok(());
            }
            let grounds = match Grounds::held(tx, user.id) {
                Err(Error::NotFound(_)) => return Ok(()),
                grounds => grounds?,
            };
            let as_before = grounds.person.active
                && grounds.person.email.as_deref().map(mail::key).as_ref() == Some(&key);
            if !as_before {
                return Ok(());
            }
            // The locks may have been waited for: what another made meanwhile stands by now.
            service.answer_asking(tx, &grounds, &visitor, service.now())
        })
    }

    /// Under the locks that a link is made under: neither a press nor another who asks comes between.
    fn answer_asking(
        &self,
        tx: &mut Write<'_>,
        grounds: &Grounds,
        visitor: &Visitor,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let Grounds { person, facts } = grounds;
        let link = match due(tx, person, facts, now)? {
            Due::Nothing => return Ok(()),
            Due::Again(link) => link,
            Due::New => {
                let template = Change {
                    request_id: Some(visitor.request_id.clone()),
                    ..by_itself(person, now)
                };
                let wanted = Wanted::default();
                match self.make_link_on(tx, grounds, wanted, LinkOrigin::Asked, &template) {
                    Ok(link) => link,
                    Err(Error::Conflict(_) | Error::Invalid { .. }) => return Ok(()),
                    Err(error) => return Err(error),
                }
            }
        };
        match self.mail_link(tx, &link, person.email.as_deref()) {
            Err(Error::Conflict(_)) => Ok(()),
            done => done,
        }
    }
}

/// What a person gets who asks for a link.
enum Due {
    Nothing,
    /// The link that works now, once more.
    Again(Link),
    New,
}

/// What a person gets by asking, as things stand.
fn due(tx: &mut Write<'_>, person: &User, facts: &Facts, now: DateTime<Utc>) -> Result<Due, Error> {
    if !decide(facts, now).allowed() || hold(tx, person, facts)?.is_some() {
        return Ok(Due::Nothing);
    }
    let standing = links::standing(tx, &Scope::Users(&[person.id]), now)?;
    let Some(link) = standing.into_iter().find(|link| link.start <= now) else {
        return Ok(Due::New);
    };
    let letters = outbox::of_link(tx, link.id)?;
    let lately = letters.iter().any(|letter| letter.created + PAUSE > now);
    Ok(if lately {
        Due::Nothing
    } else {
        Due::Again(link)
    })
}
