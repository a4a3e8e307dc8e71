//! Words of Sigma, Sysmon, SQL and KQL for attributes, types and relations: what messages suggest instead.

use crate::syntax::errors::foreign::meant;

/// The attributes that a word may stand for.
pub(super) fn attributes(word: &str) -> &'static [&'static str] {
    meant("attribute", word)
}

/// The entity type that a word stands for.
pub(super) fn entity_type(word: &str) -> Option<&'static str> {
    meant("type", word).first().copied()
}

/// The relations that a word may stand for, as messages write them: `CREATED BY`. Which one depends on the types.
pub(crate) fn relations(word: &str) -> &'static [&'static str] {
    meant("relation", word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::syntax::errors::foreign::{ForeignWord, WORDS};

    #[test]
    fn every_word_leads_to_something_that_is_there() {
        let catalog = Catalog::builtin();
        for ForeignWord { kind, word, meant } in WORDS.iter() {
            let known = |name: &&str| match *kind {
                "attribute" => catalog.record_field(name).is_some() || catalog.entities.iter().any(|e| e.attribute(name).is_some()),
                "type" => catalog.entity(name).is_some(),
                _ => *name == "LINKED" || catalog.relations.iter().any(|row| row.to_string() == *name),
            };
            assert!(!meant.is_empty() && meant.iter().all(known), "{kind} {word}");
            assert_eq!(WORDS.iter().filter(|row| row.kind == *kind && row.word == *word).count(), 1, "{word}");
        }
        assert_eq!(attributes("ParentImage"), ["parent_ref.binary_ref.x_path"]);
        assert_eq!(relations("dropped"), ["CREATED BY"]);
    }
}
