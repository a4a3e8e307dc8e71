//! The choice over made-up figures of clusters: it must change sides where the other way costs less.

mod scale;

use super::*;

fn at(millis: i64) -> Instant {
    Instant::from_millis(millis)
}

#[test]
fn a_stretch_is_divided_where_counts_say_so() {
    let whole = TimeStretch { start: None, stop: Some(at(100)), records: 60, part: false };
    let counts = [(at(0), 10), (at(10), 10), (at(20), 30), (at(30), 5), (at(40), 5)];
    let parts = whole.divided(&counts, 20, true);
    let bounds: Vec<(Option<Instant>, Option<Instant>, u64)> = parts.iter().map(|p| (p.start, p.stop, p.records)).collect();
    // One that has too many by itself stays whole.
    assert_eq!(bounds, [(None, Some(at(20)), 20), (Some(at(20)), Some(at(30)), 30), (Some(at(30)), Some(at(100)), 10),]);
    assert_eq!(whole.divided(&[], 20, false), [TimeStretch { records: 0, ..whole }]);
}

#[test]
fn few_records_and_those_that_must_be_read_are_not_counted() {
    assert!(!begins(19_999, 0, 20_000));
    assert!(begins(20_000, 0, 20_000));
    assert!(begins(40_000, 20_000, 20_000));
    assert!(!begins(50_000, 26_000, 20_000), "more would be read than counted");
    assert!(begins(10, 20, 0), "always");
}

#[test]
fn pages_are_smaller_where_one_node_puts_many_shards_together() {
    let shards = [Some(1), Some(30), Some(100), Some(5_000), None];
    assert_eq!(shards.map(|shards| page(10_000, shards)), [65_535, 65_535, 20_000, 2_000, 65_535]);
    assert_eq!(page(10, Some(1)), 70);
}

/// Records that were never there: how many, and how many tuples so many of them have.
struct World {
    records: u64,
    tuples: fn(u64) -> u64,
    times: TupleTimes,
}

/// What becomes of a request.
#[derive(Debug, Default, PartialEq)]
struct Outcome {
    counts: bool,
    requests: u64,
    /// How many records servers go through to count them, again for each page.
    gone_through: u64,
    tuples: u64,
}

impl World {
    /// What the choice makes of it, with all stretches alike.
    fn outcome(&self, from: u64) -> Outcome {
        let mut done = Outcome { requests: 1, ..Outcome::default() };
        let mut progress = CountedSoFar::default();
        if !begins(self.records, 0, from) {
            return done;
        }
        let stretch = |records| TimeStretch { start: None, stop: None, records, part: false };
        let first = stretch(self.records).parts();
        done.requests += u64::from(first.is_some());
        let each = first.unwrap_or(self.records);
        while progress.records < self.records {
            let records = each.min(self.records - progress.records);
            let mut part = records;
            let tuples = (self.tuples)(records);
            if tuples > TUPLES_PAGE as u64 {
                // A page that has so many of the records.
                let counted = (records as f64 * TUPLES_PAGE as f64 / tuples as f64) as u64;
                let progress = CountedSoFar { tuples: progress.tuples + TUPLES_PAGE as u64, records: progress.records + counted };
                let divided = stretch(records).parts_after(counted, TUPLES_PAGE);
                if divided.is_some() || !goes_on(progress, self.records, self.times, TUPLES_PAGE) {
                    // That page was in vain, and there are the counts by time.
                    (done.requests, done.gone_through) = (done.requests + 2, done.gone_through + 2 * records);
                }
                if !goes_on(progress, self.records, self.times, TUPLES_PAGE) {
                    return done;
                }
                part = divided.unwrap_or(records);
            }
            let parts = records.div_ceil(part);
            let tuples = (self.tuples)(part);
            let pages = tuples / TUPLES_PAGE as u64 + 1;
            (done.requests, done.gone_through) = (done.requests + parts * pages, done.gone_through + records * pages);
            progress = CountedSoFar { tuples: progress.tuples + parts * tuples, records: progress.records + records };
            if !goes_on(progress, self.records, self.times, TUPLES_PAGE) {
                return done;
            }
        }
        Outcome { counts: true, tuples: progress.tuples, ..done }
    }

    /// What counting costs at best, in readings of one record.
    fn cost_of_counting(&self) -> f64 {
        let cost = |part: u64| {
            let (parts, tuples) = (self.records.div_ceil(part), (self.tuples)(part));
            let pages = (tuples / TUPLES_PAGE as u64 + 1) as f64;
            self.records as f64 * COUNTED * pages + (parts * tuples) as f64 * each(self.times)
        };
        cost(self.records).min(cost(self.records.min(LEAST * TUPLES_PAGE as u64)))
    }

    /// What it costs as it was done.
    fn cost(&self, outcome: &Outcome) -> f64 {
        let read = if outcome.counts { 0.0 } else { self.records as f64 };
        read + outcome.gone_through as f64 * COUNTED + outcome.tuples as f64 * each(self.times)
    }
}

const TIMES: [TupleTimes; 3] = [TupleTimes::None, TupleTimes::First, TupleTimes::FirstAndLast];

#[test]
fn the_choice_changes_sides_where_the_other_way_costs_less() {
    // Of so many records in a hundred each has values of its own; the others repeat them.
    const SHARES: [fn(u64) -> u64; 12] = [
        |n| n.min(7),
        |n| n / 100,
        |n| n / 20,
        |n| n / 10,
        |n| n / 5,
        |n| n * 3 / 10,
        |n| n * 2 / 5,
        |n| n / 2,
        |n| n * 3 / 5,
        |n| n * 7 / 10,
        |n| n * 9 / 10,
        |n| n,
    ];
    for records in [30_000, 1_000_000, 100_000_000, 10_000_000_000] {
        for times in TIMES {
            let mut before = true;
            for tuples in SHARES {
                let world = World { records, tuples, times };
                let (counted, read) = (world.cost_of_counting(), records as f64);
                let outcome = world.outcome(20_000);
                let cost = world.cost(&outcome);
                let what = format!("{records} records, {} tuples of them, {times:?}", tuples(records));
                let best = counted.min(read);
                assert!(
                    cost <= (2.0 * best).max(best + 0.1 * read),
                    "{what}: {outcome:?} costs {cost}, counting at best {counted}, reading {read}"
                );
                assert!(before || !outcome.counts, "{what}: counted, though fewer tuples were not");
                before = outcome.counts;
            }
            // Times are had by reading records, so that some number of tuples is too high, but for a few records without times.
            assert_eq!(before, times == TupleTimes::None, "{records} records of which none repeats another, {times:?}");
        }
    }
}

#[test]
fn giving_up_costs_little() {
    for times in [TupleTimes::First, TupleTimes::FirstAndLast] {
        for records in [30_000, 1_000_000, 100_000_000] {
            let outcome = World { records, tuples: |n| n, times }.outcome(20_000);
            assert!(!outcome.counts);
            let lost = outcome.gone_through as f64 * COUNTED;
            assert!(lost <= 0.1 * records as f64, "{records} records: {outcome:?}");
        }
    }
}
