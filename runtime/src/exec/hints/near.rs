//! What comes near a comparison: the same value in another case, with blanks, with or without its folder, as a part of a
//! longer value, or in a related attribute.

use crate::matching::compare::Comparer;
use crate::matching::{Holds, References};
use huntc_compiler::catalog::{Access, AttrId, Catalog, Rule, ValueType};
use huntc_compiler::plan::{Attr, Operand, Predicate, Test, TestOp};
use huntc_compiler::value::Value;

/// The most values of one comparison for which near values are looked for.
pub(super) const MOST_VALUES: usize = 32;

/// How a value comes near, the nearest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum How {
    /// The same value, in another attribute.
    Same,
    /// Differs in case only.
    Case,
    /// Has blanks around it.
    Blanks,
    /// The records have the path where the hunt names the file.
    Path,
    /// The records have the file name where the hunt names the path.
    Name,
    /// Is a part of a longer value.
    Part,
}

/// Another comparison that may find what this one does not.
#[derive(Clone, Debug)]
pub(super) struct Near {
    /// The attribute whose values come near.
    pub(super) attr: Attr,
    /// Whether `attr` is the attribute of the comparison itself.
    pub(super) own: bool,
    /// Finds every record with a near value, and possibly others.
    pub(super) search: Predicate,
    /// Finds the part of them that an index finds directly; `None` when that is none.
    quick: Option<Predicate>,
    /// How a record that was found is recognised as near.
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    /// Each value is compared with these texts.
    Texts(Vec<String>),
    /// Every record found is near in this way, and the search itself is the comparison to suggest.
    Search(How, Box<Test>),
}

/// Everything that comes near a comparison. Empty when it is negated, compares order, or names too many values.
pub(super) fn near(test: &Test, catalog: &Catalog) -> Vec<Near> {
    if test.negated || !test.attr.is_read() {
        return Vec::new();
    }
    let others = match test.attr {
        Attr::Catalog(id) => related(test, id, catalog).into_iter().map(Attr::Catalog).collect(),
        _ => Vec::new(),
    };
    let attributes = std::iter::once(test.attr.clone()).chain(others);
    attributes.flat_map(|attr| on_attribute(test, &attr, attr == test.attr, catalog)).collect()
}

/// How much is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reach {
    /// Everything. Only inside a window, which bounds the work.
    All,
    /// What an index finds directly: no patterns that begin with a wildcard.
    Quick,
}

/// A condition that finds what satisfies any comparison of `predicate` or comes near it.
pub(super) fn around(predicate: &Predicate, reach: Reach, catalog: &Catalog) -> Predicate {
    match predicate {
        Predicate::And(parts) if parts.is_empty() => Predicate::TRUE,
        Predicate::And(parts) | Predicate::Or(parts) => Predicate::Or(parts.iter().map(|p| around(p, reach, catalog)).collect()),
        Predicate::Test(test) => {
            let near = near(test, catalog).into_iter();
            let near = near.filter_map(|n| if reach == Reach::All { Some(n.search) } else { n.quick });
            Predicate::Or(std::iter::once(predicate.clone()).chain(near).collect())
        }
    }
}

/// As [`around`], for several parts at once.
pub(super) fn around_any(parts: &[&Predicate], reach: Reach, catalog: &Catalog) -> Predicate {
    Predicate::Or(parts.iter().map(|p| around(p, reach, catalog)).collect())
}

/// Other attributes that may hold the same value, each set of fields once.
fn related(test: &Test, own: AttrId, catalog: &Catalog) -> Vec<AttrId> {
    let kind = catalog.get(test.entity);
    let attribute = |id: AttrId| catalog.attribute(test.entity, id);
    let mut seen: Vec<&[Option<Access>]> = vec![&attribute(own).access];
    let mut out = Vec::new();
    for id in (0..kind.attributes.len()).filter_map(|n| u16::try_from(n).ok()).map(AttrId) {
        let other = attribute(id);
        let alike = match test.ty {
            ValueType::Integer => other.ty == test.ty && last_word(&other.name) == last_word(&attribute(own).name),
            ty if ty.is_address() => other.ty.is_address(),
            ValueType::Text | ValueType::Id | ValueType::EntityId | ValueType::Mac => other.ty == test.ty,
            _ => false,
        };
        if alike && !seen.contains(&other.access.as_slice()) {
            seen.push(&other.access);
            out.push(id);
        }
    }
    out
}

/// `port` for `opened_connection_refs.dst_port`.
fn last_word(name: &str) -> &str {
    let name = name.rsplit('.').next().unwrap_or(name);
    name.rsplit('_').next().unwrap_or(name)
}

/// Whether the values of an attribute are whole paths, or names that may be written as paths. Attributes computed from
/// the front or the end of a path do not count: no index finds a pattern on them.
fn of_files(attr: &Attr, test: &Test, catalog: &Catalog) -> bool {
    let Attr::Catalog(id) = attr else { return false };
    let attribute = catalog.attribute(test.entity, *id);
    let whole = |a: &Access| matches!(a.rule, Rule::Value | Rule::First | Rule::PathWithSeparator);
    matches!(last_word(&attribute.name), "name" | "path") && attribute.access.iter().flatten().all(whole)
}

/// Whether a request may ask for a pattern on the attribute. Not on folders, nor on file names of another attribute
/// than the one compared: such a request would return nearly everything.
fn takes_patterns(attr: &Attr, own: bool, test: &Test, catalog: &Catalog) -> bool {
    let Attr::Catalog(id) = attr else { return attr.is_read() };
    let part = |r: Rule| r == Rule::Dirname || (!own && matches!(r, Rule::Basename | Rule::BasenameOfPath));
    catalog.attribute(test.entity, *id).access.iter().flatten().all(|a| !part(a.rule))
}

fn on_attribute(test: &Test, attr: &Attr, own: bool, catalog: &Catalog) -> Vec<Near> {
    let with = |op: TestOp, fold: bool| Test { attr: attr.clone(), op, fold, ..test.clone() };
    let found = |how: How, test: Test| Near {
        attr: attr.clone(),
        own,
        search: Predicate::Test(Box::new(test.clone())),
        quick: (how == How::Same).then(|| Predicate::Test(Box::new(test.clone()))),
        what: What::Search(how, Box::new(test)),
    };
    let patterns = takes_patterns(attr, own, test, catalog);
    match &test.op {
        TestOp::OneOf(operands) if test.ty == ValueType::Text => {
            let Some(texts) = literals(operands) else { return Vec::new() };
            let like = |pattern: String| Predicate::Test(Box::new(with(TestOp::Like(pattern), true)));
            let mut wanted: Vec<Operand> = operands.clone();
            let names = texts.iter().filter_map(|t| base(t)).map(|n| Operand::Value(Value::text(n)));
            wanted.extend(names);
            let quick = Predicate::Test(Box::new(with(TestOp::OneOf(wanted), true)));
            let mut search = vec![quick.clone()];
            if own && patterns {
                search.extend(texts.iter().map(|t| like(format!("%{}%", t.trim()))));
            } else if of_files(attr, test, catalog) {
                search.extend(texts.iter().flat_map(|t| [like(format!("%\\{t}")), like(format!("%/{t}"))]));
            }
            let search = Predicate::Or(search);
            vec![Near { attr: attr.clone(), own, search, quick: Some(quick), what: What::Texts(texts) }]
        }
        TestOp::OneOf(operands) => {
            let same = literals(operands).is_some() && !own;
            if same { vec![found(How::Same, with(test.op.clone(), test.fold))] } else { Vec::new() }
        }
        TestOp::Like(_) | TestOp::Matches(_) if !patterns => Vec::new(),
        TestOp::Like(pattern) if own => {
            let bare = pattern.trim_matches('%');
            let whole = format!("%{bare}%");
            let part = whole != *pattern && !bare.is_empty();
            part.then(|| found(How::Part, with(TestOp::Like(whole), test.fold))).into_iter().collect()
        }
        TestOp::Matches(pattern) if own => {
            let folded = Test { op: TestOp::Matches(format!("(?i){pattern}")), ..test.clone() };
            let case = !test.fold && !pattern.starts_with("(?");
            case.then(|| found(How::Case, folded)).into_iter().collect()
        }
        TestOp::Like(_) | TestOp::Matches(_) | TestOp::Subset(_) if !own => {
            vec![found(How::Same, with(test.op.clone(), test.fold))]
        }
        _ => Vec::new(),
    }
}

/// The texts of literals; `None` when another kind of operand is among them, or too many.
fn literals(operands: &[Operand]) -> Option<Vec<String>> {
    let text = |o: &Operand| match o {
        Operand::Value(value) => Some(value.to_string()),
        Operand::Reference(..) => None,
    };
    if operands.is_empty() || operands.len() > MOST_VALUES { None } else { operands.iter().map(text).collect() }
}

/// The part behind the last path separator.
fn base(path: &str) -> Option<&str> {
    path.rfind(['\\', '/']).map(|at| &path[at + 1..]).filter(|name| !name.is_empty())
}

impl Near {
    /// How `value` comes near; `None` when the request returned it but it does not.
    pub(super) fn how(&self, value: &Value) -> Option<How> {
        let texts = match &self.what {
            What::Search(how, _) => return Some(*how),
            What::Texts(texts) => texts,
        };
        let value = value.to_string();
        texts.iter().filter_map(|text| compare(text, &value)).filter(|how| *how > How::Same || !self.own).min()
    }

    /// Of the values of records that were found, those that made them be found: an attribute may have several. `None` where
    /// that cannot be told by a value alone.
    pub(super) fn matched(&self, values: &[(How, Value, u64)]) -> Option<Vec<(How, Value, u64)>> {
        let What::Search(_, test) = &self.what else { return None };
        let comparer = Comparer::new(test, &References::default(), false).ok()?;
        let passing: Vec<_> = values.iter().filter(|(_, value, _)| comparer.passes(value) != Holds::No).cloned().collect();
        (!passing.is_empty()).then_some(passing)
    }

    /// The comparison to suggest: it finds these values, which come near in the way `how`.
    pub(super) fn fix(&self, test: &Test, how: How, values: Vec<Value>) -> Test {
        let texts = match &self.what {
            What::Search(_, found) => return Test::clone(found),
            What::Texts(texts) => texts,
        };
        let op = match (how, texts.as_slice()) {
            (How::Case, [one]) if !one.contains(['%', '_']) => TestOp::Like(one.clone()),
            (How::Path, [one]) => {
                let windows =
                    values.iter().all(|v| v.to_string().to_ascii_lowercase().ends_with(&format!("\\{one}").to_ascii_lowercase()));
                TestOp::Like(format!("%{}{one}", if windows { '\\' } else { '/' }))
            }
            _ => TestOp::OneOf(values.into_iter().map(Operand::Value).collect()),
        };
        let fold = test.fold || matches!(op, TestOp::Like(_));
        Test { attr: self.attr.clone(), op, fold, ..test.clone() }
    }
}

fn compare(wanted: &str, value: &str) -> Option<How> {
    let (folded, found) = (wanted.to_ascii_lowercase(), value.to_ascii_lowercase());
    Some(match () {
        () if wanted == value => How::Same,
        () if folded == found => How::Case,
        () if folded.trim() == found.trim() => How::Blanks,
        () if found.strip_suffix(&folded).is_some_and(|folder| folder.ends_with(['\\', '/'])) => How::Path,
        () if base(&folded) == Some(&*found) => How::Name,
        () => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_tell_how_they_come_near() {
        let cases = [
            ("cmd.exe", "cmd.exe", Some(How::Same)),
            ("cmd.exe", "CMD.EXE", Some(How::Case)),
            ("cmd.exe", " Cmd.exe\t", Some(How::Blanks)),
            (" cmd.exe", "cmd.exe", Some(How::Blanks)),
            ("cmd.exe", r"C:\Windows\CMD.exe", Some(How::Path)),
            ("cmd.exe", "/bin/cmd.exe", Some(How::Path)),
            (r"C:\Windows\cmd.exe", "cmd.exe", Some(How::Name)),
            ("cmd.exe", "notcmd.exe", None),
            ("", "", Some(How::Same)),
            ("ſ", "s", None),
        ];
        for (wanted, value, how) in cases {
            assert_eq!(compare(wanted, value), how, "{wanted:?} {value:?}");
        }
    }
}
