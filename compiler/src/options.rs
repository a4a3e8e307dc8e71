//! What a compilation depends on besides the text: the clock, the command line, and what the configuration binds.

use crate::diag::LintLevels;
use crate::source::{SourceId, Span};
use crate::time::{Instant, TimeRange};

/// Options of one compilation.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag that stands for itself")]
pub struct Options {
    /// The one "now" of the run (`--at`).
    pub now: Instant,
    /// `--window`, in nanoseconds before now: for statements without a range.
    pub window: Option<i64>,
    /// The range of statements without one; it takes the place of `window`. A nightly run sets it.
    pub default_range: Option<TimeRange>,
    /// `window: nightly` in the front matter: `default_range` takes the place of START, STOP and LAST too.
    pub replace_ranges: bool,
    /// Set in a night: the plan then has the hunt's finding, and what each of these conditions hides of it. Their texts are
    /// statements as [`crate::compile::hiding`] writes them.
    pub finding: Option<Vec<SourceId>>,
    /// `--ignore-case`: every comparison folds ASCII letters.
    pub ignore_case: bool,
    /// `--lean`: variables that nothing reports are not computed.
    pub lean: bool,
    /// Whether the host of what variables hold is read too, where DISP would show it: for pictures by host.
    pub hosts: bool,
    /// `--process-identity`: how processes are told apart.
    pub process_identity: ProcessIdentity,
    /// `--allow|--warn|--deny`
    pub lints: LintLevels,
    /// Data sources that the configuration or the command line binds.
    pub sources: Vec<SourceProfile>,
    /// Names of data sources whose profiles have a fault: a pattern that fits one asks it too, so that the fault is told.
    pub broken_sources: Vec<String>,
    /// Analytics that the configuration binds.
    pub analytics: Vec<AnalyticProfile>,
    /// The files that LOAD names, each once.
    pub loaded: Vec<LoadedFile>,
    /// Values for parameters; of several for one name the last counts.
    pub parameters: Vec<ParameterSetting>,
}

impl Options {
    /// The defaults, at a given instant.
    pub fn at(now: Instant) -> Self {
        Self {
            now,
            window: None,
            default_range: None,
            replace_ranges: false,
            finding: None,
            ignore_case: false,
            lean: false,
            hosts: false,
            process_identity: ProcessIdentity::Auto,
            lints: LintLevels::default(),
            sources: Vec::new(),
            broken_sources: Vec::new(),
            analytics: Vec::new(),
            loaded: Vec::new(),
            parameters: Vec::new(),
        }
    }
}

/// `--process-identity` (semantics.md §2).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum ProcessIdentity {
    /// Entity ids on hosts where any record of the source has one, else the ladder.
    Auto,
    /// Entity ids only.
    EntityId,
    /// For processes without an entity id, host and pid with start or lifetime.
    Ladder,
}

/// What is known of a bound data source when compiling.
#[derive(Clone, Debug)]
pub struct SourceProfile {
    /// Lower-case name, as in `stixshifter://NAME`.
    pub name: String,
    /// For a cluster: the window of statements without any range, in nanoseconds before now. Files have none.
    pub default_window: Option<i64>,
    /// Whether LIKE distinguishes case: `like_case: sensitive` in the profile.
    pub like_case_sensitive: bool,
    /// For a cluster: its URL without credentials, and the index expression; for the dry run.
    pub cluster: Option<(String, String)>,
}

/// A value that is given to a parameter from outside.
#[derive(Clone, PartialEq, Debug)]
pub struct ParameterSetting {
    /// The parameter's name.
    pub name: String,
    /// The value.
    pub value: SettingValue,
    /// Where the value is written.
    pub span: Span,
    /// Who gives it.
    pub origin: ParameterOrigin,
}

/// The value of a setting.
#[derive(Clone, PartialEq, Debug)]
pub enum SettingValue {
    /// The text at its place: a literal, or text without quotes.
    Written,
    /// Text.
    Text(String),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// `true` or `false`.
    Bool(bool),
    /// An instant.
    Time(Instant),
    /// Several values, each with its place.
    List(Vec<(SettingValue, Span)>),
}

/// Who gave a parameter its value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ParameterOrigin {
    /// The hunt itself.
    Default,
    /// `huntc.toml`.
    Configuration,
    /// `--set`.
    CommandLine,
}

impl ParameterOrigin {
    /// The word of reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Configuration => "huntc.toml",
            Self::CommandLine => "--set",
        }
    }
}

/// What is known of an analytic when compiling.
#[derive(Clone, Debug)]
pub struct AnalyticProfile {
    /// As in APPLY, with scheme: `docker://enrichdomain`.
    pub uri: String,
    /// Attributes that it adds; `None`: not declared.
    pub outputs: Option<Vec<String>>,
}

/// What is known of a file of LOAD when compiling.
#[derive(Clone, Default, Debug)]
pub struct LoadedFile {
    /// As written.
    pub path: String,
    /// The type that its first record names.
    pub entity: Option<String>,
    /// Its columns, but `type`; `None`: not known.
    pub columns: Option<Vec<String>>,
    /// Why it was not looked at: `it lies outside …`
    pub fault: Option<String>,
}
