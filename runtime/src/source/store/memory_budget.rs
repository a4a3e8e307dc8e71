//! Limits how much of a store's mapped files is in memory. When the limit is exceeded, a segment gives its memory back
//! after use. So a hunt in a store of any size needs no more memory than that, beside what it found.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How many bytes of mapped files all segments of a store have in memory, and may have.
#[derive(Debug)]
pub(super) struct Budget {
    most: AtomicU64,
    resident: AtomicU64,
}

impl Budget {
    pub(super) fn new(most: u64) -> Arc<Self> {
        Arc::new(Self { most: AtomicU64::new(most), resident: AtomicU64::new(0) })
    }

    /// From now on they may have at most so many, if they could have more.
    pub(super) fn tighten(&self, most: u64) {
        self.most.fetch_min(most, Ordering::Relaxed);
    }
}

/// The parts of one segment's file, and which of them are in memory.
pub(super) struct Residence {
    budget: Arc<Budget>,
    /// Length of each part in bytes, and whether it counts as in memory.
    parts: Vec<(u64, AtomicBool)>,
    give_back: Box<dyn Fn() + Send + Sync>,
}

impl Residence {
    /// Parts with these lengths, none of them in memory. `give_back` removes all of them from memory.
    pub(super) fn new(budget: Arc<Budget>, lengths: impl Iterator<Item = u64>, give_back: Box<dyn Fn() + Send + Sync>) -> Self {
        Self { budget, parts: lengths.map(|length| (length, AtomicBool::new(false))).collect(), give_back }
    }

    /// Counts a part as in memory, since it is going to be read.
    pub(super) fn mark_used(&self, part: usize) {
        if let Some((length, resident)) = self.parts.get(part)
            && !resident.swap(true, Ordering::Relaxed)
        {
            self.budget.resident.fetch_add(*length, Ordering::Relaxed);
        }
    }

    /// Called after the segment was used: when the budget is exceeded, gives the memory of all its parts back.
    pub(super) fn release_excess(&self) {
        if self.budget.resident.load(Ordering::Relaxed) > self.budget.most.load(Ordering::Relaxed) {
            self.release();
        }
    }

    /// What all segments may have in memory.
    pub(super) fn budget(&self) -> &Budget {
        &self.budget
    }

    /// Gives the memory of all its parts back.
    pub(super) fn release(&self) {
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
        first.mark_used(0);
        first.mark_used(0);
        first.mark_used(1);
        first.release_excess();
        assert_eq!((budget.resident.load(Ordering::Relaxed), given.load(Ordering::Relaxed)), (90, 0));
        second.mark_used(0);
        second.release_excess();
        // The second one exceeds the budget and is given back; the first one stays.
        assert_eq!((budget.resident.load(Ordering::Relaxed), given.load(Ordering::Relaxed)), (90, 1));
        second.mark_used(1);
        first.release_excess();
        assert_eq!((budget.resident.load(Ordering::Relaxed), given.load(Ordering::Relaxed)), (50, 2));
        budget.tighten(40);
        budget.tighten(200);
        second.release_excess();
        assert_eq!((budget.resident.load(Ordering::Relaxed), given.load(Ordering::Relaxed)), (0, 3), "it never grows again");
    }
}
