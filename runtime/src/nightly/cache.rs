//! Equal requests of one night are sent once, whatever hunt they come from.

use crate::source::{DataSource, FetchContext, Records, Sample, SourceError};
use huntc_compiler::backend::elastic::request::BoundRequest;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Records that a night keeps for hunts that ask the same.
const MOST_RECORDS: u64 = 2_000_000;

/// Answers of a night.
#[derive(Default)]
pub struct Cache {
    answers: Mutex<HashMap<String, Arc<Mutex<Option<Records>>>>>,
    records: AtomicU64,
    reused: AtomicU64,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Cache {
    /// How many requests were answered from here.
    pub fn reused(&self) -> u64 {
        self.reused.load(Ordering::Relaxed)
    }
}

/// A source whose answers are kept for the night.
pub struct Cached {
    /// The same for the same source.
    pub name: String,
    /// The source.
    pub source: Arc<dyn DataSource>,
    /// The night's answers.
    pub cache: Arc<Cache>,
}

impl DataSource for Cached {
    fn fetch(&self, request: &BoundRequest, context: &FetchContext) -> Result<Records, SourceError> {
        let Ok(query) = serde_json::to_string(&request.query) else { return self.source.fetch(request, context) };
        let window = request.window.map(|w| (w.start.0, w.stop.0));
        let key = format!("{}\0{window:?}\0{}\0{}\0{query}", self.name, request.first_only, request.fields.join("\u{1}"));
        let slot = Arc::clone(locked(&self.cache.answers).entry(key).or_default());
        // Held while asking: a second hunt waits for the answer instead of asking too.
        let mut answer = locked(&slot);
        if context.cancelled() {
            return Err(SourceError::cancelled());
        }
        if let Some(records) = answer.as_ref() {
            self.cache.reused.fetch_add(1, Ordering::Relaxed);
            context.read.fetch_add(records.len() as u64, Ordering::Relaxed);
            return Ok(records.clone());
        }
        let records = self.source.fetch(request, context)?;
        let size = records.len() as u64;
        // A part is nobody's answer but the one's that allowed it.
        let whole = !context.stats.partial.load(Ordering::Relaxed);
        if whole && self.cache.records.fetch_add(size, Ordering::Relaxed).saturating_add(size) <= MOST_RECORDS {
            *answer = Some(records.clone());
        }
        Ok(records)
    }

    fn count(&self, request: &BoundRequest, context: &FetchContext) -> Result<u64, SourceError> {
        self.source.count(request, context)
    }

    fn sample(&self, request: &BoundRequest, most: usize, context: &FetchContext) -> Result<Sample, SourceError> {
        self.source.sample(request, most, context)
    }

    fn location(&self) -> String {
        self.source.location()
    }
}
