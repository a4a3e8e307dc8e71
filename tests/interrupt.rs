//! Ctrl-C: the first ends a run with a valid report, the second ends the process; an earlier report stays.

use crate::support::cli::Huntc;
use std::io::Read as _;
use std::net::TcpListener;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

const HUNT: &str = "p = GET process FROM stixshifter://slow WHERE name = 'cmd.exe'\nDISP p ATTR name\n";

/// A server that takes connections and never answers; says when the first one came.
fn silent_server() -> (String, std::sync::mpsc::Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for stream in listener.incoming().flatten() {
            let _ = tell.send(());
            held.push(stream);
        }
    });
    (address, told)
}

fn interrupt(child: &Child) {
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

fn wait(child: &mut Child, limit: Duration) -> Option<i32> {
    let begun = Instant::now();
    while begun.elapsed() < limit {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    panic!("still running after {limit:?}");
}

#[test]
fn an_interrupted_run_leaves_a_report_and_the_earlier_one() {
    let (address, asked) = silent_server();
    let huntc = Huntc::new().file("hunt.hf", HUNT).file("log.ndjson", "{\"@timestamp\":\"2020-01-01T00:00:00Z\"}\n");
    assert_eq!(huntc.run("run hunt.hf --source slow=log.ndjson --out r").code, Some(0));
    let source = format!("slow=http://{address}/x");
    for folder in ["fresh", "r"] {
        let mut child = huntc.command(&["run", "hunt.hf", "--window", "1h", "--source", &source, "--out", folder]).spawn().unwrap();
        asked.recv_timeout(Duration::from_secs(20)).unwrap();
        interrupt(&child);
        let code = wait(&mut child, Duration::from_secs(20));
        let mut shown = String::new();
        child.stderr.take().unwrap().read_to_string(&mut shown).unwrap();
        assert_eq!(code, Some(130), "{shown}");
    }
    assert_eq!(huntc.report("fresh")["hunts"][0]["status"], "interrupted");
    assert_eq!(huntc.report("fresh")["hunts"][0]["complete"], false);
    assert_eq!(huntc.report("r")["hunts"][0]["status"], "ok", "the earlier report stays");
    assert_eq!(huntc.report("r.interrupted")["hunts"][0]["status"], "interrupted");
}

#[test]
fn a_second_interrupt_ends_the_process_at_once() {
    let huntc = Huntc::new().file("hunt.hf", HUNT);
    // A pipe that nobody writes to: opening it waits for ever, whatever flag is set.
    let made = Command::new("mkfifo").arg(huntc.path("pipe")).status().unwrap();
    assert!(made.success());
    let mut child = huntc.command(&["run", "hunt.hf", "--source", "slow=pipe", "--out", "r"]).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(700));
    interrupt(&child);
    std::thread::sleep(Duration::from_millis(300));
    assert!(child.try_wait().unwrap().is_none(), "the first one waits for the run");
    interrupt(&child);
    assert_eq!(wait(&mut child, Duration::from_secs(10)), Some(130));
    assert!(!huntc.path("r").exists());
}
