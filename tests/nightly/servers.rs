//! Three nights against real servers, one of them with the server away: what that night missed is told, and caught up on.

use super::tour::news;
use crate::support::cli::Huntc;
use crate::support::servers::running;
use huntc_runtime::demo::{self, EntityIds, NIGHTLY};
use std::collections::BTreeMap;
use std::io::copy;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A way to a server that can be closed.
struct Proxy {
    url: String,
    open: Arc<AtomicBool>,
}

impl Proxy {
    fn to(address: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let open = Arc::new(AtomicBool::new(true));
        let (to, way) = (address.trim_start_matches("http://").to_owned(), Arc::clone(&open));
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                // A connection that is dropped at once is what a server that goes away looks like.
                if way.load(Ordering::SeqCst) {
                    let far = TcpStream::connect(&to).unwrap();
                    for (mut from, mut to) in [(near.try_clone().unwrap(), far.try_clone().unwrap()), (far, near)] {
                        std::thread::spawn(move || {
                            let _ = copy(&mut from, &mut to);
                            let _ = to.shutdown(Shutdown::Write);
                        });
                    }
                }
            }
        });
        Self { url, open }
    }
}

/// The records of the demo before an instant, from another one on.
fn records(all: &[String], from: &str, to: &str) -> Vec<String> {
    let time = |line: &str| {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        record["@timestamp"].as_str().unwrap().to_owned()
    };
    all.iter().filter(|line| (from..to).contains(&time(line).as_str())).cloned().collect()
}

/// Runs a night over a source; answers the status, and what the summary says.
fn night(huntc: &Huntc, source: &str, out: &str, at: &str) -> (Option<i32>, String) {
    let line = format!("nightly run hunts --source windows={source} --state {out}-state --out {out} --at {at}");
    let ran = huntc.run(&line);
    (ran.code, ran.stdout)
}

#[test]
fn a_night_without_the_server_is_told_and_caught_up_on() {
    const NIGHTS: [&str; 3] = ["2021-04-03T02:00:00Z", "2021-04-04T02:00:00Z", "2021-04-05T02:00:00Z"];
    for server in running(&["elasticsearch-9", "opensearch-3"]) {
        let mut huntc = Huntc::new();
        for (name, text) in NIGHTLY {
            huntc = huntc.file(&format!("hunts/{name}"), text);
        }
        let all = demo::records(EntityIds::Kept);
        server.put_template();
        (1..=3).for_each(|n| server.delete(&format!("winlogbeat-nights-{n}")));
        let load = |index: &str, from: &str, to: &str| {
            let records = records(&all, from, to);
            assert!(server.load(index, records.iter().map(String::as_str)) > 1_000);
        };
        let proxy = Proxy::to(&server.url);
        let source = format!("{}/winlogbeat-nights-*", proxy.url);

        load("winlogbeat-nights-1", "2021", NIGHTS[0]);
        let (code, text) = night(&huntc, &source, "away", NIGHTS[0]);
        assert_eq!(code, Some(0), "{}: {text}", server.name);
        load("winlogbeat-nights-2", NIGHTS[0], NIGHTS[1]);
        proxy.open.store(false, Ordering::SeqCst);
        let (code, text) = night(&huntc, &source, "away", NIGHTS[1]);
        assert_eq!(code, Some(3), "{}: {text}", server.name);
        assert!(text.contains("NOT LOOKED AT: 15 hunts") && text.contains("Nothing was looked at"), "{text}");
        assert!(text.contains("open from 2021-04-03T01:59:54Z to 2021-04-04T02:00:00Z"), "{text}");
        load("winlogbeat-nights-3", NIGHTS[1], NIGHTS[2]);
        proxy.open.store(true, Ordering::SeqCst);
        let (code, text) = night(&huntc, &source, "away", NIGHTS[2]);
        assert_eq!(code, Some(0), "{}: {text}", server.name);

        // The same nights over a file, none of them missed: the same news, each once.
        let file = all.join("\n") + "\n";
        let huntc = huntc.file("all.ndjson", file);
        for at in NIGHTS {
            let (code, text) = night(&huntc, "all.ndjson", "whole", at);
            assert_eq!(code, Some(0), "{text}");
        }
        let (away, whole) = (told(&huntc, "away"), told(&huntc, "whole"));
        assert_eq!(away, whole, "{}", server.name);
        assert!(away.values().all(|n| *n == 1) && away.len() >= 14, "{away:?}");
        assert!(server.closes_all_snapshots(), "{}: points in time are left open", server.name);
    }
}

/// How often each finding was told, over all reports.
fn told(huntc: &Huntc, out: &str) -> BTreeMap<(String, String), usize> {
    let mut told = BTreeMap::new();
    for id in huntc.nights(out) {
        for (hunt, keys) in news(huntc, &format!("{out}/{id}")) {
            for key in keys {
                *told.entry((hunt.clone(), key)).or_default() += 1;
            }
        }
    }
    told
}
