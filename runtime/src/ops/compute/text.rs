//! What is measured of a text.

use std::collections::BTreeMap;

/// Shannon's entropy of the characters in bits for each, to four decimals; of the empty text 0.
pub(super) fn entropy(text: &str) -> f64 {
    // In the order of the characters: a sum of fractions depends on it.
    let mut counts: BTreeMap<char, u64> = BTreeMap::new();
    for c in text.chars() {
        *counts.entry(c).or_default() += 1;
    }
    let all = counts.values().sum::<u64>() as f64;
    let bits: f64 = counts.values().map(|n| *n as f64 / all).map(|share| -share * share.log2()).sum();
    (bits * 10_000.0).round() / 10_000.0 + 0.0
}
