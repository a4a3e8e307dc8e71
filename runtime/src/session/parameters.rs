//! Values that the command line and the configuration give to the parameters of hunts.

use super::{Huntflow, RunSettings, Session};
use huntc_compiler::diag::codes::parameters::UNDECLARED_SETTING;
use huntc_compiler::diag::{Diagnostic, Sink, suggest};
use huntc_compiler::options::{ParameterOrigin, ParameterSetting, SettingValue};
use huntc_compiler::parameter::{self, Declaration};
use huntc_compiler::source::Span;
use std::collections::BTreeMap;

impl Session {
    /// The values of `--set`, which were checked to be `NAME=VALUE`. Their texts are kept, so that messages can show them.
    pub(super) fn set_flags(&mut self, settings: &RunSettings) -> Vec<ParameterSetting> {
        settings.set.iter().map(|flag| self.set_flag(flag)).collect()
    }

    fn set_flag(&mut self, flag: &str) -> ParameterSetting {
        let known = self.set_texts.get(flag).copied();
        let id = known.unwrap_or_else(|| self.texts.add_text("command line", flag));
        self.set_texts.insert(flag.to_owned(), id);
        let (name, _) = flag.split_once('=').unwrap_or((flag, ""));
        let span = Span::new(id, (name.len() + 1).min(flag.len()), flag.len());
        ParameterSetting { name: name.to_owned(), value: SettingValue::Written, span, origin: ParameterOrigin::CommandLine }
    }

    /// The parameters that a hunt declares; none where its text could not be read.
    pub fn parameters(&self, huntflow: &Huntflow) -> Vec<Declaration> {
        let id = huntflow.text.as_ref().ok();
        id.map_or_else(Vec::new, |id| parameter::declared(&self.texts, *id, &mut Sink::default()))
    }

    /// What is wrong with the declarations of a hunt.
    pub fn faults_of_parameters(&self, huntflow: &Huntflow) -> Vec<Diagnostic> {
        let mut sink = Sink::default();
        if let Ok(id) = &huntflow.text {
            parameter::declared(&self.texts, *id, &mut sink);
        }
        sink.finish()
    }

    /// The errors about values that are given to some of these hunts, none of which declares the name. Where a text could not
    /// be read, nobody knows. Of a part of a night's hunts the configuration says more than is theirs.
    pub fn undeclared(&self, huntflows: &[Huntflow], a_part: bool) -> Vec<Diagnostic> {
        if huntflows.iter().any(|huntflow| huntflow.text.is_err()) {
            return Vec::new();
        }
        // By the place of the setting: the setting, whether a hunt declares the name, and the names that those hunts declare.
        let mut given: BTreeMap<Span, (&ParameterSetting, bool, Vec<String>)> = BTreeMap::new();
        for huntflow in huntflows {
            let declared: Vec<String> = self.parameters(huntflow).into_iter().map(|d| d.name).collect();
            for setting in &huntflow.parameters {
                let (_, known, names) = given.entry(setting.span).or_insert_with(|| (setting, false, Vec::new()));
                *known |= declared.contains(&setting.name);
                names.extend(declared.iter().cloned());
            }
        }
        let told = given
            .into_values()
            .filter(|(setting, known, _)| !(*known || a_part && setting.origin == ParameterOrigin::Configuration));
        told.map(|(setting, _, names)| undeclared(setting, &names)).collect()
    }
}

fn undeclared(setting: &ParameterSetting, declared: &[String]) -> Diagnostic {
    let message = format!("no hunt declares the parameter `{}`", setting.name);
    let told = Diagnostic::new(&UNDECLARED_SETTING, setting.span, message).label("goes nowhere");
    match suggest::best(&setting.name, declared.iter().map(String::as_str)) {
        Some(near) => told.help(format!("`{near}` is declared")),
        None => told.help("a hunt declares it by `# param: NAME = LITERAL` in its leading comment"),
    }
}
