//! Whole patterns: AND, OR, comparisons on the centre's slot and on other types in the same record.

use super::attributes;
use super::compare::{Test, ask};
use super::identity::Identities;
use super::slots::{Place, get_slots, places, value};
use super::value::{Kind, Val};
use huntc_compiler::syntax::ast::{Comparison, Literal, LiteralKind, Observation, Operands, Operator, Pattern, Reference};
use std::cell::Cell;

/// A pattern whose literals are ready.
#[derive(Debug)]
pub(crate) enum Ready {
    And(Vec<Ready>),
    Or(Vec<Ready>),
    Test(Test),
}

/// What preparing a pattern asks of the hunt so far: the values of a reference.
pub(crate) type Refer<'a> = &'a dyn Fn(&Reference) -> Result<Vec<Val>, String>;

/// The one pattern of a WHERE; observation expressions have more.
pub(crate) fn single(observation: &Observation) -> Result<&Pattern, String> {
    match observation {
        Observation::One { pattern, .. } => Ok(pattern),
        _ => Err("an observation expression stands only in GET".to_owned()),
    }
}

/// Makes a pattern ready for a centre type. `kind_of` tells how an attribute of the centre compares.
pub(crate) fn prepare(
    pattern: &Pattern,
    centre: &str,
    kind_of: &dyn Fn(&str) -> Option<Kind>,
    refer: Refer<'_>,
    fold: bool,
) -> Result<Ready, String> {
    let each = |parts: &[Pattern]| parts.iter().map(|p| prepare(p, centre, kind_of, refer, fold)).collect::<Result<Vec<_>, _>>();
    Ok(match pattern {
        Pattern::And(parts, _) => Ready::And(each(parts)?),
        Pattern::Or(parts, _) => Ready::Or(each(parts)?),
        Pattern::Not(part, _) => denied(prepare(part, centre, kind_of, refer, fold)?),
        Pattern::Compare(comparison) => Ready::Test(test(comparison, centre, kind_of, refer, fold)?),
        Pattern::Error(_) => return Err("an unreadable pattern".to_owned()),
    })
}

/// NOT: each comparison the other way round, and AND for OR.
fn denied(ready: Ready) -> Ready {
    match ready {
        Ready::And(parts) => Ready::Or(parts.into_iter().map(denied).collect()),
        Ready::Or(parts) => Ready::And(parts.into_iter().map(denied).collect()),
        Ready::Test(test) => Ready::Test(Test { negated: !test.negated, ..test }),
    }
}

fn test(
    comparison: &Comparison,
    centre: &str,
    kind_of: &dyn Fn(&str) -> Option<Kind>,
    refer: Refer<'_>,
    fold: bool,
) -> Result<Test, String> {
    let other = comparison.attribute.entity.as_ref().map(|e| e.text.clone()).filter(|e| e != centre && e != "record");
    let prefix = if comparison.attribute.of_record() { "record:" } else { "" };
    let attribute = format!("{prefix}{}", comparison.attribute.canonical());
    let kind = match &other {
        Some(entity) => attributes::kind(entity, &attribute),
        None => kind_of(&attribute),
    };
    let kind = kind.ok_or_else(|| format!("no attribute {attribute}"))?;
    let (mut literals, mut referred) = (Vec::new(), Vec::new());
    let given: Vec<&Literal> = match &comparison.operand {
        None => Vec::new(),
        Some(Operands::One(literal)) => vec![literal],
        Some(Operands::List(list, _)) => list.iter().collect(),
    };
    for literal in given {
        match &literal.kind {
            LiteralKind::Text(t) | LiteralKind::Word(t) => literals.push(Val::Text(t.clone())),
            LiteralKind::Int(i) => literals.push(Val::Int(*i)),
            LiteralKind::Float(f) => literals.push(Val::Float(*f)),
            LiteralKind::Time(t) => literals.push(Val::Time(t.0)),
            LiteralKind::Reference(reference) => referred.extend(refer(reference)?),
            LiteralKind::Parameter(_) | LiteralKind::Error => return Err("an unreadable literal".to_owned()),
        }
    }
    let negated = comparison.negated != matches!(comparison.operator, Operator::Ne | Operator::NeAnyCase);
    let fold = fold || matches!(comparison.operator, Operator::EqAnyCase | Operator::NeAnyCase | Operator::InAnyCase);
    Ok(Test {
        other,
        kind,
        negated,
        fold,
        ask: ask(kind, fold, comparison.operator, &literals, &referred)?,
        attribute,
        doubt: Cell::new(true),
    })
}

impl Ready {
    /// The other types that the pattern speaks of.
    fn others(&self) -> Vec<String> {
        match self {
            Ready::And(parts) | Ready::Or(parts) => {
                let mut all: Vec<String> = parts.iter().flat_map(Ready::others).collect();
                all.sort();
                all.dedup();
                all
            }
            Ready::Test(test) => test.other.iter().cloned().collect(),
        }
    }

    /// Whether comparisons on another type stand in it.
    pub(crate) fn is_extended(&self) -> bool {
        !self.others().is_empty()
    }

    /// Whether what holds does so only because comparisons that cannot be decided count as true.
    pub(crate) fn is_undecided(&self, holds: &dyn Fn() -> bool) -> bool {
        self.doubt(false);
        let sure = holds();
        self.doubt(true);
        !sure
    }

    fn doubt(&self, counts: bool) {
        match self {
            Ready::And(parts) | Ready::Or(parts) => parts.iter().for_each(|part| part.doubt(counts)),
            Ready::Test(test) => test.doubt.set(counts),
        }
    }

    /// Whether the tree holds when `leaf` says which comparisons do.
    pub(crate) fn holds(&self, leaf: &dyn Fn(&Test) -> bool) -> bool {
        match self {
            Ready::And(parts) => parts.iter().all(|p| p.holds(leaf)),
            Ready::Or(parts) => parts.iter().any(|p| p.holds(leaf)),
            Ready::Test(test) => leaf(test),
        }
    }

    /// Whether the whole pattern holds on one place of a record, with one place chosen for each other type.
    pub(crate) fn holds_at(&self, place: Place<'_>, centre: &str, identities: &Identities) -> bool {
        let others = self.others();
        if others.is_empty() {
            return self.holds(&|test| at(test, place, centre));
        }
        let choices: Vec<Vec<Option<Place<'_>>>> = others
            .iter()
            .map(|entity| {
                let standing = get_slots(entity).iter().flat_map(|slot| places(place.record, entity, slot));
                let known = standing.filter(|p| identities.ident(entity, *p).is_some());
                known.map(Some).chain([None]).collect()
            })
            .collect();
        each_choice(&choices, &mut |chosen| {
            self.holds(&|test| match &test.other {
                None => at(test, place, centre),
                Some(entity) => {
                    let index = others.iter().position(|o| o == entity).expect("listed");
                    chosen[index].is_some_and(|p| at(test, p, entity))
                }
            })
        })
    }
}

/// Whether a check holds on one way to take one of each.
fn each_choice<'a>(choices: &[Vec<Option<Place<'a>>>], check: &mut dyn FnMut(&[Option<Place<'a>>]) -> bool) -> bool {
    let mut taken = vec![0; choices.len()];
    loop {
        let chosen: Vec<Option<Place<'a>>> = choices.iter().zip(&taken).map(|(c, i)| c[*i]).collect();
        if check(&chosen) {
            return true;
        }
        let Some(next) = (0..taken.len()).find(|i| taken[*i] + 1 < choices[*i].len()) else { return false };
        taken[..next].fill(0);
        taken[next] += 1;
    }
}

/// Whether a comparison holds in a place.
pub(crate) fn at(test: &Test, place: Place<'_>, entity: &str) -> bool {
    let values = value(place, entity, &test.attribute);
    if entity == "windows-registry-key" && test.attribute == "key" {
        return test.holds_on_key(&value(place, entity, "x_path"), &values);
    }
    test.holds(&values, &|| stored(place, entity, &test.attribute))
}

/// The values as the record spells them.
fn stored(place: Place<'_>, entity: &str, name: &str) -> Vec<Val> {
    let Some(attr) = attributes::find(entity, place.slot, name) else { return Vec::new() };
    let spelled = attributes::Attr { kind: Kind::Text, ..*attr };
    super::slots::read(&spelled, place)
}
