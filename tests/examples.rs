//! The worked examples beside the repository: the oracle must agree with them, and so must the binary over each engine.

use crate::oracle::{self, Options, Outcome, World, sha256, shared};
use crate::product;
use crate::support::servers::running;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// One worked hunt.
pub(crate) struct Example {
    pub(crate) id: String,
    pub(crate) dataset: String,
    pub(crate) text: String,
    expect: Json,
    displays: Vec<Json>,
}

/// Everything in `examples-2.json`, with the file of each dataset.
pub(crate) fn examples(folder: &Path) -> (Vec<Example>, BTreeMap<String, PathBuf>) {
    let text = std::fs::read_to_string(folder.join("examples-2.json")).unwrap();
    let all: Json = serde_json::from_str(&text).unwrap();
    let files = all["datasets"].as_object().unwrap().iter();
    let files = files.map(|(name, v)| (name.clone(), folder.join(v["file"].as_str().unwrap()))).collect();
    let hunts = all["hunts"].as_array().unwrap().iter().map(|h| Example {
        id: h["id"].as_str().unwrap().to_owned(),
        dataset: h["dataset"].as_str().unwrap().to_owned(),
        text: h["kestrel"].as_str().unwrap().to_owned(),
        expect: h["expect"].clone(),
        displays: h["displays"].as_array().unwrap().clone(),
    });
    (hunts.collect(), files)
}

/// What an outcome has otherwise than the example says.
fn mismatches(example: &Example, got: &Outcome) -> String {
    let mut out = String::new();
    for (name, expect) in example.expect.as_object().unwrap() {
        let (plain, version) = name.split_once('#').map_or((name.as_str(), None), |(n, v)| (n, v.parse::<usize>().ok()));
        let mut of_name = got.bindings.iter().rev().filter(|b| b.name == plain);
        let Some(binding) = of_name.find(|b| version.is_none_or(|v| b.version == v)) else {
            let _ = writeln!(out, "{}: {name} is missing", example.id);
            continue;
        };
        let mut differ = |what: &str, expected: &Json, got: Json| {
            if *expected != got {
                let _ = writeln!(out, "{}: {name}: {what} expected {expected}, got {got}", example.id);
            }
        };
        for (what, expected) in expect.as_object().unwrap() {
            match what.as_str() {
                "type" => differ(what, expected, Json::from(binding.entity.clone())),
                "entities" => differ(what, expected, Json::from(binding.entities)),
                "records" => differ(what, expected, Json::from(binding.records)),
                "keys" => differ(what, expected, Json::from(binding.keys.clone())),
                "keys_sha256" => {
                    let text = Json::from(binding.keys.clone()).to_string();
                    differ(what, expected, Json::from(sha256::hex(text.as_bytes())));
                }
                "unidentified" => {}
                other => panic!("{}: {other} is not compared", example.id),
            }
        }
        let unidentified = expect.get("unidentified").cloned().unwrap_or(Json::from(0));
        differ("unidentified", &unidentified, Json::from(binding.unidentified));
    }
    let shown: Vec<Json> = got.displays.iter().map(|d| serde_json::json!({"columns": d.columns, "rows": d.rows})).collect();
    if shown != example.displays {
        let (expected, got) = (Json::from(example.displays.clone()), Json::from(shown));
        let _ = writeln!(out, "{}: displays expected\n  {expected}\ngot\n  {got}", example.id);
    }
    out
}

#[test]
fn oracle_agrees_with_the_examples() {
    let Some(folder) = shared::folder() else { return };
    let (hunts, files) = examples(&folder);
    assert!(hunts.len() >= 42, "only {} examples", hunts.len());
    let mut out = String::new();
    for example in hunts {
        let records = shared::records(&files[&example.dataset]);
        let world = World::new(vec![(example.dataset.clone(), records)], Options::default());
        match oracle::run_text(&world, &example.text) {
            Ok(got) => out.push_str(&mismatches(&example, &got)),
            Err(error) => drop(writeln!(out, "{}: {error}", example.id)),
        }
    }
    assert!(out.is_empty(), "{out}");
}

/// Runs all examples of each dataset with the binary, and compares its reports. `source` gives a dataset's source.
fn binary_agrees(source: &dyn Fn(&str, &Path) -> String) {
    let Some(folder) = shared::folder() else { return };
    let (hunts, files) = examples(&folder);
    let mut out = String::new();
    for (dataset, path) in &files {
        let mine: Vec<&Example> = hunts.iter().filter(|h| h.dataset == *dataset).collect();
        let texts: Vec<String> = mine.iter().map(|h| h.text.clone()).collect();
        let verdicts = product::run(&[(dataset.clone(), source(dataset, path))], &texts, Options::default());
        for (example, verdict) in mine.iter().zip(verdicts) {
            match verdict {
                Ok(got) => out.push_str(&mismatches(example, &got)),
                Err(error) => drop(writeln!(out, "{}: {error}", example.id)),
            }
        }
    }
    assert!(out.is_empty(), "{out}");
}

#[test]
fn binary_agrees_with_the_examples_from_ndjson() {
    binary_agrees(&|_, path| path.display().to_string());
}

#[test]
fn binary_agrees_with_the_examples_from_a_store() {
    let stores = tempfile::tempdir().unwrap();
    binary_agrees(&|dataset, path| {
        let store = stores.path().join(dataset);
        product::ingest(path, &store);
        store.display().to_string()
    });
}

#[test]
fn binary_agrees_with_the_examples_from_servers() {
    if shared::folder().is_none() {
        return;
    }
    for server in running(&["elasticsearch-9", "opensearch-3"]) {
        server.put_template();
        binary_agrees(&|dataset, path| {
            let index = format!("winlogbeat-examples-{dataset}");
            server.delete(&index);
            let text = shared::text(path);
            assert!(server.load(&index, text.lines()) > 0);
            format!("{}/{index}", server.url)
        });
    }
}
