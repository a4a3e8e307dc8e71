//! What values are called: `data/words.csv`.

use super::data::{WORDS, rows};
use foldhash::HashMap;
use std::sync::LazyLock;

static LISTS: LazyLock<HashMap<(&'static str, &'static str), &'static str>> =
    LazyLock::new(|| rows(WORDS).map(|[list, value, word]| ((list, value), word)).collect());

/// The word of a value in one of the lists.
pub(super) fn word(list: &'static str, value: &str) -> Option<&'static str> {
    LISTS.get(&(list, value)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_its_word() {
        assert_eq!(word("logon type", "10"), Some("RemoteInteractive"));
        assert_eq!(word("logon type", "99"), None);
    }
}
