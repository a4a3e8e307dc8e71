//! Parameters of a hunt: `# param: name = literal` in the leading comment declares one, `$name` stands for its value, and a
//! value from outside takes the place of the one that is written there.

mod declaration;
mod fill;
mod setting;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests;
mod value;

pub use declaration::{Declaration, declared};
pub(crate) use fill::Fill;

use crate::diag::codes::parameters::{BAD_PARAMETER, MISSING_PARAMETER, UNUSED_PARAMETER};
use crate::diag::{Diagnostic, Sink};
use crate::options::{ParameterOrigin, ParameterSetting};
use crate::source::{SourceId, SourceSet, Span};
use crate::syntax::ast::Operands;
use crate::value::Value;

/// A parameter that a hunt was compiled with.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct Parameter {
    pub name: String,
    /// One value, or a list.
    pub value: Value,
    pub origin: ParameterOrigin,
}

/// A declared parameter with its value.
#[derive(Debug)]
struct Bound {
    name: String,
    /// Where it is declared.
    span: Span,
    /// `None`: it has none, which was reported.
    value: Option<Operands>,
    origin: ParameterOrigin,
    used: bool,
}

/// A place where a parameter stands.
#[derive(Debug)]
struct Use {
    name: String,
    span: Span,
    /// Where its value is written.
    value: Span,
}

/// The parameters of one text, with their values.
#[derive(Debug)]
pub(crate) struct Parameters {
    bound: Vec<Bound>,
    uses: Vec<Use>,
}

impl Parameters {
    /// Reads the declarations of a text, and gives each its value: the last setting of that name, else what is written.
    /// Settings of other names belong to other hunts.
    pub(crate) fn read(sources: &SourceSet, id: SourceId, settings: &[ParameterSetting], sink: &mut Sink) -> Self {
        let mut missing: Vec<(String, Span)> = Vec::new();
        let declarations = declared(sources, id, sink);
        let bound = declarations.into_iter().map(|declaration| {
            let Declaration { name, span, default, faulty, .. } = declaration;
            let Some(setting) = settings.iter().rev().find(|setting| setting.name == name) else {
                if default.is_none() && !faulty {
                    missing.push((name.clone(), span));
                }
                return Bound { name, span, value: default, origin: ParameterOrigin::Default, used: false };
            };
            let value = setting::read(setting, default.as_ref(), sources).map_err(|reason| {
                let problem = Diagnostic::new(&BAD_PARAMETER, setting.span, format!("the value of `{name}` cannot be read"));
                sink.report(problem.label(reason).also(span, "declared here").help(value::FORMS));
            });
            Bound { name, span, value: value.ok(), origin: setting.origin, used: false }
        });
        let bound = bound.collect();
        tell_of_missing(&missing, sink);
        Self { bound, uses: Vec::new() }
    }

    /// Warns of parameters that no statement uses. A statement that could not be read may have used one.
    pub(crate) fn tell_of_unused(&self, sink: &mut Sink) {
        if sink.has_errors() {
            return;
        }
        for unused in self.bound.iter().filter(|bound| !bound.used) {
            let message = format!("no statement uses the parameter `{}`", unused.name);
            let told = Diagnostic::new(&UNUSED_PARAMETER, unused.span, message).label("without effect");
            sink.report(told.help(format!("write `${}` where its value belongs, or remove the line", unused.name)));
        }
    }

    /// Adds to what is said of a place with a parameter where its value is written. Its text cannot be mended at that place.
    pub(crate) fn explain(&self, diagnostics: &mut [Diagnostic]) {
        for diagnostic in diagnostics {
            let at = |span: Span| self.uses.iter().find(|used| used.span == span);
            for help in &mut diagnostic.helps {
                if help.replace.as_ref().is_some_and(|(span, _)| at(*span).is_some()) {
                    help.replace = None;
                }
            }
            if let Some(used) = at(diagnostic.primary.span) {
                diagnostic.secondary.push(crate::diag::Label { span: used.value, text: format!("the value of `${}`", used.name) });
            }
        }
    }

    /// What the hunt was compiled with, in the order of the declarations.
    pub(crate) fn values(&self) -> Vec<Parameter> {
        let known = self.bound.iter().filter_map(|bound| {
            let value = value::of(bound.value.as_ref()?);
            Some(Parameter { name: bound.name.clone(), value, origin: bound.origin })
        });
        known.collect()
    }
}

/// Reports parameters that have no value, all at once.
fn tell_of_missing(missing: &[(String, Span)], sink: &mut Sink) {
    let Some(((first, span), others)) = missing.split_first() else { return };
    let names: Vec<String> = missing.iter().map(|(name, _)| format!("`{name}`")).collect();
    let message = match others.len() {
        0 => format!("the parameter `{first}` needs a value"),
        n => format!("{} parameters need a value: {}", n + 1, names.join(", ")),
    };
    let flags: Vec<String> = missing.iter().map(|(name, _)| format!("--set {name}=VALUE")).collect();
    let told = Diagnostic::new(&MISSING_PARAMETER, *span, message).label("declared without one");
    let told = others.iter().fold(told, |told, (_, span)| told.also(*span, "this one too"));
    sink.report(told.help(format!("give it on the command line: {}", flags.join(" "))));
}
