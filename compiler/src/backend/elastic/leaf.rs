//! One comparison on one ECS field, as a query. What each index type can answer exactly is taken from the Elasticsearch
//! reference, "Term-level queries"; differences that were measured between servers are named where they matter.

use super::lowered::{Context, Lowered};
use crate::catalog::{Access, FieldType, Rule, ValueType};
use crate::check::hir::{Operand, Test, TestOp};
use crate::identifier::mac_spellings;
use crate::pattern::like::{Like, LikeQuery};
use crate::pattern::regex::{Lucene, Regex};
use crate::registry_hive;
use crate::request::{Hole, HolePart, Limit, Query, Range, Regexp, Term, Terms, Wildcard, spellings};
use crate::time::{Instant, MILLISECOND};
use crate::value::Value;
use ipnet::{IpNet, Ipv6Net};
use std::net::Ipv4Addr;

/// Most literals that become a clause each, where one `terms` cannot hold them: in any case, as patterns, as times. Servers
/// count clauses, some 1,024 over the whole query, and a list may stand in three slots with three patterns each. A longer
/// list is asked for by its known spellings, by the range around it, or by `exists`.
const MOST_CLAUSES: usize = 100;
/// Most networks in one list: each is a clause on Elasticsearch 7.
const MOST_NETWORKS: usize = 300;

/// The comparison on one field of an access, as a query that finds every record where it holds. NOT is left to the caller.
pub(super) fn on_field(context: &Context<'_>, rule: Rule, field: &str, test: &Test) -> Lowered {
    match rule {
        // Fields have what is nobody's entity id too.
        Rule::Value | Rule::First if test.ty == ValueType::EntityId => Lowered::superset(whole_value(context, field, test).query),
        Rule::Value | Rule::First | Rule::ProcessHash | Rule::Created | Rule::RegistryKey => whole_value(context, field, test),
        Rule::Basename | Rule::BasenameOfPath => basename(field, test, rule == Rule::Basename),
        Rule::Dirname => dirname(field, test),
        Rule::PathWithSeparator => Lowered::superset(whole_value(context, field, test).query),
    }
}

fn whole_value(context: &Context<'_>, field: &str, test: &Test) -> Lowered {
    let kind = context.catalog.field_type(field);
    let text = matches!(kind, FieldType::Keyword | FieldType::Wildcard);
    match &test.op {
        TestOp::Null => Lowered::superset(Query::MatchAll),
        _ if kind == FieldType::Text => Lowered::superset(Query::exists(field)),
        TestOp::OneOf(operands) => one_of(context, field, kind, test, operands),
        // A MAC address is written in several ways, of which patterns see one.
        _ if test.ty == ValueType::Mac => Lowered::superset(Query::exists(field)),
        TestOp::Less(v) => bounds(field, kind, test, None, Some((v, false))),
        TestOp::LessEqual(v) => bounds(field, kind, test, None, Some((v, true))),
        TestOp::Greater(v) => bounds(field, kind, test, Some((v, false)), None),
        TestOp::GreaterEqual(v) => bounds(field, kind, test, Some((v, true)), None),
        TestOp::Like(pattern) if text => like(field, &Like::new(pattern, test.fold)),
        TestOp::Matches(pattern) if text => matches(field, pattern, test.fold),
        TestOp::Like(_) | TestOp::Matches(_) => Lowered::superset(Query::exists(field)),
        TestOp::Subset(nets) if kind == FieldType::Ip => {
            let exact = !nets.iter().any(holds_mapped);
            let joined = if nets.len() > MOST_NETWORKS { IpNet::aggregate(nets) } else { nets.clone() };
            if joined.len() > MOST_NETWORKS {
                return Lowered::superset(Query::exists(field));
            }
            let nets = joined.iter().map(|n| Value::text(n.trunc().to_string())).collect();
            Lowered { query: Query::terms(field, nets), exact }
        }
        TestOp::Superset(net) if kind == FieldType::Ip => Lowered {
            query: if net.prefix_len() == net.max_prefix_len() {
                Query::term(field, Value::Address(net.addr()))
            } else {
                Query::MatchNone
            },
            exact: !holds_mapped(net),
        },
        TestOp::Subset(_) | TestOp::Superset(_) => Lowered::superset(Query::exists(field)),
    }
}

/// Whether an IPv6 network overlaps `::ffff:0:0/96`, as which servers store IPv4 addresses: then it would find those too.
fn holds_mapped(net: &IpNet) -> bool {
    const MAPPED: Ipv6Net = Ipv6Net::new_assert(Ipv4Addr::UNSPECIFIED.to_ipv6_mapped(), 96);
    matches!(net, IpNet::V6(net) if net.contains(&MAPPED) || MAPPED.contains(net))
}

/// `=`, `!=`, IN: literals, and holes for references.
fn one_of(context: &Context<'_>, field: &str, kind: FieldType, test: &Test, operands: &[Operand]) -> Lowered {
    let mut values = Vec::new();
    let mut holes = Vec::new();
    // Whether all columns are identifiers, which come in all their spellings.
    let mut spelled = true;
    for operand in operands {
        match operand {
            Operand::Value(value) => values.push(value.clone()),
            Operand::Reference(var, attr) => {
                let Some((_, node)) = context.references.iter().find(|(v, _)| v == var) else { continue };
                let entity = context.entity_of(*node);
                spelled &= attr.value_type(context.catalog, entity).is_some_and(ValueType::is_identifier);
                holes.push(Hole { node: *node, part: HolePart::Column(attr.clone(), attr.name(context.catalog, entity)) });
            }
        }
    }
    let literals = equal_to(field, kind, test, values);
    if holes.is_empty() {
        return literals;
    }
    // Text of another case, a date's spelling: what a column holds may be written otherwise in the index.
    let plain = !test.fold && !test.ty.is_identifier() && test.ty != ValueType::Time;
    let filled = Query::Terms(Terms { field: field.to_owned(), values: Vec::new(), holes });
    let filled = if plain {
        Lowered::exact(filled)
    } else if test.ty.is_identifier() && !test.fold && spelled {
        Lowered::superset(filled)
    } else {
        Lowered::superset(Query::exists(field))
    };
    Lowered::any(vec![literals, filled])
}

/// Equality with literals.
fn equal_to(field: &str, kind: FieldType, test: &Test, values: Vec<Value>) -> Lowered {
    match kind {
        FieldType::Keyword | FieldType::Wildcard => {
            let fold = test.fold || test.ty.is_identifier();
            let ways = |v: Value| match mac_spellings(&v.to_string()).filter(|_| test.ty == ValueType::Mac) {
                Some(ways) => ways.map(Value::text).to_vec(),
                None => vec![v],
            };
            let values: Vec<Value> = values.into_iter().flat_map(ways).collect();
            if !fold || values.iter().all(|v| v.to_string().bytes().all(|b| !b.is_ascii_alphabetic())) {
                return Lowered::exact(Query::terms(field, values.into_iter().map(as_text).collect()));
            }
            if values.len() <= MOST_CLAUSES {
                let fold = |v: Value| Query::Term(Term { field: field.to_owned(), value: as_text(v), case_insensitive: true });
                // An identifier that is no GUID, hash or MAC keeps its case; the runtime tests the hits again.
                let exact = test.fold;
                return Lowered { query: Query::any(values.into_iter().map(fold)), exact };
            }
            if test.fold {
                return Lowered::superset(Query::exists(field));
            }
            let mut spelled: Vec<Value> = values.iter().flat_map(spellings).collect();
            spelled.sort();
            spelled.dedup();
            Lowered::superset(Query::terms(field, spelled))
        }
        FieldType::Date if values.len() > MOST_CLAUSES => {
            let (first, last) = (values.iter().min(), values.iter().max());
            Lowered::superset(bounds(field, kind, test, first.map(|v| (v, true)), last.map(|v| (v, true))).query)
        }
        FieldType::Date => {
            let day = |v: &Value| bounds(field, kind, test, Some((v, true)), Some((v, true))).query;
            Lowered::superset(Query::any(values.iter().map(day)))
        }
        FieldType::Long => {
            let whole = values.into_iter().filter(|v| !matches!(v, Value::Float(f) if f.fract() != 0.0)).collect();
            Lowered::exact(Query::terms(field, whole))
        }
        FieldType::Ip | FieldType::Float | FieldType::Boolean => Lowered::exact(Query::terms(field, values)),
        FieldType::Text => Lowered::superset(Query::exists(field)),
    }
}

/// The value as text, as keyword fields hold it.
fn as_text(value: Value) -> Value {
    match value {
        Value::Text(_) => value,
        other => Value::text(other.to_string()),
    }
}

/// The literal of a bound, and whether the literal itself is inside.
type Literal<'a> = Option<(&'a Value, bool)>;

fn bounds(field: &str, kind: FieldType, test: &Test, lower: Literal<'_>, upper: Literal<'_>) -> Lowered {
    let numbers = matches!(kind, FieldType::Long | FieldType::Float) && test.ty.is_number();
    let text = matches!(kind, FieldType::Keyword | FieldType::Wildcard) && test.ty == ValueType::Text && !test.fold;
    let times = kind == FieldType::Date && test.ty == ValueType::Time;
    if !(numbers || text || times) {
        return Lowered::superset(Query::exists(field));
    }
    let limit = |literal: Literal<'_>, up: bool| {
        literal.map(|(value, inclusive)| match value {
            // Servers keep milliseconds: the bound moves outwards to a whole one, and the runtime tests hits to the nanosecond.
            Value::Time(t) => {
                let millis = if up { t.millis_ceil() } else { t.millis_floor() };
                Limit { value: Value::Time(Instant(millis.saturating_mul(MILLISECOND))), inclusive: true }
            }
            other => Limit { value: other.clone(), inclusive },
        })
    };
    let query = Query::Range(Range { field: field.to_owned(), lower: limit(lower, false), upper: limit(upper, true) });
    Lowered { query, exact: !times }
}

fn like(field: &str, like: &Like) -> Lowered {
    let wildcard = |pattern| Query::Wildcard(Wildcard { field: field.to_owned(), pattern, case_insensitive: like.folds() });
    Lowered::exact(match like.wildcard() {
        LikeQuery::Term(text) => {
            Query::Term(Term { field: field.to_owned(), value: Value::text(text), case_insensitive: like.folds() })
        }
        LikeQuery::Exists => Query::exists(field),
        LikeQuery::Wildcard(pattern) => wildcard(pattern),
        LikeQuery::Superset(pattern) => return Lowered::superset(wildcard(pattern)),
    })
}

fn matches(field: &str, pattern: &str, fold: bool) -> Lowered {
    // The checker has compiled this pattern; if it ever should not parse here, all records with the field are a superset.
    let Ok(regex) = Regex::parse(pattern, fold) else { return Lowered::superset(Query::exists(field)) };
    match regex.lucene() {
        Lucene::Nothing => Lowered::exact(Query::MatchNone),
        Lucene::Everything => Lowered::superset(Query::exists(field)),
        Lucene::Exact(leaf) => Lowered::exact(pattern_leaf(field, leaf)),
        Lucene::Superset(leaf) => Lowered::superset(pattern_leaf(field, leaf)),
    }
}

fn pattern_leaf(field: &str, leaf: crate::pattern::regex::LuceneLeaf) -> Query<Hole> {
    use crate::pattern::regex::LuceneLeaf as L;
    match leaf {
        L::Term { text, fold } => Query::Term(Term { field: field.to_owned(), value: Value::text(text), case_insensitive: fold }),
        L::Exists => Query::exists(field),
        L::Wildcard { pattern, fold } => Query::Wildcard(Wildcard { field: field.to_owned(), pattern, case_insensitive: fold }),
        L::Regexp(pattern) => Query::Regexp(Regexp { field: field.to_owned(), pattern }),
    }
}

/// `binary_ref.name`: the part of a path after the last separator.
fn basename(field: &str, test: &Test, bare: bool) -> Lowered {
    let patterns: Vec<(String, bool)> = match &test.op {
        TestOp::OneOf(operands) if operands.len() > MOST_CLAUSES => return Lowered::superset(Query::exists(field)),
        TestOp::OneOf(operands) => {
            let values: Option<Vec<String>> =
                operands.iter().map(|o| literal(o).map(|v| escape_wildcard(&v.to_string()))).collect();
            match values {
                Some(values) => values.into_iter().map(|v| (v, true)).collect(),
                None => return Lowered::superset(Query::exists(field)),
            }
        }
        TestOp::Like(pattern) => match Like::new(pattern, test.fold).wildcard() {
            LikeQuery::Term(text) => vec![(escape_wildcard(&text), true)],
            // `%` may match a separator of the path, and base names have none: the runtime tests the hits again.
            LikeQuery::Wildcard(pattern) | LikeQuery::Superset(pattern) => vec![(pattern, false)],
            LikeQuery::Exists => return Lowered::superset(Query::exists(field)),
        },
        TestOp::Matches(pattern) => return Lowered::superset(part_matches(field, pattern, test.fold)),
        _ => return Lowered::superset(Query::exists(field)),
    };
    let wildcard = |pattern: String| Query::Wildcard(Wildcard { field: field.to_owned(), pattern, case_insensitive: test.fold });
    let mut exact = true;
    let mut queries = Vec::new();
    for (pattern, whole) in patterns {
        exact &= whole;
        queries.push(wildcard(format!("*\\\\{pattern}")));
        queries.push(wildcard(format!("*/{pattern}")));
        if bare {
            queries.push(if pattern.is_empty() { Query::term(field, Value::text("")) } else { wildcard(pattern) });
        }
    }
    // No base name has a separator, but the query for such a name finds paths.
    Lowered { query: Query::any(queries), exact: exact && !holds_separator(&test.op) }
}

/// What a part of the field's value must hold that matches an expression: the whole value holds it too.
fn part_matches(field: &str, pattern: &str, fold: bool) -> Query<Hole> {
    match Regex::parse(pattern, fold).ok().and_then(|regex| regex.required()) {
        Some(leaf) => pattern_leaf(field, leaf),
        None => Query::exists(field),
    }
}

/// `parent_directory_ref.path`: the part of a path before the last separator.
fn dirname(field: &str, test: &Test) -> Lowered {
    let operands = match &test.op {
        TestOp::OneOf(operands) if operands.len() <= MOST_CLAUSES => operands,
        TestOp::Matches(pattern) => return Lowered::superset(part_matches(field, pattern, test.fold)),
        _ => return Lowered::superset(Query::exists(field)),
    };
    let mut queries = Vec::new();
    for operand in operands {
        let Some(value) = literal(operand) else { return Lowered::superset(Query::exists(field)) };
        let directory = escape_wildcard(&value.to_string());
        for separator in ["\\\\", "/"] {
            let pattern = format!("{directory}{separator}*");
            queries.push(Query::Wildcard(Wildcard { field: field.to_owned(), pattern, case_insensitive: test.fold }));
        }
    }
    Lowered::superset(Query::any(queries))
}

fn literal(operand: &Operand) -> Option<&Value> {
    match operand {
        Operand::Value(value) => Some(value),
        Operand::Reference(..) => None,
    }
}

fn holds_separator(op: &TestOp) -> bool {
    let has = |text: &str| text.contains(['\\', '/']);
    match op {
        TestOp::OneOf(operands) => operands.iter().filter_map(literal).any(|v| has(&v.to_string())),
        TestOp::Like(pattern) => has(pattern),
        _ => false,
    }
}

/// A text with the special characters of `wildcard` queries escaped.
fn escape_wildcard(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '*' | '?' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// `windows-registry-key:key` (semantics.md §1): literals that begin with a hive name are compared with
/// `registry.path`, in every spelling of the hive; others with `registry.key`.
pub(super) fn registry_key(context: &Context<'_>, access: &Access, test: &Test) -> Lowered {
    let [key, path] = access.fields.as_slice() else { return Lowered::superset(Query::MatchAll) };
    let some = || Query::any([Query::exists(key), Query::exists(path)]);
    if test.negated {
        return Lowered::superset(some());
    }
    let ask = |field: &str, op: TestOp| whole_value(context, field, &Test { op, ..test.clone() });
    match &test.op {
        TestOp::OneOf(operands) => {
            let Some(values) = operands.iter().map(literal).collect::<Option<Vec<_>>>() else { return Lowered::superset(some()) };
            let (mut keys, mut paths) = (Vec::new(), Vec::new());
            for value in values {
                match registry_hive::spellings(&value.to_string(), test.fold) {
                    Some(spelled) => paths.extend(spelled.into_iter().map(|s| Operand::Value(Value::text(s)))),
                    None => keys.push(Operand::Value(value.clone())),
                }
            }
            Lowered::any(vec![ask(path, TestOp::OneOf(paths)), ask(key, TestOp::OneOf(keys))])
        }
        TestOp::Like(pattern) => match registry_hive::spellings(pattern, test.fold) {
            Some(spelled) => Lowered::any(spelled.into_iter().map(|s| ask(path, TestOp::Like(s))).collect()),
            None => whole_value(context, key, test),
        },
        _ => whole_value(context, key, test),
    }
}
