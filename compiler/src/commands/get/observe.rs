//! What GET asks sources for: a scan for one pattern; for an observation expression a scan of every source for each single
//! pattern, and one node that combines them.

use crate::catalog::EntityId;
use crate::check::hir::{Observed, Predicate, SourceRef, Unfollowed};
use crate::plan::{Lowering, NodeId, Observe, Op, Scan};
use crate::time::{TimeRange, Window};

/// What one source is asked for.
#[derive(Clone, Copy)]
pub(super) struct ScanPlace {
    pub(super) entity: EntityId,
    pub(super) source: SourceRef,
    pub(super) window: Window,
}

impl ScanPlace {
    /// Adds the scan of a pattern.
    pub(super) fn scan(self, cx: &mut Lowering<'_>, predicate: &Predicate) -> NodeId {
        let predicate = predicate.without_spans();
        let references = predicate.references();
        let op = Op::Scan(Scan { source: self.source, window: self.window, predicate });
        cx.node_with(op, self.entity, vec![], references)
    }
}

/// Adds the nodes of an expression and gives the one of its table. Records of all sources are looked at together.
pub(super) fn together(cx: &mut Lowering<'_>, entity: EntityId, places: &[ScanPlace], pattern: &Observed) -> NodeId {
    let mut scans = Vec::new();
    let shape = observe(cx, places, pattern, &mut scans);
    cx.node(Op::Observe { shape, sources: places.len() }, entity, scans)
}

/// Adds the scans of each single pattern to `scans`, pattern by pattern, and tells how they combine.
fn observe(cx: &mut Lowering<'_>, places: &[ScanPlace], pattern: &Observed, scans: &mut Vec<NodeId>) -> Observe {
    let mut all = |parts: &[Observed]| parts.iter().map(|p| observe(cx, places, p, scans)).collect();
    match pattern {
        Observed::One(predicate) => Observe::One(single(cx, places, predicate, scans)),
        Observed::And(parts) => Observe::And(all(parts)),
        Observed::Or(parts) => Observe::Or(all(parts)),
        Observed::FollowedBy(parts) => Observe::FollowedBy(all(parts)),
        Observed::Within(part, nanos) => Observe::Within(Box::new(observe(cx, places, part, scans)), *nanos),
        Observed::Repeats(part, n) => Observe::Repeats(Box::new(observe(cx, places, part, scans)), *n),
        Observed::By(part, by) => Observe::By(Box::new(observe(cx, places, part, scans)), by.clone()),
        Observed::Between(part, range) => {
            let inside: Vec<ScanPlace> = places.iter().map(|place| within(*place, *range)).collect();
            observe(cx, &inside, part, scans)
        }
        Observed::Without(part, without) => {
            let Unfollowed { pattern, nanos, by } = &**without;
            let part = Box::new(observe(cx, places, part, scans));
            // What follows the last records of the window lies behind it.
            let longer: Vec<ScanPlace> = places.iter().map(|place| prolonged(*place, *nanos)).collect();
            Observe::Without { part, absent: single(cx, &longer, pattern, scans), nanos: *nanos, by: by.clone() }
        }
    }
}

/// Adds the scan of a pattern in each place, and gives the number of the pattern.
fn single(cx: &mut Lowering<'_>, places: &[ScanPlace], predicate: &Predicate, scans: &mut Vec<NodeId>) -> usize {
    let number = scans.len() / places.len().max(1);
    scans.extend(places.iter().map(|place| place.scan(cx, predicate)));
    number
}

/// The place with its window cut to a range.
fn within(place: ScanPlace, range: TimeRange) -> ScanPlace {
    // Ranges of two clocks have no range in common: the one that is written counts.
    let common = |w: TimeRange| {
        if w.clock != range.clock {
            return range;
        }
        TimeRange { start: w.start.max(range.start), stop: w.stop.min(range.stop), ..w }
    };
    ScanPlace { window: Some(place.window.map_or(range, common)), ..place }
}

/// The place with a window that ends `nanos` later.
fn prolonged(place: ScanPlace, nanos: i64) -> ScanPlace {
    let longer = |w: TimeRange| TimeRange { stop: w.stop.plus(nanos), ..w };
    ScanPlace { window: place.window.map(longer), ..place }
}
