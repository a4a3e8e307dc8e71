//! Analytics for APPLY: external commands and look-up tables.

use super::binding::BindingOrigin;
use super::environment::Environment;
use std::path::PathBuf;
use std::time::Duration;

/// The binding of an analytic's URI.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the other fields are what they are called")]
pub struct AnalyticBinding {
    /// The URI with its scheme: `docker://enrichdomain`.
    pub uri: String,
    pub action: Action,
    /// The names of the attributes that it adds; `None` when they are not declared.
    pub outputs: Option<Vec<String>>,
    /// The longest time for one call.
    pub timeout: Duration,
    /// The folder of the file that binds it. Commands start there, and relative programs are of that folder.
    pub folder: PathBuf,
    /// The variables that a command inherits.
    pub environment: Environment,
    /// Where the binding is written.
    pub origin: BindingOrigin,
}

/// What an analytic does.
#[derive(Clone, Debug)]
pub enum Action {
    /// Runs a command without a shell: the program and its arguments.
    Exec(Vec<String>),
    /// A command that is not run, because the file that binds it is not trusted.
    Untrusted {
        /// The program, for people.
        program: String,
        /// The file.
        file: PathBuf,
    },
    /// Looks rows up in a CSV or JSON table.
    Lookup {
        /// The file of the table.
        table: PathBuf,
        /// The attribute that is looked up in the column of the same name, or in the first column if there is none.
        key: String,
    },
}

/// The longest time for one call, unless configured.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_mins(5);

impl AnalyticBinding {
    /// The action as text for people. Only the program of a command is shown, since arguments may contain secrets.
    pub fn action_text(&self) -> String {
        match &self.action {
            Action::Exec(command) => {
                let more = if command.len() > 1 { " …" } else { "" };
                format!("exec {}{more}", command.first().map_or("", String::as_str))
            }
            Action::Untrusted { program, .. } => format!("exec {program} (off: the configuration is not trusted)"),
            Action::Lookup { table, key } => format!("lookup {} by {key}", table.display()),
        }
    }
}

/// What to write to bind an analytic; it can be pasted.
pub fn how_to_bind(uri: &str) -> String {
    format!("bind it in huntc.toml: [analytics.{uri:?}] with lookup = \"table.csv\" or exec = [\"command\"]")
}
