//! What variable names mean at a place of a huntflow: versions, the implicit `_`, names that are unknown or were lost.

use super::hir::VarId;
use super::outline::Outline;
use crate::diag::{Reported, suggest};
use crate::source::Span;
use rustc_hash::{FxHashMap, FxHashSet};

/// What a name is bound to; an error was reported where its statement failed.
type Binding = Result<VarId, Reported>;

/// The names of a huntflow.
pub(super) struct Scope<'a> {
    bound: FxHashMap<String, (Binding, u32)>,
    pub(super) used: FxHashSet<VarId>,
    /// Names that no statement before had bound where they were first used.
    pub(super) unknown: FxHashSet<String>,
    /// That one of them was reported.
    reported: Option<Reported>,
    /// How many statements have lost their targets, less the names that were taken for one.
    pub(super) lost: usize,
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
    pub(super) fn silence(&mut self, name: &str, reported: Reported) {
        self.unknown.insert(name.to_owned());
        self.reported = Some(reported);
    }

    pub(super) fn get(&self, name: &str) -> Option<Binding> {
        let unknown = || self.reported.filter(|_| self.unknown.contains(name)).map(Err);
        self.bound.get(name).map(|(binding, _)| *binding).or_else(unknown)
    }

    /// The first statement with this target that lies behind a point of the file, and the target's place.
    pub(super) fn target(&self, name: &str, behind: impl Fn(usize, Span) -> bool) -> Option<&(usize, Span)> {
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
