//! Bindings of data sources: what a name such as `host101` stands for, and where that was said.

use super::kinds::SourceKind;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// What a name stands for.
#[derive(Clone, Debug)]
pub struct Binding {
    /// Lower case, as in `stixshifter://NAME`.
    pub name: String,
    /// Where the records are.
    pub kind: Arc<dyn SourceKind>,
    /// Where that was said.
    pub origin: BindingOrigin,
    /// Window of statements without a range; `None`: that of the kind.
    pub default_window: Option<Duration>,
    /// `like_case = "sensitive"`
    pub like_case_sensitive: bool,
}

/// Where something was said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BindingOrigin {
    /// `--source`
    Flag,
    /// Environment variables that begin so: `STIXSHIFTER_HOST101_`.
    Environment(String),
    /// A configuration file.
    File(PathBuf),
}

impl fmt::Display for BindingOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("--source"),
            Self::Environment(prefix) => write!(f, "{prefix}* (environment)"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

impl Binding {
    /// Window of statements without a range; `None`: everything.
    pub fn window(&self) -> Option<Duration> {
        self.default_window.or_else(|| self.kind.default_window())
    }
}
