//! Fields of type `wildcard`. Those of Elasticsearch answer like keywords. Those of OpenSearch do not (3.8, measured):
//! `term ""` finds nothing; ranges are refused; a `regexp` that only one string matches finds nothing; letters beyond
//! ASCII break case folding; and every query is expanded to clauses, one for each run of three characters, of which
//! 1,024 are allowed.

use super::text::{Keyword, escaped, holds_addresses, is_ipv4};
use super::{Adapter, BoundApprox, Leaf};
use crate::source::elastic::server::Product;
use huntc_compiler::request::{BoundQuery, Query, Term, Wildcard};
use huntc_compiler::value::Value;

/// The most clauses for the `wildcard` fields of one request. The server's limit of 1,024 is for all clauses.
const MOST_GRAMS: usize = 700;
/// Of a longer value only this many characters are searched.
const BEGINNING: usize = 120;

impl Adapter<'_> {
    /// A leaf on a field of type `wildcard`.
    pub(super) fn wildcard_field(&self, keyword: &Keyword<'_>, leaf: Leaf<'_>) -> BoundApprox {
        if self.product == Product::Elasticsearch {
            return self.keyword(keyword, leaf);
        }
        let indexed = self.opensearch_wildcard(keyword, leaf);
        self.with_limit(keyword, leaf, indexed)
    }

    fn opensearch_wildcard(&self, keyword: &Keyword<'_>, leaf: Leaf<'_>) -> BoundApprox {
        let field = keyword.field;
        let present = || BoundApprox::present(field);
        match leaf {
            // An address or a network has many spellings, of which the index knows one.
            Leaf::Term(_) | Leaf::Terms(_) if holds_addresses(keyword.asked) => {
                match leaf.literals().filter(|l| !self.simple && l.iter().all(|value| is_ipv4(keyword, value))) {
                    Some(addresses) => self.clothed(field, self.equal_any(field, addresses)),
                    None => present(),
                }
            }
            Leaf::Exists => BoundApprox::exact(Query::exists(field)),
            Leaf::Term(q) => match &q.value {
                Value::Text(text) => self.equal(field, text, q.case_insensitive),
                _ => present(),
            },
            Leaf::Terms(q) => self.equal_any(field, &q.values),
            Leaf::Wildcard(_) | Leaf::Regexp(_) if self.simple => present(),
            Leaf::Wildcard(q) if q.case_insensitive && !q.pattern.is_ascii() => {
                let pattern = if self.old { without_escapes(&plain(&q.pattern)) } else { plain(&q.pattern) };
                self.affordable(&q.pattern, || BoundApprox::superset(folded(field, &pattern)), present)
            }
            Leaf::Wildcard(q) if self.old && q.pattern.contains('\\') => {
                let pattern = without_escapes(&plain(&q.pattern));
                self.affordable(&q.pattern, || BoundApprox::superset(pattern_query(field, pattern, q.case_insensitive)), present)
            }
            Leaf::Wildcard(q) => self.affordable(
                &q.pattern,
                || BoundApprox::exact(pattern_query(field, plain(&q.pattern), q.case_insensitive)),
                present,
            ),
            Leaf::Regexp(q) if self.old || !several(&q.pattern) => present(),
            Leaf::Regexp(q) => self.affordable(&q.pattern, || BoundApprox::exact(leaf.query(field)), present),
            // The server answers 400 to ranges.
            Leaf::Range(_) => present(),
        }
    }

    /// IPv4 addresses, also in the clothes of IPv6, as `::ffff:10.0.0.1`.
    fn clothed(&self, field: &str, plain: BoundApprox) -> BoundApprox {
        const CLOTHED: &str = "*ffff:*";
        let BoundApprox { at_least, at_most } = plain;
        let clothed = || BoundApprox::exact(pattern_query(field, CLOTHED.to_owned(), true));
        let clothed = self.affordable(CLOTHED, clothed, || BoundApprox::present(field));
        BoundApprox { at_least: Query::any([at_least, clothed.at_least]), at_most }
    }

    fn equal(&self, field: &str, text: &str, fold: bool) -> BoundApprox {
        let present = || BoundApprox::present(field);
        if text.is_empty() || self.simple {
            return present();
        }
        if text.chars().count() > BEGINNING {
            let beginning: String = text.chars().take(BEGINNING).collect();
            let pattern = format!("{}*", escaped(&beginning));
            let pattern = if self.old { without_escapes(&pattern) } else { pattern };
            let query = if fold { folded(field, &pattern) } else { pattern_query(field, pattern, false) };
            return self.affordable(&beginning, || BoundApprox::superset(query), present);
        }
        if fold && !text.is_ascii() {
            let pattern = if self.old { without_escapes(&escaped(text)) } else { escaped(text) };
            return self.affordable(text, || BoundApprox::superset(folded(field, &pattern)), present);
        }
        let term = Query::Term(Term { field: field.to_owned(), value: Value::text(text), case_insensitive: fold });
        self.affordable(text, || BoundApprox::exact(term), present)
    }

    fn equal_any(&self, field: &str, values: &[Value]) -> BoundApprox {
        let mut parts = Vec::new();
        for value in values {
            let Value::Text(text) = value else { return BoundApprox::present(field) };
            let part = self.equal(field, text, false);
            if part.at_least == Query::exists(field) {
                return BoundApprox::present(field);
            }
            parts.push(part);
        }
        BoundApprox::any(parts)
    }

    /// The result of `query` if the clauses for `characters` are still within the limit, otherwise that of `otherwise`.
    fn affordable(
        &self,
        characters: &str,
        query: impl FnOnce() -> BoundApprox,
        otherwise: impl FnOnce() -> BoundApprox,
    ) -> BoundApprox {
        let grams = self.grams.get() + characters.chars().count().max(1);
        if grams > MOST_GRAMS {
            return otherwise();
        }
        self.grams.set(grams);
        query()
    }
}

fn pattern_query(field: &str, pattern: String, case_insensitive: bool) -> BoundQuery {
    Query::Wildcard(Wildcard { field: field.to_owned(), pattern, case_insensitive })
}

/// A pattern without needless escapes: OpenSearch finds nothing by `\\[`.
fn plain(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut characters = pattern.chars();
    while let Some(c) = characters.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match characters.next() {
            Some(next @ ('*' | '?' | '\\')) => out.extend(['\\', next]),
            Some(next) => out.push(next),
            None => out.push_str("\\\\"),
        }
    }
    out
}

/// A pattern with `?` for each escaped character: OpenSearch 2 finds nothing by escapes, and nothing by some regular
/// expressions (2.19, measured).
fn without_escapes(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut characters = pattern.chars();
    while let Some(c) = characters.next() {
        if c == '\\' {
            characters.next();
            out.push('?');
        } else {
            out.push(c);
        }
    }
    out
}

/// A case-insensitive pattern with `?` for the characters that break case folding.
fn folded(field: &str, pattern: &str) -> BoundQuery {
    let mut out = String::with_capacity(pattern.len());
    for c in pattern.chars() {
        out.push(if c.is_ascii() { c } else { '?' });
    }
    pattern_query(field, out, true)
}

/// Whether a regular expression certainly matches several strings: it has a repetition, an alternative, or an "any character".
fn several(pattern: &str) -> bool {
    let mut escaped = false;
    let mut class = false;
    for c in pattern.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' if !class => class = true,
            ']' => class = false,
            '.' | '*' | '+' | '|' if !class => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_that_one_string_alone_may_match() {
        for one in ["a\\#b", "[a]", "a{2}", "abc", "\\.", "[.*]", "a\\|b"] {
            assert!(!several(one), "{one}");
        }
        for many in [".*a.*", "a+", "(a|b)", "a.b", "[a]x*"] {
            assert!(several(many), "{many}");
        }
    }

    #[test]
    fn letters_beyond_ascii_become_any_character() {
        let Query::Wildcard(q) = folded("f", &plain("*Übung\\*\\ß*")) else { unreachable!() };
        assert_eq!((q.pattern.as_str(), q.case_insensitive), ("*?bung\\*?*", true));
        assert_eq!(without_escapes(r"C:\\a\*b*?"), "C:?a?b*?");
        assert_eq!(plain(r"a\[b\]\*\?\\c\"), r"a[b]\*\?\\c\\");
    }
}
