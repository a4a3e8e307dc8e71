//! What Kestrel's tutorials ask, of a bundle of the same shape: the figures are Kestrel's, counted over the objects themselves.

use super::lab::{Lab, SOURCE};
use crate::support::cli::Huntc;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Tutorials 0 to 6 over one bundle.
const HUNT: &str = r"
proclist = NEW process [{'name': 'cmd.exe', 'pid': '123'}, {'name': 'explorer.exe', 'pid': '99'}]
svchost = GET process FROM file://lab.json WHERE name = 'svchost.exe' START 2021-01-01T00:00:00Z STOP 2022-01-01T00:00:00Z
scheduler = svchost WHERE command_line LIKE '%Schedule%'
others = GET process FROM svchost WHERE command_line NOT LIKE '%Schedule%'
everything = GET process WHERE name LIKE '%'
local = NEW ipv4-addr ['192.168.56.112']
traffic = GET network-traffic FROM file://lab.json WHERE src_ref.value = local.value
parents = FIND process CREATED svchost
children = FIND process CREATED BY svchost
connections = FIND network-traffic CREATED BY svchost
openers = FIND process CREATED connections
owners = FIND user-account OWNED svchost
targets = FIND ipv4-addr ACCEPTED connections
accepted = FIND network-traffic ACCEPTED BY targets
together = parents + children
by_target = GROUP traffic BY dst_ref.value WITH COUNT(src_port) AS flows
rows = TIMESTAMPED(scheduler)
DISP by_target
DISP rows ATTR first_observed, pid, name, command_line
INFO svchost
";

#[test]
fn the_figures_of_tutorials_are_kestrels() {
    for lab in [Lab::small(), Lab::of(150, 5)] {
        for (form, bundle) in [("2.0", lab.bundle()), ("2.1", lab.bundle_21())] {
            let huntc = Huntc::new().file("h.hf", HUNT).file("lab.json", bundle);
            let ran = huntc.run("run h.hf --keys --out r --no-hints");
            assert_eq!(ran.code, Some(0), "{}", ran.text());
            assert!(ran.stderr.is_empty() || !ran.stderr.contains("Warning"), "{}", ran.text());
            check(&lab, &huntc.report("r"), form);
        }
    }
}

fn check(lab: &Lab, report: &Value, form: &str) {
    let hunt = &report["hunts"][0];
    let variables: BTreeMap<&str, &Value> =
        hunt["variables"].as_array().unwrap().iter().map(|variable| (variable["name"].as_str().unwrap(), variable)).collect();
    let figures = |name: &str| (variables[name]["entities"].as_u64().unwrap(), variables[name]["records"].as_u64().unwrap());
    let keys = |name: &str| -> BTreeSet<String> {
        variables[name]["keys"].as_array().unwrap().iter().map(|key| key[0].as_str().unwrap().to_owned()).collect()
    };
    let ids = |processes: &BTreeSet<usize>| -> BTreeSet<String> { processes.iter().map(|at| Lab::id(*at)).collect() };

    let svchost = lab.which(|process| process.name == "svchost.exe");
    let all = lab.which(|_| true);
    for (name, wanted) in [
        ("svchost", &svchost),
        ("scheduler", &lab.which(|p| p.name == "svchost.exe" && p.command_line.contains("Schedule"))),
        ("others", &lab.which(|p| p.name == "svchost.exe" && !p.command_line.contains("Schedule"))),
        ("everything", &all),
    ] {
        assert_eq!(keys(name), ids(wanted), "{form} {name}");
        assert_eq!(figures(name), (wanted.len() as u64, lab.records(wanted)), "{form} {name}");
    }
    let parent = |at: &usize| lab.processes[*at].parent;
    let parents: BTreeSet<usize> = svchost.iter().filter_map(parent).collect();
    let children = lab.which(|process| process.parent.is_some_and(|parent| svchost.contains(&parent)));
    assert_eq!(keys("parents"), ids(&parents), "{form}");
    assert_eq!(keys("children"), ids(&children), "{form}");
    assert_eq!(keys("together"), ids(&parents.union(&children).copied().collect()), "{form}");
    let connections = lab.connections(&svchost);
    assert_eq!(figures("connections").0, connections.len() as u64, "{form}");
    let openers: BTreeSet<usize> = lab
        .seen
        .iter()
        .filter(|seen| seen.connection.is_some_and(|one| connections.contains(&one)))
        .map(|seen| seen.process)
        .collect();
    assert_eq!(keys("openers"), ids(&openers), "{form}");
    assert_eq!(figures("traffic").0, lab.connections(&all).len() as u64, "{form}");
    let observed: u64 = lab.seen.iter().filter(|seen| seen.connection.is_some()).map(|seen| seen.times).sum();
    assert_eq!(figures("traffic").1, observed, "{form}");
    let targets: BTreeSet<String> = connections.iter().map(|(.., last)| format!("10.0.0.{last}")).collect();
    assert_eq!(keys("targets"), targets, "{form}");
    let accepted = lab.connections(&all).into_iter().filter(|(.., last)| targets.contains(&format!("10.0.0.{last}"))).count();
    assert_eq!(figures("accepted").0, accepted as u64, "{form}");
    assert_eq!(figures("local").0, 1, "{form} {SOURCE}");

    let mut groups: BTreeMap<String, u64> = BTreeMap::new();
    for (.., last) in lab.connections(&all) {
        *groups.entry(format!("10.0.0.{last}")).or_default() += 1;
    }
    let rows: Vec<Value> = groups.iter().map(|(target, flows)| json!([target, flows])).collect();
    assert_eq!(hunt["displays"][0]["rows"], json!(rows), "{form}");
    // A row for each observation: those of one time are shown once.
    let schedulers = lab.which(|p| p.name == "svchost.exe" && p.command_line.contains("Schedule"));
    let rows = hunt["displays"][1]["rows"].as_array().unwrap();
    assert_eq!(rows.len(), lab.mentions(&schedulers).map(|(_, count)| count).sum::<usize>(), "{form} {rows:#?}");
}

#[test]
fn what_ingest_makes_of_a_bundle_is_what_a_hunt_reads() {
    let lab = Lab::of(40, 4);
    let huntc = Huntc::new().file("lab.json", lab.bundle()).file(
        "h.hf",
        "p = GET process FROM stixshifter://lab WHERE name = 'svchost.exe'\nn = FIND network-traffic CREATED BY p\nDISP p\nDISP n\n",
    );
    let ingested = huntc.run("ingest lab.json --store store");
    assert_eq!(ingested.code, Some(0), "{}", ingested.text());
    let report = |source: &str| {
        let ran = huntc.run(&format!("run h.hf --source lab={source} --keys --out r-{source} --no-hints"));
        assert_eq!(ran.code, Some(0), "{}", ran.text());
        let report = huntc.report(&format!("r-{source}"));
        ["variables", "displays"].map(|part| {
            let mut part = report["hunts"][0][part].clone();
            for one in part.as_array_mut().unwrap() {
                one.as_object_mut()
                    .unwrap()
                    .retain(|key, _| ["name", "entities", "records", "keys", "rows"].contains(&key.as_str()));
            }
            part
        })
    };
    assert_eq!(report("lab.json"), report("store"));
}
