//! Comparisons, values and times as text of a huntflow that can be pasted.

use huntc_compiler::catalog::{Catalog, EntityId};
use huntc_compiler::plan::quoted;
use huntc_compiler::plan::{Attr, Operand, Test, TestOp, Variable};
use huntc_compiler::time::{Instant, MILLISECOND, TimeRange};
use huntc_compiler::value::Value;

/// What names in comparisons stand for.
#[derive(Clone, Copy)]
pub(super) struct Names<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) vars: &'a [Variable],
    /// The type whose attributes need no prefix.
    pub(super) centre: EntityId,
}

impl Names<'_> {
    /// An attribute, with its type where it is another one's; parts that are no plain words are quoted.
    pub(super) fn attribute(&self, entity: EntityId, attr: &Attr) -> String {
        let name = match attr {
            Attr::Catalog(id) => self.catalog.attribute(entity, *id).name.as_str(),
            Attr::Sighting(which) => which.name(),
            Attr::Added(name) => name,
        };
        let plain = |part: &str| part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let part = |part: &str| if plain(part) { part.to_owned() } else { quoted(part) };
        let name = name.split('.').map(part).collect::<Vec<_>>().join(".");
        if entity == self.centre { name } else { format!("{}:{name}", self.catalog.get(entity).name) }
    }

    /// A comparison.
    pub(super) fn comparison(&self, test: &Test) -> String {
        let attribute = self.attribute(test.entity, &test.attr);
        let not = if test.negated { "NOT " } else { "" };
        let of = |word: &str, value: String| format!("{attribute} {not}{word} {value}");
        match &test.op {
            TestOp::Null => format!("{attribute} IS {not}NULL"),
            TestOp::OneOf(operands) => match operands.as_slice() {
                [one] => format!("{attribute} {} {}", if test.negated { "!=" } else { "=" }, self.operand(one)),
                several => of("IN", list(several.iter().map(|o| self.operand(o)))),
            },
            TestOp::Less(v) => of("<", literal(v)),
            TestOp::LessEqual(v) => of("<=", literal(v)),
            TestOp::Greater(v) => of(">", literal(v)),
            TestOp::GreaterEqual(v) => of(">=", literal(v)),
            TestOp::Like(pattern) => of("LIKE", quoted(pattern)),
            TestOp::Matches(pattern) => of("MATCHES", quoted(pattern)),
            TestOp::Subset(nets) => match nets.as_slice() {
                [one] => of("ISSUBSET", quoted(&one.to_string())),
                several => of("ISSUBSET", list(several.iter().map(|n| quoted(&n.to_string())))),
            },
            TestOp::Superset(net) => of("ISSUPERSET", quoted(&net.to_string())),
        }
    }

    fn operand(&self, operand: &Operand) -> String {
        match operand {
            Operand::Value(value) => literal(value),
            Operand::Reference(var, attr) => {
                let Some(Variable { var, .. }) = self.vars.get(var.0 as usize) else { return String::new() };
                format!("{}.{}", var.name, Self { centre: var.shape.entity(), ..*self }.attribute(var.shape.entity(), attr))
            }
        }
    }
}

fn list(items: impl Iterator<Item = String>) -> String {
    format!("({})", items.collect::<Vec<_>>().join(", "))
}

fn literal(value: &Value) -> String {
    match value {
        Value::Text(_) | Value::Address(_) | Value::List(_) => quoted(&value.to_string()),
        Value::Time(time) => format!("t'{time}'"),
        Value::Bool(_) | Value::Int(_) | Value::Float(_) => value.to_string(),
    }
}

/// A text for a headline: not too long.
pub(super) fn short(text: &str) -> String {
    const MOST: usize = 36;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    text.chars().take(MOST - 1).chain(['…']).collect()
}

/// The clause of a time range that holds two instants, both included.
pub(super) fn range(first: Instant, last: Instant) -> String {
    let start = Instant::from_millis(first.millis_floor());
    let stop = Instant::from_millis(last.millis_floor()).plus(MILLISECOND);
    format!("START t'{start}' STOP t'{stop}'")
}

/// A window for people.
pub(super) fn window(window: TimeRange) -> String {
    format!("{} to {}", window.start, window.stop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_holds_both_ends() {
        let (first, last) = (Instant(1_603_350_000_000_000_001), Instant(1_603_350_000_462_900_000));
        assert_eq!(range(first, last), "START t'2020-10-22T07:00:00.000Z' STOP t'2020-10-22T07:00:00.463Z'");
    }
}
