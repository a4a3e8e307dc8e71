//! A condition that may have no exact query, between two queries that can be sent.

use super::Query;

/// Two queries around what is meant: one finds at least that, the other at most that.
#[derive(Clone, PartialEq, Debug)]
pub struct Approx<H> {
    /// Finds at least what is meant.
    pub at_least: Query<H>,
    /// Finds at most what is meant.
    pub at_most: Query<H>,
}

impl<H: Clone + PartialEq> Approx<H> {
    /// The query finds exactly what is meant.
    pub fn exact(query: Query<H>) -> Self {
        Self { at_least: query.clone(), at_most: query }
    }

    /// The query finds what is meant, and perhaps more.
    pub fn superset(at_least: Query<H>) -> Self {
        Self { at_least, at_most: Query::MatchNone }
    }

    /// The field must have a value; nothing else is known of what is meant.
    pub fn present(field: &str) -> Self {
        Self::superset(Query::exists(field))
    }

    /// Nothing is known of what is meant.
    pub fn unknown() -> Self {
        Self::superset(Query::MatchAll)
    }

    /// Any of several.
    pub fn any(parts: Vec<Self>) -> Self {
        let (at_least, at_most): (Vec<_>, Vec<_>) = parts.into_iter().map(|a| (a.at_least, a.at_most)).unzip();
        Self { at_least: Query::any(at_least), at_most: Query::any(at_most) }
    }

    /// Whether both are one query, which then means exactly what is asked.
    pub fn is_exact(&self) -> bool {
        self.at_least == self.at_most
    }
}
