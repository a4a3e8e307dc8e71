//! Fields that index whole values as text: the effect of length limits and normalizers.

use super::{Adapter, BoundApprox, LONGEST_TERM, Leaf};
use crate::source::elastic::server::Product;
use huntc_compiler::catalog::FieldType;
use huntc_compiler::request::{BoundQuery, FieldKind, Limit, Query, Range, Regexp, Term, Wildcard};
use huntc_compiler::value::Value;
use std::net::{IpAddr, Ipv4Addr};

/// Case-insensitive patterns of this length fail on some servers, unless they begin with `*`.
const LONGEST_FOLDED: usize = 1_000;

/// A keyword field, or the keyword below a text field.
pub(super) struct Keyword<'a> {
    /// The name that queries use.
    pub(super) field: &'a str,
    /// The name in documents: for an alias, that of its target.
    pub(super) real: &'a str,
    /// The longest indexed value in UTF-16 units; `None`: no limit.
    pub(super) limit: Option<usize>,
    pub(super) normalized: bool,
    /// A text field that indexes the same values whatever their length.
    pub(super) text: Option<&'a str>,
    /// The type that the request was written for.
    pub(super) asked: FieldKind,
    /// Whether there are doc values only.
    pub(super) unindexed: bool,
    /// Whether only the type is known, so that there may be a limit, a normalizer or an alias.
    pub(super) type_only: bool,
}

/// Where only the presence of a field is asked for, some of its values are taken to be no longer than this.
const LONG: usize = 256;

impl Adapter<'_> {
    /// The records that may have values which are longer than the limit of the index.
    fn beyond(&self, keyword: &Keyword<'_>) -> BoundQuery {
        let Some(limit) = keyword.limit else { return Query::MatchNone };
        // A document may have several values in any field. In one that ECS has as single all are taken to be shorter than that.
        let may_be_several = keyword.asked.list || limit < LONG;
        match (self.product, keyword.text) {
            // Elasticsearch indexes, for each document, which fields it left out.
            (Product::Elasticsearch, _) if keyword.type_only => Query::exists("_ignored"),
            (Product::Elasticsearch, _) => Query::term("_ignored", Value::text(keyword.real)),
            (Product::OpenSearch, None) if self.probe && limit >= LONG => Query::MatchNone,
            // OpenSearch does not. A field with several values may lack one of them in the index and still exist there.
            (Product::OpenSearch, Some(text)) if may_be_several => Query::exists(text),
            (Product::OpenSearch, Some(text)) => Query::all_but(Query::exists(text), Query::exists(keyword.field)),
            (Product::OpenSearch, None) if may_be_several => Query::MatchAll,
            (Product::OpenSearch, None) => Query::all_but(Query::MatchAll, Query::exists(keyword.field)),
        }
    }

    pub(super) fn keyword(&self, keyword: &Keyword<'_>, leaf: Leaf<'_>) -> BoundApprox {
        let indexed = if keyword.type_only { self.of_type(keyword, leaf) } else { self.indexed(keyword, leaf) };
        self.with_limit(keyword, leaf, indexed)
    }

    /// The query on values of which only the type is known. A normalizer changes values and literals, patterns without regular
    /// expressions too, in the same way; where it makes more characters of one, `?` would stand for one of them.
    fn of_type(&self, keyword: &Keyword<'_>, leaf: Leaf<'_>) -> BoundApprox {
        match leaf {
            Leaf::Exists => self.indexed(keyword, leaf),
            Leaf::Regexp(_) | Leaf::Range(_) => BoundApprox::present(keyword.field),
            Leaf::Wildcard(q) => {
                let wide = Wildcard { pattern: without_single(&q.pattern), ..q.clone() };
                BoundApprox::superset(self.indexed(keyword, Leaf::Wildcard(&wide)).at_least)
            }
            Leaf::Term(_) | Leaf::Terms(_) => BoundApprox::superset(self.indexed(keyword, leaf).at_least),
        }
    }

    /// Adds the records whose values the index may lack, unless all literals are too short for such a value.
    pub(super) fn with_limit(&self, keyword: &Keyword<'_>, leaf: Leaf<'_>, indexed: BoundApprox) -> BoundApprox {
        let short = leaf.literals().is_some_and(|l| l.iter().all(|v| fits(v, keyword)));
        if short {
            return indexed;
        }
        BoundApprox { at_least: Query::any([indexed.at_least, self.beyond(keyword)]), at_most: indexed.at_most }
    }

    /// IPv4 addresses in a field of texts: each has one spelling, and others in the clothes of IPv6, as `::ffff:10.0.0.1`.
    fn ipv4(&self, keyword: &Keyword<'_>, addresses: &[Value]) -> BoundApprox {
        const CLOTHED: &str = ".*[fF]{4}:.*";
        let field = keyword.field.to_owned();
        let plain = Query::terms(&field, addresses.iter().map(|address| Value::text(address.to_string())).collect());
        let at_least = if keyword.normalized || self.simple {
            Query::exists(&field)
        } else {
            Query::any([plain.clone(), Query::Regexp(Regexp { field, pattern: CLOTHED.to_owned() })])
        };
        BoundApprox { at_least, at_most: if keyword.normalized { Query::MatchNone } else { plain } }
    }

    /// The query on the values that are indexed.
    fn indexed(&self, keyword: &Keyword<'_>, leaf: Leaf<'_>) -> BoundApprox {
        let present = || BoundApprox::present(keyword.field);
        match leaf {
            Leaf::Exists => existence(keyword.asked, leaf, Query::exists(keyword.field)),
            // OpenSearch folds no case of patterns in doc values: it finds nothing (2.19 and 3.8, measured).
            Leaf::Wildcard(Wildcard { case_insensitive: true, .. }) | Leaf::Term(Term { case_insensitive: true, .. })
                if keyword.unindexed && self.product == Product::OpenSearch =>
            {
                present()
            }
            Leaf::Term(Term { value, .. }) if is_ipv4(keyword, value) => self.ipv4(keyword, std::slice::from_ref(value)),
            Leaf::Terms(terms) if terms.values.iter().all(|value| is_ipv4(keyword, value)) => self.ipv4(keyword, &terms.values),
            Leaf::Term(term) => equal(keyword, &term.value, term.case_insensitive),
            Leaf::Terms(terms) => equal_any(keyword, &terms.values),
            Leaf::Wildcard(_) | Leaf::Regexp(_) | Leaf::Range(_) if keyword.normalized => present(),
            Leaf::Wildcard(_) | Leaf::Regexp(_) if self.simple => present(),
            Leaf::Wildcard(q) if q.case_insensitive && q.pattern.chars().count() > LONGEST_FOLDED => {
                BoundApprox::superset(open_front(keyword.field, &q.pattern))
            }
            Leaf::Range(q) if !text_range(q) || is_long_range(q) => present(),
            other => BoundApprox::exact(other.query(keyword.field)),
        }
    }
}

/// Whether a literal is an IPv4 address where the request was written for addresses.
pub(super) fn is_ipv4(keyword: &Keyword<'_>, value: &Value) -> bool {
    match value {
        Value::Text(text) => holds_addresses(keyword.asked) && text.parse::<Ipv4Addr>().is_ok(),
        Value::Address(address) => address.is_ipv4(),
        _ => false,
    }
}

/// Whether the request was written for a field of addresses, in which a text literal is an address or a network.
pub(super) fn holds_addresses(asked: FieldKind) -> bool {
    asked.ty == FieldType::Ip
}

/// A leaf on an index that knows only whether the field is present. `exists` is exact for texts. For other types it is
/// not: a text that is no number, for example, counts as absent where numbers are asked for.
pub(super) fn existence(asked: FieldKind, leaf: Leaf<'_>, present: BoundQuery) -> BoundApprox {
    let text = matches!(asked.ty, FieldType::Keyword | FieldType::Wildcard | FieldType::Text);
    if text && matches!(leaf, Leaf::Exists) { BoundApprox::exact(present) } else { BoundApprox::superset(present) }
}

/// Longest spelling of an address or a network, in characters: `0000:…:0000:255.255.255.255/128`.
const LONGEST_ADDRESS: usize = 49;

/// Whether every document with a value equal to this literal has that value in the index. Where the index has a limit, texts
/// are as long there as here, addresses and booleans have longest spellings, and numbers and times have none.
fn fits(value: &Value, keyword: &Keyword<'_>) -> bool {
    let Some(limit) = keyword.limit else { return !matches!(value, Value::Text(text) if text.len() > LONGEST_TERM) };
    match value {
        Value::Text(_) if holds_addresses(keyword.asked) => limit >= LONGEST_ADDRESS,
        Value::Text(text) => text.len() <= LONGEST_TERM && text.encode_utf16().count() <= limit,
        Value::Address(_) => limit >= LONGEST_ADDRESS,
        Value::Bool(_) => limit >= "false".len(),
        _ => false,
    }
}

fn text_range(range: &Range) -> bool {
    let text = |limit: &Option<Limit>| limit.as_ref().is_none_or(|l| matches!(l.value, Value::Text(_)));
    text(&range.lower) && text(&range.upper)
}

/// Whether a bound is longer than servers compare: they make an automaton of it, which must not have more than 1,000 states.
fn is_long_range(range: &Range) -> bool {
    const LONGEST: usize = 900;
    let long =
        |limit: &Option<Limit>| limit.as_ref().is_some_and(|l| matches!(&l.value, Value::Text(text) if text.len() > LONGEST));
    long(&range.lower) || long(&range.upper)
}

/// A superset of a long pattern: one that begins with `*`, which every server accepts.
fn open_front(field: &str, pattern: &str) -> BoundQuery {
    let pattern = if pattern.starts_with('*') { pattern.to_owned() } else { format!("*{pattern}") };
    Query::Wildcard(Wildcard { field: field.to_owned(), pattern, case_insensitive: true })
}

/// Equality with one value.
fn equal(keyword: &Keyword<'_>, value: &Value, fold: bool) -> BoundApprox {
    let field = keyword.field;
    // OpenSearch finds no empty value without regard to case (3.8, measured).
    let folds = |text: &str| fold && !text.is_empty();
    let term = |text: &str| Query::Term(Term { field: field.to_owned(), value: Value::text(text), case_insensitive: folds(text) });
    let found = match value {
        Value::Text(text) if holds_addresses(keyword.asked) => address(field, text),
        Value::Text(text) if text.len() > LONGEST_TERM => BoundApprox::exact(Query::MatchNone),
        Value::Text(text) if fold && text.chars().count() > LONGEST_FOLDED => {
            BoundApprox::superset(open_front(field, &escaped(text)))
        }
        Value::Text(text) => BoundApprox::exact(term(text)),
        Value::Bool(value) => BoundApprox::exact(term(&value.to_string())),
        Value::Address(value) => address(field, &value.to_string()),
        // `4`, `4.0` and `04` are one number but three texts.
        other => BoundApprox { at_least: Query::exists(field), at_most: term(&other.to_string()) },
    };
    if keyword.normalized { BoundApprox::superset(found.at_least) } else { found }
}

/// Equality with at least one of several values.
fn equal_any(keyword: &Keyword<'_>, values: &[Value]) -> BoundApprox {
    let plain = |v: &Value| matches!(v, Value::Text(t) if t.len() <= LONGEST_TERM);
    if values.iter().all(plain) && !holds_addresses(keyword.asked) {
        let terms = Query::terms(keyword.field, values.to_vec());
        return if keyword.normalized { BoundApprox::superset(terms) } else { BoundApprox::exact(terms) };
    }
    let mut parts: Vec<BoundApprox> = Vec::new();
    for value in values {
        let part = equal(keyword, value, false);
        if part.at_least == Query::exists(keyword.field) {
            // One value that the index cannot compare makes all records with the field candidates.
            return BoundApprox::present(keyword.field);
        }
        parts.push(part);
    }
    let texts = |pick: fn(&BoundApprox) -> &BoundQuery| {
        let values = parts.iter().filter_map(|p| match pick(p) {
            Query::Term(term) => Some(term.value.clone()),
            _ => None,
        });
        Query::terms(keyword.field, values.collect())
    };
    BoundApprox { at_least: texts(|p| &p.at_least), at_most: texts(|p| &p.at_most) }
}

/// An address or a network in a field of texts, which may be spelt in several ways.
fn address(field: &str, text: &str) -> BoundApprox {
    match text.parse::<IpAddr>() {
        Ok(_) => BoundApprox { at_least: Query::exists(field), at_most: Query::term(field, Value::text(text)) },
        Err(_) => BoundApprox::present(field),
    }
}

/// A pattern with `*` for each `?`.
fn without_single(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut escaped = false;
    for c in pattern.chars() {
        out.push(if c == '?' && !escaped { '*' } else { c });
        escaped = c == '\\' && !escaped;
    }
    out
}

/// A literal as a wildcard pattern.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if matches!(c, '*' | '?' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// A `constant_keyword` field, which has the same value in all documents of the index.
pub(super) fn constant(value: Option<&str>, leaf: Leaf<'_>) -> BoundApprox {
    let Some(value) = value else { return BoundApprox::exact(Query::MatchNone) };
    let known = |holds: bool| BoundApprox::exact(if holds { Query::MatchAll } else { Query::MatchNone });
    let same = |v: &Value, fold: bool| match v {
        Value::Text(t) if fold => t.eq_ignore_ascii_case(value),
        Value::Text(t) => &**t == value,
        other => other.to_string() == value,
    };
    match leaf {
        Leaf::Exists => known(true),
        Leaf::Term(q) => known(same(&q.value, q.case_insensitive)),
        Leaf::Terms(q) => known(q.values.iter().any(|v| same(v, false))),
        Leaf::Wildcard(_) | Leaf::Regexp(_) | Leaf::Range(_) => BoundApprox::unknown(),
    }
}

/// A key of a `flattened` object. Its values are texts, and patterns cannot be used on it.
pub(super) fn flattened(field: &str, asked: FieldKind, leaf: Leaf<'_>) -> BoundApprox {
    let texts = leaf.literals().is_some_and(|l| l.iter().all(|v| matches!(v, Value::Text(_))));
    let folded = matches!(leaf, Leaf::Term(Term { case_insensitive: true, .. }));
    if matches!(leaf, Leaf::Exists) || (texts && !folded && !holds_addresses(asked)) {
        BoundApprox::exact(leaf.query(field))
    } else {
        BoundApprox::present(field)
    }
}
