//! Reports, SAVE and standard output where they cannot be written.

use super::{HUNT, limited, ran, records};
use crate::support::cli::Huntc;
use std::fs::File;
use std::process::Stdio;

fn lab() -> Huntc {
    let save = format!("{HUNT}SAVE p TO 'out.csv'\n");
    Huntc::new().file("hunt.hf", HUNT).file("save.hf", save).file("a.ndjson", records(300))
}

#[test]
fn save_writes_beside_the_huntflow_however_that_is_named() {
    let huntc = lab();
    for name in ["save.hf", "./save.hf"] {
        let saved = huntc.run(&format!("run {name} --source lab=a.ndjson"));
        assert_eq!(saved.code, Some(0), "{}", saved.text());
        assert_eq!(std::fs::read_to_string(huntc.path("out.csv")).unwrap().lines().count(), 301);
        std::fs::remove_file(huntc.path("out.csv")).unwrap();
    }
}

#[test]
fn a_report_that_finds_no_room_leaves_the_earlier_one() {
    let huntc = lab();
    assert_eq!(huntc.run("run hunt.hf --source lab=a.ndjson --out r").code, Some(0));
    let before = std::fs::read(huntc.path("r/report.json")).unwrap();
    let names = huntc.names(".");
    let (code, text) = ran(&mut limited(&huntc, "-f 4", &["run", "hunt.hf", "--source", "lab=a.ndjson", "--out", "r"]));
    assert_eq!(code, Some(3), "{text}");
    assert!(text.contains("K0810") && text.contains("an earlier report in the folder is as it was"), "{text}");
    assert_eq!((std::fs::read(huntc.path("r/report.json")).unwrap(), huntc.names(".")), (before, names));
}

#[test]
fn a_save_that_finds_no_room_leaves_the_earlier_file_and_fails_the_hunt() {
    let huntc = lab();
    assert_eq!(huntc.run("run save.hf --source lab=a.ndjson").code, Some(0));
    let before = std::fs::read(huntc.path("out.csv")).unwrap();
    let names = huntc.names(".");
    let (code, text) = ran(&mut limited(&huntc, "-f 4", &["run", "save.hf", "--source", "lab=a.ndjson"]));
    assert_eq!(code, Some(3), "{text}");
    assert!(text.contains("K1004"), "{text}");
    assert_eq!((std::fs::read(huntc.path("out.csv")).unwrap(), huntc.names(".")), (before, names));
}

#[test]
fn standard_output_that_is_full_fails_the_run() {
    let Ok(full) = File::options().write(true).open("/dev/full") else { return };
    let huntc = lab();
    for format in ["text", "json"] {
        let arguments = ["run", "hunt.hf", "--source", "lab=a.ndjson", "--format", format];
        let output = huntc.command(&arguments).stdout(full.try_clone().unwrap()).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(3), "{text}");
        assert!(text.contains("standard output cannot be written"), "{text}");
    }
}

#[test]
fn a_reader_that_hangs_up_is_no_crash() {
    let huntc = lab();
    let mut child = huntc.command(&["run", "hunt.hf", "--source", "lab=a.ndjson", "--format", "json"]).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code().is_some() && !text.contains("panicked"), "{text}");
}

#[test]
fn a_disk_without_room_fails_with_the_way_out() {
    // Needs the right to mount; where it is missing, the limit on a file's size above stands for a full disk.
    let huntc = lab().file("full/x", "");
    let folder = huntc.path("full");
    let mount = |arguments: &[&str]| {
        let mut command = std::process::Command::new(arguments[0]);
        command.args(&arguments[1..]).arg(&folder).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|s| s.success())
    };
    if !mount(&["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs"]) {
        return;
    }
    let filled = std::fs::write(folder.join("fill"), vec![0; 60 << 10]);
    let store = huntc.run("ingest a.ndjson --store full/s");
    let report = huntc.run("run hunt.hf --source lab=a.ndjson --out full/r");
    let left = huntc.names("full");
    assert!(mount(&["umount"]));
    filled.unwrap();
    assert_eq!((store.code, report.code), (Some(3), Some(3)), "{} {}", store.text(), report.text());
    assert!(store.stderr.contains("K0759") && store.stderr.contains("make room, or name another folder"), "{}", store.stderr);
    assert!(report.stderr.contains("K0810") && report.stderr.contains("free some space"), "{}", report.stderr);
    assert_eq!(left, ["fill", "s"]);
}
