//! What an administrator reads of the server's configuration.

/// One setting as it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configured {
    /// Its key in the configuration file.
    pub key: &'static str,
    /// Its variable in the environment.
    pub variable: &'static str,
    /// Its option on the command line, without the dashes.
    pub option: &'static str,
    /// None: a secret that is set, and not shown.
    pub value: Option<String>,
    pub source: Source,
}

/// Where a value came from, weakest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Nobody gave one.
    Default,
    /// The file, with line and column: `vestibule.toml:3:1`.
    File(String),
    Environment,
    CommandLine,
}

impl Source {
    /// The words of [`Self::word`], in the order of declaration.
    pub const WORDS: [&'static str; 4] = ["default", "file", "environment", "command_line"];

    pub const fn word(&self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::File(_) => "file",
            Self::Environment => "environment",
            Self::CommandLine => "command_line",
        }
    }
}
