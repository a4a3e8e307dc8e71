//! Which part of a condition finds nothing, and which values come near it.

use super::evidence::Evidence;
use super::near::{How, Near, near};
use super::write::short;
use huntc_compiler::diag::codes::hints::{NEVER_TOGETHER, OTHER_PLACE, OTHER_SPELLING};
use huntc_compiler::diag::{Code, Diagnostic};
use huntc_compiler::plan::{Names, Predicate, Span, Test};
use huntc_compiler::value::Value;
use std::collections::BTreeSet;

/// The most values that a suggested comparison names.
const MOST_NAMED: usize = 8;

/// The parts of a conjunction. Any other condition is one part.
pub(super) fn parts(predicate: &Predicate) -> Vec<&Predicate> {
    match predicate {
        Predicate::And(parts) if !parts.is_empty() => parts.iter().flat_map(self::parts).collect(),
        other => vec![other],
    }
}

/// The parts that find nothing on their own.
pub(super) fn failing<'p>(evidence: &Evidence<'_>, predicate: &'p Predicate) -> Vec<&'p Predicate> {
    parts(predicate).into_iter().filter(|p| evidence.seen(p).is_some_and(|s| s.count() == 0)).collect()
}

/// A comparison that would find something in the place of one that does not.
struct Finding<'p> {
    test: &'p Test,
    own: bool,
    how: How,
    /// The values that come near, the most frequent first, each with its count.
    values: Vec<(Value, u64)>,
    fixed: Test,
}

impl Finding<'_> {
    /// The lower the rank, the more likely it is what the author meant.
    fn rank(&self) -> u8 {
        match (self.own, self.how) {
            (true, How::Same | How::Case) => 0,
            (true, How::Blanks) => 1,
            (false, How::Same) => 2,
            (true, How::Path) => 3,
            (true, How::Name) => 4,
            (true, How::Part) => 5,
            (false, _) => 6,
        }
    }
}

/// Why a condition finds nothing, when something comes near one of its `failing` parts. The counts of the other parts
/// are taken from `figures`.
pub(super) fn spelled(
    names: Names<'_>,
    evidence: &Evidence<'_>,
    predicate: &Predicate,
    failing: &[&Predicate],
    figures: &Evidence<'_>,
) -> Option<Diagnostic> {
    let alone = failing.len() == 1;
    let found: Vec<Finding<'_>> = failing
        .iter()
        .filter_map(|part| {
            let mut candidates: Vec<Finding<'_>> = part.tests().into_iter().flat_map(|t| findings(names, evidence, t)).collect();
            candidates.sort_by_key(Finding::rank);
            let proved = |f: &Finding<'_>| count(evidence, &replaced(predicate, f)) > 0;
            let at = if alone { candidates.iter().position(proved) } else { None };
            (!candidates.is_empty()).then(|| candidates.swap_remove(at.unwrap_or(0)))
        })
        .collect();
    let first = found.first()?;
    let mended = found.iter().fold(predicate.clone(), |p, f| replaced(&p, f));
    let proved = count(evidence, &mended);
    let mut diagnostic = headline(names, first);
    for finding in &found {
        for (value, n) in finding.values.iter().take(3) {
            diagnostic = diagnostic.note(format!("`{}`: {}", short(&value.to_string()), evidence.count(*n)));
        }
        let text = match found.len() {
            1 if proved > 0 => format!("this finds {}", evidence.count(proved)),
            _ if proved > 0 => format!("together these find {}", evidence.count(proved)),
            _ => "this part alone finds something then".to_owned(),
        };
        diagnostic = diagnostic.fix(text, finding.test.span, finding.fixed.display(names).to_string());
    }
    let told: Vec<Span> = found.iter().map(|f| f.test.span).collect();
    Some(with_others(names, figures, predicate, diagnostic, &told))
}

fn headline(names: Names<'_>, finding: &Finding<'_>) -> Diagnostic {
    let attribute = names.attribute(finding.test.entity, &finding.test.attr);
    let value = finding.values.first().map(|(v, _)| short(&v.to_string())).unwrap_or_default();
    let other = names.attribute(finding.fixed.entity, &finding.fixed.attr);
    let (code, message): (&'static Code, String) = match (finding.own, finding.how) {
        (false, _) => (&OTHER_PLACE, format!("`{value}` stands in `{other}`, not in `{attribute}`")),
        (true, How::Case | How::Same) => (&OTHER_SPELLING, format!("`{attribute}` is `{value}` in the records: another case")),
        (true, How::Blanks) => (&OTHER_SPELLING, format!("`{attribute}` is `{value}` in the records: other blanks")),
        (true, How::Path) => (&OTHER_SPELLING, format!("`{attribute}` is `{value}` in the records: with the folder")),
        (true, How::Name) => (&OTHER_SPELLING, format!("`{attribute}` is `{value}` in the records: without a folder")),
        (true, How::Part) => (&OTHER_SPELLING, format!("`{attribute}` has this only inside longer values, as in `{value}`")),
    };
    Diagnostic::new(code, finding.test.span, message).label("finds nothing as it is written")
}

/// The hint with the counts of the parts that it does not mention.
pub(super) fn with_others(
    names: Names<'_>,
    evidence: &Evidence<'_>,
    predicate: &Predicate,
    hint: Diagnostic,
    told: &[Span],
) -> Diagnostic {
    let others = parts(predicate).into_iter().filter(|part| !part.tests().iter().any(|t| told.contains(&t.span)));
    let figures = others.take(MOST_NAMED).filter_map(|part| {
        // When only some of the records were seen, no hit among them proves nothing.
        let n = Some(evidence.seen(part)?.count()).filter(|n| *n > 0 || evidence.whole())?;
        Some(alone(names, evidence, part, n))
    });
    figures.fold(hint, Diagnostic::note)
}

fn alone(names: Names<'_>, evidence: &Evidence<'_>, part: &Predicate, n: u64) -> String {
    let what = if n == 0 { "nothing".to_owned() } else { evidence.count(n) };
    format!("`{}` alone finds {what}", shown(names, part))
}

/// A part of a condition as text for a note.
pub(super) fn shown(names: Names<'_>, part: &Predicate) -> String {
    let tests = part.tests();
    let first = tests.first().map(|t| short(&t.display(names).to_string())).unwrap_or_default();
    if tests.len() > 1 { format!("{first} OR …") } else { first }
}

/// The hint that every part finds something but nothing satisfies all parts. Parts that `evidence` cannot answer are
/// looked up in `more`.
pub(super) fn together(
    names: Names<'_>,
    evidence: &Evidence<'_>,
    more: &Evidence<'_>,
    predicate: &Predicate,
    span: Span,
) -> Option<Diagnostic> {
    let parts = parts(predicate);
    let of = |p: &&Predicate| evidence.seen(p).filter(|s| s.count() > 0).or_else(|| more.seen(p));
    let seen: Vec<_> = parts.iter().map(of).collect::<Option<_>>()?;
    if parts.len() < 2 || seen.iter().any(|s| s.count() == 0) || evidence.seen(predicate)?.count() > 0 {
        return None;
    }
    let mut diagnostic = Diagnostic::new(&NEVER_TOGETHER, span, "each part of the condition finds something, but nothing has all")
        .label("never at once");
    for (part, seen) in parts.iter().zip(&seen).take(MOST_NAMED) {
        diagnostic = diagnostic.note(alone(names, evidence, part, seen.count()));
    }
    let mut records = seen.iter().map(|s| s.found.keys().copied().collect::<BTreeSet<u64>>());
    let first = records.next().unwrap_or_default();
    let all = records.fold(first, |a, b| a.intersection(&b).copied().collect());
    if !all.is_empty() {
        let n = evidence.count(all.len() as u64);
        diagnostic = diagnostic.note(format!("all parts hold in {n}, but in different places (a process and its parent)"));
    }
    Some(diagnostic.help("take the parts one after the other: GET with the first, then FIND … WHERE with the next"))
}

fn count(evidence: &Evidence<'_>, predicate: &Predicate) -> u64 {
    evidence.seen(predicate).map_or(0, |s| s.count())
}

/// The condition with a comparison replaced.
fn replaced(predicate: &Predicate, finding: &Finding<'_>) -> Predicate {
    let all = |parts: &[Predicate]| parts.iter().map(|p| replaced(p, finding)).collect();
    match predicate {
        Predicate::And(parts) => Predicate::And(all(parts)),
        Predicate::Or(parts) => Predicate::Or(all(parts)),
        Predicate::Test(test) if test.span == finding.test.span => Predicate::Test(Box::new(finding.fixed.clone())),
        Predicate::Test(_) => predicate.clone(),
    }
}

/// Every comparison that comes near `test` and finds something.
fn findings<'p>(names: Names<'_>, evidence: &Evidence<'_>, test: &'p Test) -> Vec<Finding<'p>> {
    near(test, names.catalog).iter().flat_map(|near| ways(evidence, test, near)).collect()
}

fn ways<'p>(evidence: &Evidence<'_>, test: &'p Test, near: &Near) -> Vec<Finding<'p>> {
    let Some(seen) = evidence.values(&near.search, test.entity, &near.attr) else { return Vec::new() };
    let mut values: Vec<(How, Value, u64)> =
        seen.values.iter().filter_map(|(v, records)| Some((near.how(v)?, v.clone(), records.len() as u64))).collect();
    values.sort_by(|a, b| a.0.cmp(&b.0).then(b.2.cmp(&a.2)).then(a.1.cmp(&b.1)));
    let mut out = Vec::new();
    for one in values.chunk_by(|a, b| a.0 == b.0) {
        let Some((how, ..)) = one.first() else { continue };
        let values: Vec<(Value, u64)> = one.iter().map(|(_, v, n)| (v.clone(), *n)).take(MOST_NAMED).collect();
        let fixed = near.fix(test, *how, values.iter().map(|(v, _)| v.clone()).collect());
        out.push(Finding { test, own: near.own, how: *how, values, fixed });
    }
    out
}
