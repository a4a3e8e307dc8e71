//! Tests of SARIF.

use super::*;
use crate::report::tests::run;
use huntc_compiler::diag::codes;
use huntc_compiler::source::{Cell, Source};

fn diagnostic(span: Span, fix: Option<Span>) -> Diagnostic {
    let code = codes::find("K0201").unwrap();
    let told =
        Diagnostic::new(code, span, "no attribute `nam` {0} [see](https://evil.example)").label("here").also(span, "and here");
    match fix {
        Some(span) => told.fix("the nearest is", span, "name"),
        None => told,
    }
}

fn read(log: &SarifLog) -> Json {
    serde_json::from_str(&log.text()).unwrap()
}

#[test]
fn a_mistake_has_its_place_its_rule_and_its_fix() {
    let mut sources = SourceSet::default();
    let id = sources.add_text("hunts/a b.hf", "x\né nam");
    let span = Span::new(id, 5, 8);
    let log = read(&SarifLog::of_check(&[diagnostic(span, Some(span))], &sources));
    let result = &log["runs"][0]["results"][0];
    assert_eq!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "hunts/a%20b.hf");
    let region = serde_json::json!({ "startLine": 2, "startColumn": 3, "endLine": 2, "endColumn": 6 });
    assert_eq!(result["locations"][0]["physicalLocation"]["region"], region);
    let replacement = &result["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!((&replacement["deletedRegion"], &replacement["insertedContent"]["text"]), (&region, &Json::from("name")));
    assert_eq!((&result["level"], &result["ruleId"]), (&Json::from("error"), &Json::from("K0201")));
    assert_eq!(result["relatedLocations"][0]["message"]["text"], "and here");
    // Neither a link nor a placeholder.
    assert!(result["message"]["text"].as_str().unwrap().starts_with(r"no attribute `nam` {{0}} \[see\](https://evil.example)"));
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!((rules.len(), &rules[0]["id"]), (1, &Json::from("K0201")));
}

#[test]
fn in_a_huntbook_the_cell_is_the_place() {
    let mut sources = SourceSet::default();
    let cells = vec![Cell { number: 3, start: 0 }];
    let id = sources.add(Source { name: "/b.ipynb".into(), text: "\nx".into(), cells, left_out: Vec::new(), prose: Vec::new() });
    let log = read(&SarifLog::of_check(&[diagnostic(Span::new(id, 1, 2), Some(Span::new(id, 1, 2)))], &sources));
    let result = &log["runs"][0]["results"][0];
    assert_eq!(result["locations"][0]["physicalLocation"], serde_json::json!({ "artifactLocation": { "uri": "file:///b.ipynb" } }));
    assert_eq!(result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"], "cell 3, line 2");
    assert!(result.get("fixes").is_none() && result["message"]["text"].as_str().unwrap().starts_with("cell 3, line 2: "));
}

#[test]
fn each_row_of_a_disp_is_a_finding_and_what_is_missing_is_said() {
    let facts =
        HuntFacts { file: "x.hf".to_owned(), severity: Some("high"), attack: vec!["T1003".to_owned()], ..HuntFacts::default() };
    let mut run = run(&["x.hf"]);
    let log = read(&SarifLog::of_run(&run, std::slice::from_ref(&facts)));
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    assert_eq!(results[0]["level"], "error");
    assert_eq!(results[0]["properties"]["columns"]["pid"], 4824);
    assert_ne!(results[0]["partialFingerprints"], results[1]["partialFingerprints"]);
    assert!(
        !SarifLog::of_run(&run, std::slice::from_ref(&facts))
            .text()
            .chars()
            .any(|c| crate::report::sanitize::is_unsafe(c) && c != '\n')
    );
    assert_eq!(log["runs"][0]["invocations"][0]["executionSuccessful"], true);
    assert_eq!(log["runs"][0]["tool"]["driver"]["rules"][0]["properties"]["tags"], serde_json::json!(["security", "T1003"]));
    run.hunts[0].status = Status::Failed;
    run.hunts[0].displays.clear();
    let log = read(&SarifLog::of_run(&run, &[facts]));
    // Without DISP the last variable is the finding.
    assert_eq!(log["runs"][0]["results"][0]["message"]["text"], "tasks: 2 process");
    assert_eq!(log["runs"][0]["invocations"][0]["executionSuccessful"], false);
    assert_eq!(log["runs"][0]["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"], "x.hf: failed");
}
