//! The form by which access is requested for a person.

use chrono::Duration;
use vestibule_domain::access_group::AccessGroup;
use vestibule_domain::access_request::{Asked, approvals_needed};
use vestibule_domain::{Mistake, UserId};
use vestibule_service::Error;
use vestibule_service::people::Person;

use super::{href, refused, trail};
use crate::console::fields::Fields;
use crate::console::form::{Field, Form, Pick};
use crate::console::page::{Block, Notice, Page, Section, Tone};
use crate::console::phrase::Phrase;
use crate::console::query::Pairs;
use crate::console::reply::{Answer, Reply};
use crate::console::visit::Visit;
use crate::console::when::When;
use crate::console::{links, people};

/// Minutes that the form offers: hours, a day, a week, a month.
const OFFERED: [i64; 7] = [60, 120, 240, 480, 1_440, 10_080, 43_200];

pub(in crate::console) async fn new(visit: &Visit) -> Answer {
    let found = find(visit).await?;
    let form = form(visit, &found, &Pairs::default());
    Ok(page(visit, &found, form, false).into())
}

type Found = (Person, Option<AccessGroup>);

async fn find(visit: &Visit) -> Result<Found, Error> {
    let user: UserId = visit.id("user")?;
    visit
        .run(move |service, call| {
            let details = service.find_person(call, user)?;
            Ok((details.person, service.policy_of(call, user)?))
        })
        .await
}

fn form(visit: &Visit, (person, policy): &Found, typed: &Pairs) -> Form {
    let t = visit.t;
    let mut durations = vec![Pick::new("", t.own("link.usual"))];
    durations.extend(
        OFFERED.map(|minutes| Pick::new(minutes.to_string(), t.span(Duration::minutes(minutes)))),
    );
    let governed = policy
        .as_ref()
        .is_some_and(|policy| policy.settings.governance_id_required);
    let governance_id = Field::line(
        "governance_id",
        t.own("access_request.governance_id"),
        typed.get("governance_id"),
    )
    .hint(t.own("access_request.governance_id_hint"));
    let mut fields = vec![
        Field::area(
            "justification",
            t.own("access_request.justification"),
            typed.get("justification"),
            4,
        )
        .required()
        .hint(t.own("access_request.justification_hint")),
        Field::line(
            "reason",
            t.own("access_request.reason"),
            typed.get("reason"),
        )
        .hint(t.own("access_request.reason_hint")),
        if governed {
            governance_id.required()
        } else {
            governance_id
        },
        Field::when(
            "start",
            t.own("access_request.start"),
            When::sent(typed, "start"),
        )
        .hint(t.own("access_request.start_hint")),
        Field::choice(
            "duration_minutes",
            t.own("provider.life"),
            durations,
            typed.get("duration_minutes"),
        ),
    ];
    let chosen = if typed.has("forwarding") {
        typed.get("forwarding")
    } else {
        links::MAILED
    };
    fields.extend(links::forwarding(visit, chosen));
    let mut form = Form::of(
        "request",
        format!("{}/request", people::href(person.id)),
        t.own("access_request.ask"),
        fields,
    );
    form.cancel = Some(people::href(person.id));
    form
}

fn page(visit: &Visit, (person, policy): &Found, form: Form, wrong: bool) -> Page {
    let t = visit.t;
    let lead = policy.as_ref().map(|policy| {
        let needed = approvals_needed(&policy.settings);
        let group = &policy.settings.name;
        t.say(
            "access_request.needed",
            &[("group", group), ("count", &needed)],
        )
    });
    let title = t.say("access_request.ask_for", &[("name", &person.user_name)]);
    Page {
        lead,
        trail: trail(t),
        current: "nav.access_requests",
        notice: wrong.then(|| Notice::new(Tone::Bad, t.own("form.wrong"))),
        sections: vec![Section::new("form", title.clone(), vec![Block::Form(form)])],
        title,
        ..Page::default()
    }
}

pub(in crate::console) async fn ask(visit: &Visit, fields: &Fields) -> Answer {
    let user: UserId = visit.id("user")?;
    let (asked, mut wrong) = asked(visit, fields);
    let found = find(visit).await?;
    if let (_, Some(policy)) = &found {
        let mistakes = asked.mistakes(&policy.settings);
        visit.add_mistakes(&mut wrong, mistakes.into_iter().map(Error::from))?;
    }
    let mut form = form(visit, &found, fields);
    if wrong.is_empty() {
        let made = visit
            .run(move |service, call| service.request_access(call, user, asked))
            .await;
        match made {
            Ok(made) => {
                let request = href(made.request.id);
                return Ok(Reply::See(format!("{request}?done=requested")));
            }
            Err(error) => refused(visit, &mut form, error, "justification")?,
        }
    }
    form.mark_all(wrong, "justification");
    Ok(Reply::Mistaken(Box::new(page(visit, &found, form, true))))
}

/// What is asked for, as far as it can be read, and what cannot.
fn asked(visit: &Visit, fields: &Fields) -> (Asked, Vec<(String, Phrase)>) {
    let t = visit.t;
    let given = |name: &str| fields.given(name).map(str::to_owned);
    let mut wrong: Vec<(String, Phrase)> = Vec::new();
    let start = When::sent(fields, "start")
        .instant()
        .map_err(|key| wrong.push(("start".to_owned(), t.get(key).into())))
        .unwrap_or_default();
    let name = "duration_minutes";
    let duration_minutes = match fields.given(name).map(str::parse) {
        None => None,
        Some(Ok(minutes)) => Some(minutes),
        Some(Err(_)) => {
            let mistake = t.mistake(name, Mistake::NotWhole.english());
            wrong.push((name.to_owned(), mistake));
            None
        }
    };
    let asked = Asked {
        justification: fields.get("justification").trim().replace("\r\n", "\n"),
        reason: given("reason"),
        governance_id: given("governance_id"),
        start,
        duration_minutes,
        mailed: fields.get("forwarding") == links::MAILED,
    };
    (asked, wrong)
}
