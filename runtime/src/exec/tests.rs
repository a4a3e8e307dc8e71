//! A source may work in the rayon pool: opening it and fetching must not wait for a node that waits for the source.

#![allow(clippy::unwrap_used)]

use super::{Job, RunOptions, run};
use crate::report::model::Status;
use crate::source::store::Store;
use crate::source::{DataSource, FetchContext, Fields, Records, Sample, SourceError};
use huntc_compiler::catalog::Catalog;
use huntc_compiler::compile::compile;
use huntc_compiler::options::Options;
use huntc_compiler::request::BoundRequest;
use huntc_compiler::source::SourceSet;
use huntc_compiler::time::Instant;
use rayon::prelude::*;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

/// Work in the rayon pool during which a waiting thread of that pool would take up other work.
fn shared_work() {
    (0..32).into_par_iter().with_max_len(1).for_each(|_| std::thread::sleep(Duration::from_millis(1)));
}

struct Parallel(Store);

impl DataSource for Parallel {
    fn fetch(&self, request: &BoundRequest, context: &FetchContext) -> Result<Records, SourceError> {
        shared_work();
        self.0.fetch(request, context)
    }

    fn count(&self, request: &BoundRequest, context: &FetchContext) -> Result<u64, SourceError> {
        self.0.count(request, context)
    }

    fn sample(&self, request: &BoundRequest, most: usize, context: &FetchContext) -> Result<Sample, SourceError> {
        self.0.sample(request, most, context)
    }

    fn location(&self) -> String {
        self.0.location()
    }
}

fn hunt_with_many_statements() -> Status {
    let log = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(log.path(), "{\"@timestamp\":\"2020-01-01T00:00:00Z\",\"process\":{\"pid\":1}}\n").unwrap();
    let text: String =
        (0..40).fold(String::new(), |text, n| text + &format!("p{n} = GET process FROM stixshifter://s WHERE pid = {n}\n"));
    let mut sources = SourceSet::default();
    let id = sources.add_text("h.hf", text);
    let catalog = Catalog::builtin();
    let compiled = compile(&sources, id, catalog, &Options::at(Instant(0))).compiled.unwrap();
    let open = |_: &str, _: &dyn Fn() -> Fields| -> Result<Arc<dyn DataSource>, SourceError> {
        shared_work();
        Ok(Arc::new(Parallel(Store::from_paths(&[log.path().to_owned()])?.0)))
    };
    let options = RunOptions { concurrency: 8, ..RunOptions::new(&open) };
    let job = Job {
        file: "h.hf".to_owned(),
        plan: &compiled.plan,
        requests: &compiled.requests,
        request_of: &|id, node| compiled.request_of(catalog, id, node),
        catalog,
        diagnostics: Vec::new(),
        folder: ".".into(),
    };
    run(job, &options).status
}

#[test]
fn a_source_that_works_in_parallel_stops_no_hunt() {
    let (sender, receiver) = channel();
    std::thread::spawn(move || sender.send(hunt_with_many_statements()));
    assert_eq!(receiver.recv_timeout(Duration::from_mins(1)), Ok(Status::Ok), "the hunt waits for itself");
}
