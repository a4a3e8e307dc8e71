//! Sixty questions of hunters over real telemetry, each asked twice: as a huntflow, and in EQL, which the Python package `eql`
//! answers in a process of its own. Single events must give equal records, sequences equal values of what their steps share.

use crate::oracle::shared;
use crate::support::cli::Huntc;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// One file of questions.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Questions {
    question: Vec<Question>,
}

/// What is asked, in both languages.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    name: String,
    /// The data set in `shared/data`.
    data: String,
    /// The question in plain words.
    #[allow(dead_code)]
    asked: String,
    /// Binds `x`, from `stixshifter://data`.
    hunt: String,
    eql: String,
    /// `records`, or the field whose values are compared.
    same: String,
    /// How many records or values there are: 0 only where the question says that there is nothing.
    answers: usize,
    /// Where the two languages mean different things, and what of it shows here.
    #[serde(default)]
    #[allow(dead_code)]
    but: String,
}

fn questions() -> Vec<Question> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/questions");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "toml"));
    files.sort();
    let read = |file: &PathBuf| {
        let text = std::fs::read_to_string(file).unwrap();
        toml::from_str::<Questions>(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display())).question
    };
    files.iter().flat_map(read).collect()
}

/// What huntc answers: line numbers of records, or values as text.
fn answers_of_huntc(folder: &Path, questions: &[Question]) -> BTreeMap<String, BTreeSet<String>> {
    let mut of_data: BTreeMap<&str, Vec<&Question>> = BTreeMap::new();
    for question in questions {
        of_data.entry(&question.data).or_default().push(question);
    }
    let mut found = BTreeMap::new();
    for (data, asked) in of_data {
        let mut huntc = Huntc::new();
        for question in &asked {
            huntc = huntc.file(&format!("{}.hf", question.name), shown(question));
        }
        let hunts: Vec<String> = asked.iter().map(|question| format!("{}.hf", question.name)).collect();
        let path = folder.join(format!("data/{data}.ndjson.gz"));
        let ran = huntc.run(&format!("run {} --source data={} --out out --quiet", hunts.join(" "), path.display()));
        assert_eq!(ran.code, Some(0), "{data}: {}", ran.stderr);
        let report = huntc.report("out");
        for (question, hunt) in asked.iter().zip(report["hunts"].as_array().unwrap()) {
            let display = hunt["displays"].as_array().and_then(|all| all.last()).unwrap();
            found.insert(question.name.clone(), values(display, question.same == "records"));
        }
    }
    found
}

/// The hunt, and a DISP of what is compared.
fn shown(question: &Question) -> String {
    let column = if question.same == "records" { "observation_id" } else { &question.same };
    format!("{}\nDISP ADDOBSID(x) ATTR {column}\n", question.hunt)
}

fn values(display: &Json, records: bool) -> BTreeSet<String> {
    // The column of the record comes first.
    let text = |row: &Json| match &row[usize::from(!records)] {
        Json::String(text) if records => text.rsplit(':').next().map(str::to_owned),
        Json::String(text) => Some(text.clone()),
        Json::Null => None,
        other => Some(other.to_string()),
    };
    display["rows"].as_array().unwrap().iter().filter_map(text).collect()
}

/// A Python that has the package `eql`: `HUNTC_EQL_PYTHON`, else the one that `.ci/run` makes. Where there is none the test says
/// so; with `HUNTC_REQUIRE_EQL=1` it fails.
fn python() -> Option<PathBuf> {
    let made = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/eql/bin/python");
    let named = std::env::var_os("HUNTC_EQL_PYTHON").map(PathBuf::from);
    let found = named.or_else(|| made.is_file().then_some(made));
    let required = std::env::var_os("HUNTC_REQUIRE_EQL").is_some_and(|v| v == "1");
    assert!(found.is_some() || !required, "no Python with the package eql, and HUNTC_REQUIRE_EQL is set");
    found
}

/// What EQL answers.
fn answers_of_eql(python: &Path, folder: &Path, questions: &[Question]) -> BTreeMap<String, BTreeSet<String>> {
    let job = |q: &Question| json!({"name": q.name, "data": folder.join(format!("data/{}.ndjson.gz", q.data)), "eql": q.eql, "same": q.same});
    let jobs: Vec<Json> = questions.iter().map(job).collect();
    let engine = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/questions/engine.py");
    let mut command = Command::new(python);
    let mut child = command.arg(engine).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(Json::from(jobs).to_string().as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    assert!(done.status.success(), "the engine of EQL ended with {}", done.status);
    let lines = String::from_utf8(done.stdout).unwrap();
    let told = lines.lines().map(|line| {
        let job: Json = serde_json::from_str(line).unwrap();
        let name = job["name"].as_str().unwrap().to_owned();
        let answer = job["answer"].as_array().unwrap_or_else(|| panic!("{name}: EQL says {}", job["error"]));
        let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        (name, answer.iter().map(text).collect())
    });
    told.collect()
}

#[test]
fn sixty_questions_have_the_answers_of_eql() {
    let Some(folder) = shared::folder() else { return };
    let questions = questions();
    let names: BTreeSet<&str> = questions.iter().map(|q| q.name.as_str()).collect();
    assert_eq!(names.len(), questions.len(), "each question has a name of its own");
    assert!(questions.len() >= 60, "{} questions", questions.len());

    let ours = answers_of_huntc(&folder, &questions);
    let mut wrong: Vec<String> = Vec::new();
    for question in &questions {
        let found = ours[&question.name].len();
        if found != question.answers {
            wrong.push(format!("{}: {found} answers, not {}", question.name, question.answers));
        }
    }
    match python() {
        None => eprintln!(
            "SKIPPED: no EQL engine: `python3 -m venv target/eql && target/eql/bin/pip install eql==1.0.1`, or HUNTC_EQL_PYTHON"
        ),
        Some(python) => {
            let theirs = answers_of_eql(&python, &folder, &questions);
            for question in questions.iter().filter(|q| ours[&q.name] != theirs[&q.name]) {
                let (we, they) = (&ours[&question.name], &theirs[&question.name]);
                let only = |a: &BTreeSet<String>, b: &BTreeSet<String>| a.difference(b).take(5).cloned().collect::<Vec<_>>();
                wrong.push(format!("{}: only here {:?}, only EQL {:?}", question.name, only(we, they), only(they, we)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
