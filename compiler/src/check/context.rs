//! The state of one check: what is bound, what was built, where messages go.

use super::hir::{Birth, Hunt, Shape, SourceRef, Step, StepKind, Var, VarId};
use super::outline::Outline;
use super::scope::Scope;
use crate::catalog::{Catalog, EntityId, ValueType};
use crate::diag::{Diagnostic, Reported, Sink};
use crate::options::Options;
use crate::source::{SourceSet, Span};
use crate::syntax::ast::Ident;
use crate::time::Window;
use foldhash::{HashMap, HashSet};

/// The result of checking a statement. An error was reported already.
pub(crate) type Checked = Result<(), Reported>;

/// The state of one check.
pub(crate) struct Checker<'a> {
    /// The texts, for messages that quote them.
    pub(crate) sources: &'a SourceSet,
    pub(crate) catalog: &'a Catalog,
    pub(crate) options: &'a Options,
    /// The part that is built so far.
    pub(crate) hunt: Hunt,
    pub(super) scope: Scope<'a>,
    /// Columns outside the catalog of each variable, in step with [`Hunt::vars`].
    pub(super) columns: Vec<Vec<ColumnInfo>>,
    /// The data sources of the last GET that named any.
    pub(super) last_sources: Vec<SourceRef>,
    /// The files that SAVE writes, with the type of what is in them.
    pub(super) saved: HashMap<String, EntityId>,
    /// All statements of the file.
    pub(super) outline: &'a Outline<'a>,
    sink: &'a mut Sink,
    /// Variables of statements that were read only in part, and variables made from those: GROUP and ATTR may have named more
    /// columns.
    pub(super) unsure: HashSet<VarId>,
    /// Variables to which a failed statement may have added attributes, and variables made from those.
    pub(super) widened: HashSet<VarId>,
    /// Variables, and what comes from them, that an analytic of unknown outputs was applied to.
    pub(super) enriched: HashSet<VarId>,
    /// Variables, and what comes from them, that were loaded from a file whose columns are known.
    pub(super) known_files: HashSet<VarId>,
    /// Index of the current statement in the file, from 0.
    pub(super) index: usize,
    /// The current statement.
    pub(crate) span: Span,
    target: Option<&'a Ident>,
    bound: bool,
    failed: bool,
}

/// A column outside the catalog.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct ColumnInfo {
    pub(crate) name: String,
    /// How its values compare; `None`: known only at run time.
    pub(crate) ty: Option<ValueType>,
}

/// A variable about to be bound.
pub(crate) struct Draft {
    pub(crate) shape: Shape,
    /// What is known of its columns outside the catalog.
    pub(crate) columns: Vec<ColumnInfo>,
    /// The search window that later statements inherit.
    pub(crate) window: Window,
    /// The sources that a FIND from it asks.
    pub(crate) sources: Vec<SourceRef>,
    pub(crate) born: Birth,
    /// The variables that it is made from.
    pub(crate) parents: Vec<VarId>,
}

impl Draft {
    /// All entities of a type, with nothing but the catalog's attributes.
    pub(crate) fn entities(entity: EntityId, born: Birth) -> Self {
        let shape = Shape::Entities { entity, per_record: None, kept: None, added: Vec::new(), open: false };
        Self { shape, columns: Vec::new(), window: None, sources: Vec::new(), born, parents: Vec::new() }
    }
}

impl<'a> Checker<'a> {
    /// A check before its first statement.
    pub(crate) fn new(
        outline: &'a Outline<'a>,
        sources: &'a SourceSet,
        catalog: &'a Catalog,
        options: &'a Options,
        sink: &'a mut Sink,
    ) -> Self {
        let nowhere = Span { source: crate::source::SourceId(0), start: 0, end: 0 };
        Self {
            sources,
            catalog,
            options,
            hunt: Hunt::default(),
            scope: Scope::new(outline),
            columns: Vec::new(),
            last_sources: Vec::new(),
            saved: HashMap::default(),
            outline,
            sink,
            unsure: HashSet::default(),
            widened: HashSet::default(),
            enriched: HashSet::default(),
            known_files: HashSet::default(),
            index: 0,
            span: nowhere,
            target: None,
            bound: false,
            failed: false,
        }
    }

    /// Begins the statement with this index in the outline.
    pub(crate) fn begin(&mut self, index: usize) {
        let Some(heading) = self.outline.statements.get(index) else { return };
        self.index = index;
        self.span = heading.span;
        self.target = heading.target;
        self.bound = false;
    }

    /// Ends the current statement. If it failed, its target is bound to the proof of the report, so that uses of it report
    /// nothing.
    pub(crate) fn end(&mut self, result: Checked) {
        if let Err(reported) = result {
            self.failed = true;
            self.widen();
            let yields = self.outline.statements.get(self.index).is_some_and(|s| s.yields);
            if !self.bound && (self.target.is_some() || yields) {
                self.scope.bind(self.target_name().0, Err(reported));
            }
        }
    }

    /// Notes the variables that a failed statement names, or almost names: it may have been meant to give attributes to them.
    fn widen(&mut self) {
        if self.outline.statements.get(self.index).is_some_and(|s| s.updates) {
            let words = self.sources.text(self.span).split(|c: char| !(c.is_alphanumeric() || c == '_'));
            let named: Vec<VarId> = words.filter_map(|word| self.scope.named_like(word)).collect();
            self.widened.extend(named);
        }
    }

    /// The hunt, if nothing was wrong.
    pub(crate) fn finish(mut self) -> Option<Hunt> {
        if !self.failed {
            self.unused_variables();
        }
        (!self.failed && !self.sink.has_errors()).then_some(self.hunt)
    }

    /// Reports a diagnostic.
    pub(crate) fn report(&mut self, diagnostic: Diagnostic) -> Reported {
        self.sink.report(diagnostic)
    }

    /// The proof for a tree node that the parser could not read and has reported.
    pub(crate) fn told(&self) -> Reported {
        self.sink.told()
    }

    /// The name that the statement binds, and its place. The name is empty where it is missing from the text.
    fn target_name(&self) -> (&'a str, Span) {
        match self.target {
            Some(target) if target.is_missing() => ("", target.span),
            Some(target) => (&target.text, target.span),
            None => ("_", self.span),
        }
    }

    /// Binds the statement's target, or `_`, to a new variable. Names in the statement must be resolved before this.
    pub(crate) fn bind(&mut self, draft: Draft) -> VarId {
        let (name, span) = self.target_name();
        let id = VarId(self.hunt.vars.len() as u32);
        let version = self.scope.bind(name, Ok(id));
        self.bound = true;
        self.push(draft, (name.to_owned(), version), true, span);
        id
    }

    /// An in-place update of a variable (APPLY): a new variable under the same name and version.
    pub(crate) fn update(&mut self, old: VarId, draft: Draft) -> VarId {
        let id = VarId(self.hunt.vars.len() as u32);
        let before = self.var(old);
        let (name, version, span) = (before.name.clone(), before.version, before.span);
        self.scope.replace(&name, old, id);
        self.push(draft, (name, version), false, span);
        id
    }

    /// Whether something between this statement's start and the next one's could not be read.
    pub(crate) fn half_read(&self) -> bool {
        let next = self.outline.statements.get(self.index + 1).map_or(u32::MAX, |s| s.span.start);
        self.sink.unread_within(self.span, next)
    }

    /// Whether something before the next statement could not be read.
    pub(crate) fn unread_before(&self) -> bool {
        let next = self.outline.statements.get(self.index + 1).map_or(u32::MAX, |s| s.span.start);
        self.sink.unread_within(Span { start: 0, ..self.span }, next)
    }

    fn push(&mut self, draft: Draft, (name, version): (String, u32), binding: bool, span: Span) {
        let id = VarId(self.hunt.vars.len() as u32);
        if self.half_read() || draft.parents.iter().any(|p| self.unsure.contains(p)) {
            self.unsure.insert(id);
        }
        if draft.parents.iter().any(|p| self.widened.contains(p)) {
            self.widened.insert(id);
        }
        if draft.parents.iter().any(|p| self.enriched.contains(p)) {
            self.enriched.insert(id);
        }
        if draft.parents.iter().any(|p| self.known_files.contains(p)) {
            self.known_files.insert(id);
        }
        let Draft { shape, columns, window, sources, born, mut parents } = draft;
        let mut seen = HashSet::default();
        parents.retain(|p| seen.insert(*p));
        self.hunt.vars.push(Var { name, version, binding, shape, window, sources, span, born, parents });
        self.columns.push(columns);
    }

    /// Notes that an analytic answered for a variable, which goes on as `out`; with columns that nobody declared?
    pub(crate) fn enriched(&mut self, input: VarId, out: VarId, open: bool) {
        if open || self.enriched.contains(&input) {
            self.enriched.insert(out);
        }
        if self.known_files.contains(&input) {
            self.known_files.insert(out);
        }
    }

    /// Notes that the columns of a variable's file are known.
    pub(crate) fn known_file(&mut self, out: VarId) {
        self.known_files.insert(out);
    }

    /// Adds the checked form of the current statement to the hunt.
    pub(crate) fn step(&mut self, kind: impl Into<StepKind>) {
        self.hunt.steps.push(Step { statement: self.index as u32 + 1, span: self.span, kind: kind.into() });
    }

    /// The variable with this id; ids come from this check.
    pub(crate) fn var(&self, id: VarId) -> &Var {
        &self.hunt.vars[id.0 as usize]
    }

    /// What is known of a variable's columns outside the catalog.
    pub(crate) fn columns_of(&self, id: VarId) -> &[ColumnInfo] {
        &self.columns[id.0 as usize]
    }

    /// A draft with the shape, columns, window and sources of a variable, made from it by another command.
    pub(crate) fn inherit(&self, id: VarId, born: Birth) -> Draft {
        let var = self.var(id);
        Draft {
            shape: var.shape.clone(),
            columns: self.columns_of(id).to_vec(),
            window: var.window,
            sources: var.sources.clone(),
            born,
            parents: vec![id],
        }
    }

    /// The entity type of a variable's rows, or of what was grouped.
    pub(crate) fn entity_of(&self, id: VarId) -> EntityId {
        self.var(id).shape.entity()
    }

    pub(crate) fn type_name(&self, entity: EntityId) -> &'a str {
        &self.catalog.get(entity).name
    }
}

impl Shape {
    /// The entity type of the rows, or of what was grouped.
    pub fn entity(&self) -> EntityId {
        match self {
            Self::Entities { entity, .. } => *entity,
            Self::Groups { of, .. } => *of,
        }
    }
}
