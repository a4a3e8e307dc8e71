//! Bindings of data sources: what a name such as `host101` means, and where that is written.

use super::kinds::SourceKind;
use huntc_compiler::source::Span;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The binding of a name.
#[derive(Clone, Debug)]
pub struct Binding {
    /// The name in lower case, as in `stixshifter://NAME`.
    pub name: String,
    /// The kind of source, with what the configuration says about it.
    pub kind: Arc<dyn SourceKind>,
    /// Where the binding is written.
    pub origin: BindingOrigin,
    /// Its place in the text that binds it.
    pub place: Span,
    /// The window of statements without a time range; `None`: that of the kind.
    pub default_window: Option<Duration>,
    /// Whether `like_case = "sensitive"` is set.
    pub like_case_sensitive: bool,
    /// The field with the time of arrival, by which nights look; `None`: they look by `@timestamp`.
    pub clock: Option<String>,
    /// The address of the Kibana that shows its records, for links.
    pub kibana: Option<String>,
}

/// Where a binding is written.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the other variants are what they are called")]
pub enum BindingOrigin {
    /// The flag `--source`.
    Flag,
    /// Environment variables that begin with this text: `STIXSHIFTER_HOST101_`.
    Environment(String),
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
    /// The window of statements without a time range; `None`: all times.
    pub fn window(&self) -> Option<Duration> {
        self.default_window.or_else(|| self.kind.default_window())
    }
}
