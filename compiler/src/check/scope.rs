//! What variable names mean at a place of a huntflow: versions, the implicit `_`, names that are unknown or missing.

use super::hir::VarId;
use super::outline::Outline;
use crate::diag::{Reported, suggest};
use crate::source::Span;
use foldhash::{HashMap, HashSet};

/// What a name is bound to: a variable, or the proof that the error of its statement was reported.
type Binding = Result<VarId, Reported>;

/// The names of a huntflow.
pub(super) struct Scope<'a> {
    bound: HashMap<String, (Binding, u32)>,
    pub(super) used: HashSet<VarId>,
    /// Names that no statement before had bound where they were first used.
    pub(super) unknown: HashSet<String>,
    /// The proof that one of `unknown` was reported.
    reported: Option<Reported>,
    /// How many targets are missing from the text, less the unknown names that were taken for one of them.
    pub(super) lost: usize,
    /// The names without `_`, in the order of their first binding.
    names: Vec<String>,
    /// For each word that was compared with `names`: with how many of them, and the nearest one.
    likened: HashMap<String, (usize, Option<String>)>,
    /// Every target in the file: name to statement indices, ascending, and places.
    targets: HashMap<&'a str, Vec<(usize, Span)>>,
}

impl<'a> Scope<'a> {
    pub(super) fn new(outline: &Outline<'a>) -> Self {
        let mut targets: HashMap<&str, Vec<(usize, Span)>> = HashMap::default();
        for (index, statement) in outline.statements.iter().enumerate() {
            if let Some(target) = statement.target {
                targets.entry(&target.text).or_default().push((index, target.span));
            }
        }
        Self {
            bound: HashMap::default(),
            used: HashSet::default(),
            unknown: HashSet::default(),
            reported: None,
            lost: 0,
            names: Vec::new(),
            likened: HashMap::default(),
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

    /// The variable of a name or, if there is none, of a name spelt almost like it.
    pub(super) fn named_like(&mut self, word: &str) -> Option<VarId> {
        let name = if self.bound.contains_key(word) { word.to_owned() } else { self.similar(word)? };
        self.get(&name)?.ok()
    }

    /// Notes an unknown name, so that later uses of it report nothing.
    pub(super) fn silence(&mut self, name: &str, reported: Reported) {
        self.unknown.insert(name.to_owned());
        self.reported = Some(reported);
    }

    pub(super) fn get(&self, name: &str) -> Option<Binding> {
        let unknown = || self.reported.filter(|_| self.unknown.contains(name)).map(Err);
        self.bound.get(name).map(|(binding, _)| *binding).or_else(unknown)
    }

    /// The index of the first statement with this target for which `behind` holds, and the target's place.
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
        // Names are only ever added, so a word is compared with each of them once.
        let (done, nearest) = self.likened.entry(word.to_owned()).or_default();
        let new = self.names.get(*done..).unwrap_or_default().iter();
        let name = suggest::best(word, nearest.iter().chain(new).map(String::as_str)).map(str::to_owned);
        *done = self.names.len();
        nearest.clone_from(&name);
        let name = name?;
        self.touch(&name);
        Some(name)
    }

    /// Counts a variable as used, because a mistaken word probably means it.
    pub(super) fn touch(&mut self, name: &str) {
        if let Some(Ok(id)) = self.get(name) {
            self.used.insert(id);
        }
    }
}
