//! `x = a + b`: the union of variables of one type.

use crate::check::hir::{self, Birth, Shape, VarId};
use crate::check::{Checked, Checker, Draft};
use crate::diag::codes::syntax::CLAUSE_NOT_HERE;
use crate::diag::codes::types::TYPE_MISMATCH;
use crate::diag::{Diagnostic, Reported};
use crate::plan::{Full, Lowering, Op};
use crate::source::Span;
use crate::syntax::ast::Ident;
use crate::syntax::walk::Walk;
use crate::time::hull;

/// The syntax of a merge.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Merge {
    /// Two variables or more.
    pub variables: Vec<Ident>,
}

impl Merge {
    /// The merge of some variables. `extra` is the place of a clause or function, which a merge does not take: that is the
    /// message.
    pub(crate) fn read(variables: Vec<Ident>, extra: Option<Span>) -> (Self, Option<Diagnostic>) {
        let told = extra.map(|span| {
            let found = Diagnostic::new(&CLAUSE_NOT_HERE, span, "a merge takes plain variables and no clauses");
            found.help("use a second statement: `x = a + b`, then `x = x WHERE …`")
        });
        (Self { variables }, told)
    }

    /// Writes the statement's text after the target.
    pub(crate) fn print(&self, out: &mut String) {
        let names: Vec<&str> = self.variables.iter().map(|v| v.text.as_str()).collect();
        out.push_str(&names.join(" + "));
    }

    /// Visits its parts.
    pub(crate) fn walk(&mut self, walk: &mut impl Walk) {
        self.variables.iter_mut().for_each(|v| walk.ident(v));
    }

    /// Checks that all variables have one type, and joins their windows and sources.
    pub(crate) fn check(&self, cx: &mut Checker<'_>) -> Checked {
        let inputs: Vec<_> = self.variables.iter().map(|name| input(cx, name)).collect();
        let inputs: Vec<VarId> = inputs.into_iter().collect::<Result<_, _>>()?;
        let Some((first, rest)) = inputs.split_first() else { return Err(cx.told()) };
        let mut draft = cx.inherit(*first, Birth::Merge);
        let mut mixed = None;
        for (name, input) in self.variables.iter().skip(1).zip(rest) {
            if cx.entity_of(*input) != cx.entity_of(*first) {
                mixed = Some(self.mixed(cx, *first, name, *input));
                continue;
            }
            let other = cx.inherit(*input, Birth::Merge);
            draft.window = hull(draft.window, other.window);
            draft.sources.extend(other.sources.iter().filter(|s| !draft.sources.contains(s)).copied().collect::<Vec<_>>());
            draft.parents.push(*input);
            unite(&mut draft, other);
        }
        let out = cx.bind(draft);
        if let Some(reported) = mixed {
            return Err(reported);
        }
        cx.step(hir::MergeStep { out, inputs });
        Ok(())
    }

    fn mixed(&self, cx: &mut Checker<'_>, first: VarId, name: &Ident, input: VarId) -> Reported {
        let (have, other) = (cx.type_name(cx.entity_of(first)), cx.type_name(cx.entity_of(input)));
        let mut diagnostic =
            Diagnostic::new(&TYPE_MISMATCH, name.span, format!("a merge needs one entity type, not {have} and {other}"))
                .label(other);
        if let Some(before) = self.variables.first() {
            diagnostic = diagnostic.also(before.span, have);
        }
        cx.report(diagnostic.help(format!("FIND {have} LINKED {} finds the {have} in the same records", name.text)))
    }
}

fn input(cx: &mut Checker<'_>, name: &Ident) -> Result<VarId, Reported> {
    let input = cx.resolve(name)?;
    cx.needs_entities(input, name.span, "a merge")?;
    Ok(input)
}

/// Adds the columns of another draft; columns are the same if their names are. Of two types it is known at run time which
/// a value has.
fn unite(draft: &mut Draft, other: Draft) {
    for column in other.columns {
        match draft.columns.iter_mut().find(|c| c.name == column.name) {
            Some(held) if held.ty != column.ty => held.ty = None,
            Some(_) => {}
            None => draft.columns.push(column),
        }
    }
    let (Shape::Entities { per_record, kept, added, open, .. }, Shape::Entities { per_record: p, kept: k, added: a, open: o, .. }) =
        (&mut draft.shape, other.shape)
    else {
        return;
    };
    if *per_record != p {
        *per_record = None;
    }
    *kept = match (kept.take(), k) {
        (Some(mut mine), Some(theirs)) => {
            for column in theirs {
                if !mine.iter().any(|c| c.attr == column.attr) {
                    mine.push(column);
                }
            }
            Some(mine)
        }
        _ => None,
    };
    for name in a {
        if !added.contains(&name) {
            added.push(name);
        }
    }
    *open |= o;
}

impl hir::MergeStep {
    /// Adds the union of the raw tables, and where something asks for it that of the full ones.
    pub(crate) fn lower(&self, cx: &mut Lowering<'_>) {
        let raws = self.inputs.iter().map(|v| cx.raw(*v)).collect();
        let node = cx.node(Op::Union, cx.entity(self.out), raws);
        cx.bind(self.out, &self.inputs, node, Full::UnionOf(self.inputs.clone()));
    }
}
