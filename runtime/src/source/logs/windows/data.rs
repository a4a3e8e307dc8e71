//! The tables of `data/`, as rows.

pub(super) const FIELDS: &str = include_str!("data/fields.csv");
pub(super) const EVENTS: &str = include_str!("data/events.csv");
pub(super) const WORDS: &str = include_str!("data/words.csv");

/// Lines of a table without its head. The tables have no quotes; a text at the end may have commas.
pub(super) fn rows<const N: usize>(table: &'static str) -> impl Iterator<Item = [&'static str; N]> {
    table.lines().skip(1).filter_map(|line| line.splitn(N, ',').collect::<Vec<_>>().try_into().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_its_columns() {
        let tables = [(FIELDS, 6), (EVENTS, 7), (WORDS, 3)];
        for (table, columns) in tables {
            for line in table.lines() {
                let count = line.split(',').count();
                assert!(count == columns || columns == 3 && count > 3, "{line}");
                assert!(!line.contains('"'), "{line}");
            }
        }
    }
}
