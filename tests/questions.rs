//! Questions of hunters over real telemetry, each as a huntflow and as an EQL query of our own: both find the same records.
//!
//! The queries are run by the Python engine of the package `eql` (1.0.1), in a process of its own. `HUNTC_EQL_PYTHON` names the
//! Python that has it, else it is `python3`. Where none has it, nothing is compared, and that is said; `HUNTC_REQUIRE_EQL=1` makes
//! it a failure. That engine takes no heed of case in `==` and `in`; where that matters, the huntflow says LIKE.

use crate::oracle::{Options, shared};
use crate::product;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// One question.
#[derive(Deserialize)]
struct Question {
    name: String,
    /// The question in words.
    asks: String,
    /// A file of the telemetry.
    data: String,
    /// A huntflow that binds `x`.
    hunt: String,
    eql: String,
}

#[derive(Deserialize)]
struct Questions {
    question: Vec<Question>,
}

/// How many records, and the instants of them.
type Found = (usize, BTreeSet<String>);

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/questions")
}

fn questions() -> Vec<Question> {
    let text = std::fs::read_to_string(folder().join("questions.toml")).unwrap();
    let all: Questions = toml::from_str(&text).unwrap();
    all.question
}

/// The Python that has the engine; `None`: there is none, which was said.
fn python() -> Option<String> {
    let name = std::env::var("HUNTC_EQL_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has = Command::new(&name).args(["-c", "import eql; assert eql.__version__ == '1.0.1'"]).stderr(Stdio::null()).status();
    if has.is_ok_and(|status| status.success()) {
        return Some(name);
    }
    assert!(std::env::var_os("HUNTC_REQUIRE_EQL").is_none(), "{name} has no package eql 1.0.1");
    eprintln!("SKIPPED: {name} has no package eql 1.0.1 (pip install eql==1.0.1): no question was compared with EQL");
    None
}

/// What EQL finds: for each question its matches, or why it could not be asked.
fn ask_eql(python: &str, records: &Path, questions: &[&Question]) -> BTreeMap<String, Result<Found, String>> {
    let queries: BTreeMap<&str, &str> = questions.iter().map(|q| (q.name.as_str(), q.eql.as_str())).collect();
    let asked = json!({ "records": records, "queries": queries }).to_string();
    let mut child =
        Command::new(python).arg(folder().join("run_eql.py")).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(asked.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let answers: BTreeMap<String, Json> = serde_json::from_slice(&output.stdout).unwrap();
    let found = |answer: Json| match answer {
        Json::String(why) => Err(why),
        matches => {
            let events: BTreeSet<(u64, String)> =
                serde_json::from_value::<Vec<Vec<(u64, String)>>>(matches).unwrap().concat().into_iter().collect();
            Ok((events.len(), events.into_iter().map(|(_, time)| time).collect()))
        }
    };
    answers.into_iter().map(|(name, answer)| (name, found(answer))).collect()
}

/// What the huntflows find.
fn ask_huntc(data: &str, records: &Path, questions: &[&Question]) -> Vec<Result<Found, String>> {
    let hunts: Vec<String> = questions
        .iter()
        .map(|q| {
            format!(
                "{}\nDISP TIMESTAMPED(x) ATTR first_observed",
                q.hunt.replace("stixshifter://d", &format!("stixshifter://{data}"))
            )
        })
        .collect();
    let verdicts = product::run(&[(data.to_owned(), records.display().to_string())], &hunts, Options::default());
    let found = |outcome: crate::oracle::Outcome| {
        let records = outcome.bindings.iter().rev().find(|b| b.name == "x").and_then(|b| b.records).unwrap_or(0);
        let rows = outcome.displays.last().map(|d| d.rows.clone()).unwrap_or_default();
        (records, rows.iter().filter_map(|row| row.first()?.as_str().map(str::to_owned)).collect())
    };
    verdicts.into_iter().map(|verdict| verdict.map(found)).collect()
}

#[test]
fn questions_have_the_answers_of_eql() {
    let (Some(shared), Some(python)) = (shared::folder(), python()) else { return };
    let all = questions();
    let names: BTreeSet<&str> = all.iter().map(|q| q.name.as_str()).collect();
    assert_eq!(names.len(), all.len(), "each question has a name of its own");
    let files: BTreeSet<&str> = all.iter().map(|q| q.data.as_str()).collect();
    let mut faults = Vec::new();
    for data in files {
        let records = shared.join("data").join(format!("{data}.ndjson.gz"));
        let mine: Vec<&Question> = all.iter().filter(|q| q.data == data).collect();
        let eql = ask_eql(&python, &records, &mine);
        for (question, huntc) in mine.iter().zip(ask_huntc(data, &records, &mine)) {
            let (name, asks) = (&question.name, &question.asks);
            match (huntc, eql[name].clone()) {
                (Ok((0, _)), _) => faults.push(format!("{name}: {asks} Nobody: the question tests nothing")),
                (Ok(huntc), Ok(eql)) if huntc == eql => {}
                (huntc, eql) => faults.push(format!("{name}: {asks}\n  huntc {huntc:?}\n  EQL   {eql:?}")),
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
