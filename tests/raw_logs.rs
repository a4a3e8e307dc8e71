//! Raw exports of data sets give the reports that the same data sets give in ECS.

use crate::differential::written;
use crate::examples::examples;
use crate::oracle::report::differences;
use crate::oracle::{Options, shared};
use crate::product::{self, Counting};
use crate::support::cli::Huntc;
use std::fmt::Write as _;
use std::path::Path;

/// A data set that is there in both forms, and what sets its clock right.
struct RawSet {
    name: &'static str,
    /// What the export of PowerShell needs: its times are of a clock of twelve hours in a zone of its own.
    offset: Option<&'static str>,
}

const SETS: [RawSet; 5] = [
    RawSet { name: "cmd_lsass_memory_dumpert_syscalls", offset: Some("+16h") },
    RawSet { name: "cmd_mshta_vbscript_execute_psh", offset: Some("+4h") },
    RawSet { name: "covenant_psremoting_grunt", offset: None },
    RawSet { name: "empire_wmic_add_user_backdoor", offset: None },
    RawSet { name: "psh_lsass_memory_dump_comsvcs", offset: Some("+16h") },
];

/// Hunts whose reports differ, and why.
const EXPLAINED: [(&str, &str); 0] = [];

/// A hunt with its name.
struct Named {
    name: String,
    text: String,
}

/// The names that the hunts of a data set ask.
fn names(hunts: &[Named]) -> Vec<String> {
    let mut names: Vec<String> = vec!["s".to_owned(), "s2".to_owned()];
    for hunt in hunts {
        let asked = hunt.text.split("stixshifter://").skip(1);
        names.extend(asked.filter_map(|rest| Some(rest.split([' ', ',', '\n']).next()?.to_owned())));
    }
    names.sort();
    names.dedup();
    names
}

/// The worked examples and the written hunts over a data set.
fn hunts(set: &RawSet, folder: &Path) -> Vec<Named> {
    let (worked, files) = examples(folder);
    let file = format!("{}.ndjson.gz", set.name);
    let of_set = |dataset: &String| files[dataset].ends_with(&file);
    let worked = worked.into_iter().filter(|hunt| of_set(&hunt.dataset)).map(|hunt| Named { name: hunt.id, text: hunt.text });
    let written = written().remove(&file).unwrap_or_default().into_iter().map(|hunt| Named { name: hunt.name, text: hunt.text });
    worked.chain(written).collect()
}

/// What the hunts of a data set find otherwise in `raw` than in ECS, but for what is explained.
fn compare(set: &RawSet, folder: &Path, raw: &Path, flags: &dyn Fn(&str) -> Vec<String>, used: &mut Vec<String>) -> String {
    let hunts = hunts(set, folder);
    assert!(hunts.len() > 1, "{}: hardly a hunt", set.name);
    let names = names(&hunts);
    let texts: Vec<String> = hunts.iter().map(|hunt| hunt.text.clone()).collect();
    let run = |path: &Path, flags: &[String]| {
        let sources: Vec<(String, String)> = names.iter().map(|name| (name.clone(), path.display().to_string())).collect();
        product::run_flagged(&sources, &texts, Options::default(), Counting::Seldom, flags).verdicts
    };
    let flags: Vec<String> = names.iter().flat_map(|name| flags(name)).collect();
    let ecs = run(&folder.join("data").join(format!("{}.ndjson.gz", set.name)), &[]);
    let mut out = String::new();
    for (hunt, (ecs, raw)) in hunts.iter().zip(ecs.into_iter().zip(run(raw, &flags))) {
        let difference = match (ecs, raw) {
            (Ok(ecs), Ok(raw)) => differences(&ecs, &raw),
            (ecs, raw) => format!("ECS {:?}\nraw {:?}\n", ecs.err(), raw.err()),
        };
        if difference.is_empty() {
            continue;
        }
        match EXPLAINED.iter().find(|(name, _)| *name == hunt.name) {
            Some((name, _)) => used.push((*name).to_owned()),
            None => drop(writeln!(out, "{} {}\n{difference}", set.name, hunt.name)),
        }
    }
    out
}

#[test]
fn raw_exports_give_the_reports_of_ecs() {
    let Some(folder) = shared::folder() else { return };
    let (mut out, mut used) = (String::new(), Vec::new());
    for set in SETS {
        let raw = folder.join("data/raw").join(format!("{}.zip", set.name));
        let flags = |name: &str| match set.offset {
            Some(offset) => vec!["--log-time-offset".to_owned(), format!("{name}={offset}")],
            None => Vec::new(),
        };
        out += &compare(&set, &folder, &raw, &flags, &mut used);
    }
    assert!(out.is_empty(), "{out}");
    let unused: Vec<&str> = EXPLAINED.iter().map(|(name, _)| *name).filter(|name| !used.iter().any(|u| u == name)).collect();
    assert!(unused.is_empty(), "nothing differs in {unused:?} any more");
}

#[test]
fn a_converted_export_gives_the_reports_of_ecs() {
    let Some(folder) = shared::folder() else { return };
    let place = tempfile::tempdir().unwrap();
    let mut out = String::new();
    for set in SETS.into_iter().filter(|set| set.name.starts_with("cmd_mshta")) {
        let converted = place.path().join("converted.ndjson");
        let raw = folder.join("data/raw").join(format!("{}.zip", set.name));
        let flags: Vec<String> = set.offset.map(|offset| format!("--log-time-offset={offset}")).into_iter().collect();
        product::convert(&raw, &converted, &flags);
        out += &compare(&set, &folder, &converted, &|_| Vec::new(), &mut Vec::new());
    }
    assert!(out.is_empty(), "{out}");
}

/// The offset that a data set needs is the one that a run without it names.
#[test]
fn a_run_names_the_offset_that_a_raw_export_needs() {
    let Some(folder) = shared::folder() else { return };
    for set in SETS {
        let raw = folder.join("data/raw").join(format!("{}.zip", set.name)).display().to_string();
        let huntc = Huntc::new().file("h.hf", "x = GET process FROM stixshifter://lab WHERE pid = 4\n");
        let lines = [
            (format!("run h.hf --quiet --source lab={raw}"), "--log-time-offset lab="),
            (format!("ingest {raw} --store s --quiet"), "--log-time-offset="),
            (format!("convert {raw} --to x.ndjson --quiet"), "--log-time-offset="),
            (format!("doctor {raw}"), &format!("--log-time-offset {}=", set.name)),
        ];
        // One is enough where nothing is told.
        for (line, flag) in lines.iter().take(if set.offset.is_some() { 4 } else { 1 }) {
            let told = huntc.run(line).text();
            match set.offset {
                Some(offset) => assert!(told.contains("K0766") && told.contains(&format!("`{flag}{offset}`")), "{line}\n{told}"),
                None => assert!(!told.contains("K0766"), "{line}\n{told}"),
            }
            let Some(offset) = set.offset else { continue };
            let told = huntc.run(&format!("{line} {flag}{offset}")).text();
            assert!(!told.contains("K0766"), "{line} {flag}{offset}\n{told}");
        }
    }
}

/// A process by Sysmon, and the logon that came with it: by the log they are four hours earlier.
const EXPORT: &str = r#"{"EventID":1,"SourceName":"Microsoft-Windows-Sysmon","Channel":"Microsoft-Windows-Sysmon/Operational","Hostname":"ws5","TimeCreated":"2020-10-22T02:57:59.847Z","UtcTime":"2020-10-22 06:57:59.830","ProcessGuid":"{39e4a257-2d77-5f91-6a13-000000000700}","ProcessId":"10980","Image":"C:\\Windows\\System32\\cmd.exe"}
{"EventID":4624,"SourceName":"Microsoft-Windows-Security-Auditing","Channel":"Security","Hostname":"ws5","TimeCreated":"2020-10-22T02:58:01.000Z","TargetUserName":"eve","TargetUserSid":"S-1-5-21-1-2-3-1104","LogonType":"3"}
"#;
const LOGON: &str = "u = GET x-oca-event FROM stixshifter://lab WHERE code = '4624' START 2020-10-22T06:00:00Z STOP 2020-10-22T07:00:00Z\nDISP u ATTR code\n";

fn lab() -> Huntc {
    Huntc::new().file("export.json", EXPORT).file("h.hf", LOGON)
}

#[test]
fn a_logon_of_a_local_clock_is_missed_and_told_and_found_with_the_offset() {
    let huntc = lab().file("own.toml", "[sources.lab]\npath = 'export.json'\nlog_time_offset = '+4h'\n");
    let ran = huntc.run("run h.hf --source lab=export.json --out r");
    assert!(ran.text().contains("K0766") && ran.text().contains("incomplete"), "{}", ran.text());
    let report = huntc.report("r");
    assert_eq!((&report["hunts"][0]["complete"], &report["hunts"][0]["variables"][0]["records"]), (&false.into(), &0.into()));
    assert!(report["hunts"][0]["sources"][0]["clocks"][0].as_str().unwrap().contains("4h too early"), "{report}");
    let huntc = huntc.file("b.json", EXPORT).file("c.json", EXPORT);
    for (line, records) in [
        ("run h.hf --source lab=export.json --log-time-offset lab=+4h --out right", 1),
        ("run h.hf --config own.toml --out right", 1),
        // What the configuration says holds for other files of the name, for each of several too.
        ("run h.hf --config own.toml --source lab=export.json --source lab=b.json --source lab=c.json --out right", 3),
        ("run h.hf --source lab=export.json --source lab=b.json --log-time-offset lab=+4h --out right", 2),
    ] {
        let ran = huntc.run(line);
        let report = huntc.report("right");
        let hunt = &report["hunts"][0];
        assert_eq!((&hunt["complete"], &hunt["variables"][0]["records"]), (&true.into(), &records.into()), "{line}");
        assert!(!ran.text().contains("K0766"), "{}", ran.text());
    }
    // The document behind a row is read with the offset too.
    let page = std::fs::read_to_string(huntc.path("right/report.html")).unwrap();
    assert!(page.contains("2020-10-22T06:58:01.000Z") && !page.contains("2020-10-22T02:58:01.000Z"));
}

#[test]
fn a_wrong_offset_is_told_with_the_right_one() {
    let ran = lab().run("run h.hf --source lab=export.json --log-time-offset lab=-8h");
    assert!(ran.text().contains("`--log-time-offset lab=+4h`"), "{}", ran.text());
}

#[test]
fn an_offset_needs_a_log_file() {
    let huntc = lab();
    assert_eq!(huntc.run("ingest export.json --store store --log-time-offset=+4h").code, Some(0));
    let ran = huntc.run("run h.hf --source lab=store --quiet --out r");
    let records = huntc.report("r")["hunts"][0]["variables"][0]["records"].clone();
    assert_eq!((ran.code, records), (Some(0), 1.into()), "{}", ran.text());
    for (line, says) in [
        ("run h.hf --source lab=store --log-time-offset lab=+4h", "`lab` is no log file"),
        ("run h.hf --source lab=export.json --log-time-offset lap=+4h", "no data source `lap` is bound"),
        ("run h.hf --source lab=export.json --log-time-offset lab=4", "`4` is no offset"),
        ("run h.hf --source lab=export.json --log-time-offset +4h", "takes `NAME=OFFSET`"),
        ("ingest export.json --store s --log-time-offset 4h", "a sign with hours"),
    ] {
        let ran = huntc.run(line);
        assert!(ran.code == Some(2) && ran.text().contains(says), "{line}\n{}", ran.text());
    }
}

#[test]
fn doctor_looks_at_a_file_that_nothing_binds() {
    let huntc = lab();
    let ran = huntc.run("doctor export.json");
    assert!(ran.code == Some(0) && ran.text().contains("`--log-time-offset export=+4h`"), "{}", ran.text());
    let ran = huntc.run("doctor export.json --log-time-offset export=+4h --format json");
    let found: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&found[0]["found"]["records"], &found[0]["found"]["log_clocks"]), (&2.into(), &serde_json::json!([])));
    // What is bound wins.
    let ran = huntc.run("doctor lab --source lab=export.json");
    assert!(ran.text().contains("lab="), "{}", ran.text());
    assert_eq!(huntc.run("doctor nothing.json").code, Some(2));
}
