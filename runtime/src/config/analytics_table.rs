//! The table `[analytics]` of `huntc.toml`: what the names behind APPLY are bound to.

use super::analytic::{
    Action, AnalyticBinding, AnyContainer, ContainerImage, DEFAULT_TIMEOUT, PythonFunction, RUNTIME_VARIABLES, image_of,
};
use super::binding::BindingOrigin;
use super::environment::Environment;
use super::model::Config;
use super::reader::{Document, TomlTable};
use std::path::Path;

/// The keys of `[analytics]` that are no analytics.
const COMMON: [&str; 2] = ["runtime", "python"];
const ANALYTIC: [&str; 10] =
    ["exec", "lookup", "key", "image", "network", "module", "function", "outputs", "timeout", "environment"];
/// The interpreter, where none is named.
const PYTHON: &str = "python3";

/// What reads the table.
pub(super) struct AnalyticsReader<'a> {
    /// The file, for what comes of it.
    pub(super) path: &'a Path,
    pub(super) environment: &'a Environment,
}

impl AnalyticsReader<'_> {
    pub(super) fn read(&self, table: &TomlTable<'_, '_>, document: &mut Document<'_>, config: &mut Config) {
        let runtime = table.text(document, "runtime");
        let python = table.text(document, "python").map(|python| python.value.to_owned());
        if let Some(runtime) = &runtime {
            let what = || format!("[analytics]: APPLY docker://NAME runs images by {}", runtime.value);
            let allowed = document.allows(runtime.span, what);
            let file = (!allowed).then(|| self.path.to_path_buf());
            let environment = self.environment.of_command(&RUNTIME_VARIABLES.map(str::to_owned));
            let binding = AnalyticBinding { environment, ..self.binding("docker://", document) };
            let runtime = runtime.value.to_owned();
            config.containers = Some(AnyContainer { binding, runtime, untrusted: file });
        }
        config.python = python.clone().filter(|_| document.is_trusted()).or(config.python.take());
        for (uri, _, value) in table.entries().filter(|(key, ..)| !COMMON.contains(key)) {
            let Some(table) = document.table(value, format!("[analytics.\"{uri}\"]")) else { continue };
            // In Kestrel a name without a scheme is one of `python://`.
            let uri = if uri.contains("://") { uri.to_owned() } else { format!("python://{uri}") };
            let runtime = runtime.as_ref().map(|runtime| runtime.value);
            let mut named = table.texts(document, "environment", false).unwrap_or_default();
            let Some(action) = self.action(&table, &uri, (runtime, python.as_deref(), &named), document) else { continue };
            if let Action::Container(_) = action {
                named.extend(RUNTIME_VARIABLES.map(str::to_owned));
            }
            let binding = AnalyticBinding {
                action,
                outputs: table.texts(document, "outputs", false),
                timeout: table.duration(document, "timeout").unwrap_or(DEFAULT_TIMEOUT),
                environment: self.environment.of_command(&named),
                ..self.binding(&uri, document)
            };
            config.analytics.insert(uri, binding);
        }
    }

    fn binding(&self, uri: &str, document: &Document<'_>) -> AnalyticBinding {
        AnalyticBinding {
            uri: uri.to_owned(),
            action: Action::Exec(Vec::new()),
            outputs: None,
            timeout: DEFAULT_TIMEOUT,
            // The parent of a name alone is empty, which is no folder to start in.
            folder: Path::new(".").join(document.base),
            environment: self.environment.of_command(&[]),
            origin: BindingOrigin::File(self.path.to_path_buf()),
        }
    }

    fn action(
        &self,
        table: &TomlTable<'_, '_>,
        uri: &str,
        (runtime, python, inherited): (Option<&str>, Option<&str>, &[String]),
        document: &mut Document<'_>,
    ) -> Option<Action> {
        table.only(document, &ANALYTIC);
        let exec = table.texts(document, "exec", false);
        let lookup = table.path(document, "lookup");
        let module = table.path(document, "module");
        let image = table.text(document, "image").map(|image| image.value.to_owned());
        let named = [exec.is_some(), lookup.is_some(), module.is_some(), image.is_some()].into_iter().filter(|is| *is).count();
        // The name of an image follows from that of the analytic.
        let image = image.or_else(|| image_of(uri)).filter(|_| exec.is_none() && lookup.is_none() && module.is_none());
        let runs = match (exec, lookup, module, image) {
            _ if named > 1 => None,
            (Some(command), ..) => {
                let what = format!("exec {}", command.first().map_or("", String::as_str));
                Some((what, Action::Exec(command)))
            }
            (_, Some(lookup), ..) => {
                let Some(key) = table.text(document, "key") else {
                    document.bad(table.span, format!("{} needs `key`", table.name), "the attribute that the table is looked up by");
                    return None;
                };
                return Some(Action::Lookup { table: lookup, key: key.value.to_owned() });
            }
            (_, _, Some(module), _) => {
                let Some(function) = table.text(document, "function") else {
                    document.bad(
                        table.span,
                        format!("{} needs `function`", table.name),
                        "the function of the module that is called",
                    );
                    return None;
                };
                let python = python.unwrap_or(PYTHON).to_owned();
                let function = PythonFunction { python, module, function: function.value.to_owned() };
                Some((function.text(), Action::Python(function)))
            }
            (.., Some(image)) => {
                let network = table.text(document, "network").map(|network| network.value.to_owned());
                let image = ContainerImage { runtime: runtime.map(str::to_owned), image, network, environment: inherited.to_vec() };
                Some((image.text(), Action::Container(image)))
            }
            _ => None,
        };
        let Some((what, action)) = runs else {
            let wanted = "a command, a CSV table, a Python module or an image";
            document.bad(table.span, format!("{} needs one of `exec`, `lookup`, `module` and `image`", table.name), wanted);
            return None;
        };
        let allowed = document.allows(table.span, || format!("{}: runs {}", table.name, what.trim_start_matches("exec ")));
        Some(if allowed { action } else { Action::Untrusted { what, file: self.path.to_path_buf() } })
    }
}
