//! Where third-party people are placed, recomputed for those whose groups have changed.

use std::collections::HashMap;

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};
use vestibule_domain::event::{Action, Payload};
use vestibule_domain::placement::{Candidate, Membership, Placement, place};
use vestibule_domain::provider::UserType;
use vestibule_domain::{EventId, GroupId, UserId, VendorId};
use vestibule_storage::links::Scope;
use vestibule_storage::placements::Moves;
use vestibule_storage::warnings::Warning;
use vestibule_storage::{Write, placements, vendors, warnings};

use crate::links::LetIn;
use crate::{Caller, Change, Error, Service, Warned, memberships};

/// People looked at together.
const CHUNK: usize = 1_000;
/// Being taken so often from the vendor that one was placed in raises an alarm...
const FLAPPING: i64 = 5;
/// ...when it happens within this time.
const FLAPPING_WITHIN: Duration = Duration::minutes(10);

impl Service {
    /// Places people anew after their groups, or the vendors of these, have changed. Who stays
    /// where they are is not written.
    pub(crate) fn replace_people(
        &self,
        tx: &mut Write<'_>,
        caller: &Caller,
        people: &[UserId],
        cause: EventId,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        if caller.provider.settings.user_type == UserType::Internal {
            return self.follow_access(tx, caller, people, cause, now);
        }
        let template = Change {
            action: Action::PlacementChanged,
            cause: Some(cause),
            ..caller.change(caller.provider.id, now)
        };
        self.place_anew(tx, people, &template)
    }

    /// The same for whoever acts: `template` is the event to be filled in.
    pub(crate) fn place_anew(
        &self,
        tx: &mut Write<'_>,
        people: &[UserId],
        template: &Change,
    ) -> Result<(), Error> {
        for chunk in people.chunks(CHUNK) {
            let groups = memberships::of_users(tx, chunk)?.groups;
            let mut ids: Vec<GroupId> = groups
                .values()
                .flatten()
                .map(|membership| membership.group)
                .collect();
            ids.sort_unstable();
            ids.dedup();
            let vendors: HashMap<GroupId, VendorId> =
                vendors::ids_by_groups(tx, &ids)?.into_iter().collect();
            let stored = placements::find(tx, chunk)?;
            let mut changes: Vec<(UserId, Option<Placement>)> = Vec::new();
            let mut moves: Vec<Value> = Vec::new();
            let mut taken: Vec<UserId> = Vec::new();
            for user in chunk {
                let memberships = groups.get(user).map_or(&[][..], Vec::as_slice);
                let next = place(&candidates(memberships, &vendors));
                let current = stored.get(user).map(|stored| &stored.placement);
                if next.as_ref() == current {
                    continue;
                }
                let vendor =
                    |placement: Option<&Placement>| placement.map(|placement| placement.vendor);
                moves.push(json!({"user": user, "from": vendor(current), "to": vendor(next.as_ref()), "candidates":
                    next.as_ref().map(|placement| &placement.candidates)}));
                if current.is_some() && vendor(current) != vendor(next.as_ref()) {
                    taken.push(*user);
                }
                changes.push((*user, next));
            }
            if changes.is_empty() {
                continue;
            }
            let event = self.id(EventId::from_uuid, template.at);
            self.record(
                tx,
                Change {
                    id: Some(event),
                    payload: Payload {
                        before: None,
                        after: Some(json!({"rule": "last_group_wins", "placements": moves})),
                        why: None,
                    },
                    ..template.clone()
                },
            );
            placements::set(tx, &changes, template.at, event)?;
            let people: Vec<UserId> = changes.iter().map(|(user, _)| *user).collect();
            let followed = Change {
                cause: Some(event),
                ..template.clone()
            };
            self.watch_flapping(tx, &taken, &followed)?;
            self.settle_links(tx, &Scope::Users(&people), &followed)?;
            self.consider(tx, LetIn::People(&people), event, template.at)?;
        }
        Ok(())
    }
    /// Tells administrators of people who are taken from their vendor again and again, once each
    /// time it comes to that: two products, or two rules of one, fight over them.
    fn watch_flapping(
        &self,
        tx: &mut Write<'_>,
        taken: &[UserId],
        template: &Change,
    ) -> Result<(), Error> {
        if taken.is_empty() {
            return Ok(());
        }
        let now = template.at;
        let known = placements::moves(tx, taken)?;
        let mut counts = Vec::with_capacity(taken.len());
        for user in taken {
            let lately = known.get(user).filter(|count| {
                // A clock that was set back begins to count anew.
                (Duration::zero()..FLAPPING_WITHIN).contains(&(now - count.since))
            });
            let count = Moves {
                user: *user,
                since: lately.map_or(now, |count| count.since),
                moves: lately.map_or(0, |count| count.moves) + 1,
            };
            if count.moves == FLAPPING {
                self.raise_flapping(tx, *user, template)?;
            }
            counts.push(count);
        }
        Ok(placements::count_moves(tx, &counts)?)
    }

    fn raise_flapping(
        &self,
        tx: &mut Write<'_>,
        user: UserId,
        template: &Change,
    ) -> Result<(), Error> {
        let said = Warned::Flapping.said([
            ("times", FLAPPING.to_string().into()),
            ("minutes", FLAPPING_WITHIN.num_minutes().to_string().into()),
        ]);
        let detail = said.to_string();
        let event = self.record(
            tx,
            Change {
                action: Action::PlacementFlapping,
                subject: user.into(),
                payload: Payload {
                    before: None,
                    after: Some(json!({"moves": FLAPPING})),
                    why: Some(detail.clone()),
                },
                ..template.clone()
            },
        );
        let Some(provider) = template.provider else {
            return Ok(());
        };
        let warning = Warning {
            provider,
            kind: "placement_flapping".to_owned(),
            subject: user.to_string(),
            detail,
            raised: template.at,
            event,
        };
        Ok(warnings::raise(tx, &warning)?)
    }
}

/// The vendors that the groups somebody belongs to offer them.
pub(crate) fn candidates(
    memberships: &[Membership],
    vendors: &HashMap<GroupId, VendorId>,
) -> Vec<Candidate> {
    memberships
        .iter()
        .filter_map(|membership| {
            Some(Candidate {
                vendor: *vendors.get(&membership.group)?,
                group: membership.group,
                arrived: membership.arrived,
            })
        })
        .collect()
}
