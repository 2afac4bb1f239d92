//! Settings > System > Health: whether everything that runs in the background keeps up.

use chrono::Duration;
use vestibule_domain::hexadecimal;
use vestibule_service::Service;
use vestibule_service::health::Health;

use super::MOUNT;
use super::page::{Anchor, Block, Cell, Fact, Notice, Page, Remark, Section, Tile, Tone};
use super::reply::Answer;
use super::visit::Visit;

/// Events that may wait for their place in the chain before it is worth a word.
const UNSEALED: i64 = 1_000;
/// Letters that may wait.
const LETTERS: i64 = 100;
/// For so long a jump of the clock is worth a word.
const JUMPED: Duration = Duration::days(1);

pub(super) async fn show(visit: &Visit) -> Answer {
    let t = visit.t;
    let health = visit
        .run(|service: &Service, call| service.health(call))
        .await?;
    let mut waiting = vec![queues(visit, &health)];
    if let Some(why) = &health.signing_error {
        let mut notice = Notice::new(Tone::Bad, t.get("health.no_hand_over"));
        notice.more.push(Remark {
            text: t.hindrance(why),
            link: None,
        });
        waiting.insert(0, Block::Notice(notice));
    }
    let jump = health.clock.last;
    if let Some(jump) = jump.filter(|jump| (health.at - jump.at).abs() < JUMPED) {
        let text = t.say("health.jumped", &[("seconds", &jump.seconds)]);
        waiting.insert(0, Block::Notice(Notice::new(Tone::Waiting, text)));
    }
    Ok(Page {
        title: t.own("nav.health"),
        lead: Some(t.own("health.lead")),
        trail: vec![
            Anchor::words(t.own("nav.settings")),
            Anchor::words(t.own("nav.system")),
            Anchor::new(t.own("nav.health"), format!("{MOUNT}/health")),
        ],
        current: "nav.health",
        sections: vec![
            Section::new("queues", t.own("health.queues"), waiting),
            Section {
                lead: Some(t.own("health.chain_lead")),
                ..Section::new("chain", t.own("health.chain"), vec![chain(visit, &health)])
            },
            Section::new(
                "server",
                t.own("health.server"),
                vec![server(visit, &health)],
            ),
        ],
        ..Page::default()
    }
    .into())
}

fn queues(visit: &Visit, health: &Health) -> Block {
    let t = visit.t;
    let tile = |figure: i64, most: i64, key: &'static str, path: &str| Tile {
        figure: figure.to_string(),
        label: t.own(key),
        href: format!("{MOUNT}{path}"),
        tone: if figure > most { Tone::Bad } else { Tone::Good },
    };
    Block::Tiles(vec![
        tile(health.unsealed, UNSEALED, "health.unsealed", "/events"),
        tile(health.letters_waiting, LETTERS, "health.letters", "/links"),
        tile(
            health.people_waiting,
            LETTERS * 100,
            "health.people",
            "/links",
        ),
        tile(health.dropped_requests, 0, "health.dropped", "/requests"),
    ])
}

fn chain(visit: &Visit, health: &Health) -> Block {
    let t = visit.t;
    let head = health.head.as_deref().map(hexadecimal);
    let head = head.map_or(Cell::Nothing, Cell::Copy);
    Block::Facts(vec![
        Fact::new(t.own("health.sealed"), Cell::Number(health.sealed)),
        Fact::new(t.own("health.head"), head),
    ])
}

fn server(visit: &Visit, health: &Health) -> Block {
    let t = visit.t;
    let jumps = i64::try_from(health.clock.count).unwrap_or(i64::MAX);
    Block::Facts(vec![
        Fact::new(
            t.own("health.version"),
            Cell::Code(env!("CARGO_PKG_VERSION").to_owned()),
        ),
        Fact::new(
            t.own("health.database"),
            Cell::text(health.engine.to_owned()),
        ),
        Fact::new(
            t.own("health.migration"),
            Cell::optional(health.migrations.last().cloned()),
        ),
        Fact::new(
            t.own("health.migrations"),
            Cell::Number(i64::try_from(health.migrations.len()).unwrap_or(i64::MAX)),
        ),
        Fact::new(t.own("health.node"), Cell::Code(health.node.clone())),
        Fact::new(t.own("health.now"), Cell::Time(health.at)),
        Fact::new(t.own("health.jumps"), Cell::Number(jumps)),
        Fact::new(
            t.own("health.last_jump"),
            health
                .clock
                .last
                .map_or(Cell::Nothing, |jump| Cell::Time(jump.at)),
        ),
        Fact::new(
            t.own("health.url"),
            Cell::Copy(visit.web.settings.public_url.clone()),
        ),
    ])
}
