//! A small random number generator with a fixed seed (SplitMix64). The demo data must be the same bytes on every machine.

/// A generator of random numbers.
#[derive(Debug)]
pub(super) struct Rng(u64);

impl Rng {
    /// A generator that gives the same sequence for the same seed.
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 random bits.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A random number in `low..high`; `low` when the range is empty.
    pub(super) fn within(&mut self, low: i64, high: i64) -> i64 {
        let span = high.saturating_sub(low).max(1) as u64;
        low.saturating_add((self.next() % span) as i64)
    }

    /// A random item; `None` when there are none.
    pub(super) fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        let index = self.within(0, items.len() as i64);
        items.get(index as usize)
    }
}

/// The mixing function of SplitMix64.
pub(super) fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequence_is_fixed() {
        let mut rng = Rng::new(0);
        assert_eq!([rng.next(), rng.next()], [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4]);
    }

    #[test]
    fn range_is_half_open() {
        let mut rng = Rng::new(1);
        let seen: std::collections::BTreeSet<i64> = (0..200).map(|_| rng.within(3, 6)).collect();
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [3, 4, 5]);
        assert_eq!(rng.within(7, 7), 7);
        assert_eq!(rng.pick::<u8>(&[]), None);
    }
}
