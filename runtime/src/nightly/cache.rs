//! The answers of one night, by request: a request that several hunts send is sent once. The records that a night reads
//! are counted here too, because all of them pass through here.

use crate::exec::locked;
use crate::source::evidence::{RecordDocuments, WantedRecord};
use crate::source::{DataSource, FetchContext, Records, Sample, SourceError, Tally, TallyRequest};
use huntc_compiler::diag::codes::nightly::NIGHT_BUDGET;
use huntc_compiler::request::BoundRequest;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, TryLockError};
use std::time::Duration;

/// How often a hunt looks whether the answer that another one asked for is there.
const POLL: Duration = Duration::from_millis(5);
/// The most bytes of answers that a night keeps.
const MOST_BYTES: usize = 256 << 20;

/// The answers of a night.
#[derive(Default)]
pub struct Cache {
    kept: Mutex<Kept>,
    most_records: Option<u64>,
    sent: AtomicU64,
    shared: AtomicU64,
    records: AtomicU64,
}

/// Figures about the requests of a night.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Traffic {
    /// Requests that were sent to sources.
    pub sent: u64,
    /// Requests that were answered with an earlier answer of the night.
    pub shared: u64,
    /// Records that sources returned.
    pub records: u64,
}

/// An answer. `None` while the holder of the lock asks for it.
type Answer = Arc<Mutex<Option<Records>>>;

#[derive(Default)]
struct Kept {
    answers: HashMap<String, Entry>,
    bytes: usize,
    /// Counts uses, so that the answer which was not used for longest can be found.
    clock: u64,
}

struct Entry {
    answer: Answer,
    bytes: usize,
    used: u64,
}

impl Cache {
    /// An empty cache. Sources may return `most_records` in this night; `None`: any number.
    pub fn new(most_records: Option<u64>) -> Self {
        Self { most_records, ..Self::default() }
    }

    /// The figures so far.
    pub fn traffic(&self) -> Traffic {
        let figure = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Traffic { sent: figure(&self.sent), shared: figure(&self.shared), records: figure(&self.records) }
    }

    /// Whether the night has read as many records as it may.
    pub fn exhausted(&self) -> bool {
        self.most_records.is_some_and(|most| self.traffic().records >= most)
    }
}

impl Kept {
    /// The answer for a request; an empty one is added if there is none.
    fn place(&mut self, key: &str) -> Answer {
        self.clock += 1;
        if let Some(entry) = self.answers.get_mut(key) {
            entry.used = self.clock;
            return Arc::clone(&entry.answer);
        }
        let answer = Answer::default();
        self.bytes += key.len();
        self.answers.insert(key.to_owned(), Entry { answer: Arc::clone(&answer), bytes: key.len(), used: self.clock });
        answer
    }

    fn forget(&mut self, key: &str) {
        if let Some(entry) = self.answers.remove(key) {
            self.bytes -= entry.bytes;
        }
    }

    /// Adds the size of an answer. When all answers together take too much memory, drops those that were not used for longest.
    fn grown(&mut self, key: &str, bytes: usize) {
        if let Some(entry) = self.answers.get_mut(key) {
            entry.bytes += bytes;
            self.bytes += bytes;
        }
        if self.bytes <= MOST_BYTES {
            return;
        }
        let mut old: Vec<(u64, String)> = self.answers.iter().map(|(key, entry)| (entry.used, key.clone())).collect();
        old.sort_unstable();
        for (_, key) in old {
            // Drops more than necessary, so that the next answer does not need to sort again.
            if self.bytes <= MOST_BYTES / 4 * 3 {
                break;
            }
            self.forget(&key);
        }
    }
}

/// A source whose answers are kept for the night.
#[expect(missing_docs, reason = "fields whose names say all")]
pub struct Cached {
    /// The same for two hunts that use the same source.
    pub name: String,
    pub source: Arc<dyn DataSource>,
    pub cache: Arc<Cache>,
}

impl DataSource for Cached {
    fn fetch(&self, request: &BoundRequest, context: &FetchContext) -> Result<Records, SourceError> {
        let Ok(query) = serde_json::to_string(&request.query) else { return self.ask(request, context) };
        let window = request.window.map(|w| (w.start.0, w.stop.0));
        // What was read before the records changed is no answer for what is asked after.
        let moment = self.source.moment();
        let key = format!("{}\0{moment}\0{window:?}\0{:?}\0{}\0{query}", self.name, request.enough, request.fields.join("\u{1}"));
        let place = locked(&self.cache.kept).place(&key);
        // The lock is held during the request: a second hunt waits for the answer and does not ask too.
        let mut answer = wait(&place, context)?;
        if let Some(records) = answer.as_ref() {
            self.cache.shared.fetch_add(1, Ordering::Relaxed);
            context.read.fetch_add(records.len() as u64, Ordering::Relaxed);
            return Ok(records.clone());
        }
        let asked = self.ask(request, context);
        let size = asked.as_ref().map_or(0, Records::bytes);
        // A partial answer is only for the hunt that allowed it.
        let whole = asked.is_ok() && !context.stats.partial.load(Ordering::Relaxed);
        if whole && size <= MOST_BYTES / 4 {
            *answer = asked.as_ref().ok().cloned();
            locked(&self.cache.kept).grown(&key, size);
        } else {
            locked(&self.cache.kept).forget(&key);
        }
        asked
    }

    fn count(&self, request: &BoundRequest, context: &FetchContext) -> Result<u64, SourceError> {
        self.source.count(request, context)
    }

    fn sample(&self, request: &BoundRequest, most: usize, context: &FetchContext) -> Result<Sample, SourceError> {
        self.source.sample(request, most, context)
    }

    fn tally(&self, asked: &TallyRequest<'_>, context: &FetchContext) -> Result<Tally, SourceError> {
        self.source.tally(asked, context)
    }

    fn passed_over(&self) -> Vec<(String, &'static str)> {
        self.source.passed_over()
    }

    fn indices(&self) -> Vec<String> {
        self.source.indices()
    }

    fn moment(&self) -> u64 {
        self.source.moment()
    }

    fn documents(&self, wanted: &[WantedRecord], context: &FetchContext) -> Result<RecordDocuments, SourceError> {
        self.source.documents(wanted, context)
    }

    fn location(&self) -> String {
        self.source.location()
    }
}

impl Cached {
    /// Sends the request, as long as the night may read more records.
    fn ask(&self, request: &BoundRequest, context: &FetchContext) -> Result<Records, SourceError> {
        if self.cache.exhausted() {
            let most = self.cache.most_records.unwrap_or_default();
            return Err(SourceError::new(&NIGHT_BUDGET, format!("the night has read its {most} records"))
                .help("give more with `--night-records`; the next night goes on from here"));
        }
        self.cache.sent.fetch_add(1, Ordering::Relaxed);
        let records = self.source.fetch(request, context)?;
        self.cache.records.fetch_add(records.len() as u64, Ordering::Relaxed);
        Ok(records)
    }
}

/// Waits for the lock of an answer as long as the hunt may go on: who holds it may have more time.
fn wait<'a>(place: &'a Answer, context: &FetchContext) -> Result<MutexGuard<'a, Option<Records>>, SourceError> {
    loop {
        context.allowance.check()?;
        match place.try_lock() {
            Ok(answer) => return Ok(answer),
            Err(TryLockError::Poisoned(answer)) => return Ok(answer.into_inner()),
            Err(TryLockError::WouldBlock) => std::thread::sleep(POLL),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::allowance::Allowance;
    use huntc_compiler::diag::codes::run::BUDGET;
    use huntc_compiler::request::Query;

    /// Answers with this many records, or refuses.
    struct Source(Result<usize, ()>);

    impl DataSource for Source {
        fn fetch(&self, _: &BoundRequest, _: &FetchContext) -> Result<Records, SourceError> {
            let count = self.0.map_err(|()| SourceError::new(&BUDGET, "away"))?;
            Ok(Records { ids: (0..count as u64).collect(), times: vec![None; count], ..Records::default() })
        }

        fn count(&self, _: &BoundRequest, _: &FetchContext) -> Result<u64, SourceError> {
            Ok(0)
        }

        fn sample(&self, _: &BoundRequest, _: usize, _: &FetchContext) -> Result<Sample, SourceError> {
            Ok(Sample::default())
        }

        fn tally(&self, _: &TallyRequest<'_>, _: &FetchContext) -> Result<Tally, SourceError> {
            Ok(Tally::default())
        }

        fn location(&self) -> String {
            String::new()
        }
    }

    fn cached(name: &str, source: Source, cache: &Arc<Cache>) -> Cached {
        Cached { name: name.to_owned(), source: Arc::new(source), cache: Arc::clone(cache) }
    }

    fn request(field: &str) -> BoundRequest {
        BoundRequest::of(huntc_compiler::catalog::Catalog::builtin(), Query::MatchAll, [field])
    }

    #[test]
    fn equal_requests_of_one_source_are_asked_once() {
        let cache = Arc::new(Cache::new(None));
        let (a, b) = (cached("a", Source(Ok(3)), &cache), cached("b", Source(Ok(3)), &cache));
        let context = FetchContext::default();
        for (source, field) in [(&a, "x"), (&a, "x"), (&a, "y"), (&b, "x"), (&b, "x")] {
            assert_eq!(source.fetch(&request(field), &context).unwrap().len(), 3);
        }
        assert_eq!(cache.traffic(), Traffic { sent: 3, shared: 2, records: 9 });
        assert_eq!(context.read.load(Ordering::Relaxed), 6, "what is reused counts for the hunt, not for the night");
    }

    #[test]
    fn who_waits_for_the_answer_of_another_hunt_waits_no_longer_than_its_own_time() {
        let cache = Arc::new(Cache::new(None));
        let source = cached("a", Source(Ok(3)), &cache);
        source.fetch(&request("x"), &FetchContext::default()).unwrap();
        let key = locked(&cache.kept).answers.keys().next().unwrap().clone();
        let answer = locked(&cache.kept).place(&key);
        let _asking = locked(&answer);
        let allowance = Allowance::new(Arc::default(), Some(Duration::from_millis(50)), None);
        let context = FetchContext { allowance: Arc::new(allowance), ..FetchContext::default() };
        assert_eq!(source.fetch(&request("x"), &context).unwrap_err().code.id, "K1008");
    }

    #[test]
    fn failures_and_parts_are_not_kept() {
        let cache = Arc::new(Cache::new(None));
        let away = cached("a", Source(Err(())), &cache);
        let context = FetchContext::default();
        assert!(away.fetch(&request("x"), &context).is_err() && away.fetch(&request("x"), &context).is_err());
        let part = cached("b", Source(Ok(1)), &cache);
        context.stats.partial.store(true, Ordering::Relaxed);
        part.fetch(&request("x"), &context).unwrap();
        part.fetch(&request("x"), &context).unwrap();
        assert_eq!(cache.traffic(), Traffic { sent: 4, shared: 0, records: 2 });
        let kept = locked(&cache.kept);
        assert_eq!((kept.answers.len(), kept.bytes), (0, 0));
    }

    #[test]
    fn a_night_reads_no_more_than_it_may() {
        let cache = Arc::new(Cache::new(Some(5)));
        let source = cached("a", Source(Ok(3)), &cache);
        let context = FetchContext::default();
        for field in ["x", "y"] {
            source.fetch(&request(field), &context).unwrap();
        }
        assert!(cache.exhausted());
        assert_eq!(source.fetch(&request("z"), &context).unwrap_err().code.id, "K0866");
        assert_eq!(source.fetch(&request("x"), &context).unwrap().len(), 3, "what is there is free");
    }

    #[test]
    fn answers_used_longest_ago_go_first() {
        let mut kept = Kept::default();
        for key in ["a", "b", "c"] {
            kept.place(key);
            kept.grown(key, MOST_BYTES / 4);
        }
        kept.place("a");
        kept.place("d");
        kept.grown("d", MOST_BYTES / 4);
        let mut left: Vec<&String> = kept.answers.keys().collect();
        left.sort();
        assert_eq!(left, ["a", "d"]);
        let sum: usize = kept.answers.values().map(|e| e.bytes).sum();
        assert!(kept.bytes == sum && sum <= MOST_BYTES, "{sum}");
    }
}
