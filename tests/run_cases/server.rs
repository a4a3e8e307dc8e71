//! A search server that answers rightly, but for what a case says.

use crate::http::fake::{Fake, Product, changed, error};
use crate::support::stub::{Request, Response};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// What a case says of its server.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scripted {
    /// Documents that it has.
    documents: usize,
    /// Whether it has one more with each point in time.
    #[serde(default)]
    grows: bool,
    answers: Vec<Answer>,
}

/// Answers that differ.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    /// How the path of the request ends.
    at: String,
    /// Only each so-manieth request there.
    every: Option<usize>,
    status: Option<u16>,
    /// Type and reason of an error.
    #[serde(rename = "type")]
    kind: Option<String>,
    reason: Option<String>,
    /// A body that is no JSON.
    text: Option<String>,
    /// Values set in the right answer, by JSON pointer; the value is JSON.
    #[serde(default)]
    set: BTreeMap<String, String>,
    /// Bytes after which the connection ends.
    cut: Option<usize>,
    /// Milliseconds before the answer.
    #[serde(default)]
    delay: u64,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// How often the text comes.
    #[serde(default = "once")]
    times: usize,
    /// Whether the body is packed.
    #[serde(default)]
    gzip: bool,
    /// The body comes again and again without end, with so many milliseconds between.
    endless: Option<u64>,
}

fn once() -> usize {
    1
}

impl Scripted {
    pub(crate) fn start(&self) -> Fake {
        let (answers, grows) = (self.answers.clone(), self.grows);
        let documents = Arc::new(OnceLock::<Arc<AtomicUsize>>::new());
        let (has, asked) = (Arc::clone(&documents), AtomicUsize::new(0));
        let fake = Fake::start(Product::Elasticsearch, self.documents, move |request, right, _| {
            if let (true, Some(documents)) = (grows && request.path.ends_with("/_pit"), has.get()) {
                documents.fetch_add(1, Ordering::SeqCst);
            }
            match answers.iter().find(|answer| request.path.ends_with(&answer.at)) {
                Some(Answer { every: Some(every), .. }) if (asked.fetch_add(1, Ordering::SeqCst) + 1) % every != 0 => right,
                Some(answer) => answer.of(request, right),
                None => right,
            }
        });
        let _ = documents.set(Arc::clone(&fake.documents));
        fake
    }
}

impl Answer {
    fn of(&self, _request: &Request, right: Response) -> Response {
        let delay = Duration::from_millis(self.delay);
        let status = self.status.unwrap_or(200);
        let answer = match (&self.kind, &self.text) {
            (Some(kind), _) => error(status, kind, self.reason.as_deref().unwrap_or_default()),
            (None, Some(text)) => Response::text(status, &text.repeat(self.times)),
            (None, None) => changed(right, |json| {
                for (pointer, value) in &self.set {
                    // A count has no hits to change.
                    if let Some(place) = place(json, pointer) {
                        *place = serde_json::from_str(value).unwrap();
                    }
                }
            }),
        };
        let answer = self.headers.iter().fold(answer, |answer, (name, value)| answer.with(name, value));
        Response { delay, cut: self.cut, gzip: self.gzip, endless: self.endless.map(Duration::from_millis), ..answer }
    }
}

/// The place of a pointer, which may be new in its object; `None` where there is no such object.
fn place<'a>(json: &'a mut Value, pointer: &str) -> Option<&'a mut Value> {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    Some(&mut json.pointer_mut(parent)?[key])
}
