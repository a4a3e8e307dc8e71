//! A lint on exclusions: NOT and its kin leave out the records that lack the attribute too.

use super::context::Checker;
use super::hir::{Attr, Predicate, Test, TestOp};
use crate::catalog::{AttrId, Catalog, Entity};
use crate::diag::Diagnostic;
use crate::diag::codes::patterns::DROPS_ABSENT;
use crate::syntax::ast::{Comparison, Pattern};
use crate::syntax::print;

impl Checker<'_> {
    /// Advises of exclusions by an attribute that may be absent, once for each attribute. A pattern that asks for its presence
    /// anywhere, or keeps its absence beside the exclusion, says what it means.
    pub(super) fn drops_absent(&mut self, pattern: &Pattern, predicate: &Predicate) {
        let mut tests = Vec::new();
        kept(predicate, &[], &mut tests);
        let mut written = Vec::new();
        comparisons(pattern, &mut written);
        let present = |t: &Test| if t.op == TestOp::Null { t.negated } else { !t.negated };
        let mut told: Vec<&Test> = tests.iter().filter(|(test, _)| present(test)).map(|(test, _)| *test).collect();
        for ((test, kept), comparison) in tests.iter().zip(written) {
            let excludes = test.negated && test.op != TestOp::Null && !kept;
            if excludes && !told.iter().any(|t| same(t, test)) && may_be_absent(self.catalog, test) {
                told.push(test);
                self.drops(comparison);
            }
        }
    }

    fn drops(&mut self, comparison: &Comparison) {
        let mut attribute = String::new();
        print::attribute(&comparison.attribute, &mut attribute);
        let text = self.sources.text(comparison.span).to_owned();
        // Behind NOT the comparison is positive, and De Morgan's rule makes OR of AND.
        let with = if comparison.denies() {
            format!("({text} OR {attribute} IS NULL)")
        } else {
            format!("({text} AND {attribute} IS NOT NULL)")
        };
        let message = format!("what has no `{}` is left out too", comparison.attribute.text);
        let diagnostic = Diagnostic::new(&DROPS_ABSENT, comparison.span, message)
            .label("false where the attribute is absent")
            .fix("keep what lacks it", comparison.span, with)
            .help(format!("{attribute} IS NOT NULL says that it is meant"));
        self.report(diagnostic);
    }
}

/// Whether two comparisons look at one attribute.
fn same(a: &Test, b: &Test) -> bool {
    a.entity == b.entity && a.attr == b.attr
}

/// Every comparison in the order of the text, and whether IS NULL of its attribute stands beside it behind OR.
fn kept<'p>(predicate: &'p Predicate, beside: &[&'p Test], found: &mut Vec<(&'p Test, bool)>) {
    match predicate {
        Predicate::Test(test) => found.push((test, beside.iter().any(|b| same(b, test)))),
        Predicate::And(parts) => parts.iter().for_each(|part| kept(part, beside, found)),
        Predicate::Or(parts) => {
            let absent = |part: &'p Predicate| match part {
                Predicate::Test(test) if test.op == TestOp::Null && !test.negated => Some(&**test),
                _ => None,
            };
            let beside: Vec<&Test> = beside.iter().copied().chain(parts.iter().filter_map(absent)).collect();
            for part in parts {
                kept(part, &beside, found);
            }
        }
    }
}

/// The comparisons of a pattern in the order of the text, which is that of the predicate's tests.
fn comparisons<'p>(pattern: &'p Pattern, found: &mut Vec<&'p Comparison>) {
    match pattern {
        Pattern::And(parts, _) | Pattern::Or(parts, _) => parts.iter().for_each(|part| comparisons(part, found)),
        Pattern::Not(part, _) => comparisons(part, found),
        Pattern::Compare(comparison) => found.push(comparison),
        Pattern::Error(_) => {}
    }
}

/// Whether an entity may stand where it lacks the attribute. The name by which people know the type is as good as always there.
fn may_be_absent(catalog: &Catalog, test: &Test) -> bool {
    let kind = catalog.get(test.entity);
    match &test.attr {
        Attr::Catalog(id) => {
            let identity = &kind.identity;
            let known = |a: &AttrId| a == id || made_of(kind, *id, *a);
            *id != kind.primary && !identity.key.iter().chain(&identity.required).any(known)
        }
        Attr::Record(field) => !catalog.shown_fields.iter().any(|s| s.field == *field && s.of.contains(&test.entity)),
        Attr::Sighting(_) | Attr::Added(_) => false,
    }
}

/// Whether an attribute reads in each slot what another one reads there.
fn made_of(kind: &Entity, id: AttrId, other: AttrId) -> bool {
    let access = |a: AttrId| kind.attributes.get(usize::from(a.0)).map(|a| &a.access);
    let (Some(mine), Some(others)) = (access(id), access(other)) else { return false };
    mine.iter().zip(others).all(|pair| match pair {
        (Some(mine), Some(other)) => mine.fields.iter().all(|f| other.fields.contains(f)),
        (None, other) => other.is_none(),
        (Some(_), None) => true,
    })
}
