//! Lowering is exact: the query of a random pattern finds, on random records, what the pattern itself finds.
//!
//! `HUNTC_PATTERNS` sets how many patterns (5,000), `HUNTC_SEED` repeats a run.

mod patterns;
mod records;

use crate::support::random::Rng;
use huntc_compiler::backend::elastic::lower;
use huntc_compiler::catalog::{Catalog, EntityId};
use huntc_compiler::check::hir::{Predicate, SourceRef};
use huntc_compiler::options::ProcessIdentity;
use huntc_compiler::plan::{Attr, Detail, Node, NodeId, Op, Plan, Scan};
use huntc_compiler::request::{BoundRequest, Exactness, Query, RequestTemplate};
use huntc_compiler::source::{SourceId, Span};
use huntc_runtime::allowance::Allowance;
use huntc_runtime::exec::bind::{self, Fill};
use huntc_runtime::matching::{self, Found, Ladder, Lives, Reading, References};
use huntc_runtime::source::store::Store;
use huntc_runtime::source::{DataSource, FetchContext, Records};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// What stands where: record, slot and key of every sighting, and the unidentified ones.
type Sightings = BTreeSet<(u64, u8, String)>;

fn sightings(records: &Records, entity: EntityId, predicate: &Predicate) -> Sightings {
    let (lives, references, allowance) = (Lives::default(), References::default(), Allowance::default());
    let (catalog, ladder) = (Catalog::builtin(), &Ladder::Nowhere);
    let reading =
        Reading { catalog, slot: None, ladder, lives: &lives, references: &references, columns: &[], allowance: &allowance };
    let mut found = Found::default();
    matching::scan(&reading, records, entity, predicate, &mut found).expect("generated patterns can be decided");
    let mut out = Sightings::new();
    out.extend(found.unidentified.iter().map(|(record, slot)| (*record, *slot, "unidentified".to_owned())));
    for entity in found.sightings.finish(Some(entity), &[]).entities() {
        let key = format!("{:?}{:?}", entity.key().parts(), entity.key().host());
        out.extend(entity.sightings().map(|s| (s.record().unwrap_or_default(), s.slot, key.clone())));
    }
    out
}

fn template(entity: EntityId, predicate: &Predicate) -> RequestTemplate {
    template_of(entity, predicate, Vec::new())
}

fn template_of(entity: EntityId, predicate: &Predicate, columns: Vec<Attr>) -> RequestTemplate {
    let scan = Scan { source: SourceRef(0), window: None, predicate: predicate.clone() };
    let node = Node {
        op: Op::Scan(scan),
        inputs: Vec::new(),
        references: Vec::new(),
        entity: Some(entity),
        columns,
        detail: Detail::default(),
        origin: Span::new(SourceId(0), 0, 0),
        statement: 1,
    };
    let plan = Plan {
        sources: Vec::new(),
        vars: Vec::new(),
        statements: Vec::new(),
        nodes: vec![node],
        outputs: Vec::new(),
        finding: None,
        identity: ProcessIdentity::EntityId,
    };
    lower::request_of(&plan, Catalog::builtin(), NodeId(0), plan.node(NodeId(0))).expect("a scan is a request")
}

#[test]
fn a_lowered_pattern_finds_what_the_pattern_finds() {
    let patterns = number("HUNTC_PATTERNS").unwrap_or(5_000);
    // A fixed seed, so that what was green stays green; other seeds are for whoever looks for more.
    let seed = number("HUNTC_SEED").unwrap_or(20_261_123);
    eprintln!("HUNTC_SEED={seed}");
    let mut random = Rng::new(seed | 1);
    let mut coverage: BTreeMap<(String, String, bool), u32> = BTreeMap::new();
    let (mut telling, mut done) = (0_u64, 0_u64);
    while done < patterns {
        let (store, _folder) = records::store(&mut random);
        for _ in 0..50 {
            done += 1;
            let (entity, predicate) = patterns::pattern(&mut random);
            patterns::count(&predicate, &mut coverage);
            telling += u64::from(check(&store, entity, &predicate, seed));
        }
    }
    // Chance leaves some kinds of comparison short: they are tried alone until each was tried often enough.
    let (store, _folder) = records::store(&mut random);
    for kind in patterns::expected() {
        while coverage.get(&kind).copied().unwrap_or(0) < 50 && patterns >= 5_000 {
            let (entity, predicate) = patterns::one_of_kind(&mut random, &kind);
            patterns::count(&predicate, &mut coverage);
            check(&store, entity, &predicate, seed);
        }
    }
    let share = telling * 100 / done;
    assert!(share >= 30, "only {share} % of the patterns found some of the records but not all (seed {seed})");
    for (what, n) in &coverage {
        assert!(*n >= 50 || patterns < 5_000, "{what:?} was tried {n} times only (seed {seed})");
    }
    let missing: Vec<_> = patterns::expected().into_iter().filter(|w| !coverage.contains_key(w)).collect();
    assert!(missing.is_empty(), "{missing:?} were never tried (seed {seed})");
}

/// Only records in which a process may stand without an entity id are read one by one, and need what tells such processes apart.
#[test]
fn a_process_with_an_entity_id_is_none_without() {
    let id = "{0a1b2c3d-0000-0000-0000-000000000001}";
    let nobody = "{00000000-0000-0000-0000-000000000000}";
    let cases = [
        (json!({"entity_id": id, "name": "a.exe", "pid": 4}), false),
        (json!({"entity_id": id, "name": "a.exe", "parent": {"entity_id": id, "name": "b.exe"}}), false),
        (json!({"entity_id": id, "parent": {"name": "b.exe"}}), true),
        (json!({"entity_id": nobody, "pid": 4}), true),
        (json!({"entity_id": "-", "name": "a.exe"}), true),
        (json!({"entity_id": [id, nobody], "name": "a.exe"}), true),
        (json!({"name": "a.exe"}), true),
        (json!({}), false),
    ];
    let documents = cases.iter().enumerate().map(|(n, (process, _))| {
        json!({"@timestamp": format!("2026-01-01T00:00:{n:02}Z"), "host": {"name": "h"}, "process": process}).to_string()
    });
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("records.ndjson");
    std::fs::write(&path, documents.collect::<Vec<_>>().join("\n")).expect("the records are written");
    let (store, _) = Store::from_paths(&[path]).expect("the records are readable");
    let process = Catalog::builtin().entity("process").expect("a type");
    let template = template(process, &Predicate::TRUE);
    let single = template.tuples.expect("records of processes can be counted").single;
    let unless = template.form.spare.as_ref().expect("fields can be spared").unless.clone();
    for query in [single, unless] {
        let request = BoundRequest::of(Catalog::builtin(), query, ["@timestamp"]);
        let found = store.fetch(&request, &FetchContext::default()).expect("records come");
        let found: BTreeSet<_> = found.times.iter().flatten().map(|time| (time.millis_floor() / 1_000 % 60) as usize).collect();
        let meant: BTreeSet<_> = (0..cases.len()).filter(|n| cases[*n].1).collect();
        assert_eq!(found, meant);
    }
}

/// The time of a record comes as it is written only where it is an attribute like another one.
#[test]
fn written_times_are_wanted_where_they_are_shown() {
    let catalog = Catalog::builtin();
    let process = catalog.entity("process").expect("a type");
    let written = |columns: Vec<Attr>| template_of(process, &Predicate::TRUE, columns).form.written_times;
    let field = |name: &str| vec![Attr::Record(catalog.record_field(name).expect("a field"))];
    assert_eq!([written(Vec::new()), written(field("host.name")), written(field("@timestamp"))], [false, false, true]);
    let form = template(process, &Predicate::TRUE).form;
    assert!(form.fields.iter().any(|name| name == "@timestamp"), "whoever reads a request sees that times are read");
    assert!(form.spare.is_none_or(|spare| spare.fields.iter().all(|name| name != "@timestamp")));
}

/// Compares one pattern; answers whether it found some of what stands there but not all.
fn check(store: &Store, entity: EntityId, predicate: &Predicate, seed: u64) -> bool {
    let template = template(entity, predicate);
    let fill = Fill { keys: &[], entity: None, catalog: Catalog::builtin(), columns: &[], any: false };
    let request = bind::request(&template, &template.form, &fill);
    let everything = BoundRequest { query: Query::MatchAll, ..request.clone() };
    let context = FetchContext::default();
    let all = store.fetch(&everything, &context).expect("all records come");
    let hits = store.fetch(&request, &context).expect("hits come");
    let truth = sightings(&all, entity, predicate);
    let found = sightings(&hits, entity, predicate);
    let shown =
        || format!("{}\n{}", patterns::show(entity, predicate), serde_json::to_string(&request.query).expect("queries are JSON"));
    let missing: Vec<_> = truth.difference(&found).take(3).collect();
    assert!(missing.is_empty(), "the query misses {missing:?} (seed {seed})\n{}", shown());
    assert_eq!(truth, found, "the query makes sightings up (seed {seed})\n{}", shown());
    if template.form.exactness == Exactness::Exact {
        let useful: BTreeSet<u64> = found.iter().map(|(record, ..)| *record).collect();
        let useless: Vec<_> = hits.ids.iter().filter(|id| !useful.contains(id)).take(3).collect();
        assert!(useless.is_empty(), "an exact query returns {useless:?} for nothing (seed {seed})\n{}", shown());
    }
    let standing = sightings(&all, entity, &Predicate::TRUE);
    !truth.is_empty() && truth.len() < standing.len()
}
