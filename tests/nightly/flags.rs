//! Flags of `huntc run` that mean the same at night: each changes what a night's hunt finds, as it does in a run.

use crate::support::cli::Huntc;

const RECORDS: &str = r#"{"@timestamp":"2026-01-01T01:00:00Z","event":{"code":"1","category":["process"],"type":["start"]},"host":{"name":"a"},"acme":{"team":"red"},"process":{"entity_id":"p1","name":"evil.exe","pid":7}}
{"@timestamp":"2026-01-01T01:00:01Z","event":{"code":"1","category":["process"],"type":["start"]},"host":{"name":"a"},"process":{"name":"bare.exe","pid":8}}
"#;

const MAPPING: &str = "entity,slot,attribute,type,rule,fields,flags\nprocess,self,x_team,text,value,acme.team,\n";

/// What a first night finds: the exit status, which is 5 where something is new.
fn night(condition: &str, flags: &str) -> (Option<i32>, String) {
    let huntc = Huntc::new()
        .file("hunts/a.hf", format!("# titel: x\nx = GET process FROM stixshifter://lab WHERE {condition}\nDISP x ATTR name\n"))
        .file("events.ndjson", RECORDS)
        .file("site.csv", MAPPING);
    let ran = huntc.run(&format!("nightly run hunts --at 2026-01-01T02:00:00Z --fail-on-findings --quiet {flags}"));
    (ran.code, ran.stderr)
}

#[test]
fn flags_of_a_run_reach_the_hunts_of_a_night() {
    let bound = "--source lab=events.ndjson";
    for (condition, flag, without, with) in [
        ("name = 'EVIL.EXE'", "--ignore-case", 0, 5),
        ("x_team = 'red'", "--mapping site.csv", 1, 5),
        ("name = 'bare.exe'", "--process-identity ladder", 0, 5),
        ("name = 'bare.exe'", "--process-identity entity-id", 0, 0),
        ("name = 'evil.exe'", "--deny K0850", 5, 1),
        ("name = 'evil.exe'", "--deny warnings --allow K0850", 5, 5),
        ("name = 'evil.exe'", "--deny warnings --warn K0850", 5, 5),
    ] {
        assert_eq!(night(condition, bound).0, Some(without), "{condition} without {flag}");
        let (code, told) = night(condition, &format!("{bound} {flag}"));
        assert_eq!(code, Some(with), "{condition} with {flag}: {told}");
    }
}

#[test]
fn a_source_that_is_not_bound_is_told_as_in_a_run() {
    let (code, told) = night("name = 'evil.exe'", "--source lap=events.ndjson");
    assert_eq!(code, Some(3), "{told}");
    assert!(told.contains("nothing is bound to the data source `lab`") && told.contains("`lap` is bound, from --source"), "{told}");
}

#[test]
fn flags_that_a_night_does_not_have_are_refused() {
    for flag in ["--window 24h", "--lean", "--allow-partial", "--keys", "--no-hints", "--format json", "--raw-csv"] {
        assert_eq!(night("name = 'evil.exe'", flag).0, Some(2), "{flag}");
    }
}
