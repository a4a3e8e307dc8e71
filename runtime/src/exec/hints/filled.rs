//! Conditions with values in the place of references, so that near values can be looked for.

use super::near::MOST_VALUES;
use crate::matching::{References, as_type};
use huntc_compiler::plan::{Operand, Predicate, Test, TestOp};
use huntc_compiler::value::Value;

/// The condition with each reference to few values replaced by those values.
pub(super) fn filled(predicate: &Predicate, references: &References) -> Predicate {
    let all = |parts: &[Predicate]| parts.iter().map(|p| filled(p, references)).collect();
    match predicate {
        Predicate::And(parts) => Predicate::And(all(parts)),
        Predicate::Or(parts) => Predicate::Or(all(parts)),
        Predicate::Test(test) => Predicate::Test(Box::new(filled_test(test, references))),
    }
}

fn filled_test(test: &Test, references: &References) -> Test {
    let TestOp::OneOf(operands) = &test.op else { return test.clone() };
    let mut values: Vec<Value> = Vec::new();
    for operand in operands {
        match operand {
            Operand::Value(value) => values.push(value.clone()),
            Operand::Reference(var, attr) => {
                let known = references.get(&(*var, attr.clone())).into_iter().flatten();
                values.extend(known.filter_map(|v| as_type(v, test.ty)));
            }
        }
    }
    values.sort();
    values.dedup();
    if values.is_empty() || values.len() > MOST_VALUES || operands.iter().all(|o| matches!(o, Operand::Value(_))) {
        return test.clone();
    }
    Test { op: TestOp::OneOf(values.into_iter().map(Operand::Value).collect()), ..test.clone() }
}
