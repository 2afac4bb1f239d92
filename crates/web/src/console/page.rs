//! What a page of the console is made of. Pages say what they show, one template says how.

use chrono::{DateTime, Utc};

use super::form::Form;
use super::phrase::Phrase;
use super::table::Table;
use super::text::Texts;

/// A page: a column of sections, and maybe a narrower one beside it.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) title: String,
    /// A sentence under the title.
    pub(crate) lead: Option<String>,
    /// State of the thing the page is about, beside its title.
    pub(crate) badge: Option<Badge>,
    /// Where the page stands: what leads to it, outermost first.
    pub(crate) trail: Vec<Anchor>,
    pub(crate) actions: Vec<Anchor>,
    pub(crate) notice: Option<Notice>,
    pub(crate) sections: Vec<Section>,
    pub(crate) aside: Vec<Section>,
    /// Of the navigation, the entry that is current.
    pub(crate) current: &'static str,
    pub(crate) live: Option<Live>,
}

/// That a page listens: its parts `live` and `live-calls` come anew when the stream says so.
#[derive(Debug)]
pub(crate) struct Live {
    /// Address of the stream of events; empty: they come anew every other second.
    pub(crate) stream: String,
    /// Where the parts are read from.
    pub(crate) page: String,
    /// Whether the whole page comes anew again and again where there is no script.
    pub(crate) refresh: bool,
}

/// A part of a page under a heading of its own.
#[derive(Debug, Default)]
pub(crate) struct Section {
    pub(crate) id: &'static str,
    pub(crate) title: String,
    pub(crate) lead: Option<String>,
    pub(crate) actions: Vec<Anchor>,
    pub(crate) blocks: Vec<Block>,
    /// Closed at first; what few people need.
    pub(crate) folded: bool,
}

#[derive(Debug)]
pub(crate) enum Block {
    Text(String),
    /// A sentence that may hold times.
    Phrase(Phrase),
    Notice(Notice),
    Facts(Vec<Fact>),
    Table(Table),
    Form(Form),
    /// Figures people look at first.
    Tiles(Vec<Tile>),
    /// A chain of checks.
    Steps(Vec<Step>),
    /// Things to do, one after the other.
    Walk(Vec<String>),
    /// Parts of a whole.
    Shares(Shares),
    Chart(Chart),
    /// Machine text, as it is.
    Source(String),
    /// A drawing of squares: the rows' dark modules as one path.
    Squares {
        size: usize,
        path: String,
        label: String,
    },
}

#[derive(Debug, Clone)]
pub(crate) struct Fact {
    pub(crate) label: String,
    pub(crate) value: Cell,
}

/// One value as it is shown.
#[derive(Debug, Clone)]
pub(crate) enum Cell {
    Nothing,
    Text(String),
    /// A sentence that may hold times.
    Phrase(Phrase),
    /// A name that is looked for: bolder.
    Name(String),
    Link {
        text: String,
        href: String,
    },
    Time(DateTime<Utc>),
    /// A time that leads somewhere.
    TimeOf {
        at: DateTime<Utc>,
        href: String,
    },
    Badge(Badge),
    /// Machine text.
    Code(String),
    /// Machine text that is to be pasted elsewhere.
    Copy(String),
    Tags(Vec<String>),
    Number(i64),
    Links(Vec<Anchor>),
    /// A sentence, and the change that it calls for.
    Deed {
        text: Phrase,
        button: Button,
    },
    /// A change that one press makes.
    Button(Button),
    Buttons(Vec<Button>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Good,
    Waiting,
    Bad,
}

impl Tone {
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Good => "good",
            Self::Waiting => "waiting",
            Self::Bad => "bad",
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Badge {
    pub(crate) text: Phrase,
    pub(crate) tone: Tone,
}

/// A link, or one that looks like a button.
#[derive(Debug, Clone)]
pub(crate) struct Anchor {
    pub(crate) text: String,
    /// Empty: words only.
    pub(crate) href: String,
    pub(crate) primary: bool,
}

/// A form of one button.
#[derive(Debug, Clone)]
pub(crate) struct Button {
    pub(crate) text: String,
    /// What it is about, for who does not see the row.
    pub(crate) about: String,
    pub(crate) action: String,
    pub(crate) fields: Vec<(&'static str, String)>,
    pub(crate) tone: Tone,
}

#[derive(Debug, Clone)]
pub(crate) struct Notice {
    pub(crate) tone: Tone,
    pub(crate) text: Phrase,
    pub(crate) more: Vec<Remark>,
}

/// A line below a notice, and where what it asks for is done.
#[derive(Debug, Clone)]
pub(crate) struct Remark {
    pub(crate) text: Phrase,
    pub(crate) link: Option<Anchor>,
}

#[derive(Debug)]
pub(crate) struct Tile {
    pub(crate) figure: String,
    pub(crate) label: String,
    pub(crate) href: String,
    pub(crate) tone: Tone,
}

#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) holds: bool,
    /// Does not hold yet, and nothing is wrong with that.
    pub(crate) open: bool,
    pub(crate) label: String,
    pub(crate) detail: Phrase,
    pub(crate) link: Option<Anchor>,
}

/// One bar of parts, with what each stands for.
#[derive(Debug)]
pub(crate) struct Shares {
    pub(crate) label: String,
    pub(crate) parts: Vec<Share>,
}

#[derive(Debug)]
pub(crate) struct Share {
    /// In thousandths of the whole.
    pub(crate) x: i64,
    pub(crate) width: i64,
    /// Which of the colours of parts.
    pub(crate) shade: usize,
    pub(crate) figure: i64,
    pub(crate) label: String,
}

impl Shares {
    pub(crate) fn new(label: String, parts: Vec<(String, i64)>) -> Self {
        let whole: i64 = parts.iter().map(|(_, figure)| *figure).sum();
        let mut before = 0;
        let parts = parts
            .into_iter()
            .enumerate()
            .map(|(shade, (label, figure))| {
                let x = before * 1_000 / whole.max(1);
                before += figure;
                Share {
                    x,
                    width: before * 1_000 / whole.max(1) - x,
                    shade,
                    figure,
                    label,
                }
            })
            .collect();
        Self { label, parts }
    }
}

/// Bars over a common scale.
#[derive(Debug)]
pub(crate) struct Chart {
    /// What it says, for who does not see it.
    pub(crate) label: String,
    pub(crate) bars: Vec<Bar>,
    /// Words under the first and the last bar.
    pub(crate) from: String,
    pub(crate) to: String,
}

#[derive(Debug)]
pub(crate) struct Bar {
    pub(crate) x: usize,
    pub(crate) y: usize,
    pub(crate) height: usize,
    pub(crate) label: String,
}

/// Height of a chart's drawing.
const HEIGHT: i64 = 80;
/// From one bar to the next.
const PITCH: usize = 10;

impl Chart {
    /// Draws the values, each with the words shown when it is pointed at.
    pub(crate) fn new(label: String, values: Vec<(String, i64)>, from: String, to: String) -> Self {
        let most = values.iter().map(|(_, value)| *value).max().unwrap_or(0);
        let bars = values
            .into_iter()
            .enumerate()
            .map(|(index, (label, value))| {
                let height = match (value, most) {
                    (0, _) | (_, 0) => 0,
                    _ => (value * HEIGHT / most).max(2),
                };
                Bar {
                    x: index * PITCH,
                    y: usize::try_from(HEIGHT - height).unwrap_or(0),
                    height: usize::try_from(height).unwrap_or(0),
                    label,
                }
            })
            .collect();
        Self {
            label,
            bars,
            from,
            to,
        }
    }

    pub(crate) fn width(&self) -> usize {
        self.bars.len() * PITCH
    }
}

impl Anchor {
    pub(crate) fn new(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            href: href.into(),
            primary: false,
        }
    }

    pub(crate) fn primary(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self {
            primary: true,
            ..Self::new(text, href)
        }
    }

    /// Words that lead nowhere.
    pub(crate) fn words(text: impl Into<String>) -> Self {
        Self::new(text, "")
    }
}

impl Notice {
    pub(crate) fn new(tone: Tone, text: impl Into<Phrase>) -> Self {
        Self {
            tone,
            text: text.into(),
            more: Vec::new(),
        }
    }
}

impl Badge {
    pub(crate) fn new(tone: Tone, text: impl Into<Phrase>) -> Self {
        Self {
            tone,
            text: text.into(),
        }
    }
}

impl Cell {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() {
            Self::Nothing
        } else {
            Self::Text(text)
        }
    }

    pub(crate) fn optional(text: Option<impl Into<String>>) -> Self {
        text.map_or(Self::Nothing, Self::text)
    }

    pub(crate) fn link(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self::Link {
            text: text.into(),
            href: href.into(),
        }
    }

    pub(crate) fn time(at: Option<DateTime<Utc>>) -> Self {
        at.map_or(Self::Nothing, Self::Time)
    }

    pub(crate) fn badge(tone: Tone, text: impl Into<Phrase>) -> Self {
        Self::Badge(Badge::new(tone, text))
    }
}

impl Fact {
    pub(crate) fn new(label: impl Into<String>, value: Cell) -> Self {
        Self {
            label: label.into(),
            value,
        }
    }
}

impl Page {
    /// A page of one list; it is called as its entry of the navigation is.
    pub(crate) fn of_list(
        t: Texts,
        name: &'static str,
        lead: &str,
        trail: Vec<Anchor>,
        list: Table,
    ) -> Self {
        Self {
            title: t.own(name),
            lead: Some(t.own(lead)),
            trail,
            current: name,
            sections: vec![Section::new("list", t.own(name), vec![Block::Table(list)])],
            ..Self::default()
        }
    }
}

impl Section {
    pub(crate) fn new(id: &'static str, title: impl Into<String>, blocks: Vec<Block>) -> Self {
        Self {
            id,
            title: title.into(),
            blocks,
            ..Self::default()
        }
    }
}
