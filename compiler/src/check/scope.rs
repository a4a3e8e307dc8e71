//! What variable names mean: versions, the implicit `_`, unknown and unused names.

use super::context::Checker;
use super::hir::VarId;
use super::outline::Outline;
use crate::diag::codes::names::{UNKNOWN_VARIABLE, UNUSED_VARIABLE};
use crate::diag::{Diagnostic, Reported, suggest};
use crate::source::Span;
use crate::syntax::ast::Ident;
use rustc_hash::{FxHashMap, FxHashSet};

/// What a name is bound to; an error was reported where its statement failed.
type Binding = Result<VarId, Reported>;

/// The names of a huntflow.
pub(super) struct Scope<'a> {
    bound: FxHashMap<String, (Binding, u32)>,
    used: FxHashSet<VarId>,
    /// Names that no statement before had bound where they were first used.
    unknown: FxHashSet<String>,
    /// That one of them was reported.
    reported: Option<Reported>,
    /// How many statements have lost their targets, less the names that were taken for one.
    lost: usize,
    /// The names without `_`, in the order of their first binding.
    names: Vec<String>,
    /// For each word that was likened to names: how many of them, and the nearest.
    likened: FxHashMap<String, (usize, Option<String>)>,
    /// Every target in the file: name to statement indices, ascending.
    targets: FxHashMap<&'a str, Vec<(usize, Span)>>,
}

impl<'a> Scope<'a> {
    pub(super) fn new(outline: &Outline<'a>) -> Self {
        let mut targets: FxHashMap<&str, Vec<(usize, Span)>> = FxHashMap::default();
        for (index, statement) in outline.statements.iter().enumerate() {
            if let Some(target) = statement.target {
                targets.entry(&target.text).or_default().push((index, target.span));
            }
        }
        Self {
            bound: FxHashMap::default(),
            used: FxHashSet::default(),
            unknown: FxHashSet::default(),
            reported: None,
            lost: 0,
            names: Vec::new(),
            likened: FxHashMap::default(),
            targets,
        }
    }

    /// Binds a name and `_`; gives the version, from 1. An empty name is one that was lost.
    pub(super) fn bind(&mut self, name: &str, binding: Binding) -> u32 {
        self.lost += usize::from(name.is_empty());
        let entry = self.bound.entry(name.to_owned()).or_insert((binding, 0));
        entry.0 = binding;
        entry.1 += 1;
        let version = entry.1;
        if name != "_" {
            if version == 1 {
                self.names.push(name.to_owned());
            }
            self.bound.entry("_".to_owned()).or_insert((binding, 0)).0 = binding;
        }
        version
    }

    /// Lets the name of `old`, and `_` where it means `old`, mean `new`.
    pub(super) fn replace(&mut self, name: &str, old: VarId, new: VarId) {
        for name in [name, "_"] {
            if let Some(entry) = self.bound.get_mut(name)
                && entry.0 == Ok(old)
            {
                entry.0 = Ok(new);
            }
        }
        self.used.insert(new);
    }

    /// The variable of a name, or of one that is almost this.
    pub(super) fn named_like(&mut self, word: &str) -> Option<VarId> {
        let name = if self.bound.contains_key(word) { word.to_owned() } else { self.similar(word)? };
        self.get(&name)?.ok()
    }

    /// Lets later uses of an unknown name be silent.
    fn silence(&mut self, name: &str, reported: Reported) {
        self.unknown.insert(name.to_owned());
        self.reported = Some(reported);
    }

    fn get(&self, name: &str) -> Option<Binding> {
        let unknown = || self.reported.filter(|_| self.unknown.contains(name)).map(Err);
        self.bound.get(name).map(|(binding, _)| *binding).or_else(unknown)
    }

    /// The first statement with this target that lies behind a point of the file, and the target's place.
    fn target(&self, name: &str, behind: impl Fn(usize, Span) -> bool) -> Option<&(usize, Span)> {
        let targets = self.targets.get(name)?;
        targets.get(targets.partition_point(|(index, place)| !behind(*index, *place)))
    }

    /// Whether the name is bound here.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.bound.contains_key(name)
    }

    /// A bound name spelt almost like `word`. It was probably meant, so it counts as used.
    pub(super) fn similar(&mut self, word: &str) -> Option<String> {
        // Names only ever join, so a word is likened to each of them once.
        let (done, nearest) = self.likened.entry(word.to_owned()).or_default();
        let new = self.names.get(*done..).unwrap_or_default().iter();
        let name = suggest::best(word, nearest.iter().chain(new).map(String::as_str)).map(str::to_owned);
        *done = self.names.len();
        nearest.clone_from(&name);
        let name = name?;
        self.touch(&name);
        Some(name)
    }

    /// Counts a variable as used that a mistaken word probably means.
    pub(super) fn touch(&mut self, name: &str) {
        if let Some(Ok(id)) = self.get(name) {
            self.used.insert(id);
        }
    }
}

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

    /// As [`Self::resolve`], for `name.attribute` as a value: what looks like one may have lost its quotes.
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
        // Said once: later uses of the name are the same mistake, but each text without quotes is one of its own.
        if !quotes {
            self.scope.silence(&name.text, reported);
        }
        reported
    }

    /// Whether the name may be the target that a statement before has lost; each lost target stands for one name.
    fn claims(&mut self, name: &str) -> bool {
        let claims = self.scope.lost > 0;
        self.scope.lost -= usize::from(claims);
        if claims {
            let told = self.told();
            self.scope.silence(name, told);
        }
        claims
    }

    /// Whether the target of a statement that could not be read may have had this name: then there is nothing to add.
    fn lost(&self, name: &str) -> bool {
        let before = self.outline.statements.iter().take(self.index);
        before.filter(|s| s.broken && s.target.is_none()).any(|s| {
            let words = self.sources.text(s.span).split(|c: char| !(c.is_alphanumeric() || c == '_'));
            words.into_iter().any(|w| w == name)
        })
    }

    /// Tells of variables that no later statement uses. The last one is the file's result.
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
