//! Words of Sigma, Sysmon, SQL and KQL for attributes, types and relations: what messages suggest instead.

use std::sync::LazyLock;

/// A row of the table.
struct Row {
    kind: &'static str,
    word: &'static str,
    meant: Vec<&'static str>,
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let lines = include_str!("foreign_words.csv").lines().filter(|line| !line.starts_with('#')).skip(1);
    let row = |line: &'static str| {
        let mut cells = line.split(',');
        Some(Row { kind: cells.next()?, word: cells.next()?, meant: cells.next()?.split(' ').collect() })
    };
    lines.filter_map(row).collect()
});

/// What a word is called here, the likeliest first.
fn meant(kind: &str, word: &str) -> &'static [&'static str] {
    let found = ROWS.iter().find(|row| row.kind == kind && row.word.eq_ignore_ascii_case(word));
    found.map_or(&[], |row| row.meant.as_slice())
}

/// The attributes that a word may stand for.
pub(super) fn attributes(word: &str) -> &'static [&'static str] {
    meant("attribute", word)
}

/// The entity type that a word stands for.
pub(super) fn entity_type(word: &str) -> Option<&'static str> {
    meant("type", word).first().copied()
}

/// The relation that a word stands for between a process and what it made: `CREATED BY`.
pub(crate) fn relation(word: &str) -> Option<String> {
    let words = meant("relation", word);
    (!words.is_empty()).then(|| words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;

    #[test]
    fn every_word_leads_to_something_that_is_there() {
        let catalog = Catalog::builtin();
        for Row { kind, word, meant } in ROWS.iter() {
            let known = |name: &&str| match *kind {
                "attribute" => catalog.record_field(name).is_some() || catalog.entities.iter().any(|e| e.attribute(name).is_some()),
                "type" => catalog.entity(name).is_some(),
                _ => ["CREATED", "BY"].contains(name),
            };
            assert!(!meant.is_empty() && meant.iter().all(known), "{kind} {word}");
            assert_eq!(ROWS.iter().filter(|row| row.kind == *kind && row.word == *word).count(), 1, "{word}");
        }
        assert_eq!(attributes("ParentImage"), ["parent_ref.binary_ref.x_path"]);
        assert_eq!(relation("dropped").as_deref(), Some("CREATED BY"));
    }
}
