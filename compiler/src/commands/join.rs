//! `JOIN a, b BY x, y AND z, w WITHIN 5 m`: rows of two variables side by side.

use crate::check::hir::{self, Attr, Birth, Column, Shape, VarId};
use crate::check::{Checked, Checker, ColumnInfo, Draft, kind, with_article};
use crate::diag::codes::patterns::REFERENCE_TYPE;
use crate::diag::codes::syntax::UNEXPECTED;
use crate::diag::codes::types::TYPE_MISMATCH;
use crate::diag::{Diagnostic, Reported};
use crate::plan::{Full, Lowering, Op};
use crate::syntax::Parts;
use crate::syntax::ast::{AttrPath, Ident, Length};
use crate::syntax::clause::clauses;
use crate::syntax::grammar::{P, Stop, attribute, comma, command_keyword, keyword, place, required, variable};
use crate::syntax::token::Keyword;
use crate::syntax::walk::Walk;
use crate::syntax::{literal, print};
use chumsky::primitive::choice;
use chumsky::{IterParser, Parser};

/// The syntax of JOIN.
#[derive(Clone, PartialEq, Debug)]
pub struct Join {
    /// The variable whose values win.
    pub left: Ident,
    /// The variable that fills what the first lacks.
    pub right: Ident,
    /// The pairs of attributes after BY; without BY the keys of the entities are compared.
    pub by: Vec<(AttrPath, AttrPath)>,
    /// How much later the second row may be.
    pub within: Option<Length>,
}

/// `JOIN a, b [BY x, y [AND z, w]] [WITHIN n unit]`
pub(crate) fn grammar<'t>(parts: &Parts<'t>) -> P<'t, Option<Join>> {
    let by = keyword(Keyword::By).ignore_then(required(pairs(), Stop::Clause)).or_not();
    let within = keyword(Keyword::Within).ignore_then(required(literal::length(), Stop::Clause)).or_not();
    command_keyword(Keyword::Join)
        .ignore_then(required(variable().then_ignore(comma()).then(variable()), Stop::Clause))
        .then(by)
        .then(within)
        .then_ignore(clauses(&parts.clause, "JOIN", &[]))
        .map(|((variables, by), within)| {
            let (left, right) = variables?;
            let by = by.unwrap_or_else(|| Some(Vec::new()))?;
            let within = match within {
                Some(found) => Some(found?),
                None => None,
            };
            Some(Join { left, right, by, within })
        })
        .boxed()
}

/// `x, y [AND z, w]`; pairs with a comma between are read, and reported.
fn pairs<'t>() -> P<'t, Vec<(AttrPath, AttrPath)>> {
    let pair = attribute().then_ignore(comma()).then(attribute()).boxed();
    let joint = choice((keyword(Keyword::And).to(None), comma().map_with(|(), e| Some(place(e.slice())))));
    let more = joint.then(pair.clone()).validate(|(comma, pair), _, emitter| {
        if let Some(comma) = comma {
            let found = Diagnostic::new(&UNEXPECTED, comma, "AND stands between two pairs of JOIN");
            emitter.emit(found.label("a comma stands inside a pair").fix("write AND", comma, " AND").into());
        }
        pair
    });
    let more = more.boxed().repeated().collect::<Vec<_>>();
    pair.then(more).map(|(first, more)| std::iter::once(first).chain(more).collect()).boxed()
}

impl Join {
    /// Writes the statement's text after the target.
    pub(crate) fn print(&self, out: &mut String) {
        out.push_str("JOIN ");
        print::list([&self.left, &self.right], out, print::ident);
        for (index, (left, right)) in self.by.iter().enumerate() {
            out.push_str(if index == 0 { " BY " } else { " AND " });
            print::list([left, right], out, print::attribute);
        }
        print::clause("WITHIN", self.within.as_ref(), out, print::length);
    }

    /// Visits its parts.
    pub(crate) fn walk(&mut self, walk: &mut impl Walk) {
        walk.ident(&mut self.left);
        walk.ident(&mut self.right);
        for (left, right) in &mut self.by {
            walk.attribute(left);
            walk.attribute(right);
        }
        if let Some(within) = &mut self.within {
            walk.length(within);
        }
    }

    /// Checks that the attributes of each pair can be equal. The result has the columns of the first variable, then those that only the
    /// second has.
    pub(crate) fn check(&self, cx: &mut Checker<'_>) -> Checked {
        let (left, right) = (cx.resolve(&self.left), cx.resolve(&self.right));
        let (left, right) = (left?, right?);
        let (by, within) = (self.keys(cx, left, right), self.times(cx, left, right));
        let mut draft = cx.inherit(left, Birth::Join);
        draft.parents.push(right);
        widen(cx, &mut draft, right);
        let out = cx.bind(draft);
        cx.step(hir::JoinStep { out, left, right, by: by?, within: within? });
        Ok(())
    }

    /// The length of WITHIN. Only rows with a time can be compared by it: groups have none.
    fn times(&self, cx: &mut Checker<'_>, left: VarId, right: VarId) -> Result<Option<i64>, Reported> {
        let Some(within) = &self.within else { return Ok(None) };
        cx.needs_entities(left, self.left.span, "JOIN with WITHIN")?;
        cx.needs_entities(right, self.right.span, "JOIN with WITHIN")?;
        within.nanos.map(Some).ok_or_else(|| cx.told())
    }

    fn keys(&self, cx: &mut Checker<'_>, left: VarId, right: VarId) -> Result<Vec<(Attr, Attr)>, Reported> {
        if self.by.is_empty() {
            cx.needs_entities(left, self.left.span, "JOIN without BY")?;
            cx.needs_entities(right, self.right.span, "JOIN without BY")?;
            let (one, other) = (cx.type_name(cx.entity_of(left)), cx.type_name(cx.entity_of(right)));
            if one == other {
                return Ok(Vec::new());
            }
            let message = format!("JOIN without BY needs one entity type, not {one} and {other}");
            let diagnostic = Diagnostic::new(&TYPE_MISMATCH, self.right.span, message)
                .label(other)
                .also(self.left.span, one)
                .help("name the attributes that are equal: JOIN a, b BY attribute, attribute");
            return Err(cx.report(diagnostic));
        }
        let pairs: Vec<_> = self.by.iter().map(|(a, b)| pair(cx, (left, a), (right, b))).collect();
        pairs.into_iter().collect()
    }
}

/// Checks one pair of attributes after BY.
fn pair(cx: &mut Checker<'_>, (left, a): (VarId, &AttrPath), (right, b): (VarId, &AttrPath)) -> Result<(Attr, Attr), Reported> {
    let (first, second) = (cx.attribute(left, a), cx.attribute(right, b));
    let (first, second) = (first?, second?);
    if let (Some(x), Some(y)) = (first.ty, second.ty)
        && kind(x) != kind(y)
    {
        let message = format!("`{}` is {}, `{}` is {}", a.text, with_article(x), b.text, with_article(y));
        let diagnostic = Diagnostic::new(&REFERENCE_TYPE, b.span, message)
            .label(y.word())
            .also(a.span, x.word())
            .help("JOIN compares attributes of one kind");
        return Err(cx.report(diagnostic));
    }
    Ok((first.attr, second.attr))
}

/// Adds the columns that the second variable has and the first lacks.
fn widen(cx: &Checker<'_>, draft: &mut Draft, right: VarId) {
    let entity = draft.shape.entity();
    for column in cx.all_columns(right) {
        let info = ColumnInfo { name: column.header.clone(), ty: cx.attribute_type(right, &column.attr) };
        let path = AttrPath { entity: None, text: column.header.clone(), span: cx.span };
        let own = cx.known_attribute(entity, &path).map(|f| f.attr);
        match &mut draft.shape {
            Shape::Groups { columns, .. } => {
                if !columns.contains(&info.name) {
                    columns.push(info.name.clone());
                    draft.columns.push(info);
                }
            }
            Shape::Entities { kept, added, .. } => {
                let attr = own.unwrap_or_else(|| Attr::Added(info.name.clone()));
                if let Some(kept) = kept
                    && !kept.iter().any(|k| k.attr == attr)
                {
                    kept.push(Column { header: info.name.clone(), attr: attr.clone() });
                }
                if matches!(attr, Attr::Added(_)) && !added.contains(&info.name) {
                    added.push(info.name.clone());
                    draft.columns.push(info);
                }
            }
        }
    }
}

impl hir::JoinStep {
    /// Joins the rows of both full tables.
    pub(crate) fn lower(&self, cx: &mut Lowering<'_>) {
        let inputs = vec![cx.full(self.left), cx.full(self.right)];
        let node = cx.node(Op::Join { by: self.by.clone(), within: self.within }, cx.entity(self.left), inputs);
        cx.bind(self.out, &[self.left, self.right], node, Full::Raw);
    }
}
