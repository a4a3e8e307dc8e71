//! Fields with whole values: what limits on length and normalizers take from them.

use super::{Adapter, Around, Bound, LONGEST_TERM, Leaf, is_address_field};
use crate::source::elastic::product::Product;
use huntc_compiler::backend::elastic::query::{Bound as Limit, Query, Range, Term, Wildcard};
use huntc_compiler::catalog::Catalog;
use huntc_compiler::value::Value;
use std::net::IpAddr;

/// Patterns that fold case fail on some servers from this length on, unless they begin with `*`.
const LONGEST_FOLDED: usize = 1_000;

/// A keyword field, or the keyword below a text field.
pub(super) struct Keyword<'a> {
    /// As requests and the catalog name it.
    pub(super) name: &'a str,
    /// To be asked.
    pub(super) field: &'a str,
    /// As documents have it: the target of an alias.
    pub(super) real: &'a str,
    /// Longest value in UTF-16 units.
    pub(super) limit: Option<usize>,
    pub(super) normalized: bool,
    /// A text field with the same values, whatever their length.
    pub(super) text: Option<&'a str>,
}

impl Adapter<'_> {
    /// Records that may have values beyond the limit of the index.
    fn beyond(&self, keyword: &Keyword<'_>) -> Bound {
        if keyword.limit.is_none() {
            return Query::MatchNone;
        }
        match (self.product, keyword.text) {
            // The server notes which fields of a document it left out.
            (Product::Elasticsearch, _) => Query::term("_ignored", Value::text(keyword.real)),
            (Product::OpenSearch, _) if self.probe => Query::MatchNone,
            // OpenSearch does not. A field with several values may lack one of them and still be there.
            (Product::OpenSearch, Some(text)) if may_be_list(keyword.name) => Query::exists(text),
            (Product::OpenSearch, Some(text)) => Query::all_but(Query::exists(text), Query::exists(keyword.field)),
            (Product::OpenSearch, None) if may_be_list(keyword.name) => Query::MatchAll,
            (Product::OpenSearch, None) => Query::all_but(Query::MatchAll, Query::exists(keyword.field)),
        }
    }

    pub(super) fn keyword(&self, keyword: &Keyword<'_>, leaf: Leaf<'_>) -> Around {
        let indexed = self.indexed(keyword, leaf);
        self.with_limit(keyword, leaf, indexed)
    }

    /// Adds what the index may have left out, unless no such value can be meant.
    pub(super) fn with_limit(&self, keyword: &Keyword<'_>, leaf: Leaf<'_>, indexed: Around) -> Around {
        let short = leaf.literals().is_some_and(|l| l.iter().all(|v| fits(v, keyword.limit)));
        if short {
            return indexed;
        }
        Around { upper: Query::any([indexed.upper, self.beyond(keyword)]), lower: indexed.lower }
    }

    /// The leaf among the values that are in the index.
    fn indexed(&self, keyword: &Keyword<'_>, leaf: Leaf<'_>) -> Around {
        let present = || Around::present(keyword.field);
        match leaf {
            Leaf::Exists => Around::exact(Query::exists(keyword.field)),
            Leaf::Term(term) => equal(keyword, &term.value, term.case_insensitive),
            Leaf::Terms(terms) => equal_any(keyword, &terms.values),
            Leaf::Wildcard(_) | Leaf::Regexp(_) | Leaf::Range(_) if keyword.normalized => present(),
            Leaf::Wildcard(_) | Leaf::Regexp(_) if self.simple => present(),
            Leaf::Wildcard(q) if q.case_insensitive && q.pattern.chars().count() > LONGEST_FOLDED => {
                Around::upper_only(open_front(keyword.field, &q.pattern))
            }
            Leaf::Range(q) if !text_range(q) => present(),
            other => Around::exact(other.query(keyword.field)),
        }
    }
}

/// Whether the catalog reads several values from a field.
fn may_be_list(field: &str) -> bool {
    let attributes = Catalog::builtin().entities.iter().flat_map(|e| &e.attributes);
    attributes.filter(|a| a.many).flat_map(|a| a.access.iter().flatten()).any(|access| access.fields.iter().any(|f| f == field))
}

/// Whether a value of this text is in the index.
fn fits(value: &Value, limit: Option<usize>) -> bool {
    let Value::Text(text) = value else { return true };
    text.len() <= LONGEST_TERM && limit.is_none_or(|limit| text.encode_utf16().count() <= limit)
}

fn text_range(range: &Range) -> bool {
    let text = |limit: &Option<Limit>| limit.as_ref().is_none_or(|l| matches!(l.value, Value::Text(_)));
    text(&range.lower) && text(&range.upper)
}

/// A pattern that begins with `*`: a superset that no server finds too large.
fn open_front(field: &str, pattern: &str) -> Bound {
    let pattern = if pattern.starts_with('*') { pattern.to_owned() } else { format!("*{pattern}") };
    Query::Wildcard(Wildcard { field: field.to_owned(), pattern, case_insensitive: true })
}

/// Equality with one value.
fn equal(keyword: &Keyword<'_>, value: &Value, fold: bool) -> Around {
    let field = keyword.field;
    let term = |text: &str| Query::Term(Term { field: field.to_owned(), value: Value::text(text), case_insensitive: fold });
    let found = match value {
        Value::Text(text) if is_address_field(keyword.name) => address(field, text),
        Value::Text(text) if text.len() > LONGEST_TERM => Around::exact(Query::MatchNone),
        Value::Text(text) if fold && text.chars().count() > LONGEST_FOLDED => Around::upper_only(open_front(field, &escaped(text))),
        Value::Text(text) => Around::exact(term(text)),
        Value::Bool(value) => Around::exact(term(&value.to_string())),
        Value::Address(value) => address(field, &value.to_string()),
        // `4`, `4.0` and `04` are one number and three texts.
        other => Around { upper: Query::exists(field), lower: term(&other.to_string()) },
    };
    if keyword.normalized { Around::upper_only(found.upper) } else { found }
}

/// Equality with one of several values.
fn equal_any(keyword: &Keyword<'_>, values: &[Value]) -> Around {
    let plain = |v: &Value| matches!(v, Value::Text(t) if t.len() <= LONGEST_TERM);
    if values.iter().all(plain) && !is_address_field(keyword.name) {
        let terms = Query::terms(keyword.field, values.to_vec());
        return if keyword.normalized { Around::upper_only(terms) } else { Around::exact(terms) };
    }
    let mut parts: Vec<Around> = Vec::new();
    for value in values {
        let part = equal(keyword, value, false);
        if part.upper == Query::exists(keyword.field) {
            // One value of which nothing is known makes all of them so.
            return Around::present(keyword.field);
        }
        parts.push(part);
    }
    let texts = |pick: fn(&Around) -> &Bound| {
        let values = parts.iter().filter_map(|p| match pick(p) {
            Query::Term(term) => Some(term.value.clone()),
            _ => None,
        });
        Query::terms(keyword.field, values.collect())
    };
    Around { upper: texts(|p| &p.upper), lower: texts(|p| &p.lower) }
}

/// An address or network as text: an IPv4 address has one spelling, anything else many.
fn address(field: &str, text: &str) -> Around {
    let term = Query::term(field, Value::text(text));
    match text.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => Around::exact(term),
        Ok(IpAddr::V6(_)) => Around { upper: Query::exists(field), lower: term },
        Err(_) => Around::present(field),
    }
}

/// A literal as a pattern.
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

/// A field that has the same value in all documents of the index.
pub(super) fn constant(value: Option<&str>, leaf: Leaf<'_>) -> Around {
    let Some(value) = value else { return Around::exact(Query::MatchNone) };
    let known = |holds: bool| Around::exact(if holds { Query::MatchAll } else { Query::MatchNone });
    let same = |v: &Value, fold: bool| match v {
        Value::Text(t) if fold => t.eq_ignore_ascii_case(value),
        Value::Text(t) => &**t == value,
        other => other.to_string() == value,
    };
    match leaf {
        Leaf::Exists => known(true),
        Leaf::Term(q) => known(same(&q.value, q.case_insensitive)),
        Leaf::Terms(q) => known(q.values.iter().any(|v| same(v, false))),
        Leaf::Wildcard(_) | Leaf::Regexp(_) | Leaf::Range(_) => Around::unknown(),
    }
}

/// A key of a flattened object: its values are texts, and patterns do not work on it.
pub(super) fn flattened(field: &str, leaf: Leaf<'_>) -> Around {
    let texts = leaf.literals().is_some_and(|l| l.iter().all(|v| matches!(v, Value::Text(_))));
    let folded = matches!(leaf, Leaf::Term(Term { case_insensitive: true, .. }));
    if matches!(leaf, Leaf::Exists) || (texts && !folded && !is_address_field(field)) {
        Around::exact(leaf.query(field))
    } else {
        Around::present(field)
    }
}
