//! Which fields of records are asked for.

use huntc_compiler::request::BoundRequest;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Fields that a reader of whole log files keeps. Most bytes of a record are in fields that no hunt asks for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Fields {
    /// Every one.
    #[default]
    All,
    /// These, and what is below them, where they are objects.
    These(Arc<BTreeSet<String>>),
}

/// Fields that are always kept: the record's time and what names it.
const ALWAYS: [&str; 3] = ["@timestamp", "_index", "_id"];

impl Fields {
    /// Whether a field is one of them.
    pub fn holds(&self, field: &str) -> bool {
        let Self::These(fields) = self else { return true };
        let objects = field.match_indices('.').map(|(dot, _)| &field[..dot]);
        ALWAYS.contains(&field) || objects.chain([field]).any(|name| fields.contains(name))
    }

    /// Whether a field is one of them, or an object that holds some.
    pub(crate) fn reaches(&self, name: &str) -> bool {
        let Self::These(fields) = self else { return true };
        let below = |field: &str| field.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
        self.holds(name) || fields.iter().any(|field| below(field))
    }

    /// A field that a request needs and that is none of them.
    pub fn lacks<'r>(&self, request: &'r BoundRequest) -> Option<&'r str> {
        if *self == Self::All {
            return None;
        }
        let mut missing = request.fields.iter().map(String::as_str).find(|field| !self.holds(field));
        request.query.each_field(&mut |field| {
            if missing.is_none() && !self.holds(field) {
                missing = Some(field);
            }
        });
        missing
    }
}

impl FromIterator<String> for Fields {
    fn from_iter<I: IntoIterator<Item = String>>(fields: I) -> Self {
        Self::These(Arc::new(fields.into_iter().collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_below_a_field_is_held_too() {
        let fields: Fields = ["process.name", "process.hash"].map(str::to_owned).into_iter().collect();
        for (field, held) in [
            ("process.name", true),
            ("process.hash", true),
            ("process.hash.md5", true),
            ("process.hash.a.b", true),
            ("process", false),
            ("process.hashes", false),
            ("process.nam", false),
            ("process.name.text", true),
            ("name", false),
            ("", false),
            ("@timestamp", true),
            ("_id", true),
        ] {
            assert_eq!(fields.holds(field), held, "{field}");
            assert!(fields.reaches(field) || !held, "{field}");
        }
        assert!(fields.reaches("process") && !fields.reaches("proc") && !fields.reaches("process.hashes") && !fields.reaches(""));
        assert!(Fields::All.holds("anything") && Fields::All.reaches("anything"));
    }
}
