//! Analytics that APPLY may name: an external command, or a look-up table.

use super::binding::BindingOrigin;
use std::path::PathBuf;
use std::time::Duration;

/// What an analytic's URI stands for.
#[derive(Clone, Debug)]
pub struct AnalyticBinding {
    /// With scheme: `docker://enrichdomain`.
    pub uri: String,
    /// What is done.
    pub action: Action,
    /// Attributes that it adds; `None`: not declared.
    pub outputs: Option<Vec<String>>,
    /// Time for one call.
    pub timeout: Duration,
    /// Where that was said.
    pub origin: BindingOrigin,
}

/// What an analytic does.
#[derive(Clone, Debug)]
pub enum Action {
    /// Runs a command, without a shell.
    Exec(Vec<String>),
    /// Joins a CSV table.
    Lookup {
        /// The file.
        table: PathBuf,
        /// The attribute that is compared with the table's column of the same name, or its first.
        key: String,
    },
}

/// Time for one call, unless set.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_mins(5);

impl AnalyticBinding {
    /// The action, for people. Arguments may hold secrets, so only the program is shown.
    pub fn action_text(&self) -> String {
        match &self.action {
            Action::Exec(command) => {
                let more = if command.len() > 1 { " …" } else { "" };
                format!("exec {}{more}", command.first().map_or("", String::as_str))
            }
            Action::Lookup { table, key } => format!("lookup {} by {key}", table.display()),
        }
    }
}
