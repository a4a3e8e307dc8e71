//! What comes near a comparison: the same value in another case, with blanks, with or without its folder, as a part of a
//! longer value, or in a related attribute.

use huntc_compiler::catalog::{Access, AttrId, Catalog, Rule, ValueType};
use huntc_compiler::plan::{Attr, Operand, Predicate, Test, TestOp};
use huntc_compiler::value::Value;

/// Values of one comparison that are looked for.
pub(super) const MOST_VALUES: usize = 32;

/// How a value comes near, the nearest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum How {
    /// It is the one, in another attribute.
    Same,
    /// In another case.
    Case,
    /// With blanks around it.
    Blanks,
    /// The records have it with the folder.
    Path,
    /// The records have it without the folder.
    Name,
    /// As a part of a longer value.
    Part,
}

/// Another comparison that may find what this one does not.
#[derive(Clone, Debug)]
pub(super) struct Near {
    /// The attribute whose values come near.
    pub(super) attr: Attr,
    /// Whether it is the comparison's own.
    pub(super) own: bool,
    /// Finds every record with a value that comes near, and others.
    pub(super) search: Predicate,
    /// Finds those of them that an index finds at once.
    quick: Option<Predicate>,
    /// What is looked for in the values.
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    /// Texts: the values tell how they come near.
    Texts(Vec<String>),
    /// Every record that the search finds comes near in this way, and the search is the way out.
    Search(How, Box<Test>),
}

/// Everything that comes near a comparison; nothing where it is negated, compares order, or names too many values.
pub(super) fn near(test: &Test, catalog: &Catalog) -> Vec<Near> {
    let Attr::Catalog(id) = test.attr else { return Vec::new() };
    if test.negated {
        return Vec::new();
    }
    let own = std::iter::once(id);
    let attributes = own.chain(related(test, id, catalog));
    attributes.flat_map(|attr| on_attribute(test, &Attr::Catalog(attr), attr == id, catalog)).collect()
}

/// How much of what comes near is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reach {
    /// All, where a window bounds the work.
    All,
    /// What an index finds at once: no patterns that begin with a wildcard.
    Quick,
}

/// What is asked for to find a condition's comparisons and what comes near them.
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

/// As [`around`], of any of several parts.
pub(super) fn around_any(parts: &[&Predicate], reach: Reach, catalog: &Catalog) -> Predicate {
    Predicate::Or(parts.iter().map(|p| around(p, reach, catalog)).collect())
}

/// Attributes in which the same value may stand, each access once.
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

/// `port` of `opened_connection_refs.dst_port`.
fn last_word(name: &str) -> &str {
    let name = name.rsplit('.').next().unwrap_or(name);
    name.rsplit('_').next().unwrap_or(name)
}

/// Whether the values of an attribute are whole paths, or names that may be written as paths. What is made of the front or the
/// end of a path is no pattern's matter: nothing finds it at once.
fn of_files(attr: &Attr, test: &Test, catalog: &Catalog) -> bool {
    let Attr::Catalog(id) = attr else { return false };
    let attribute = catalog.attribute(test.entity, *id);
    let whole = |a: &Access| matches!(a.rule, Rule::Value | Rule::First | Rule::PathWithSeparator);
    matches!(last_word(&attribute.name), "name" | "path") && attribute.access.iter().flatten().all(whole)
}

/// Whether a request can ask for a pattern on the attribute: on folders, and on names in another attribute than the one that was
/// compared, it would ask for nearly everything.
fn takes_patterns(attr: &Attr, own: bool, test: &Test, catalog: &Catalog) -> bool {
    let Attr::Catalog(id) = attr else { return false };
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

/// The texts of literals; `None` where there are others, or too many.
fn literals(operands: &[Operand]) -> Option<Vec<String>> {
    let text = |o: &Operand| match o {
        Operand::Value(value) => Some(value.to_string()),
        Operand::Reference(..) => None,
    };
    if operands.is_empty() || operands.len() > MOST_VALUES { None } else { operands.iter().map(text).collect() }
}

/// The part behind the last separator.
fn base(path: &str) -> Option<&str> {
    path.rfind(['\\', '/']).map(|at| &path[at + 1..]).filter(|name| !name.is_empty())
}

impl Near {
    /// How a value of the attribute comes near; `None` where it only looked so.
    pub(super) fn how(&self, value: &Value) -> Option<How> {
        let texts = match &self.what {
            What::Search(how, _) => return Some(*how),
            What::Texts(texts) => texts,
        };
        let value = value.to_string();
        texts.iter().filter_map(|text| compare(text, &value)).filter(|how| *how > How::Same || !self.own).min()
    }

    /// The comparison that finds these values, which come near in this way.
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
