//! Tests of the report folder.

use super::*;
use crate::report::tests::run;
use huntc_compiler::source::SourceId;

fn span() -> Span {
    Span::new(SourceId(0), 0, 0)
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn commit(folder: &Path, files: &[&str]) -> PathBuf {
    ReportFolder::prepare(folder, span()).unwrap().commit(&run(files), FolderOptions::default()).unwrap()
}

#[test]
fn a_report_has_its_files_and_leaves_nothing_beside_it() {
    let temp = tempfile::tempdir().unwrap();
    let out = temp.path().join("deep/er/out");
    let page = commit(&out, &["flow.hf"]);
    assert_eq!(
        names(&out),
        [".huntc-report", "01-tasks.csv", "01-tasks.json", "report.html", "report.json", "requests.console", "requests.ndjson"]
    );
    assert_eq!(names(out.parent().unwrap()), ["out"]);
    assert!(page.ends_with("out/report.html"), "{}", page.display());
    let value: serde_json::Value = serde_json::from_slice(&fs::read(out.join("report.json")).unwrap()).unwrap();
    assert_eq!(value["hunts"][0]["displays"][0]["csv"], "01-tasks.csv");
}

#[test]
fn a_second_report_replaces_the_first_whole() {
    let temp = tempfile::tempdir().unwrap();
    let out = temp.path().join("out");
    commit(&out, &["a.hf", "../b.hf"]);
    assert!(names(&out).contains(&"02-b-01-tasks.csv".to_owned()));
    commit(&out, &["a.hf"]);
    assert_eq!(
        names(&out),
        [".huntc-report", "01-tasks.csv", "01-tasks.json", "report.html", "report.json", "requests.console", "requests.ndjson"]
    );
    assert_eq!(names(temp.path()), ["out"]);
}

#[test]
fn folders_with_other_files_are_refused_before_anything_runs() {
    let temp = tempfile::tempdir().unwrap();
    fs::write(temp.path().join("events.ndjson"), "{}").unwrap();
    let refused = ReportFolder::prepare(temp.path(), span()).unwrap_err();
    assert_eq!(refused.code, &OUTPUT_NOT_USABLE);
    assert!(refused.notes[0].contains("events.ndjson"));
    assert_eq!(names(temp.path()), ["events.ndjson"]);
    let file = temp.path().join("events.ndjson");
    assert!(ReportFolder::prepare(&file, span()).is_err());
    assert!(ReportFolder::prepare(Path::new("/"), span()).is_err());
}

#[test]
fn a_run_that_is_given_up_leaves_the_earlier_report() {
    let temp = tempfile::tempdir().unwrap();
    let out = temp.path().join("out");
    commit(&out, &["a.hf"]);
    let before = fs::read(out.join("report.json")).unwrap();
    let folder = ReportFolder::prepare(&out, span()).unwrap();
    assert!(folder.has_earlier());
    drop(folder);
    assert_eq!(fs::read(out.join("report.json")).unwrap(), before);
    assert_eq!(names(temp.path()), ["out"]);
}

#[test]
fn a_report_that_cannot_be_written_leaves_the_earlier_one() {
    let temp = tempfile::tempdir().unwrap();
    let out = temp.path().join("out");
    commit(&out, &["a.hf"]);
    let before = fs::read(out.join("report.json")).unwrap();
    let folder = ReportFolder::prepare(&out, span()).unwrap();
    // As on a full disk: a file of the report cannot be made.
    fs::create_dir(folder.new.path().join("requests.ndjson")).unwrap();
    let error = folder.commit(&run(&["b.hf"]), FolderOptions::default()).unwrap_err();
    assert_eq!(error.code, &REPORT_NOT_WRITTEN);
    assert_eq!(fs::read(out.join("report.json")).unwrap(), before);
}

#[test]
fn the_way_without_exchange_replaces_too() {
    let temp = tempfile::tempdir().unwrap();
    let (new, old) = (temp.path().join("new"), temp.path().join("old"));
    fs::create_dir(&new).unwrap();
    fs::create_dir(&old).unwrap();
    fs::write(new.join("report.json"), "new").unwrap();
    fs::write(old.join("report.json"), "old").unwrap();
    swap_in_two_steps(&new, &old).unwrap();
    assert_eq!(fs::read_to_string(old.join("report.json")).unwrap(), "new");
    assert_eq!(fs::read_to_string(new.join("report.json")).unwrap(), "old");
}

#[test]
fn a_killed_run_leaves_no_litter_for_ever() {
    let temp = tempfile::tempdir().unwrap();
    let litter = temp.path().join(".out.huntc-4294967");
    fs::create_dir(&litter).unwrap();
    fs::write(litter.join(".huntc-report"), "huntc report 1\n").unwrap();
    fs::write(litter.join("report.json"), "{").unwrap();
    commit(&temp.path().join("out"), &["a.hf"]);
    assert_eq!(names(temp.path()), ["out"]);
}

#[test]
fn files_that_only_look_like_a_report_are_not_replaced() {
    let temp = tempfile::tempdir().unwrap();
    for name in ["01-budget.csv", "2024-plan.json", "report.json"] {
        let out = temp.path().join(name);
        fs::create_dir(&out).unwrap();
        fs::write(out.join(name), "mine").unwrap();
        let refused = ReportFolder::prepare(&out, span()).unwrap_err();
        assert!(refused.notes[0].contains(name), "{refused:?}");
        assert_eq!(fs::read_to_string(out.join(name)).unwrap(), "mine");
    }
}

#[test]
fn files_that_came_into_a_report_later_keep_it_from_being_replaced() {
    let temp = tempfile::tempdir().unwrap();
    let out = temp.path().join("out");
    commit(&out, &["a.hf"]);
    fs::write(out.join("02-mine.csv"), "mine").unwrap();
    assert!(ReportFolder::prepare(&out, span()).unwrap_err().notes[0].contains("02-mine.csv"));
}
