//! Which fields of records are kept.

use huntc_compiler::request::BoundRequest;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The fields that a reader of log files keeps. Most bytes of a record are in fields that no hunt requests.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Fields {
    /// Every field.
    #[default]
    All,
    /// The fields with these names, and those below objects with these names.
    These(Arc<BTreeSet<String>>),
}

/// Fields that are always kept: the time of a record, its name, and what tells which of several documents of that name counts.
const ALWAYS: [&str; 4] = ["@timestamp", "_index", "_id", "_version"];

impl Fields {
    /// Whether a field is kept.
    pub fn holds(&self, field: &str) -> bool {
        let Self::These(fields) = self else { return true };
        let objects = field.match_indices('.').map(|(dot, _)| &field[..dot]);
        ALWAYS.contains(&field) || objects.chain([field]).any(|name| fields.contains(name))
    }

    /// Whether a name is that of a kept field, or of an object with kept fields below it.
    pub(crate) fn reaches(&self, name: &str) -> bool {
        let Self::These(fields) = self else { return true };
        let below = |field: &str| field.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
        self.holds(name) || fields.iter().any(|field| below(field))
    }

    /// A field that a request needs and that is not kept; `None` if there is none.
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
