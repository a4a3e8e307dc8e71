//! Sorts texts eight bytes at a time. The eight bytes of a text are read once, not for each comparison.

/// Fewer texts than this are compared whole.
const FEW: usize = 16;
/// Texts that agree in this many bytes are compared whole. Few do, and it limits the recursion.
const DEEP: usize = 1 << 10;

/// The indices of `count` values, sorted by text. Equal texts are sorted by the second part of `value`.
pub(super) fn sorted<'a, K: Ord>(count: usize, value: impl Fn(u32) -> (&'a [u8], K)) -> impl Iterator<Item = u32> {
    let mut order: Vec<(u64, u32)> = (0..count as u32).map(|index| (0, index)).collect();
    sort_from(&mut order, 0, &value);
    order.into_iter().map(|(_, index)| index)
}

/// Sorts indices of values that agree in their first `depth` bytes. The numbers beside them are scratch space.
fn sort_from<'a, K: Ord>(order: &mut [(u64, u32)], depth: usize, value: &impl Fn(u32) -> (&'a [u8], K)) {
    if order.len() < FEW || depth >= DEEP {
        order.sort_unstable_by(|a, b| value(a.1).cmp(&value(b.1)));
        return;
    }
    for (number, index) in order.iter_mut() {
        *number = eight(value(*index).0, depth);
    }
    order.sort_unstable();
    for run in order.chunk_by_mut(|a, b| a.0 == b.0).filter(|run| run.len() > 1) {
        sort_from(run, depth + 8, value);
    }
}

/// Eight bytes of a text as a number in the same order; zeros stand for bytes after the end.
pub(super) fn eight(text: &[u8], from: usize) -> u64 {
    let rest = text.get(from..).unwrap_or_default();
    if let Some(whole) = rest.first_chunk() {
        return u64::from_be_bytes(*whole);
    }
    rest.iter().enumerate().fold(0, |number, (at, byte)| number | u64::from(*byte) << (56 - 8 * at))
}

/// The first place from `from` on, up to `len`, for which `before` is false; it must be true for all places before.
/// Searches with doubling steps, then by halving: this is fast when the place is near, and never slower than a binary
/// search by much.
pub(super) fn advance(from: usize, len: usize, before: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut step) = (from, 1);
    while low + step <= len && before(low + step - 1) {
        low += step;
        step *= 2;
    }
    let mut high = (low + step - 1).min(len);
    while low < high {
        let middle = usize::midpoint(low, high);
        if before(middle) { low = middle + 1 } else { high = middle }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_first_place_is_found_from_anywhere(len in 0..70_usize, found in 0..70_usize, from in 0..70_usize) {
            let found = found.min(len);
            let from = from.min(found);
            prop_assert_eq!(advance(from, len, |at| at < found), found);
        }

        #[test]
        fn texts_sort_as_bytes_do(texts in prop::collection::vec(("(aaaaaaaa|aaaaaaaab){0,3}[ab\u{0}]{0,9}", 0..3), 0..200)) {
            let values: Vec<(&[u8], i32)> = texts.iter().map(|(text, kind)| (text.as_bytes(), *kind)).collect();
            let found: Vec<_> = sorted(values.len(), |index| values[index as usize]).map(|index| values[index as usize]).collect();
            let mut wanted = values;
            wanted.sort_unstable();
            prop_assert_eq!(found, wanted);
        }

        #[test]
        fn long_texts_that_agree_are_sorted_too(ends in prop::collection::vec("[ab]{0,2}", 0..60)) {
            let texts: Vec<String> = ends.iter().map(|end| "x".repeat(DEEP + 3) + end).collect();
            let found: Vec<_> = sorted(texts.len(), |index| (texts[index as usize].as_bytes(), 0)).map(|i| &texts[i as usize]).collect();
            let mut wanted: Vec<&String> = texts.iter().collect();
            wanted.sort_unstable();
            prop_assert_eq!(found, wanted);
        }
    }
}
