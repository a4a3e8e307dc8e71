//! A source may work in the rayon pool: opening it and fetching must not wait for a node that waits for the source.

#![allow(clippy::unwrap_used)]

use super::{Job, RunOptions, run};
use crate::report::model::{HuntReport, Status};
use crate::source::store::Store;
use crate::source::{DataSource, FetchContext, Fields, Records, Sample, SourceError, Tally, TallyRequest};
use huntc_compiler::catalog::Catalog;
use huntc_compiler::compile::compile;
use huntc_compiler::options::Options;
use huntc_compiler::request::BoundRequest;
use huntc_compiler::source::SourceSet;
use huntc_compiler::time::Instant;
use rayon::prelude::*;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Work in the rayon pool during which a waiting thread of that pool would take up other work.
fn shared_work() {
    (0..32).into_par_iter().with_max_len(1).for_each(|_| std::thread::sleep(Duration::from_millis(1)));
}

/// A store that works in parallel and writes down what it is asked.
struct Parallel(Store, Arc<Mutex<Vec<BoundRequest>>>);

impl DataSource for Parallel {
    fn fetch(&self, request: &BoundRequest, context: &FetchContext) -> Result<Records, SourceError> {
        shared_work();
        self.1.lock().unwrap().push(request.clone());
        self.0.fetch(request, context)
    }

    fn count(&self, request: &BoundRequest, context: &FetchContext) -> Result<u64, SourceError> {
        self.0.count(request, context)
    }

    fn sample(&self, request: &BoundRequest, most: usize, context: &FetchContext) -> Result<Sample, SourceError> {
        self.0.sample(request, most, context)
    }

    fn tally(&self, asked: &TallyRequest<'_>, context: &FetchContext) -> Result<Tally, SourceError> {
        self.0.tally(asked, context)
    }

    fn location(&self) -> String {
        self.0.location()
    }
}

fn hunt_with_many_statements() -> Status {
    let text: String =
        (0..40).fold(String::new(), |text, n| text + &format!("p{n} = GET process FROM stixshifter://s WHERE pid = {n}\n"));
    hunt(&text, "{\"@timestamp\":\"2020-01-01T00:00:00Z\",\"process\":{\"pid\":1}}\n").0.status
}

/// The report of a hunt over a log, and what the source was asked.
fn hunt(text: &str, lines: &str) -> (HuntReport, Vec<BoundRequest>) {
    hunt_with(text, lines, &Options::at(Instant(0)))
}

/// The same, compiled with these options; with those that ask for hosts, the report has what pages show.
pub(super) fn hunt_with(text: &str, lines: &str, options: &Options) -> (HuntReport, Vec<BoundRequest>) {
    let log = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(log.path(), lines).unwrap();
    let asked: Arc<Mutex<Vec<BoundRequest>>> = Arc::default();
    let mut sources = SourceSet::default();
    let id = sources.add_text("h.hf", text);
    let catalog = Catalog::builtin();
    let compiled = compile(&sources, id, catalog, options).compiled.unwrap();
    let open = |_: &str, _: &dyn Fn() -> Fields| -> Result<Arc<dyn DataSource>, SourceError> {
        shared_work();
        Ok(Arc::new(Parallel(Store::from_paths(&[log.path().to_owned()])?.0, Arc::clone(&asked))))
    };
    let options = RunOptions { concurrency: 8, evidence: options.hosts, ..RunOptions::new(&open) };
    let requests = compiled.requests(catalog);
    let job = Job {
        file: "h.hf".to_owned(),
        plan: &compiled.plan,
        requests: &requests,
        request_of: &|id, node| compiled.request_of(catalog, id, node),
        catalog,
        diagnostics: Vec::new(),
        folder: ".".into(),
    };
    let report = run(job, &options);
    let asked = asked.lock().unwrap().clone();
    (report, asked)
}

#[test]
fn a_source_that_works_in_parallel_stops_no_hunt() {
    let (sender, receiver) = channel();
    std::thread::spawn(move || sender.send(hunt_with_many_statements()));
    assert_eq!(receiver.recv_timeout(Duration::from_mins(1)), Ok(Status::Ok), "the hunt waits for itself");
}

/// A record of a host: at a second, with an entity id where there is one, a pid and what `event.code` says.
pub(super) fn line(host: &str, second: u32, id: Option<&str>, pid: u32, code: u32) -> String {
    let id = id.map_or_else(String::new, |id| format!("\"entity_id\":\"{id}\","));
    format!(
        "{{\"@timestamp\":\"2020-01-01T00:00:{second:02}Z\",\"host\":{{\"name\":\"{host}\"}},\"event\":{{\"code\":\"{code}\"}},\"process\":{{{id}\"pid\":{pid},\"name\":\"sh\"}}}}\n"
    )
}

const ALL: &str = "p = GET process FROM stixshifter://s WHERE name = 'sh'\n";

/// Entities and unidentified of the first variable, and how often the source was asked.
fn figures(text: &str, lines: &[String]) -> (u64, u64, usize) {
    let (report, asked) = hunt(text, &lines.concat());
    assert_eq!(report.status, Status::Ok);
    (report.variables[0].entities.unwrap(), report.variables[0].unidentified.unwrap(), asked.len())
}

#[test]
fn hosts_without_entity_ids_lose_no_process() {
    let lines = [line("a", 1, Some("A1"), 7, 3), line("b", 2, None, 7, 1), line("b", 3, None, 7, 3), line("a", 4, None, 8, 3)];
    let (entities, unidentified, asked) = figures(ALL, &lines);
    assert_eq!((entities, unidentified), (2, 1), "A1, and pid 7 of b; pid 8 of a is nobody");
    assert_eq!(asked, 3, "GET, which hosts have ids, lives");
}

#[test]
fn where_all_hosts_show_their_ids_nothing_more_is_asked() {
    let lines = [line("a", 1, Some("A1"), 7, 3), line("b", 2, Some("B1"), 7, 3), line("b", 3, None, 8, 3)];
    assert_eq!(figures(ALL, &lines), (2, 1, 1));
}

/// What shows that a host has ids need not be in what came back.
#[test]
fn a_host_with_an_id_anywhere_in_the_source_has_ids() {
    let mut lines = vec![line("a", 1, Some("A1"), 7, 3), line("b", 2, None, 9, 3), line("a", 3, None, 9, 3)];
    let text = "p = GET process FROM stixshifter://s WHERE pid = 9\n";
    assert_eq!(figures(text, &lines), (1, 1, 4), "GET, two looks at hosts, lives");
    // Many records of one host hide no other.
    lines.extend((0..3_000).map(|n| line("a", n % 60, Some("A2"), n, 3)));
    lines.push(line("c", 1, Some("C1"), 7, 3));
    lines.push(line("c", 2, None, 9, 3));
    let (_, unidentified, _) = figures(text, &lines);
    assert_eq!(unidentified, 2);
}

/// PowerShell's events have an id and no pid.
#[test]
fn an_id_without_a_pid_decides_nothing() {
    let bare =
        "{\"@timestamp\":\"2020-01-01T00:00:05Z\",\"host\":{\"name\":\"b\"},\"process\":{\"entity_id\":\"P\",\"name\":\"sh\"}}\n";
    let null = line("b", 6, Some("{00000000-0000-0000-0000-000000000000}"), 9, 3);
    let lines = [line("b", 2, None, 7, 1), bare.to_owned(), null];
    let (entities, unidentified, _) = figures(ALL, &lines);
    assert_eq!((entities, unidentified), (3, 0));
}

/// Each chunk of keys would be a request of its own.
#[test]
fn of_many_entities_any_is_asked_for_where_that_is_fewer_records_to_read() {
    let lines: String = (0..41_000).fold(String::new(), |lines, n| {
        let parent = format!("\"parent\":{{\"entity_id\":\"e{}\"}}", n / 2);
        let process = format!("{{\"entity_id\":\"e{n}\",\"pid\":{},\"name\":\"sh\",{parent}}}", n % 9);
        lines + "{\"@timestamp\":\"2020-01-01T00:00:00Z\",\"event\":{\"code\":\"1\"},\"process\":" + &process + "}\n"
    });
    let text = "x = GET process FROM stixshifter://s WHERE name = 'sh'\n\
                y = FIND process CREATED BY x WHERE pid = 1\nz = FIND process CREATED x\nDISP x ATTR pid LIMIT 1\n";
    let (report, asked) = hunt(text, &lines);
    let entities: Vec<_> = report.variables.iter().map(|variable| variable.entities.unwrap()).collect();
    assert_eq!((report.status, entities), (Status::Ok, vec![41_000, 4_556, 20_500]));
    assert_eq!(asked.len(), 4, "GET, its creation records, and each FIND");
    assert!(report.requests.iter().skip(1).all(|request| !request.exact), "whoever reads the records leaves others out");
}
