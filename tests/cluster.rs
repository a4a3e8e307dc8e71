//! Against real servers: everything is read, to the last record.

use crate::support::servers::{TestServer, running};
use huntc_compiler::catalog::Catalog;
use huntc_compiler::request::{BoundRequest, Query, TupleTimes};
use huntc_compiler::time::{Instant, TimeRange};
use huntc_compiler::value::Value;
use huntc_runtime::source::arrival::ArrivalSource;
use huntc_runtime::source::elastic::{Auth, ElasticConfig, ElasticSource, fingerprint};
use huntc_runtime::source::store::Store;
use huntc_runtime::source::{DataSource, FetchContext, Records, Scalar, Tally, TallyRequest, TupleRequest};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Of every user of the secured server, which the launcher makes anew each time.
const PASSWORD: &str = "huntc-test-only";

const SERVERS: &[&str] = &["elasticsearch-7", "elasticsearch-8", "elasticsearch-9", "opensearch-2", "opensearch-3"];

fn request(query: Query<huntc_compiler::request::Never>, fields: &[&str]) -> BoundRequest {
    let mut fields: Vec<String> = fields.iter().map(|f| (*f).to_owned()).collect();
    fields.push("@timestamp".to_owned());
    fields.sort();
    BoundRequest::of(Catalog::builtin(), query, fields)
}

fn source(server: &TestServer, indices: &str, set: impl FnOnce(&mut ElasticConfig)) -> ElasticSource {
    let mut config = ElasticConfig::new("test", &server.url, indices).expect("the address is usable");
    set(&mut config);
    ElasticSource::new(config).expect("the source is set up")
}

fn fetch(source: &ElasticSource, request: &BoundRequest) -> Records {
    let context = FetchContext { request_id: "n1".to_owned(), ..FetchContext::default() };
    let records = source.fetch(request, &context).expect("records come");
    assert!(!context.stats.partial.load(Ordering::Relaxed));
    records
}

fn texts(records: &Records, field: &str) -> Vec<String> {
    let column = records.column(field).expect("the column was asked for");
    let text = |v: &Scalar| match v {
        Scalar::Text(t) => t.to_string(),
        other => format!("{other:?}"),
    };
    (0..records.len()).flat_map(|r| column.values(r).map(text).collect::<Vec<_>>()).collect()
}

/// Pages that are cut by time, or by document numbers that repeat over indices, lose records here.
#[test]
fn records_of_one_instant_over_three_indices_all_come() {
    const EACH: [usize; 3] = [12_000, 9_999, 3_001];
    for server in running(SERVERS) {
        server.put_template();
        for (number, count) in EACH.into_iter().enumerate() {
            let index = format!("winlogbeat-instant-{number}");
            server.create(&index, &format!(r#"{{"settings":{{"number_of_shards":{},"number_of_replicas":0}}}}"#, number + 1));
            let documents: Vec<String> = (0..count)
                .map(|i| {
                    format!(r#"{{"@timestamp":"2023-08-16T00:33:51.685Z","process":{{"entity_id":"{number}-{i}","pid":{i}}}}}"#)
                })
                .collect();
            assert_eq!(server.load(&index, documents.iter().map(String::as_str)), count);
        }
        let wanted: BTreeSet<String> =
            EACH.iter().enumerate().flat_map(|(n, c)| (0..*c).map(move |i| format!("{n}-{i}"))).collect();
        for (page_size, concurrency) in [(10_000, 8), (999, 1), (999, 4), (1_000, 3)] {
            let source = source(&server, "winlogbeat-instant-*", |c| {
                c.page_size = page_size;
                c.concurrency = concurrency;
            });
            let mut all = request(Query::MatchAll, &["process.entity_id", "process.pid", "_id"]);
            all.window = Some(TimeRange::new(
                Instant::parse("2023-08-16T00:33:51.685Z").expect("an instant"),
                Instant::parse("2023-08-16T00:33:51.685001Z").expect("an instant"),
            ));
            let records = fetch(&source, &all);
            let found: BTreeSet<String> = texts(&records, "process.entity_id").into_iter().collect();
            assert_eq!(records.len(), 25_000, "{} page {page_size}", server.name);
            assert!(found == wanted && records.observations.iter().collect::<BTreeSet<_>>().len() == 25_000, "{}", server.name);
            assert_eq!(source.count(&all, &FetchContext::default()).expect("a count"), 25_000);
        }
        assert!(server.closes_all_snapshots(), "{}: points in time are left open", server.name);
    }
}

/// Long readings go in units of time: also of records without time, with several, and of one instant.
#[test]
fn records_of_all_times_come_in_units() {
    for server in running(SERVERS) {
        server.put_template();
        let mut wanted = 0;
        for (number, count) in [2_600_usize, 900, 700].into_iter().enumerate() {
            let index = format!("winlogbeat-units-{number}");
            server.create(&index, r#"{"settings":{"number_of_shards":2,"number_of_replicas":0}}"#);
            let time = |n: usize| Instant::from_millis(1_692_144_000_000 + (n * n) as i64 * 7);
            let documents: Vec<String> = (0..count)
                .map(|n| match n % 50 {
                    0 if number == 1 => format!(r#"{{"event":{{"code":"{n}"}}}}"#),
                    1 if number == 2 => format!(r#"{{"@timestamp":"2023-08-16T00:00:00Z","event":{{"code":"{n}"}}}}"#),
                    _ => format!(r#"{{"@timestamp":"{}","event":{{"code":"{n}"}}}}"#, time(n)),
                })
                .collect();
            wanted += server.load(&index, documents.iter().map(String::as_str));
        }
        for concurrency in [1, 5] {
            let source = source(&server, "winlogbeat-units-*", |c| (c.page_size, c.concurrency) = (100, concurrency));
            assert_eq!(fetch(&source, &request(Query::MatchAll, &["event.code"])).len(), wanted, "{}", server.name);
            let mut windowed = request(Query::exists("event.code"), &["event.code"]);
            let (start, stop) =
                (Instant::from_millis(1_692_144_000_000), Instant::from_millis(1_692_144_000_000 + 2_000 * 2_000 * 7));
            windowed.window = Some(TimeRange::new(start, stop));
            assert_eq!(fetch(&source, &windowed).len(), 2_000 + 882 + 700, "{}", server.name);
        }
        server.load(
            "winlogbeat-units-2",
            [r#"{"@timestamp":["2023-08-16T00:00:01Z","2023-08-16T03:00:00Z"],"event":{"code":"several"}}"#],
        );
        let source = source(&server, "winlogbeat-units-*", |c| c.page_size = 100);
        assert_eq!(
            fetch(&source, &request(Query::MatchAll, &["event.code"])).len(),
            wanted,
            "{}: one is written over",
            server.name
        );
        drop(source);
        for number in 0..3 {
            server.delete(&format!("winlogbeat-units-{number}"));
        }
    }
}

/// Tuples of more than some pages are counted in parts: those that come again in each part, and those that do not, each once.
#[test]
fn tuples_of_many_pages_come_in_parts() {
    const RECORDS: i64 = 6_000;
    const START: i64 = 1_692_144_000_000;
    let mapping = r#"{"mappings":{"properties":{"@timestamp":{"type":"date"},"event":{"properties":{"code":{"type":"keyword"}}},
        "process":{"properties":{"pid":{"type":"long"}}}}}}"#;
    for server in running(SERVERS) {
        server.create("huntc-parts", mapping);
        // Each fourth code is new, the others repeat two hundred, and come behind.
        let code = |n: i64| if n % 4 == 0 { format!("a{n:05}") } else { format!("z{}", n % 200) };
        let documents: Vec<String> = (0..RECORDS)
            .map(|n| {
                let time = Instant::from_millis(START + n * n / 3);
                format!(r#"{{"@timestamp":"{time}","event":{{"code":"{}"}},"process":{{"pid":{}}}}}"#, code(n), n % 2)
            })
            .collect();
        assert_eq!(server.load("huntc-parts", documents.iter().map(String::as_str)), RECORDS as usize);
        let mut all = request(Query::exists("event.code"), &["event.code", "process.pid"]);
        all.window = Some(TimeRange::new(Instant::from_millis(START), Instant::from_millis(START + RECORDS * RECORDS)));
        let fields = ["event.code".to_owned(), "process.pid".to_owned()];
        let mut wanted: BTreeMap<(String, i64), u64> = BTreeMap::new();
        (0..RECORDS).for_each(|n| *wanted.entry((code(n), n % 2)).or_default() += 1);
        for (page_size, concurrency, times) in [
            (10_000, 1, TupleTimes::FirstAndLast),
            (25, 4, TupleTimes::FirstAndLast),
            (25, 1, TupleTimes::None),
            (170, 3, TupleTimes::First),
            (25, 2, TupleTimes::Order),
        ] {
            let source = source(&server, "huntc-parts", |c| (c.page_size, c.concurrency) = (page_size, concurrency));
            let context = FetchContext { request_id: "n1".to_owned(), ..FetchContext::default() };
            let single = Query::MatchNone;
            let asked = TupleRequest {
                request: &all,
                fields: &fields,
                slots: &[],
                counts: false,
                kinds: &all.kinds,
                single: &single,
                times,
                from: 0,
            };
            let Some(tuples) = source.tuples(&asked, &context).expect("tuples come") else {
                assert_eq!(server.name, "opensearch-2", "page {page_size}: only who reads by scroll does not count");
                continue;
            };
            let [counted] = tuples.counts.as_slice() else { panic!("{}: all fields are counted together", server.name) };
            let codes = texts(&counted.records, "event.code");
            let pids = counted.records.column("process.pid").expect("the column was asked for");
            let pid = |record| pids.values(record).find_map(|v| if let Scalar::Int(pid) = v { Some(*pid) } else { None });
            let found: Vec<((String, i64), u64)> =
                (0..counted.records.len()).map(|n| ((codes[n].clone(), pid(n).expect("a number")), counted.counts[n])).collect();
            assert_eq!(found.len(), wanted.len(), "{} page {page_size}: each tuple comes once", server.name);
            assert!(found.into_iter().collect::<BTreeMap<_, _>>() == wanted, "{} page {page_size}", server.name);
            let pages = context.stats.pages.load(Ordering::Relaxed);
            assert!(page_size != 25 || pages > 15, "{}: {pages} requests", server.name);
            let times: BTreeSet<i64> = tuples.seen.times.iter().flatten().map(|time| time.millis_floor()).collect();
            let last = asked.times == TupleTimes::FirstAndLast;
            let (first, end) = (times.contains(&START), times.contains(&(START + (RECORDS - 1) * (RECORDS - 1) / 3)));
            assert_eq!((first, end), (asked.times >= TupleTimes::First, last), "{}", server.name);
            let start = counted.records.times.iter().flatten().min().map(|time| time.millis_floor());
            assert_eq!(start, (asked.times == TupleTimes::Order).then_some(START), "{}", server.name);
        }
        server.delete("huntc-parts");
    }
}

/// A server keeps milliseconds; the window is exact to the nanosecond, and any form of a time counts.
#[test]
fn windows_are_exact() {
    for server in running(SERVERS) {
        server.create("winlogbeat-window", r#"{"mappings":{"properties":{"@timestamp":{"type":"date"},"n":{"type":"keyword"}}}}"#);
        let documents = [
            r#"{"@timestamp":"2023-08-16T00:00:00.684999Z","n":"before"}"#,
            r#"{"@timestamp":"2023-08-16T00:00:00.685100Z","n":"first"}"#,
            r#"{"@timestamp":"2023-08-16T02:00:00.685500+02:00","n":"zone"}"#,
            r#"{"@timestamp":1692144000686,"n":"number"}"#,
            r#"{"@timestamp":"1692144000687","n":"digits"}"#,
            r#"{"@timestamp":"2023-08-16T00:00:00.688899Z","n":"last"}"#,
            r#"{"@timestamp":"2023-08-16T00:00:00.688900Z","n":"behind"}"#,
            r#"{"n":"timeless"}"#,
        ];
        server.load("winlogbeat-window", documents);
        let source = source(&server, "winlogbeat-window", |_| {});
        let mut windowed = request(Query::MatchAll, &["n"]);
        windowed.window = Some(TimeRange::new(
            Instant::parse("2023-08-16T00:00:00.685100Z").expect("an instant"),
            Instant::parse("2023-08-16T00:00:00.688900Z").expect("an instant"),
        ));
        let mut found = texts(&fetch(&source, &windowed), "n");
        found.sort();
        assert_eq!(found, ["digits", "first", "last", "number", "zone"], "{}", server.name);
        assert_eq!(fetch(&source, &request(Query::MatchAll, &["n"])).len(), 8, "{}", server.name);
        let one = request(Query::term("n", Value::text("first")), &["n"]);
        assert_eq!(texts(&fetch(&source, &one), "n"), ["first"], "{}", server.name);
    }
}

/// What `huntc doctor` shows.
#[test]
fn a_cluster_is_surveyed() {
    for server in running(SERVERS) {
        server.create("winlogbeat-survey-a", r#"{"mappings":{"properties":{"@timestamp":{"type":"date"},"p":{"type":"long"}}}}"#);
        server.create(
            "winlogbeat-survey-b",
            r#"{"mappings":{"properties":{"@timestamp":{"type":"date"},"p":{"type":"keyword","ignore_above":9}}}}"#,
        );
        server.load("winlogbeat-survey-a", [r#"{"@timestamp":"2023-08-16T00:00:00.5Z","p":1}"#]);
        server.load("winlogbeat-survey-b", [r#"{"@timestamp":"2022-08-16T00:00:00Z","p":"x"}"#, "{}"]);
        let source = source(&server, "winlogbeat-survey-*", |_| {});
        let survey = source.probe(&["p".to_owned(), "q".to_owned()], &FetchContext::default()).expect("an answer");
        let span = survey.span.map(|(first, last)| (first.to_string(), last.to_string()));
        assert_eq!(survey.indices, ["winlogbeat-survey-a", "winlogbeat-survey-b"]);
        assert_eq!(survey.records, 3, "{}", server.name);
        assert_eq!(span, Some(("2022-08-16T00:00:00.000Z".to_owned(), "2023-08-16T00:00:00.500Z".to_owned())), "{}", server.name);
        assert!(survey.clocks.is_empty(), "no index has a category");
        let traps: Vec<(bool, &[String])> =
            survey.traps.iter().map(|t| (t.about.contains("ignore_above"), t.fields.as_slice())).collect();
        assert_eq!(traps, [(false, ["p".to_owned()].as_slice()), (true, ["p".to_owned()].as_slice())], "{:?}", survey.traps);
        assert_eq!(survey.fields[0].kinds, [("keyword up to 9".to_owned(), 1), ("whole number".to_owned(), 1)]);
        assert_eq!((survey.fields[1].missing, survey.fields[1].kinds.len()), (2, 0));
        assert!(survey.server.version.is_some() && server.name.starts_with(&survey.server.title()[..4].to_lowercase()));
    }
}

/// TLS with an authority of its own, logins and privileges, as a security operator sets them up.
#[test]
fn a_secured_server_is_read_with_the_right_credentials_only() {
    let Some(server) = running(&["elasticsearch-9-secure"]).pop() else { return };
    let files = std::env::var("HUNTC_TEST_SECURE_FILES").expect("set together with the address");
    let file = |name: &str| std::fs::read_to_string(format!("{files}/{name}")).expect("the launcher made it");
    let (authority, token) = (file("ca.pem"), file("bearer-token"));
    let ask_with = |indices: &str, set: &dyn Fn(&mut ElasticConfig)| {
        let source = source(&server, indices, |c| set(c));
        let result = source.fetch(&request(Query::MatchAll, &[]), &FetchContext::default());
        let text = format!("{result:?} {}", source.location());
        assert!(!text.contains(PASSWORD) && !text.contains(token.trim()), "{text}");
        result.map(|r| r.len()).map_err(|e| e.code.id)
    };
    let ask = |indices: &str, auth: Auth, ca: Option<&str>, insecure: bool| {
        ask_with(indices, &|c| {
            c.auth = auth.clone();
            c.ca_pem = ca.map(str::to_owned);
            c.insecure = insecure;
        })
    };
    let hunter = || Auth::basic("hunter", PASSWORD);
    // The certificate of the server itself, by its text and by its fingerprint.
    let node = file("server/config/tls/node.pem");
    let pinned = |c: &mut ElasticConfig| {
        c.auth = hunter();
        c.ca_pem = Some(node.clone());
    };
    assert_eq!(ask_with("winlogbeat-*", &pinned), Err("K0706"));
    let known = fingerprint_of(&node);
    for (fingerprint, told) in [(known, "K0706"), (known.map(|byte| !byte), "K0703")] {
        let pinned = |c: &mut ElasticConfig| {
            c.auth = hunter();
            c.fingerprint = Some(fingerprint);
        };
        assert_eq!(ask_with("winlogbeat-*", &pinned), Err(told));
    }
    let plain = |c: &mut ElasticConfig| c.url = server.url.replace("https", "http").parse().expect("an address");
    assert_eq!(ask_with("winlogbeat-*", &plain), Err("K0702"), "http on the port of TLS");
    let trusted = Some(authority.as_str());
    // No index is there: the login worked, and the pattern is told to match nothing.
    assert_eq!(ask("winlogbeat-*", hunter(), trusted, false), Err("K0706"));
    assert_eq!(ask("winlogbeat-*", hunter(), None, true), Err("K0706"));
    assert_eq!(ask("winlogbeat-*", hunter(), None, false), Err("K0703"));
    assert_eq!(ask("winlogbeat-*", Auth::None, trusted, false), Err("K0704"));
    assert_eq!(ask("winlogbeat-*", Auth::basic("hunter", "wrong"), trusted, false), Err("K0704"));
    assert_eq!(ask("winlogbeat-*", Auth::api_key("id:nonsense"), trusted, false), Err("K0704"));
    assert_eq!(ask("secret-index", hunter(), trusted, false), Err("K0705"));
    // The service account may see none of them, which is told before that nothing matches.
    assert_eq!(ask("winlogbeat-*", Auth::Token(token.trim().into()), trusted, false), Err("K0730"));
    assert_eq!(ask("winlogbeat-*", Auth::basic("elastic_admin", PASSWORD), trusted, false), Err("K0706"));
}

/// The SHA-256 of a certificate in PEM form.
fn fingerprint_of(pem: &str) -> [u8; 32] {
    let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).expect("a certificate");
    fingerprint(&crate::oracle::sha256::hex(&certificate)).expect("64 digits")
}

/// Nights know by these figures how a source is, so a server and the store must agree on them.
#[test]
fn figures_are_those_of_the_store() {
    let record = |n: usize| {
        let (minute, host) = (n % 60, ["a", "b", "c"][n % 3]);
        let ingested =
            if n.is_multiple_of(4) { String::new() } else { format!(r#","ingested":"2023-08-17T00:{minute:02}:30.250Z""#) };
        let dataset = if n.is_multiple_of(5) { String::new() } else { format!(r#","dataset":"d{}""#, n % 2) };
        format!(
            r#"{{"@timestamp":"2023-08-16T00:{minute:02}:01.685Z","host":{{"name":"{host}"}},"event":{{"code":"1"{dataset}{ingested}}}}}"#
        )
    };
    let lines: Vec<String> = (0..500).map(record).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("log.ndjson");
    std::fs::write(&file, lines.join("\n")).expect("a file");
    let store: Arc<dyn DataSource> = Arc::new(Store::from_paths(&[file]).expect("a store").0);
    for server in running(SERVERS) {
        server.put_template();
        server.delete("winlogbeat-figures");
        server.load("winlogbeat-figures", lines.iter().map(String::as_str));
        let remote: Arc<dyn DataSource> = Arc::new(source(&server, "winlogbeat-figures", |_| {}));
        let time = |text: &str| Instant::parse(text).expect("an instant");
        let windows = [
            TimeRange::new(time("2023-08-16T00:10:00Z"), time("2023-08-16T00:20:00Z")),
            TimeRange::of_arrival(time("2023-08-17T00:00:00Z"), time("2023-08-17T00:20:30.250Z")),
            TimeRange::of_arrival(Instant(0), time("2023-08-17T00:20:30.251Z")),
            TimeRange::new(Instant(0), time("2023-08-16T00:00:00Z")),
        ];
        for (window, by) in windows.iter().flat_map(|window| ["host.name", "event.dataset", "event.module"].map(|by| (window, by)))
        {
            let figures = |source: &Arc<dyn DataSource>| -> (Tally, u64) {
                let source = ArrivalSource::new(Arc::clone(source), "event.ingested".to_owned());
                let request = BoundRequest { window: Some(*window), ..request(Query::MatchAll, &[by]) };
                let asked = TallyRequest { request: &request, by, most: 2, clock: None };
                let context = FetchContext::default();
                (source.tally(&asked, &context).expect("figures"), source.count(&request, &context).expect("a count"))
            };
            let (remote, local) = (figures(&remote), figures(&store));
            assert_eq!(remote, local, "{} {window:?} by {by}", server.name);
            assert_eq!(local.0.records, local.1);
        }
    }
}
