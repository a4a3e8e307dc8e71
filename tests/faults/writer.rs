//! `huntc ingest` that is killed, finds no room, or is not alone.

use super::{HUNT, found, limited, ran, records};
use crate::support::cli::Huntc;
use std::io::Write as _;
use std::process::Stdio;
use std::time::Duration;

fn lab() -> Huntc {
    Huntc::new().file("hunt.hf", HUNT).file("a.ndjson", records(300))
}

/// Names in a store besides those that belong to it.
fn litter(huntc: &Huntc) -> Vec<String> {
    let manifest = std::fs::read_to_string(huntc.path("s/manifest.json")).unwrap();
    let foreign = |n: &String| n != "lock" && n != "manifest.json" && !manifest.contains(&format!("\"{n}\""));
    huntc.names("s").into_iter().filter(foreign).collect()
}

#[test]
fn an_ingest_that_is_killed_at_any_moment_leaves_the_last_whole_state() {
    let huntc = lab();
    let (mut state, mut killed) = (0, 0);
    for round in 0..25_u64 {
        let mut child = huntc.command(&["ingest", "a.ndjson", "--store", "s"]).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(2_500 * round));
        child.kill().unwrap();
        killed += u32::from(child.wait().unwrap().code().is_none());
        if huntc.path("s/manifest.json").exists() {
            let now = found(&huntc, "s");
            assert!(now == state || now == state + 300, "{state} became {now}");
            state = now;
        } else {
            assert_eq!(state, 0, "a store is gone");
        }
    }
    assert!(killed > 0, "no round was quick enough");
    let last = huntc.run("ingest a.ndjson --store s");
    assert_eq!(last.code, Some(0), "{}", last.text());
    assert_eq!((found(&huntc, "s"), litter(&huntc)), (state + 300, Vec::new()));
}

#[test]
fn a_full_disk_keeps_the_last_whole_state() {
    let huntc = lab();
    assert_eq!(huntc.run("ingest a.ndjson --store s").code, Some(0));
    let before = huntc.names("s");
    // The system tells of a file that is too large as it tells of a disk that is full: the write fails.
    let (code, text) = ran(&mut limited(&huntc, "-f 4", &["ingest", "a.ndjson", "--store", "s"]));
    assert_eq!(code, Some(3), "{text}");
    assert!(text.contains("K0759") && text.contains("seg-1.arrow") && text.contains("keeps its last whole state"), "{text}");
    assert_eq!((huntc.names("s"), found(&huntc, "s")), (before, 300), "nothing is left of what was written");
    let fresh = ran(&mut limited(&huntc, "-f 4", &["ingest", "a.ndjson", "--store", "new"]));
    assert_eq!((fresh.0, huntc.names("new")), (Some(3), vec!["lock".to_owned()]));
    assert_eq!(huntc.run("ingest a.ndjson --store new").code, Some(0), "and can be begun again");
}

#[test]
fn a_process_that_its_limit_ends_leaves_the_last_whole_state() {
    let huntc = lab();
    assert_eq!(huntc.run("ingest a.ndjson --store s").code, Some(0));
    // Without the trap the signal of the limit kills in the middle of a write.
    let mut command = limited(&huntc, "-f 4", &["ingest", "a.ndjson", "--store", "s"]);
    let line = "ulimit -f 4; exec \"$0\" \"$@\"";
    let words: Vec<_> = command.get_args().skip(2).map(ToOwned::to_owned).collect();
    let mut bare = std::process::Command::new("sh");
    bare.arg("-c")
        .arg(line)
        .args(words)
        .current_dir(command.get_current_dir().unwrap())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    assert_eq!(bare.status().unwrap().code(), None, "it was not killed");
    assert_eq!((litter(&huntc), found(&huntc, "s")), (vec!["seg-1.arrow".to_owned()], 300));
    assert_eq!(ran(&mut command).0, Some(3));
    assert_eq!(litter(&huntc), Vec::<String>::new(), "the next writer cleans up, even one that fails");
}

#[test]
fn a_second_writer_is_told_and_hunts_go_on() {
    let huntc = lab();
    assert_eq!(huntc.run("ingest a.ndjson --store s").code, Some(0));
    let mut first = huntc.command(&["ingest", "-", "--store", "s"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut pipe = first.stdin.take().unwrap();
    // More than a pipe holds: when all is written, the first one reads, so it has the lock.
    pipe.write_all(format!("{}{}", records(10), "\n".repeat(1 << 20)).as_bytes()).unwrap();
    let second = huntc.run("ingest a.ndjson --store s");
    assert_eq!(second.code, Some(3), "{}", second.text());
    assert!(second.stderr.contains("K0758") && second.stderr.contains("another process writes to s"), "{}", second.stderr);
    assert!(second.stderr.contains("wait until it ends"), "{}", second.stderr);
    assert_eq!(found(&huntc, "s"), 300);
    drop(pipe);
    assert!(first.wait().unwrap().success());
    assert_eq!((found(&huntc, "s"), litter(&huntc)), (310, Vec::new()));
}
