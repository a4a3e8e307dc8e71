//! How much of a store's mapped files is in memory. Beyond a budget, segments give theirs back after use, so that a hunt in
//! a store of any size needs no more than that, and what it found.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Bytes of all segments of a store.
#[derive(Debug)]
pub(super) struct Budget {
    most: u64,
    resident: AtomicU64,
}

impl Budget {
    /// A budget of this many bytes.
    pub(super) fn new(most: u64) -> Arc<Self> {
        Arc::new(Self { most, resident: AtomicU64::new(0) })
    }
}

/// The parts of one segment's file.
pub(super) struct Residence {
    budget: Arc<Budget>,
    /// Length of each part, and whether it counts as in memory.
    parts: Vec<(u64, AtomicBool)>,
    give_back: Box<dyn Fn() + Send + Sync>,
}

impl Residence {
    /// Parts of these lengths, none of them in memory; `give_back` takes them out of it.
    pub(super) fn new(budget: Arc<Budget>, lengths: impl Iterator<Item = u64>, give_back: Box<dyn Fn() + Send + Sync>) -> Self {
        Self { budget, parts: lengths.map(|length| (length, AtomicBool::new(false))).collect(), give_back }
    }

    /// A part is going to be read.
    pub(super) fn touch(&self, part: usize) {
        if let Some((length, resident)) = self.parts.get(part)
            && !resident.swap(true, Ordering::Relaxed)
        {
            self.budget.resident.fetch_add(*length, Ordering::Relaxed);
        }
    }

    /// The segment was used: where the store has too much in memory, its parts go.
    pub(super) fn settle(&self) {
        if self.budget.resident.load(Ordering::Relaxed) <= self.budget.most {
            return;
        }
        (self.give_back)();
        for (length, resident) in &self.parts {
            if resident.swap(false, Ordering::Relaxed) {
                self.budget.resident.fetch_sub(*length, Ordering::Relaxed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_give_back_what_is_beyond_the_budget() {
        let budget = Budget::new(100);
        let given = Arc::new(AtomicU64::new(0));
        let segment = || {
            let given = Arc::clone(&given);
            let give_back = Box::new(move || {
                given.fetch_add(1, Ordering::Relaxed);
            });
            Residence::new(Arc::clone(&budget), [40, 50].into_iter(), give_back)
        };
        let (first, second) = (segment(), segment());
        first.touch(0);
        first.touch(0);
        first.touch(1);
        first.settle();
        assert_eq!((budget.resident.load(Ordering::Relaxed), given.load(Ordering::Relaxed)), (90, 0));
        second.touch(0);
        second.settle();
        // The second one is over the budget; the first one stays.
        assert_eq!((budget.resident.load(Ordering::Relaxed), given.load(Ordering::Relaxed)), (90, 1));
        second.touch(1);
        first.settle();
        assert_eq!((budget.resident.load(Ordering::Relaxed), given.load(Ordering::Relaxed)), (50, 2));
    }
}
