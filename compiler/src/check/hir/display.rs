//! Comparisons and conditions as text of a huntflow, which can be pasted.

use super::{Attr, Operand, Predicate, Test, TestOp, Var, VarId};
use crate::catalog::{Catalog, EntityId, RecordField, ValueType};
use crate::syntax::print::quoted;
use crate::value::Value;
use std::fmt;

/// What the ids in a comparison stand for.
#[derive(Clone, Copy)]
pub struct Names<'a> {
    /// Names of types and attributes.
    pub catalog: &'a Catalog,
    /// Names of variables.
    pub vars: &'a dyn VarNames,
    /// The type whose attributes need no prefix.
    pub centre: Option<EntityId>,
}

/// Looks up the variables of a hunt.
pub trait VarNames {
    /// The variable with this id, if there is one.
    fn named(&self, id: VarId) -> Option<&Var>;
}

impl Names<'_> {
    /// An attribute as a hunt writes it: after its type unless that is `centre`, with quotes around segments that are no plain
    /// words.
    pub fn attribute(&self, entity: EntityId, attr: &Attr) -> String {
        let plain = |part: &str| part.chars().all(|c| c.is_alphanumeric() || c == '_');
        let part = |part: &str| if plain(part) { part.to_owned() } else { quoted(part) };
        let name = attr.name(self.catalog, Some(entity)).split('.').map(part).collect::<Vec<_>>().join(".");
        let hidden = |field: &RecordField| self.catalog.record_field_of(entity, &field.name).is_none();
        match attr {
            Attr::Record(field) if Some(entity) == self.centre && hidden(field) => format!("record:{name}"),
            _ if Some(entity) == self.centre => name,
            _ => format!("{}:{name}", self.catalog.get(entity).name),
        }
    }

    fn operand(&self, operand: &Operand) -> String {
        match operand {
            Operand::Value(value) => literal(value),
            Operand::Reference(var, attr) => {
                let Some(var) = self.vars.named(*var) else { return String::new() };
                let entity = var.shape.entity();
                format!("{}.{}", var.name, Self { centre: Some(entity), ..*self }.attribute(entity, attr))
            }
        }
    }
}

impl Test {
    /// Whether `=~` or its kin says that case does not matter.
    fn is_any_case(&self) -> bool {
        self.fold && matches!(self.op, TestOp::OneOf(_)) && (self.ty == ValueType::Text || self.ty.is_identifier())
    }

    /// The comparison as a hunt could write it.
    pub fn display<'a>(&'a self, names: Names<'a>) -> impl fmt::Display + 'a {
        fmt::from_fn(move |f| {
            let attribute = names.attribute(self.entity, &self.attr);
            let not = if self.negated { "NOT " } else { "" };
            // NOT stands before operators that are words, and before comparisons with the others.
            let order = |word: &str, value: &Value| format!("{not}{attribute} {word} {}", literal(value));
            let mut of = |word: &str, value: String| write!(f, "{attribute} {not}{word} {value}");
            match &self.op {
                TestOp::Null => write!(f, "{attribute} IS {not}NULL"),
                TestOp::OneOf(operands) => match (operands.as_slice(), self.negated, self.is_any_case()) {
                    ([one], false, false) => write!(f, "{attribute} = {}", names.operand(one)),
                    ([one], true, false) => write!(f, "{attribute} != {}", names.operand(one)),
                    ([one], false, true) => write!(f, "{attribute} =~ {}", names.operand(one)),
                    ([one], true, true) => write!(f, "{attribute} !~ {}", names.operand(one)),
                    (several, _, true) => of("IN~", list(several.iter().map(|o| names.operand(o)))),
                    (several, _, false) => of("IN", list(several.iter().map(|o| names.operand(o)))),
                },
                TestOp::Less(v) => f.write_str(&order("<", v)),
                TestOp::LessEqual(v) => f.write_str(&order("<=", v)),
                TestOp::Greater(v) => f.write_str(&order(">", v)),
                TestOp::GreaterEqual(v) => f.write_str(&order(">=", v)),
                TestOp::Like(pattern) => of("LIKE", quoted(pattern)),
                TestOp::Matches(pattern) => of("MATCHES", quoted(pattern)),
                TestOp::Subset(nets) => match nets.as_slice() {
                    [one] => of("ISSUBSET", quoted(&one.to_string())),
                    several => of("ISSUBSET", list(several.iter().map(|n| quoted(&n.to_string())))),
                },
                TestOp::Superset(net) => of("ISSUPERSET", quoted(&net.to_string())),
            }
        })
    }
}

impl Predicate {
    /// The condition as a hunt could write it, with a note at comparisons that fold case.
    pub(crate) fn display<'a>(&'a self, names: Names<'a>) -> impl fmt::Display + 'a {
        fmt::from_fn(move |f| {
            let (parts, word) = match self {
                Self::And(parts) if parts.is_empty() => return f.write_str("true"),
                Self::Or(parts) if parts.is_empty() => return f.write_str("false"),
                Self::Test(test) => {
                    let note = test.fold && !test.is_any_case();
                    return write!(f, "{}{}", test.display(names), if note { " (any case)" } else { "" });
                }
                Self::And(parts) => (parts, " AND "),
                Self::Or(parts) => (parts, " OR "),
            };
            let parts: Vec<String> = parts.iter().map(|p| p.text(names)).collect();
            write!(f, "({})", parts.join(word))
        })
    }

    /// As [`Self::display`], but a `String`: an opaque type cannot contain itself.
    fn text(&self, names: Names<'_>) -> String {
        self.display(names).to_string()
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
