//! scratch
use huntc_compiler::{catalog::Catalog, compile::compile, options::Options, source::SourceSet, time::Instant};
use huntc_runtime::{
    exec,
    source::{DataSource, store::Store},
};
use std::sync::Arc;
fn main() {
    let shared = "/work/shared/";
    let doc: serde_json::Value = serde_json::from_slice(&std::fs::read(format!("{shared}examples.json")).unwrap()).unwrap();
    let only = std::env::args().nth(1);
    let mut stores: std::collections::HashMap<String, Arc<dyn DataSource>> = Default::default();
    let (mut good, mut bad) = (0, 0);
    for hunt in doc["hunts"].as_array().unwrap() {
        let id = hunt["id"].as_str().unwrap();
        if only.as_ref().is_some_and(|o| o != id) {
            continue;
        }
        let ds = hunt["dataset"].as_str().unwrap();
        let file = doc["datasets"][ds]["file"].as_str().unwrap();
        let store = stores
            .entry(ds.to_owned())
            .or_insert_with(|| Arc::new(Store::from_paths(&[format!("{shared}{file}").into()]).unwrap().0))
            .clone();
        let mut set = SourceSet::default();
        let text = hunt["kestrel"].as_str().unwrap();
        let sid = set.add_text(id, text);
        let catalog = Catalog::builtin();
        let options = Options::at(Instant::parse("2026-01-01T00:00:00Z").unwrap());
        let c = compile(&set, sid, catalog, &options);
        let Some((h, plan)) = &c.compiled else {
            println!("## {id}: compile {:#?}", c.diagnostics);
            bad += 1;
            continue;
        };
        let job = exec::Job { file: id.into(), hunt: h, plan, catalog, diagnostics: vec![], folder: "/tmp".into() };
        let open = |_: &str| Ok(store.clone());
        let analytic = |_: &str| None;
        let report = exec::run(
            job,
            &exec::RunOptions {
                open: &open,
                analytic: &analytic,
                keys: true,
                allow_partial: false,
                concurrency: 4,
                roots: vec![],
                cancel: Default::default(),
                read: Default::default(),
                done: Default::default(),
                run_id: "x".into(),
                max_records: None,
                max_requests: None,
                timeout: None,
            },
        );
        let mut problems = vec![];
        for (name, e) in hunt["expect"].as_object().unwrap() {
            let (n, ver) = name.split_once('#').map_or((name.as_str(), None), |(n, v)| (n, Some(v.parse::<u32>().unwrap())));
            let v = report.variables.iter().rfind(|v| v.name == n && ver.is_none_or(|x| x == v.version));
            let Some(v) = v else {
                problems.push(format!("{name} missing"));
                continue;
            };
            for (field, got) in [("entities", v.entities), ("records", v.records)] {
                if let Some(w) = e[field].as_u64() {
                    if got != Some(w) {
                        problems.push(format!("{name}.{field}: want {w} got {got:?}"));
                    }
                }
            }
            if e["entities"].is_u64() && v.unidentified.unwrap_or(99999) != e["unidentified"].as_u64().unwrap_or(0) && !v.grouped {
                problems.push(format!("{name}.unidentified: want {} got {:?}", e["unidentified"], v.unidentified));
            }
            if let Some(k) = e.get("keys").filter(|k| k.is_array()) {
                let got = serde_json::to_value(&v.keys).unwrap();
                if &got != k {
                    problems.push(format!("{name}.keys: want {k} got {got}").chars().take(600).collect());
                }
            }
        }
        for (d, w) in report.displays.iter().zip(hunt["displays"].as_array().unwrap()) {
            let got = serde_json::to_value(&d.rows).unwrap();
            if got != w["rows"] {
                problems.push(format!("disp {:?}: want {} got {}", d.columns, w["rows"], got).chars().take(900).collect());
            }
        }
        if report.displays.len() != hunt["displays"].as_array().unwrap().len() {
            problems.push("displays count".into());
        }
        for d in &report.diagnostics {
            if d.severity == huntc_compiler::diag::Severity::Error {
                problems.push(format!("{d:?}"));
            }
        }
        if problems.is_empty() {
            good += 1
        } else {
            bad += 1;
            println!("## {id}\n{}", problems.join("\n"));
        }
    }
    println!("good {good} bad {bad}");
}
