//! One comparison: literals made ready once, then tested against the values of a place or a row.

use super::text::{expression, like, short_hive};
use super::value::{Kind, Val, equality_form, typed};
use fancy_regex::Regex;
use huntc_compiler::syntax::ast::Operator;
use ipnet::IpNet;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// A comparison's right side, ready to be tested.
#[derive(Debug)]
pub(crate) enum Ask {
    Null,
    /// Equal to one of these (in equality form).
    OneOf(BTreeSet<Val>),
    Order(Operator, Val),
    Like(Vec<String>),
    Matches(Vec<Regex>),
    Subset(Vec<IpNet>),
    Superset(Vec<IpNet>),
}

/// One comparison, ready.
#[derive(Debug)]
pub(crate) struct Test {
    /// Another type than the centre's.
    pub(crate) other: Option<String>,
    pub(crate) attribute: String,
    pub(crate) kind: Kind,
    pub(crate) negated: bool,
    /// Whether ASCII letters are the same in either case (`--ignore-case`, `=~`); LIKE always takes them so.
    pub(crate) fold: bool,
    pub(crate) ask: Ask,
    /// What a value counts as on which the comparison cannot be decided, under NOT too.
    pub(crate) doubt: Cell<bool>,
}

/// Makes a comparison's values ready: `literals` as written, `referred` the values of references.
pub(crate) fn ask(kind: Kind, fold: bool, operator: Operator, literals: &[Val], referred: &[Val]) -> Result<Ask, String> {
    let all: Vec<&Val> = literals.iter().chain(referred).collect();
    let texts = || all.iter().map(|v| v.text()).collect::<Vec<_>>();
    Ok(match operator {
        Operator::IsNull => Ask::Null,
        Operator::Eq | Operator::Ne | Operator::In | Operator::EqAnyCase | Operator::NeAnyCase | Operator::InAnyCase => {
            for literal in literals {
                typed(kind, literal).ok_or_else(|| format!("{literal:?} is no {kind:?}"))?;
            }
            Ask::OneOf(all.iter().filter_map(|v| typed(kind, v)).map(|v| form(kind, fold, v)).collect())
        }
        Operator::Lt | Operator::Le | Operator::Gt | Operator::Ge => match all.as_slice() {
            [one] => Ask::Order(operator, folded(fold, typed(kind, one).ok_or("no value of the kind")?)),
            _ => return Err("an order comparison needs one value".to_owned()),
        },
        Operator::Like => Ask::Like(texts()),
        Operator::Matches => Ask::Matches(
            texts().iter().map(|t| expression(&if fold { format!("(?i){t}") } else { t.clone() })).collect::<Result<_, _>>()?,
        ),
        Operator::IsSubset => Ask::Subset(texts().iter().map(|t| network(t)).collect::<Result<_, _>>()?),
        Operator::IsSuperset => Ask::Superset(texts().iter().map(|t| network(t)).collect::<Result<_, _>>()?),
    })
}

/// A text without ASCII case, where case does not count.
fn folded(fold: bool, value: Val) -> Val {
    match value {
        Val::Text(t) if fold => Val::Text(t.to_ascii_lowercase()),
        value => value,
    }
}

fn form(kind: Kind, fold: bool, value: Val) -> Val {
    folded(fold, equality_form(kind, value))
}

fn network(text: &str) -> Result<IpNet, String> {
    match text.parse::<IpNet>() {
        Ok(net) => Ok(net.trunc()),
        Err(_) => text.parse::<IpAddr>().map(IpNet::from).map_err(|_| format!("{text} is no network")),
    }
}

impl Test {
    /// Whether the comparison holds on the values of its attribute; `stored` gives them as the record spells them.
    pub(crate) fn holds(&self, values: &[Val], stored: &dyn Fn() -> Vec<Val>) -> bool {
        if let Ask::Null = self.ask {
            return values.is_empty() != self.negated;
        }
        if values.is_empty() {
            return false;
        }
        let spelled;
        let values = match self.ask {
            Ask::Matches(_) | Ask::Order(..) if matches!(self.kind, Kind::Guid | Kind::NoCase) => {
                spelled = stored();
                &spelled
            }
            _ => values,
        };
        let doubt = self.doubt.get();
        if self.negated {
            values.iter().all(|v| self.passes(v).map_or(doubt, |passes| !passes))
        } else {
            values.iter().any(|v| self.passes(v).unwrap_or(doubt))
        }
    }

    /// Whether a value passes; `None` where that takes too many steps.
    fn passes(&self, value: &Val) -> Option<bool> {
        Some(match &self.ask {
            Ask::Null => false,
            Ask::OneOf(set) => set.contains(&form(self.kind, self.fold, value.clone())),
            Ask::Order(operator, than) => {
                let order = folded(self.fold, value.clone()).cmp(than);
                match operator {
                    Operator::Lt => order.is_lt(),
                    Operator::Le => order.is_le(),
                    Operator::Gt => order.is_gt(),
                    _ => order.is_ge(),
                }
            }
            Ask::Like(patterns) => patterns.iter().any(|p| like(&value.text(), p)),
            Ask::Matches(expressions) => {
                let found: Vec<Option<bool>> = expressions.iter().map(|e| e.is_match(&value.text()).ok()).collect();
                return if found.contains(&Some(true)) {
                    Some(true)
                } else {
                    found.into_iter().collect::<Option<Vec<_>>>().map(|_| false)
                };
            }
            Ask::Subset(nets) => matches!(value, Val::Addr(a) if nets.iter().any(|n| n.contains(a))),
            Ask::Superset(nets) => matches!(value, Val::Addr(a) if nets.iter().any(|n| IpNet::from(*a) == *n)),
        })
    }

    /// A comparison on `windows-registry-key:key`: literals that begin with a hive name look at the path.
    /// `paths` and `keys` are the values of `registry.path` and `registry.key`.
    pub(crate) fn holds_on_key(&self, paths: &[Val], keys: &[Val]) -> bool {
        let ready = |literal: &str, fold: bool| -> Option<String> { short_hive(literal, fold) };
        let one = |literal: &str, equal: &dyn Fn(&str, &str) -> bool, fold: bool| -> Option<bool> {
            match ready(literal, fold) {
                Some(short) => {
                    let path = paths.first()?.text();
                    Some(equal(&short_hive(&path, self.fold).unwrap_or(path), &short))
                }
                None => Some(equal(&keys.first()?.text(), literal)),
            }
        };
        let results: Vec<Option<bool>> = match &self.ask {
            Ask::OneOf(set) if set.is_empty() => return self.negated && !keys.is_empty(),
            Ask::OneOf(set) => set
                .iter()
                .map(|v| one(&v.text(), &|a, b| if self.fold { a.eq_ignore_ascii_case(b) } else { a == b }, self.fold))
                .collect(),
            Ask::Like(patterns) => patterns.iter().map(|p| one(p, &|a, b| like(a, b), true)).collect(),
            _ => return self.holds(keys, &|| keys.to_vec()),
        };
        if self.negated { results.iter().all(|r| *r == Some(false)) } else { results.contains(&Some(true)) }
    }
}
