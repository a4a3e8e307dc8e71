//! Hints over real telemetry, and from real servers: the same as from the embedded store.

use crate::oracle::shared;
use crate::support::cli::Huntc;
use crate::support::servers::running;
use huntc_compiler::diag::codes;
use huntc_compiler::request::BoundRequest;
use huntc_compiler::time::Instant;
use huntc_runtime::report::model::Status;
use huntc_runtime::session::{RunContext, RunSettings, Session, SourcePool, run_hunt};
use huntc_runtime::source::{DataSource, FetchContext, Records, Sample, SourceError, Tally, TallyRequest};
use serde_json::Value;
use std::sync::Arc;

/// The report of a hunt.
fn run(huntc: &Huntc, source: &str, flags: &str) -> Value {
    let ran = huntc.run(&format!("run h.hf --source s={source} --format json {flags}"));
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    serde_json::from_str::<Value>(&ran.stdout).unwrap()["hunts"][0].clone()
}

/// Code, message, notes and ways out of every hint.
fn hints(report: &Value) -> Vec<Value> {
    let hint = |d: &&Value| d["code"].as_str().unwrap().starts_with("K11");
    let said = |d: &Value| serde_json::json!([d["code"], d["message"], d["notes"], d["help"]]);
    report["diagnostics"].as_array().unwrap().iter().filter(hint).map(said).collect()
}

fn entities(report: &Value, variable: &str) -> u64 {
    let found = report["variables"].as_array().unwrap().iter().find(|v| v["name"] == variable).unwrap();
    found["entities"].as_u64().unwrap()
}

/// Network events of this set are stamped 14 hours before process events.
#[test]
fn the_shifted_clock_of_real_telemetry_is_told() {
    let Some(folder) = shared::folder() else { return };
    let data = folder.join("data/LSASS_campaign_06.ndjson.gz").display().to_string();
    let hunt = "p = GET process FROM stixshifter://s WHERE pid > 0 START t'2023-09-06T05:40:00Z' STOP t'2023-09-06T05:55:00Z'\n\
                c = FIND network-traffic CREATED BY p\n";
    let huntc = Huntc::new().file("h.hf", hunt);
    let report = run(&huntc, &data, "");
    assert!(entities(&report, "p") > 0 && entities(&report, "c") == 0);
    let hints = hints(&report);
    assert_eq!((hints.len(), hints[0][0].as_str()), (1, Some("K1107")), "{hints:#?}");
    let message = hints[0][1].as_str().unwrap();
    assert!(message.contains(" 13 h 3") && message.ends_with("before the window"), "{message}");
    assert_eq!(hints[0][2][1], "if that is a clock: it is about 14 h off");
    let range = hints[0][3][0]["text"].as_str().unwrap().split('`').nth(1).unwrap();
    let huntc = huntc.file("h.hf", hunt.replace("BY p", &format!("BY p {range}")));
    assert!(entities(&run(&huntc, &data, ""), "c") > 0);
}

/// Twice as many records as one hint asks for, and a few that hints are about.
fn log() -> String {
    let mut log = String::new();
    let process = |minute: usize, second: usize, id: &str, name: &str| {
        format!(
            "{{\"@timestamp\":\"2020-10-22T06:{minute:02}:{second:02}.000Z\",\"host\":{{\"name\":\"ws1\"}},\"event\":{{\"code\":\"1\"}},\"process\":{{\"entity_id\":\"{id}\",\"name\":\"{name}\",\"pid\":7}}}}\n"
        )
    };
    for n in 0..2_000 {
        log += &process(n / 60, n % 60, &format!("p{n}"), "busy.exe");
    }
    log += &process(50, 0, "x", "Late.exe");
    log += "{\"@timestamp\":\"2020-10-21T16:50:01.500Z\",\"process\":{\"entity_id\":\"x\"},\"source\":{\"ip\":\"10.0.0.5\",\"port\":5},\"destination\":{\"ip\":\"203.0.113.9\",\"port\":443},\"network\":{\"transport\":\"tcp\"}}\n";
    log
}

const START: &str = "START t'2020-10-22T06:00:00Z' STOP t'2020-10-22T07:00:00Z'";

#[test]
fn servers_and_the_store_give_the_same_hints() {
    let hunts = [
        (format!("p = GET process FROM stixshifter://s WHERE name = 'late.exe' {START}\n"), "K1103"),
        (format!("p = GET process FROM stixshifter://s WHERE name = 'late.exe' AND pid = 7 {START}\n"), "K1103"),
        (
            format!(
                "p = GET process FROM stixshifter://s WHERE name = 'Late.exe' {START}\nc = FIND network-traffic CREATED BY p\n"
            ),
            "K1107",
        ),
        (format!("p = GET process FROM stixshifter://s WHERE name = 'Late.exe' {}\n", START.replace("2020", "2022")), "K1101"),
        (format!("p = GET process FROM stixshifter://s WHERE command_line = 'x' {START}\n"), "K1105"),
        (format!("c = GET network-traffic FROM stixshifter://s WHERE dst_ref.value = '10.0.0.5' {START}\n"), "K1104"),
    ];
    for server in running(&["elasticsearch-9", "opensearch-3"]) {
        server.put_template();
        let index = "winlogbeat-hints";
        server.delete(index);
        let log = log();
        assert_eq!(server.load(index, log.lines()), 2_002);
        for (hunt, code) in &hunts {
            let huntc = Huntc::new().file("log.ndjson", &log).file("h.hf", hunt);
            let local = hints(&run(&huntc, "log.ndjson", ""));
            assert_eq!((local.len(), local[0][0].as_str()), (1, Some(*code)), "{local:#?}");
            let mut remote = hints(&run(&huntc, &format!("{}/{index}", server.url), ""));
            for hint in &mut remote {
                // OpenSearch does not say which records have values beyond the limit of the index.
                hint[2].as_array_mut().unwrap().retain(|n| n != "values longer than the index keeps were not looked at");
            }
            assert_eq!(remote, local, "{}: {hunt}", server.name);
        }
    }
}

/// A source that answers requests, but none of hints.
struct Deaf(Arc<dyn DataSource>);

impl DataSource for Deaf {
    fn fetch(&self, request: &BoundRequest, context: &FetchContext) -> Result<Records, SourceError> {
        self.0.fetch(request, context)
    }

    fn count(&self, request: &BoundRequest, context: &FetchContext) -> Result<u64, SourceError> {
        self.0.count(request, context)
    }

    fn sample(&self, _: &BoundRequest, _: usize, _: &FetchContext) -> Result<Sample, SourceError> {
        Err(SourceError::new(&codes::run::BUDGET, "not now"))
    }

    fn tally(&self, asked: &TallyRequest<'_>, context: &FetchContext) -> Result<Tally, SourceError> {
        self.0.tally(asked, context)
    }

    fn location(&self) -> String {
        self.0.location()
    }
}

#[test]
fn a_hint_that_cannot_be_had_is_left_out() {
    let hunt = "p = GET process FROM stixshifter://s WHERE name = 'LATE.exe'\n";
    let huntc = Huntc::new().file("log.ndjson", log()).file("h.hf", hunt);
    let settings = RunSettings { hints: true, ..RunSettings::at(Instant::parse("2021-01-01T00:00:00Z").unwrap()) };
    let mut session = Session::new(None, vec![format!("s={}", huntc.path("log.ndjson").display())]);
    let huntflow = session.load(&huntc.path("h.hf").display().to_string(), &settings).unwrap_or_else(|e| panic!("{e:?}"));
    let pool = SourcePool::wrapped(Box::new(|_, source| Arc::new(Deaf(source))));
    let report = run_hunt(&session, &huntflow, &settings, &RunContext::new(&pool, String::new())).report;
    assert!(report.status == Status::Ok && report.complete && report.diagnostics.is_empty(), "{report:#?}");
    assert_eq!(report.requests.iter().map(|r| r.status.word()).collect::<Vec<_>>(), ["ok", "failed"]);
}
