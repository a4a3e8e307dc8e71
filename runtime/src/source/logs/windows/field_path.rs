//! Where a field stands in a document.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};

/// The names of a field and of the objects around it, joined by dots. What the tables name is not copied.
///
/// Two are equal if their parts are. Comparing and hashing hardly look at the names, which lie far apart in memory: most of them are
/// the same text at the same place.
#[derive(Clone, Eq, Debug)]
pub(super) struct FieldPath {
    /// The path of an object; empty where `field` is the whole path.
    object: &'static str,
    field: Cow<'static, str>,
}

/// The path of a field in the object that a rule names.
pub(super) fn under(object: &'static str, field: &'static str) -> FieldPath {
    FieldPath { object, field: Cow::Borrowed(field) }
}

impl FieldPath {
    /// The bytes of its names.
    pub(super) fn len(&self) -> usize {
        self.object.len() + self.field.len()
    }

    pub(super) fn is(&self, path: &str) -> bool {
        if self.object.is_empty() {
            return self.field == path;
        }
        path.strip_prefix(self.object).and_then(|rest| rest.strip_prefix('.')).is_some_and(|field| self.field == field)
    }
}

impl PartialEq for FieldPath {
    fn eq(&self, other: &Self) -> bool {
        let same = |a: &str, b: &str| std::ptr::eq(a, b) || a == b;
        same(self.object, other.object) && same(&self.field, &other.field)
    }
}

impl Hash for FieldPath {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_usize(self.object.len() << 16 ^ self.field.len());
    }
}

impl<P: Into<Cow<'static, str>>> From<P> for FieldPath {
    fn from(path: P) -> Self {
        Self { object: "", field: path.into() }
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dot = if self.object.is_empty() { "" } else { "." };
        write!(f, "{}{dot}{}", self.object, self.field)
    }
}
