//! What an analytic is given, and how its answer is read.

#![allow(clippy::unwrap_used)]

use super::{AnalyticAnswer, AnalyticCall, AnalyticRows, apply};
use crate::allowance::Allowance;
use crate::config::analytic::{Action, AnalyticBinding};
use crate::config::binding::BindingOrigin;
use crate::config::environment::Environment;
use crate::source::SourceError;
use crate::source::repair::Flaw;
use crate::testing::shown;
use huntc_compiler::value::Value;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tempfile::TempDir;

/// An analytic under test.
struct Trial {
    folder: TempDir,
    outputs: Option<Vec<String>>,
    timeout: Duration,
    arguments: Vec<(String, String)>,
    cancelled: bool,
    memory: Option<u64>,
}

impl Trial {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder, outputs: None, timeout: Duration::from_secs(20), arguments: Vec::new(), cancelled: false, memory: None }
    }

    fn call(&self, action: Action, tables: &[AnalyticRows]) -> Result<Vec<AnalyticRows>, SourceError> {
        self.ask(action, tables).map(|answer| answer.tables)
    }

    fn ask(&self, action: Action, tables: &[AnalyticRows]) -> Result<AnalyticAnswer, SourceError> {
        let origin = BindingOrigin::File("huntc.toml".into());
        let binding = AnalyticBinding {
            uri: "docker://x".into(),
            action,
            outputs: self.outputs.clone(),
            timeout: self.timeout,
            folder: self.folder.path().to_path_buf(),
            environment: Environment::of([("PATH", "/usr/bin:/bin")]),
            origin,
        };
        let allowance = Allowance::new(Arc::new(AtomicBool::new(self.cancelled)), None, self.memory);
        apply(
            &AnalyticCall { binding: &binding, arguments: &self.arguments, about: &[], memory: u64::MAX, allowance: &allowance },
            tables,
        )
    }

    /// Looks `rows` up in a table that is the text of a file with this name.
    fn lookup(&self, file: &str, text: &str, key: &str, rows: &AnalyticRows) -> Result<AnalyticRows, SourceError> {
        let table = self.folder.path().join(file);
        std::fs::write(&table, text).unwrap();
        self.call(Action::Lookup { table, key: key.to_owned() }, std::slice::from_ref(rows)).map(only)
    }

    /// Runs a shell script as an analytic over processes with these names.
    fn script(&self, script: &str, names: &[&str]) -> Result<AnalyticRows, SourceError> {
        self.scripts(script, &[names]).map(only)
    }

    /// Runs a shell script as an analytic over several tables at once.
    fn scripts(&self, script: &str, tables: &[&[&str]]) -> Result<Vec<AnalyticRows>, SourceError> {
        self.call(shell(script), &tables.iter().map(|names| named(names)).collect::<Vec<_>>())
    }
}

fn shell(script: &str) -> Action {
    Action::Exec(["sh", "-c", script].map(str::to_owned).to_vec())
}

/// The answer for the one table that was given.
fn only(mut answers: Vec<AnalyticRows>) -> AnalyticRows {
    assert_eq!(answers.len(), 1);
    answers.remove(0)
}

/// Rows with one column `name`.
fn named(names: &[&str]) -> AnalyticRows {
    let value = |name: &&str| vec![(*name != "-").then(|| Value::text(*name))];
    AnalyticRows { names: vec!["name".to_owned()], rows: names.iter().map(value).collect() }
}

/// Header and rows of an answer, with commas between the cells.
fn text(rows: Result<AnalyticRows, SourceError>) -> Vec<String> {
    let rows = rows.unwrap();
    let line = |row: &Vec<Option<Value>>| row.iter().map(|v| shown(v.as_ref())).collect::<Vec<_>>().join(",");
    std::iter::once(rows.names.join(",")).chain(rows.rows.iter().map(line)).collect()
}

/// The headline of a failure. Checks that the failure has the code of analytics and a help.
fn fault<T: std::fmt::Debug>(answer: Result<T, SourceError>) -> String {
    let error = answer.unwrap_err();
    assert_eq!((error.code.id, error.helps.is_empty()), ("K1002", false), "{error:?}");
    error.message.replace("the analytic \"docker://x\" failed: ", "")
}

/// A script that answers every row.
const ECHO: &str = r#"while read -r line; do echo '{"seen": true}'; done"#;

#[test]
fn a_lookup_gives_the_columns_of_the_row_with_the_same_key() {
    let table = "name,owner,score\nsh,alice,1\nls,,2\n";
    let answer = Trial::new().lookup("t.csv", table, "name", &named(&["ls", "sh", "cat", "-"]));
    assert_eq!(text(answer), ["owner,score", "-,2", "alice,1", "-,-", "-,-"]);
}

#[test]
fn of_several_rows_with_one_key_the_first_counts_and_comments_are_none() {
    let table = "name,owner\n# sh,nobody\nsh,alice\nsh,bob\n";
    assert_eq!(text(Trial::new().lookup("t.csv", table, "name", &named(&["sh"]))), ["owner", "alice"]);
}

#[test]
fn the_key_is_the_first_column_where_none_has_its_name() {
    assert_eq!(text(Trial::new().lookup("t.csv", "program,owner\nsh,alice\n", "name", &named(&["sh"]))), ["owner", "alice"]);
}

#[test]
fn a_key_that_is_a_number_is_compared_as_it_prints() {
    let rows = AnalyticRows { names: vec!["pid".to_owned()], rows: vec![vec![Some(Value::Int(7))]] };
    assert_eq!(text(Trial::new().lookup("t.csv", "pid,owner\n07,bob\n7,alice\n", "pid", &rows)), ["owner", "alice"]);
}

#[test]
fn a_lookup_table_may_be_json() {
    let table = r#"[{"name": "sh", "score": 1, "owner": null}, {"name": "ls", "tags": ["a"]}]"#;
    assert_eq!(
        text(Trial::new().lookup("t.json", table, "name", &named(&["sh", "ls"]))),
        ["owner,score,tags", "-,1,-", "-,-,[\"a\"]"]
    );
}

#[test]
fn a_lookup_by_what_the_rows_lack_fails() {
    let answer = Trial::new().lookup("t.csv", "pid,owner\n", "pid", &named(&["sh"]));
    assert_eq!(fault(answer), "the rows have no attribute \"pid\"");
}

#[test]
fn a_table_that_cannot_be_read_fails_and_its_path_is_named() {
    let trial = Trial::new();
    let unreadable = format!("its table {} cannot be read", trial.folder.path().join("t.csv").display());
    assert_eq!(fault(trial.lookup("t.csv", "name,owner\nsh\n", "name", &named(&["sh"]))), unreadable);
    let missing = Action::Lookup { table: trial.folder.path().join("none.csv"), key: "name".to_owned() };
    assert!(fault(trial.call(missing, &[named(&["sh"])])).ends_with("none.csv cannot be read"));
}

#[test]
fn a_value_of_an_answer_that_is_no_json_is_mended_and_told() {
    let poisoned = [
        (r#"{"x":"a\ud800b"}"#, "a\u{fffd}b", Some(Flaw::NoCharacter)),
        (r#"{"x":"a\377b"}"#, "a\u{fffd}b", Some(Flaw::NoCharacter)),
        (r#"{"x":"a\001b"}"#, "a\u{1}b", Some(Flaw::Control)),
        (r#"{"x":"C:\\q"}"#, "C:\\q", Some(Flaw::Backslash)),
        (r#"{"x":NaN}"#, "NaN", Some(Flaw::Number)),
        (r#"{"x":1e400}"#, "1e400", Some(Flaw::Number)),
    ];
    for (line, value, flaw) in poisoned {
        let script = format!("printf '{{\"x\":1}}\n{}\n'", line.replace(r"\ud", r"\\ud"));
        let answer = Trial::new().ask(shell(&script), &[named(&["sh", "ls"])]).unwrap();
        assert_eq!(shown(answer.tables[0].rows[1][0].as_ref()), value, "{line}");
        assert_eq!(answer.mended, flaw.map(|flaw| (2, flaw)).into_iter().collect::<Vec<_>>(), "{line}");
    }
    let nested = |depth: usize| format!("echo '{{\"x\":{}1{}}}'", "[".repeat(depth), "]".repeat(depth));
    let deep = Trial::new().ask(shell(&nested(200)), &[named(&["sh"])]).unwrap();
    assert_eq!((deep.tables[0].rows[0][0].is_some(), deep.mended), (true, Vec::new()));
    let deeper = Trial::new().ask(shell(&nested(300)), &[named(&["sh"])]).unwrap();
    assert_eq!((deeper.tables[0].rows[0][0].clone(), deeper.mended), (None, vec![(1, Flaw::TooDeep)]));
}

#[test]
fn a_command_answers_each_row_in_order() {
    let upper = r#"sed 's/.*"name":"\([^"]*\)".*/{"data": {"also": "\1"}}/'"#;
    assert_eq!(text(Trial::new().script(upper, &["sh", "ls"])), ["also", "sh", "ls"]);
}

#[test]
fn a_command_gets_a_json_object_for_each_row_of_each_table() {
    let trial = Trial::new();
    trial.scripts("cat > input; echo '{}'; echo '{}'", &[&["sh"], &["-"]]).unwrap();
    let input = std::fs::read_to_string(trial.folder.path().join("input")).unwrap();
    let lines = [r#"{"data":{"name":"sh"},"row":0,"table":0}"#, r#"{"data":{"name":null},"row":0,"table":1}"#];
    assert_eq!(input.lines().collect::<Vec<_>>(), lines);
}

#[test]
fn a_command_is_started_once_for_all_tables_and_answers_each() {
    let trial = Trial::new();
    let script = r#"echo started >> starts; echo '{"n": 1}'; echo '{"n": 2}'; echo '{"m": 3}'"#;
    let answers = trial.scripts(script, &[&["a", "b"], &["c"]]).unwrap();
    assert_eq!(answers.into_iter().map(|rows| text(Ok(rows))).collect::<Vec<_>>(), [vec!["n", "1", "2"], vec!["m", "3"]]);
    assert_eq!(std::fs::read_to_string(trial.folder.path().join("starts")).unwrap(), "started\n");
}

#[test]
fn an_answer_may_name_its_table() {
    let script = r#"echo '{"table": 1, "row": 0, "n": "other"}'; echo '{"row": 0, "n": "first"}'"#;
    let answers = Trial::new().scripts(script, &[&["a"], &["b"]]).unwrap();
    assert_eq!(answers.into_iter().map(|rows| text(Ok(rows))).collect::<Vec<_>>(), [["n", "first"], ["n", "other"]]);
}

#[test]
fn a_row_of_another_table_that_is_not_answered_fails() {
    let answer = Trial::new().scripts("echo '{}'", &[&["a"], &["b"]]);
    assert_eq!(fault(answer), "row 0 of table 1 of 1 was not answered");
}

#[test]
fn an_answer_may_name_its_row() {
    let answer = r#"echo '{"row": 1, "n": "second"}'; echo '{"row": 0, "n": "first"}'"#;
    assert_eq!(text(Trial::new().script(answer, &["a", "b"])), ["n", "first", "second"]);
}

#[test]
fn declared_outputs_come_first_and_are_null_where_no_answer_has_them() {
    let trial = Trial { outputs: Some(vec!["score".into(), "label".into()]), ..Trial::new() };
    assert_eq!(text(trial.script(r#"echo '{"label": "x", "more": 1}'"#, &["a"])), ["score,label,more", "-,x,1"]);
}

#[test]
fn json_values_keep_their_kinds() {
    let answer = r#"echo '{"a": 1, "b": 1.5, "c": true, "d": null, "e": ["x", 2], "f": [], "g": {"h": 1}}'"#;
    assert_eq!(text(Trial::new().script(answer, &["a"])), ["a,b,c,d,e,f,g", "1,1.5,true,-,[\"x\",2],-,{\"h\":1}"]);
}

#[test]
fn arguments_are_variables_of_one_prefix() {
    let arguments = [("LIMIT", "3"), ("some-key", "4")].map(|(k, v)| (k.to_owned(), v.to_owned())).to_vec();
    let trial = Trial { arguments, ..Trial::new() };
    let script = r#"echo "{\"n\": $HUNTC_ARG_LIMIT, \"m\": $HUNTC_ARG_some_key, \"bare\": \"$LIMIT\"}""#;
    assert_eq!(text(trial.script(script, &["a"])), ["bare,m,n", ",4,3"]);
}

#[test]
fn a_relative_program_is_one_of_the_folder_that_binds_it() {
    let trial = Trial::new();
    let program = trial.folder.path().join("answer");
    std::fs::write(&program, "#!/bin/sh\ncat > /dev/null\necho '{\"n\": 1}'\n").unwrap();
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let answer = trial.call(Action::Exec(vec!["./answer".to_owned()]), &[named(&["a"])]).map(only);
    assert_eq!(text(answer), ["n", "1"]);
}

#[test]
fn no_rows_need_no_answer() {
    assert_eq!(text(Trial::new().script(ECHO, &[])), [""]);
}

#[test]
fn a_row_that_is_not_answered_fails() {
    assert_eq!(fault(Trial::new().script("echo '{}'", &["a", "b"])), "row 1 of 2 was not answered");
}

#[test]
fn a_row_that_is_answered_twice_or_was_never_asked_fails() {
    let twice = fault(Trial::new().script(r#"echo '{"row": 0}'; echo '{"row": 0}'"#, &["a", "b"]));
    assert_eq!(twice, "it answered row 0, which was not asked or is answered twice");
    let never = fault(Trial::new().script("echo '{}'; echo '{}'", &["a"]));
    assert_eq!(never, "it answered row 1, which was not asked or is answered twice");
}

#[test]
fn an_answer_that_is_no_json_object_fails_with_its_line() {
    assert_eq!(fault(Trial::new().script("echo '{}'; echo hello", &["a", "b"])), "line 2 of its answer is no JSON object");
    assert_eq!(fault(Trial::new().script("echo '[1]'", &["a"])), "line 1 of its answer is no JSON object");
}

#[test]
fn a_command_that_fails_tells_what_it_complained_of() {
    let error = Trial::new().script("echo 'no key' >&2; exit 3", &["a"]).unwrap_err();
    assert_eq!((error.code.id, error.notes), ("K1002", vec!["no key".to_owned()]));
    assert!(error.message.ends_with("the command ended with exit status: 3"), "{}", error.message);
}

#[test]
fn a_command_that_is_not_there_fails() {
    let nowhere = Action::Exec(vec![Path::new("/no/such/program").display().to_string()]);
    assert_eq!(fault(Trial::new().call(nowhere, &[named(&["a"])])), "the command cannot be started");
    assert_eq!(fault(Trial::new().call(Action::Exec(Vec::new()), &[named(&["a"])])), "its command is empty");
}

#[test]
fn a_command_without_end_is_stopped() {
    let trial = Trial { timeout: Duration::ZERO, ..Trial::new() };
    assert_eq!(fault(trial.script("exec sleep 60", &["a"])), "no end after 0 seconds");
}

#[test]
fn what_a_command_has_started_does_not_hold_up_its_end() {
    let begun = std::time::Instant::now();
    let trial = Trial { timeout: Duration::from_millis(300), ..Trial::new() };
    assert_eq!(fault(trial.script("sleep 120 & sleep 120", &["a"])), "no end after 0 seconds");
    assert_eq!(text(Trial::new().script("sleep 120 >/dev/null & echo '{\"n\": 1}'", &["a"])), ["n", "1"]);
    assert!(begun.elapsed() < Duration::from_mins(1), "{:?}", begun.elapsed());
}

#[test]
fn an_answer_that_is_one_endless_line_fails() {
    let fault = fault(Trial::new().script("cat > /dev/null; tr '\\0' x < /dev/zero", &["a"]));
    assert_eq!(fault, "a line of its answer has more than 16 MB");
}

#[test]
fn an_interrupted_run_stops_the_command() {
    let error = Trial { cancelled: true, ..Trial::new() }.script("exec sleep 60", &["a"]).unwrap_err();
    assert_eq!(error.code.slug, SourceError::cancelled().code.slug);
}
