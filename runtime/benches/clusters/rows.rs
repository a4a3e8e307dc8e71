//! The rows: hunts, and what does the same without huntc.

use super::delay::delayed;
use super::limit::Bound::{AtLeast, AtMost};
use super::limit::Limit;
use super::measure::{Cost, Outcome, child};
use super::server::Server;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;
use std::time::{Duration, Instant};

/// A row.
pub(super) struct Row {
    pub(super) name: &'static str,
    /// What is measured, in the order of what `measure` returns.
    pub(super) limits: &'static [Limit],
    pub(super) measure: fn(&Bench<'_>) -> Outcome<Vec<f64>>,
}

pub(super) const ROWS: &[Row] = &[
    Row { name: "GROUP WITH COUNT", limits: BY_HAND, measure: |bench| bench.grouped("COUNT(pid)", false) },
    Row { name: "GROUP WITH NUNIQUE", limits: BY_HAND, measure: |bench| bench.grouped("NUNIQUE(pid)", true) },
    Row { name: "distinct DISP of processes", limits: BY_HAND, measure: |bench| bench.names() },
    Row { name: "distinct DISP of addresses", limits: BY_HAND, measure: |bench| bench.addresses() },
    Row {
        name: "drain 823,000 records",
        limits: &[
            Limit { unit: "× the time of the bare loop", bound: AtMost(1.15) },
            Limit { unit: "records per CPU-second", bound: AtLeast(500_000.0) },
            Limit { unit: "MB peak", bound: AtMost(150.0) },
        ],
        measure: |bench| bench.drain(),
    },
    Row {
        name: "FIND from 57,600 keys",
        limits: &[Limit { unit: "× the time of its requests sent bare", bound: AtMost(1.2) }],
        measure: |bench| bench.find(),
    },
    Row {
        name: "first hunt, 30 ms away",
        limits: &[Limit { unit: "× the time of one bare search", bound: AtMost(2.5) }],
        measure: |bench| bench.first(),
    },
];

const BY_HAND: &[Limit] = &[Limit { unit: "× the time of the hand-written composite", bound: AtMost(1.3) }];

/// All documents.
const ALL: &str = "START 2026-03-01T00:00:00Z STOP 2026-04-01T00:00:00Z";
/// As many readers as huntc has by default.
const READERS: usize = 8;
/// Fields that only processes without an entity id need. No document has one, so huntc does not ask for them behind the first page.
const SPARED: &[&str] = &["args", "executable", "start", "working_directory"];
const DELAY: Duration = Duration::from_millis(30);

/// What the rows work with.
pub(super) struct Bench<'a> {
    /// For hunts and reports.
    pub(super) folder: &'a Path,
    pub(super) server: &'a Server,
    pub(super) documents: u64,
    /// Whether to print the times behind the ratios.
    pub(super) times: bool,
}

/// A hunt that ran: what it cost, and its report.
struct Ran {
    cost: Cost,
    report: Value,
}

impl Ran {
    /// The rows of its only display, as text.
    fn rows(&self) -> BTreeSet<Vec<String>> {
        let text = |cell: &Value| cell.as_str().map_or_else(|| cell.to_string(), str::to_owned);
        let row = |row: &Value| row.as_array().into_iter().flatten().map(text).collect();
        self.report["displays"][0]["rows"].as_array().into_iter().flatten().map(row).collect()
    }

    fn variable(&self, name: &str) -> &Value {
        self.report["variables"].as_array().and_then(|all| all.iter().find(|v| v["name"] == name)).unwrap_or(&Value::Null)
    }

    /// The requests of one statement.
    fn requests(&self, purpose: &str) -> Vec<&Value> {
        let of = |request: &&Value| request["purpose"].as_str().is_some_and(|p| p.starts_with(purpose)) && request["pages"] != 0;
        self.report["requests"].as_array().into_iter().flatten().filter(of).collect()
    }
}

impl Bench<'_> {
    /// Runs a hunt in a process of its own, on a server that remembers nothing.
    fn hunt(&self, text: &str, flags: &[&str], source: &str) -> Outcome<Ran> {
        let (file, out) = (self.folder.join("hunt.hf"), self.folder.join("report"));
        std::fs::write(&file, text)?;
        self.server.forget()?;
        let source = format!("c={source}");
        let (file, folder) = (file.display().to_string(), out.display().to_string());
        let mut args = vec!["run", &file, "--source", &source, "--out", &folder, "--quiet"];
        args.extend(flags);
        let cost = child(&std::env::current_exe()?, &args, |_| Ok(()))?;
        let mut report: Value = serde_json::from_slice(&std::fs::read(out.join("report.json"))?)?;
        Ok(Ran { cost, report: report["hunts"][0].take() })
    }

    fn source(&self) -> String {
        format!("{}/{}", self.server.url, self.server.index)
    }

    /// How long something takes on a server that remembers nothing, and what it gives.
    fn timed<T>(&self, work: impl FnOnce() -> Outcome<T>) -> Outcome<(f64, T)> {
        self.server.forget()?;
        let begun = Instant::now();
        let done = work()?;
        Ok((begun.elapsed().as_secs_f64(), done))
    }

    fn ratio(&self, name: &str, ours: &Ran, bare: f64) -> f64 {
        if self.times {
            let Cost { cpu, wall, peak } = ours.cost;
            println!("      {name}: huntc {wall:.3} s, {cpu:.3} CPU s, {peak:.0} MB; bare {bare:.3} s");
            for request in ours.requests("") {
                println!(
                    "        {} {}: {} records, {} tuples, {} pages, {} ms",
                    request["id"],
                    request["purpose"],
                    request["records"],
                    request["tuples"],
                    request["pages"],
                    request["elapsed_ms"]
                );
            }
        }
        ours.cost.wall / bare
    }

    /// GROUP over all processes, beside the buckets of their ids and names, and of their numbers where these are counted. Without the
    /// ids nobody knows how many processes there are, which the hunt says.
    fn grouped(&self, function: &str, of_numbers: bool) -> Outcome<Vec<f64>> {
        let hunt = format!(
            "x = GET process FROM stixshifter://c WHERE pid >= 0 {ALL}\ng = GROUP x BY name WITH {function} AS n\nDISP g ATTR name, n\n"
        );
        let ours = self.hunt(&hunt, &[], &self.source())?;
        let (bare, (ids, groups)) = self.timed(|| {
            let mut ids: HashSet<String> = HashSet::new();
            let mut groups: BTreeMap<String, HashSet<String>> = BTreeMap::new();
            for [pid, name, id] in of_both_slots("process.entity_id") {
                let query = json!({"range": {&pid: {"gte": 0}}});
                let fields = [id.as_str(), &name, &pid];
                for bucket in self.server.buckets(&query, if of_numbers { &fields } else { &fields[..2] }, false)? {
                    let id = bucket.key.a.to_string();
                    let counted = if of_numbers { bucket.key.c.to_string() } else { id.clone() };
                    groups.entry(bucket.key.b.to_string()).or_default().insert(counted);
                    ids.insert(id);
                }
            }
            Ok((ids, groups))
        })?;
        let rows =
            groups.iter().map(|(name, counted)| vec![name.trim_matches('"').to_owned(), counted.len().to_string()]).collect();
        same(&ours.rows(), &rows)?;
        if ours.variable("x")["entities"] != ids.len() {
            return Err(format!("there are {} processes by hand, not {}", ids.len(), ours.variable("x")["entities"]).into());
        }
        Ok(vec![self.ratio(function, &ours, bare)])
    }

    /// The names of all processes, beside the buckets of ids and names with their first times: a process has the name that it
    /// had first.
    fn names(&self) -> Outcome<Vec<f64>> {
        let hunt = format!("x = GET process FROM stixshifter://c WHERE pid >= 0 {ALL}\nDISP x ATTR name\n");
        let ours = self.hunt(&hunt, &[], &self.source())?;
        let (bare, names) = self.timed(|| {
            let mut first: BTreeMap<String, (f64, String)> = BTreeMap::new();
            for [pid, name, id] in of_both_slots("process.entity_id") {
                let query = json!({"range": {pid: {"gte": 0}}});
                for bucket in self.server.buckets(&query, &[&id, &name], true)? {
                    let at = bucket.first.map_or(0.0, |first| first.value);
                    let named = (at, bucket.key.b.as_str().unwrap_or_default().to_owned());
                    let known = first.entry(bucket.key.a.to_string()).or_insert_with(|| named.clone());
                    if named.0 < known.0 {
                        *known = named;
                    }
                }
            }
            Ok(first.into_values().map(|(_, name)| vec![name]).collect::<BTreeSet<_>>())
        })?;
        same(&ours.rows(), &names)?;
        Ok(vec![self.ratio("DISP x ATTR name", &ours, bare)])
    }

    /// All addresses, beside the buckets of both fields that have them.
    fn addresses(&self) -> Outcome<Vec<f64>> {
        let hunt = format!("x = GET ipv4-addr FROM stixshifter://c WHERE value LIKE '%' {ALL}\nDISP x ATTR value\n");
        let ours = self.hunt(&hunt, &[], &self.source())?;
        let (bare, addresses) = self.timed(|| {
            let mut addresses = BTreeSet::new();
            for field in ["source.ip", "destination.ip", "dns.resolved_ip"] {
                for bucket in self.server.buckets(&json!({"match_all": {}}), &[field], true)? {
                    addresses.insert(vec![bucket.key.a.as_str().unwrap_or_default().to_owned()]);
                }
            }
            Ok(addresses)
        })?;
        same(&ours.rows(), &addresses)?;
        Ok(vec![self.ratio("DISP of addresses", &ours, bare)])
    }

    /// Reads 823 of 1,000 records of processes one by one.
    fn drain(&self) -> Outcome<Vec<f64>> {
        // The documents span 605,000 seconds for a million.
        let stop = super::generate::START.plus((self.documents as f64 * 0.605 * 0.8232 * 1e9) as i64);
        let hunt = format!(
            "x = GET process FROM stixshifter://c WHERE pid >= 0 START 2026-03-01T00:00:00Z STOP {stop}\nDISP x ATTR name, pid, command_line LIMIT 10\n"
        );
        let ours = self.hunt(&hunt, &["--no-agg"], &self.source())?;
        let bare = self.bare(&ours.requests("statement 1: GET"), SPARED)?;
        let records = ours.requests("").iter().filter_map(|request| request["records"].as_f64()).sum::<f64>();
        if records < self.documents as f64 * 0.8 {
            return Err(format!("{records} records came").into());
        }
        Ok(vec![self.ratio("drain", &ours, bare), records / ours.cost.cpu, ours.cost.peak])
    }

    /// FIND from all processes that were created.
    fn find(&self) -> Outcome<Vec<f64>> {
        let hunt = format!(
            "x = GET process FROM stixshifter://c WHERE x_event_code = '1' {ALL}\ny = FIND network-traffic CREATED BY x\nDISP y ATTR dst_port LIMIT 10\n"
        )
        .replace("x_event_code", "pid >= 0 AND event.code");
        let ours = self.hunt(&hunt, &[], &self.source())?;
        let elapsed = |name: &str| ours.variable(name)["elapsed_ms"].as_f64().ok_or("a variable has no time");
        let took = (elapsed("y")? - elapsed("x")?) / 1e3;
        let bare = self.bare(&ours.requests("statement 2"), &[SPARED, &["command_line"]].concat())?;
        self.ratio(&format!("FIND from {}: {took:.3} s", ours.variable("x")["entities"]), &ours, bare);
        Ok(vec![took / bare])
    }

    /// The time that some requests of a report take when they are sent bare, without the fields that huntc spares.
    fn bare(&self, requests: &[&Value], spared: &[&str]) -> Outcome<f64> {
        let mut time = 0.0;
        for request in requests {
            let range = json!({"range": {"@timestamp": {"gte": request["window"][0], "lt": request["window"][1]}}});
            let query = json!({"bool": {"filter": [request["query"], range]}});
            let readers = if request["pages"].as_u64().unwrap_or(0) > 4 { READERS } else { 1 };
            let needed = |field: &&Value| !spared.iter().any(|end| field.as_str().is_some_and(|f| f.ends_with(&format!(".{end}"))));
            let fields: Vec<&Value> = request["fields"].as_array().into_iter().flatten().filter(needed).collect();
            time += self.timed(|| self.server.pages(&query, &json!(fields), readers))?.0;
        }
        Ok(time)
    }

    /// The first hunt on an index of 118 documents over a line of 30 ms, beside one search.
    fn first(&self) -> Outcome<Vec<f64>> {
        let tiny = Server::with_documents(&self.server.url, 118)?;
        let near = self.server.url.trim_start_matches("http://");
        let far = Server { url: delayed(near, DELAY)?, index: tiny.index.clone(), ..Server::at(&self.server.url)? };
        let hunt = format!("x = GET process FROM stixshifter://c WHERE name = 'svchost.exe' {ALL}\nDISP x ATTR name, pid\n");
        let ours = self.hunt(&hunt, &[], &format!("{}/{}", far.url, far.index))?;
        if ours.variable("x")["entities"] == 0 {
            return Err("the hunt on a tiny index finds nothing".into());
        }
        let query = json!({"query": {"term": {"process.name": "svchost.exe"}}, "size": 10_000});
        let (bare, _) = self.timed(|| far.ask(Method::POST, &format!("{}/_search", far.index), &query))?;
        Ok(vec![self.ratio("first hunt", &ours, bare)])
    }
}

/// Process id, name and another field, of the process that did something and of its parent.
fn of_both_slots(field: &str) -> [[String; 3]; 2] {
    let of = |slot: &str| ["process.pid", "process.name", field].map(|name| name.replace("process.", slot));
    [of("process."), of("process.parent.")]
}

fn same(ours: &BTreeSet<Vec<String>>, theirs: &BTreeSet<Vec<String>>) -> Outcome<()> {
    if ours == theirs && !ours.is_empty() {
        return Ok(());
    }
    let only = |a: &BTreeSet<Vec<String>>, b: &BTreeSet<Vec<String>>| a.difference(b).take(3).cloned().collect::<Vec<_>>();
    Err(format!(
        "the figures differ: {} rows, by hand {}; {:?} and {:?}",
        ours.len(),
        theirs.len(),
        only(ours, theirs),
        only(theirs, ours)
    )
    .into())
}
