//! The program: exit statuses, files, and kills at arbitrary moments.

use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;
use tempfile::TempDir;

const RECORD: &str = r#"{"@timestamp":"TIME","event":{"code":1},"host":{"name":"a"},"process":{"entity_id":"ID","name":"evil.exe","pid":7,"command_line":"evil /ID"}}"#;
const HUNT: &str = "# overlap: 1h\nx = GET process FROM stixshifter://lab WHERE [process:name = 'evil.exe']\nDISP x\n";

fn folder() -> TempDir {
    let temp = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    std::fs::create_dir(temp.path().join("hunts")).unwrap();
    std::fs::write(temp.path().join("hunts/a.hf"), HUNT).unwrap();
    std::fs::write(temp.path().join("huntc.toml"), "[sources.lab]\npath = \"events.ndjson\"\n").unwrap();
    let records: Vec<String> =
        (1..9).map(|day| RECORD.replace("TIME", &format!("2026-01-0{day}T01:00:00Z")).replace("ID", &format!("p{day}"))).collect();
    std::fs::write(temp.path().join("events.ndjson"), records.join("\n") + "\n").unwrap();
    temp
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_huntc"));
    command.current_dir(folder).args(["nightly"]).args(arguments).env_remove("HUNTC_WEBHOOK").env_remove("HUNTC_NOTIFY");
    command
}

fn huntc(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

/// How often each key was reported as new, and the windows in order.
fn told(folder: &Path) -> (BTreeMap<String, usize>, Vec<(String, String)>) {
    let (mut told, mut windows) = (BTreeMap::new(), Vec::new());
    for entry in std::fs::read_dir(folder.join("nightly")).unwrap().flatten() {
        if !entry.file_type().unwrap().is_dir() {
            continue;
        }
        let Ok(text) = std::fs::read_to_string(entry.path().join("nightly.json")) else { continue };
        let report: Json = serde_json::from_str(&text).unwrap();
        let hunt = &report["hunts"][0];
        for finding in hunt["finding"]["new"].as_array().unwrap() {
            let command = finding["key"][2].as_str().unwrap();
            *told.entry(command.trim_start_matches("evil /").to_owned()).or_default() += 1;
        }
        let text = |v: &Json| v.as_str().unwrap().to_owned();
        windows.extend(hunt["windows"].as_array().unwrap().iter().map(|w| (text(&w[0]), text(&w[1]))));
    }
    windows.sort();
    (told, windows)
}

#[test]
fn statuses_and_files() {
    let temp = folder();
    let run = |at: &str, more: &[&str]| {
        let arguments = [&["run", "hunts", "--at", at], more].concat();
        let output = huntc(temp.path(), &arguments);
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, text, _) = run("2026-01-02T02:00:00Z", &["--fail-on-findings"]);
    assert_eq!(code, 5, "{text}");
    assert!(text.contains("NEW: 1 finding") && text.contains("report: nightly/20260102T020000Z"), "{text}");
    for name in ["nightly.json", "report.json", "summary.txt", "summary.html", "01-a-new.csv"] {
        assert!(temp.path().join("nightly/20260102T020000Z").join(name).is_file(), "{name}");
    }
    assert_eq!(run("2026-01-02T02:00:00Z", &["--fail-on-findings", "--quiet"]).0, 0, "the same is not news");
    std::fs::write(temp.path().join("hunts/b.hf"), "x = GET nonsense FROM stixshifter://lab WHERE [a:b = 1]\n").unwrap();
    let (code, text, errors) = run("2026-01-03T02:00:00Z", &[]);
    assert_eq!(code, 1);
    assert!(text.find("NOT LOOKED AT").unwrap() < text.find("NEW").unwrap(), "{text}");
    assert!(errors.contains("K0202"), "{errors}");
    std::fs::write(temp.path().join("hunts/b.hf"), HUNT.replace("lab", "away")).unwrap();
    let (code, text, _) = run("2026-01-04T02:00:00Z", &["--notify", "false"]);
    assert_eq!(code, 3);
    assert!(text.contains("nothing is bound") && text.contains("waits: the command ended"), "{text}");
    std::fs::write(temp.path().join("hunts/suppressions.toml"), "[[suppress]]\nkey = [\"x\"]\n").unwrap();
    let (code, _, errors) = run("2026-01-05T02:00:00Z", &[]);
    assert!(code == 2 && errors.contains("K0863"), "{errors}");
    let status = huntc(temp.path(), &["status", "--at", "2026-01-05T02:00:00Z"]);
    let text = String::from_utf8(status.stdout).unwrap();
    assert!(text.contains("a.hf") && text.contains("1 notification waiting"), "{text}");
    assert_eq!(huntc(temp.path(), &["history", "c.hf"]).status.code(), Some(2));
    assert_eq!(huntc(temp.path(), &["install"]).status.code(), Some(2));
    for flag in ["--systemd", "--cron", "--k8s"] {
        assert!(huntc(temp.path(), &["install", "hunts", flag]).status.success(), "{flag}");
    }
}

#[test]
fn kills_at_arbitrary_moments_neither_skip_nor_double() {
    let temp = folder();
    // The first run opens the state, so that its start is known.
    assert!(huntc(temp.path(), &["run", "hunts", "--at", "2026-01-01T02:00:00Z"]).status.success());
    for day in 2..9 {
        let at = format!("2026-01-0{day}T02:00:00Z");
        for delay in [3, 9, 15, 22, 30] {
            let mut child = command(temp.path(), &["run", "hunts", "--at", &at, "--quiet"]).spawn().unwrap();
            std::thread::sleep(Duration::from_millis(delay + day));
            // A child that was faster is no fault.
            let _ = child.kill();
            child.wait().unwrap();
        }
        let last = huntc(temp.path(), &["run", "hunts", "--at", &at]);
        assert!(last.status.success(), "{}", String::from_utf8_lossy(&last.stderr));
    }
    let (told, windows) = told(temp.path());
    let wanted: BTreeMap<String, usize> = (1..9).map(|day| (format!("p{day}"), 1)).collect();
    assert_eq!(told, wanted);
    assert_eq!(windows.len(), 8, "{windows:?}");
    for pair in windows.windows(2) {
        assert!(pair[1].0 <= pair[0].1, "a gap in {windows:?}");
    }
}
