//! Where third-party people are placed, recomputed for those whose groups have changed.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use vestibule_domain::event::{Action, Payload};
use vestibule_domain::placement::{Candidate, Placement, place};
use vestibule_domain::provider::UserType;
use vestibule_domain::{EventId, GroupId, UserId, VendorId};
use vestibule_storage::links::Scope;
use vestibule_storage::{Write, placements, vendors};

use crate::links::LetIn;
use crate::{Caller, Change, Error, Service, memberships};

/// People looked at together.
const CHUNK: usize = 1_000;

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
            let groups = memberships::of_users(tx, chunk)?;
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
            for user in chunk {
                let candidates: Vec<Candidate> = groups
                    .get(user)
                    .into_iter()
                    .flatten()
                    .filter_map(|membership| {
                        let vendor = *vendors.get(&membership.group)?;
                        Some(Candidate {
                            vendor,
                            group: membership.group,
                            arrived: membership.arrived,
                        })
                    })
                    .collect();
                let next = place(&candidates);
                let current = stored.get(user).map(|stored| &stored.placement);
                if next.as_ref() == current {
                    continue;
                }
                let vendor =
                    |placement: Option<&Placement>| placement.map(|placement| placement.vendor);
                moves.push(json!({"user": user, "from": vendor(current), "to": vendor(next.as_ref()), "candidates":
                    next.as_ref().map(|placement| &placement.candidates)}));
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
            self.settle_links(tx, &Scope::Users(&people), &followed)?;
            self.consider(tx, LetIn::People(&people), event, template.at)?;
        }
        Ok(())
    }
}
