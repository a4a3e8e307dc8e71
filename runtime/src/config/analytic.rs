//! Analytics for APPLY: external commands, containers, functions of Python, and look-up tables.

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
    /// Runs a container, as Kestrel does.
    Container(ContainerImage),
    /// Calls a function over pandas data frames, as Kestrel does.
    Python(PythonFunction),
    /// What is not run, because the file that binds it is not trusted.
    Untrusted {
        /// What it would run, for people.
        what: String,
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

/// An image, and how its container is run.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the other fields are what they are called")]
pub struct ContainerImage {
    /// The program that runs containers; `None`: docker or podman, whichever is there.
    pub runtime: Option<String>,
    pub image: String,
    /// The network; `None`: that which the runtime gives.
    pub network: Option<String>,
    /// Variables of the user's that it gets.
    pub environment: Vec<String>,
}

impl ContainerImage {
    /// For people.
    pub fn text(&self) -> String {
        format!("image {} by {}", self.image, self.runtime.as_deref().unwrap_or("docker or podman"))
    }
}

/// A function of a Python module.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the other fields are what they are called")]
pub struct PythonFunction {
    /// The interpreter.
    pub python: String,
    /// The file of the module.
    pub module: PathBuf,
    pub function: String,
}

impl PythonFunction {
    /// For people.
    pub fn text(&self) -> String {
        format!("python {}:{}", self.module.display(), self.function)
    }
}

/// The scheme of containers.
const CONTAINER: &str = "docker://";
/// What the name of an image begins with, as Kestrel has it.
const IMAGE: &str = "kestrel-analytics-";

/// Variables that say where containers run, which the runtime inherits.
pub const RUNTIME_VARIABLES: [&str; 5] = ["CONTAINER_HOST", "DOCKER_CONFIG", "DOCKER_CONTEXT", "DOCKER_HOST", "XDG_RUNTIME_DIR"];

/// The image that Kestrel runs for a URI; `None` for one of another scheme, or whose name is not that of an image.
pub fn image_of(uri: &str) -> Option<String> {
    let name = uri.strip_prefix(CONTAINER)?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
    (!name.is_empty() && name.len() <= 128 && name.chars().all(plain)).then(|| format!("{IMAGE}{name}"))
}

/// What is bound to every container's URI that has no binding of its own.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the other fields are what they are called")]
pub struct AnyContainer {
    /// All but what it runs.
    pub binding: AnalyticBinding,
    pub runtime: String,
    /// The file, if it is not trusted.
    pub untrusted: Option<PathBuf>,
}

impl AnyContainer {
    /// The binding of a URI.
    pub fn of(&self, uri: &str) -> Option<AnalyticBinding> {
        let image =
            ContainerImage { runtime: Some(self.runtime.clone()), image: image_of(uri)?, network: None, environment: Vec::new() };
        let action = match &self.untrusted {
            Some(file) => Action::Untrusted { what: image.text(), file: file.clone() },
            None => Action::Container(image),
        };
        Some(AnalyticBinding { uri: uri.to_owned(), action, ..self.binding.clone() })
    }
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
            Action::Container(image) => image.text(),
            Action::Python(function) => function.text(),
            Action::Untrusted { what, .. } => format!("{what} (off: the configuration is not trusted)"),
            Action::Lookup { table, key } => format!("lookup {} by {key}", table.display()),
        }
    }
}

/// What to write to bind an analytic; it can be pasted.
pub fn how_to_bind(uri: &str) -> String {
    let own = match uri.split_once("://") {
        Some(("docker", _)) => "; or [analytics] with runtime = \"docker\", which runs images that are here",
        Some(("python", _)) => ", or module = \"analytics.py\" and function = \"analytics\"",
        _ => "",
    };
    format!("bind it in huntc.toml: [analytics.{uri:?}] with lookup = \"table.csv\" or exec = [\"command\"]{own}")
}
