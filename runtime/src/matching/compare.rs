//! Tests values against a comparison (semantics.md §3).

use super::values::{as_type, normal, parse_address, typed_text};
use super::{Holds, References, Undecidable};
use foldhash::HashSet;
use huntc_compiler::catalog::ValueType;
use huntc_compiler::plan::pattern::like::Like;
use huntc_compiler::plan::pattern::regex::Regex;
use huntc_compiler::plan::registry_hive;
use huntc_compiler::plan::{Operand, Test, TestOp};
use huntc_compiler::value::Value;
use ipnet::IpNet;
use std::net::IpAddr;

/// One comparison, prepared for testing values.
pub struct Comparer {
    matcher: Matcher,
    negated: bool,
    ty: ValueType,
    fold: bool,
}

enum Matcher {
    Null,
    Set(HashSet<Value>),
    /// `windows-registry-key:key`: the literals without and those with a hive name. The second kind is compared with
    /// the path, hive names shortened.
    Hives(HashSet<Value>, HashSet<Value>),
    Less(Value),
    LessEqual(Value),
    Greater(Value),
    GreaterEqual(Value),
    Like(Like),
    /// LIKE with a hive name in front: compared with the path.
    LikePath(Like),
    Regex(Box<Regex>),
    Subset(Vec<IpNet>),
    Superset(IpNet),
}

impl Comparer {
    /// Prepares a comparison with the values that its references stand for. With `registry` the attribute is the key of
    /// a registry key, whose literals may begin with a hive name. The error is a pattern that cannot be used.
    pub fn new(test: &Test, references: &References, registry: bool) -> Result<Self, Undecidable> {
        let plain = |v: &Value| normal(v, test.ty, test.fold);
        let matcher = match &test.op {
            TestOp::Null => Matcher::Null,
            TestOp::OneOf(operands) => one_of(test, operands, references, registry),
            TestOp::Less(v) => Matcher::Less(plain(v)),
            TestOp::LessEqual(v) => Matcher::LessEqual(plain(v)),
            TestOp::Greater(v) => Matcher::Greater(plain(v)),
            TestOp::GreaterEqual(v) => Matcher::GreaterEqual(plain(v)),
            TestOp::Like(pattern) => match registry.then(|| registry_hive::spellings(pattern, test.fold)).flatten() {
                Some(spelled) => Matcher::LikePath(Like::new(spelled.first().map_or("", String::as_str), test.fold)),
                None => Matcher::Like(Like::new(pattern, test.fold)),
            },
            TestOp::Matches(pattern) => {
                let regex = Regex::parse(pattern, test.fold).map_err(|e| Undecidable(e.message))?;
                Matcher::Regex(Box::new(regex))
            }
            TestOp::Subset(nets) => Matcher::Subset(nets.clone()),
            TestOp::Superset(net) => Matcher::Superset(*net),
        };
        Ok(Self { matcher, negated: test.negated, ty: test.ty, fold: test.fold })
    }

    /// Whether the comparison asks only whether a value is present.
    pub fn is_null(&self) -> bool {
        matches!(self.matcher, Matcher::Null)
    }

    /// Whether the comparison is written with NOT or `!=`.
    pub fn negated(&self) -> bool {
        self.negated
    }

    /// Whether the comparison holds on all values that an attribute has in a slot. On an absent attribute only NULL
    /// holds. A positive comparison needs one value that passes, a negated one needs every value not to.
    pub fn holds(&self, values: &[Value]) -> Holds {
        if self.is_null() {
            return Holds::from(values.is_empty() != self.negated);
        }
        let passes = values.iter().map(|value| self.passes(value)).max();
        passes.map_or(Holds::No, |passes| if self.negated { !passes } else { passes })
    }

    /// As [`Self::holds`], for the key and the path of a registry key.
    pub fn holds_on_registry(&self, key: &[Value], path: &[Value]) -> Holds {
        match &self.matcher {
            Matcher::Hives(keys, paths) => {
                let hit = |set: &HashSet<Value>, values: &[Value], short: bool| {
                    values.iter().any(|v| {
                        set.contains(&normal(&if short { shortened(v, self.fold) } else { v.clone() }, self.ty, self.fold))
                    })
                };
                let (on_key, on_path) = (hit(keys, key, false), hit(paths, path, true));
                if !self.negated {
                    return Holds::from(on_key || on_path);
                }
                // The key and the path are each compared with their own literals, so each must be present if it has any.
                let present = (keys.is_empty() || !key.is_empty()) && (paths.is_empty() || !path.is_empty());
                let nothing = keys.is_empty() && paths.is_empty() && key.is_empty();
                Holds::from(present && !on_key && !on_path && !nothing)
            }
            Matcher::LikePath(_) => {
                let short: Vec<Value> = path.iter().map(|v| shortened(v, self.fold)).collect();
                self.holds(&short)
            }
            _ => self.holds(key),
        }
    }

    /// Whether one value passes, before NOT is applied.
    pub fn passes(&self, value: &Value) -> Holds {
        let order = |limit: &Value| normal(value, self.ty, self.fold).cmp(limit);
        Holds::from(match &self.matcher {
            Matcher::Null => true,
            Matcher::Set(set) | Matcher::Hives(set, _) => set.contains(&normal(value, self.ty, self.fold)),
            Matcher::Less(v) => order(v).is_lt(),
            Matcher::LessEqual(v) => order(v).is_le(),
            Matcher::Greater(v) => order(v).is_gt(),
            Matcher::GreaterEqual(v) => order(v).is_ge(),
            Matcher::Like(like) | Matcher::LikePath(like) => match value {
                Value::Text(text) => like.is_match(text),
                other => like.is_match(&other.to_string()),
            },
            Matcher::Regex(regex) => {
                let found = match value {
                    Value::Text(text) => regex.is_match(text),
                    other => regex.is_match(&other.to_string()),
                };
                let Ok(found) = found else { return Holds::Undecided };
                found
            }
            Matcher::Subset(nets) => address(value).is_some_and(|a| nets.iter().any(|n| n.contains(&a))),
            Matcher::Superset(net) => address(value).is_some_and(|a| net.prefix_len() == net.max_prefix_len() && net.addr() == a),
        })
    }
}

fn one_of(test: &Test, operands: &[Operand], references: &References, registry: bool) -> Matcher {
    let mut keys = HashSet::default();
    let mut paths = HashSet::default();
    let mut take = |value: &Value| {
        let text = value.to_string();
        if registry && registry_hive::split(&text, test.fold).is_some() {
            paths.insert(normal(&shortened(value, test.fold), test.ty, test.fold));
        } else {
            keys.insert(normal(value, test.ty, test.fold));
            // A column that an analytic or a file added can have booleans, and nobody knows so before the hunt.
            keys.extend(typed_text(&text.to_ascii_lowercase(), ValueType::Boolean).filter(|_| test.ty == ValueType::Text));
        }
    };
    for operand in operands {
        match operand {
            Operand::Value(value) => take(value),
            Operand::Reference(var, attr) => {
                let values = references.get(&(*var, attr.clone()));
                values.into_iter().flatten().flat_map(Value::each).filter_map(|v| as_type(v, test.ty)).for_each(|v| take(&v));
            }
        }
    }
    if registry { Matcher::Hives(keys, paths) } else { Matcher::Set(keys) }
}

/// A registry path with the short name of its hive.
fn shortened(value: &Value, fold: bool) -> Value {
    match value {
        Value::Text(text) => Value::text(registry_hive::canonical(text, fold)),
        other => other.clone(),
    }
}

fn address(value: &Value) -> Option<IpAddr> {
    match value {
        Value::Address(a) => Some(*a),
        Value::Text(text) => parse_address(text),
        _ => None,
    }
}
