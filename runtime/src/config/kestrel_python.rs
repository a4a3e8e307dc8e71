//! Kestrel's `pythonanalytics.yaml`: for each analytic a module and its function.

use super::analytic::{Action, AnalyticBinding, DEFAULT_TIMEOUT, PythonFunction};
use super::binding::BindingOrigin;
use super::environment::Environment;
use super::kestrel::expand;
use super::mask;
use super::model::Config;
use super::text::read_text;
use huntc_compiler::diag::Diagnostic;
use huntc_compiler::diag::codes::config::BAD_CONFIG;
use huntc_compiler::source::{SourceSet, Span};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Reads `$KESTREL_PYTHON_ANALYTICS_CONFIG`, otherwise `~/.config/kestrel/pythonanalytics.yaml`. As in Kestrel a missing file counts
/// as an empty one. What `huntc.toml` binds stays.
pub(super) fn read_file(environment: &Environment, sources: &mut SourceSet, config: &mut Config, problems: &mut Vec<Diagnostic>) {
    let given = environment.path("KESTREL_PYTHON_ANALYTICS_CONFIG");
    let usual = || Some(environment.config_home()?.join("kestrel/pythonanalytics.yaml"));
    let Some(path) = given.or_else(usual).filter(|path| path.is_file()) else { return };
    let name = path.display().to_string();
    let mut bad = |text: &str, headline: String, note: Option<String>, sources: &mut SourceSet| {
        let span = Span::new(sources.add_text(name.clone(), text), 0, 0);
        let problem = Diagnostic::new(&BAD_CONFIG, span, headline).label("this file");
        let problem = note.into_iter().fold(problem, Diagnostic::note);
        problems.push(problem.help("its form is `profiles: {NAME: {module: /PATH/analytics.py, func: analytics}}`"));
    };
    let text = match read_text(&path) {
        Ok(text) => text,
        Err(reason) => {
            let headline = format!("Kestrel's configuration `{name}` cannot be read");
            return bad("", headline, Some(format!("the reason: {reason}")), sources);
        }
    };
    // The parser's own message may quote the text, which may be a secret.
    let Ok(document) = serde_saphyr::from_str::<Value>(&text) else {
        return bad(&mask::yaml(&text, &[]), "the file is no valid YAML".to_owned(), None, sources);
    };
    let document = expand(&document, environment);
    let Some(profiles) = document.get("profiles").and_then(Value::as_object) else { return };
    let mut faulty = Vec::new();
    for (name, profile) in profiles {
        let uri = format!("python://{name}");
        let part = |key: &str| profile.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        let (Some(module), Some(function)) = (part("module"), part("func")) else {
            faulty.push(name.clone());
            continue;
        };
        let python = config.python.clone().unwrap_or_else(|| "python3".to_owned());
        let function = PythonFunction { python, module: module_path(module, &path, environment), function: function.to_owned() };
        config.analytics.entry(uri.clone()).or_insert_with(|| AnalyticBinding {
            uri,
            action: Action::Python(function),
            outputs: None,
            timeout: DEFAULT_TIMEOUT,
            folder: folder_of(&path),
            environment: environment.of_command(&[]),
            origin: BindingOrigin::File(path.clone()),
        });
    }
    if !faulty.is_empty() {
        let headline = format!("profiles of `{name}` lack `module` or `func`");
        bad(&mask::yaml(&text, &[]), headline, Some(format!("profiles: {}", faulty.join(", "))), sources);
    }
}

fn folder_of(path: &Path) -> PathBuf {
    Path::new(".").join(path.parent().unwrap_or(Path::new("")))
}

/// The file of a module. A relative one is of the profile's folder: one beside a huntflow is written by whoever wrote that.
fn module_path(module: &str, profile: &Path, environment: &Environment) -> PathBuf {
    let home = module.strip_prefix("~/").and_then(|rest| Some(environment.home()?.join(rest)));
    home.unwrap_or_else(|| folder_of(profile).join(module))
}
