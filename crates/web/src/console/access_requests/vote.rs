//! The form to decide by, and the decisions.

use vestibule_domain::AccessRequestId;
use vestibule_domain::access_request::{AccessRequest, RequestState, Voice, VoteError};
use vestibule_service::access_requests::AccessRequestDetails;
use vestibule_service::{Error, Role};

use super::page::{find, page};
use super::{href, refused};
use crate::console::fields::Fields;
use crate::console::form::{Field, Form, Pick};
use crate::console::links;
use crate::console::page::{Block, Button, Cell, Fact, Notice, Section, Tone};
use crate::console::reply::{Answer, Reply};
use crate::console::visit::Visit;

/// The word of the form that stands for an approval.
const APPROVE: &str = "approve";

/// The form to decide by; or why who is signed in has no say. And the way back.
pub(super) fn decide(visit: &Visit, details: &AccessRequestDetails, form: Form) -> Section {
    let t = visit.t;
    let request = &details.request;
    let voice = Voice {
        administrator: Some(visit.who.id),
        name: visit.who.name.clone(),
    };
    let now = visit.web.service.now();
    let admitted = details.policy.as_ref().map_or(
        Err(t.get("access_request.group_gone_next").into()),
        |policy| {
            let admitted = request.admits(&voice, &details.votes, policy, now);
            admitted.map_err(|error: VoteError| t.hindrance(&error.hindrance().said([])))
        },
    );
    let mut blocks = vec![match admitted {
        Ok(()) => Block::Form(form),
        Err(why) => Block::Phrase(why),
    }];
    if request.requester == voice || visit.may(Role::Administrator) {
        let withdraw = Cell::Button(Button {
            text: t.own("access_request.withdraw"),
            about: request.user_name.clone(),
            action: format!("{}/withdraw", href(request.id)),
            fields: Vec::new(),
            tone: Tone::Bad,
        });
        let label = t.own("access_request.take_back");
        blocks.push(Block::Facts(vec![Fact::new(label, withdraw)]));
    }
    Section::new("decide", t.own("access_request.decide"), blocks)
}

pub(super) fn vote_form(
    visit: &Visit,
    request: &AccessRequest,
    chosen: &str,
    comment: &str,
) -> Form {
    let t = visit.t;
    let picks = vec![
        Pick::new(APPROVE, t.own("access_request.approve")),
        Pick::new("disapprove", t.own("access_request.disapprove")),
    ];
    Form::of(
        "vote",
        format!("{}/vote", href(request.id)),
        t.own("access_request.decide"),
        vec![
            Field::radios("vote", t.own("access_request.your_vote"), picks, chosen).required(),
            Field::line("comment", t.own("access_request.comment"), comment)
                .hint(t.own("access_request.comment_hint")),
        ],
    )
}

/// Approves or disapproves. The last approval shows the link.
pub(in crate::console) async fn vote(visit: &Visit, fields: &Fields) -> Answer {
    let id: AccessRequestId = visit.id("access request")?;
    let visit = &Visit {
        path: href(id),
        ..visit.clone()
    };
    let comment = fields.given("comment").map(str::to_owned);
    let voted = match fields.get("vote") {
        "" => Err(Error::Invalid {
            field: "vote".to_owned(),
            detail: visit.t.own("form.choose"),
        }),
        word => {
            let approves = word == APPROVE;
            visit
                .run(move |service, call| service.vote_on_access(call, id, approves, comment))
                .await
        }
    };
    match voted {
        Ok(voted) => Ok(match voted.link {
            Some(made) => links::fresh(visit, &made),
            None => Reply::See(format!("{}?done=voted", href(id))),
        }),
        Err(error) => {
            let shown = find(visit).await?;
            let request = &shown.details.request;
            let mut form = vote_form(visit, request, fields.get("vote"), fields.get("comment"));
            refused(visit, &mut form, error, "comment")?;
            let mut page = page(visit, &shown, form, true);
            // Decided meanwhile: there is no form any more that could say so.
            if request.state != RequestState::Pending {
                let decided = VoteError::Decided(request.state).hindrance();
                let text = visit.t.hindrance(&decided.said([]));
                page.notice = Some(Notice::new(Tone::Bad, text));
            }
            Ok(Reply::Mistaken(Box::new(page)))
        }
    }
}

pub(in crate::console) async fn withdraw(visit: &Visit, _: &Fields) -> Answer {
    let id: AccessRequestId = visit.id("access request")?;
    visit
        .run(move |service, call| service.withdraw_access_request(call, id))
        .await?;
    Ok(Reply::See(format!("{}?done=withdrawn", href(id))))
}
