//! An index of a dictionary, to look many texts up at once: of each value, the eight bytes that follow the prefix which all
//! values share.

use super::column::Dictionary;
use super::prefix_sort::{advance, eight};
use std::ops::Range;

/// The index of one dictionary.
#[derive(Clone, Debug)]
pub(super) struct PrefixIndex {
    /// Length of the prefix that all values share.
    shared: usize,
    /// The eight bytes of each value that follow it, as numbers that sort like them.
    heads: Vec<u64>,
}

impl PrefixIndex {
    /// Makes the index of a dictionary.
    pub(super) fn of(dictionary: &Dictionary) -> Self {
        // Values are sorted, so whatever the first and the last one share is shared by all.
        let last = dictionary.text(dictionary.len().saturating_sub(1));
        let shared = dictionary.text(0).iter().zip(last).take_while(|(a, b)| a == b).count();
        let heads = (0..dictionary.len()).map(|index| eight(dictionary.text(index), shared)).collect();
        Self { shared, heads }
    }

    /// Calls `give` with the places of the values that are equal to one of the sorted `texts`.
    pub(super) fn each_equal(&self, dictionary: &Dictionary, texts: &[Vec<u8>], mut give: impl FnMut(Range<usize>)) {
        let beginning = dictionary.text(0).get(..self.shared).unwrap_or_default();
        let mut at = 0;
        for text in texts.iter().filter(|text| text.starts_with(beginning)) {
            let head = eight(text, self.shared);
            let start = self.at_least(head, at);
            let stop = head.checked_add(1).map_or(self.heads.len(), |above| self.at_least(above, start));
            at = dictionary.search(text, start, stop);
            give(at..dictionary.end_of_equal(text, at, stop));
        }
    }

    /// The first place from `from` on whose eight bytes are not less; fast when it is near.
    fn at_least(&self, head: u64, from: usize) -> usize {
        advance(from, self.heads.len(), |at| self.heads[at] < head)
    }
}

#[cfg(test)]
mod tests {
    use super::super::column::{DictionaryBuilder, Kind};
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn what_is_equal_is_found(
            values in prop::collection::btree_set("(x|xyxyxyxyxy)[ab\u{0}]{0,10}", 1..80),
            texts in prop::collection::btree_set("(x|xyxyxyxyxy|)[ab\u{0}]{0,10}", 0..80),
        ) {
            let mut dictionary = DictionaryBuilder::new();
            for value in &values {
                dictionary.add(value.as_bytes(), Kind::Int);
                dictionary.add(value.as_bytes(), Kind::Text);
            }
            let dictionary = dictionary.finish();
            let sorted: Vec<Vec<u8>> = texts.iter().map(|text| text.clone().into_bytes()).collect();
            let mut found = Vec::new();
            PrefixIndex::of(&dictionary).each_equal(&dictionary, &sorted, |entries| found.extend(entries));
            let both: BTreeSet<&String> = values.intersection(&texts).collect();
            let wanted: Vec<usize> = (0..dictionary.len()).filter(|i| both.iter().any(|t| t.as_bytes() == dictionary.text(*i))).collect();
            prop_assert_eq!(found, wanted);
        }
    }
}
