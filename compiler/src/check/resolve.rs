//! Looking up variables, and the messages about unknown and unused ones.

use super::context::Checker;
use super::hir::VarId;
use crate::diag::codes::names::{UNKNOWN_VARIABLE, UNUSED_VARIABLE};
use crate::diag::{Diagnostic, Reported};
use crate::source::Span;
use crate::syntax::ast::Ident;

impl Checker<'_> {
    /// The variable of a name, which counts as used.
    pub(crate) fn resolve(&mut self, name: &Ident) -> Result<VarId, Reported> {
        if name.is_missing() {
            return Err(self.told());
        }
        match self.scope.get(&name.text) {
            Some(Ok(id)) => {
                self.scope.used.insert(id);
                Ok(id)
            }
            Some(Err(reported)) => Err(reported),
            None => Err(self.unknown_variable(name, None)),
        }
    }

    /// As [`Self::resolve`], for a value `name.attribute` at `whole`. If the name is unknown, it may be text that has lost its
    /// quotes.
    pub(crate) fn resolve_value(&mut self, name: &Ident, whole: Span) -> Result<VarId, Reported> {
        if self.scope.knows(&name.text) || self.scope.unknown.contains(&name.text) {
            return self.resolve(name);
        }
        Err(self.unknown_variable(name, Some(whole)))
    }

    fn unknown_variable(&mut self, name: &Ident, value: Option<Span>) -> Reported {
        if self.lost(&name.text) || self.claims(&name.text) {
            return self.told();
        }
        let mut diagnostic =
            Diagnostic::new(&UNKNOWN_VARIABLE, name.span, format!("no variable `{}` is bound here", name.text)).label("not bound");
        let later = self.scope.target(&name.text, |index, _| index >= self.index);
        if let Some((index, span)) = later {
            let line = self.sources.position(span.source, span.start).line;
            let when = if *index == self.index { "bound by this very statement" } else { "bound later" };
            diagnostic = diagnostic.also(*span, when).note(format!("`{}` is {when}, on line {line}", name.text));
        }
        let near = self.scope.similar(&name.text);
        let quotes = value.is_some() && near.is_none();
        if let Some(near) = near {
            diagnostic = diagnostic.fix("a variable with a similar name is bound", name.span, near);
        }
        if self.catalog.entity(&name.text).is_some() {
            diagnostic = diagnostic.note(format!("`{}` is an entity type; a variable of that type is needed here", name.text));
        }
        if let Some(span) = value {
            let text = self.sources.text(span);
            let quoted = format!("'{text}'");
            diagnostic =
                diagnostic.note("a value of the form `name.attribute` refers to a variable").fix("text needs quotes", span, quoted);
        }
        let reported = self.report(diagnostic);
        // Later uses of the name are the same mistake and report nothing. But each text without quotes is a mistake of its own.
        if !quotes {
            self.scope.silence(&name.text, reported);
        }
        reported
    }

    /// Whether the name may be the missing target of an earlier statement. Each missing target accounts for one name.
    fn claims(&mut self, name: &str) -> bool {
        let claims = self.scope.lost > 0;
        self.scope.lost -= usize::from(claims);
        if claims {
            let told = self.told();
            self.scope.silence(name, told);
        }
        claims
    }

    /// Whether an earlier statement, which could not be read, may have bound this name: then nothing more is reported.
    fn lost(&self, name: &str) -> bool {
        let before = self.outline.statements.iter().take(self.index);
        before.filter(|s| s.broken && s.target.is_none()).any(|s| {
            let words = self.sources.text(s.span).split(|c: char| !(c.is_alphanumeric() || c == '_'));
            words.into_iter().any(|w| w == name)
        })
    }

    /// Reports variables that no later statement uses. The last one is the file's result and needs no use.
    pub(super) fn unused_variables(&mut self) {
        let last = self.outline.statements.iter().rev().find(|s| s.yields).map(|s| s.span);
        let mut found = Vec::new();
        for (id, var) in (0u32..).map(VarId).zip(&self.hunt.vars) {
            let result = last.is_some_and(|l| l.start <= var.span.start && var.span.end <= l.end);
            if var.binding && var.name != "_" && !result && !self.scope.used.contains(&id) {
                found.push(Diagnostic::new(&UNUSED_VARIABLE, var.span, format!("`{}` is never used", var.name)));
            }
        }
        for diagnostic in found {
            let name = self.sources.text(diagnostic.primary.span).to_owned();
            let again = self.scope.target(&name, |_, place| place.start > diagnostic.primary.span.start);
            let diagnostic = match again {
                Some((_, span)) => diagnostic.also(*span, "bound again before any use"),
                None => diagnostic.label("no later statement names it"),
            };
            self.report(diagnostic);
        }
    }
}
