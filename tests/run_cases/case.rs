//! One case: its scene, its command line, and what must come of it.

use super::server::Scripted;
use crate::support::cli::{Huntc, Ran};
use regex::Regex;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// A case as its file says it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    #[serde(skip)]
    pub(crate) name: String,
    /// The command line behind `huntc`; `[server]` is the address of the scripted server, `[host]` without the scheme.
    run: String,
    /// The exit status.
    exit: i32,
    /// `error K0702 hunt.hf:1:1 headline`, in the order told; of a notice `notice K0865 text`.
    pub(crate) told: Vec<String>,
    /// Whether the diagnostics say a way out. Only where there is nothing to do.
    #[serde(default)]
    helpless: bool,
    /// The status of the first hunt, of a run with `--format json`; its diagnostics must be those told.
    status: Option<String>,
    /// Rows of each of its displays.
    rows: Option<Vec<u64>>,
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(default)]
    environment: BTreeMap<String, String>,
    server: Option<Scripted>,
    /// Command lines that come before, and succeed.
    #[serde(default)]
    before: Vec<String>,
    /// Files written after those, over what they made.
    #[serde(default)]
    damage: BTreeMap<String, String>,
    /// Files and folders that must be afterwards what they were before.
    #[serde(default)]
    kept: Vec<String>,
    /// Files and folders that must not be there afterwards.
    #[serde(default)]
    absent: Vec<String>,
    /// A file that another process has locked.
    locked: Option<String>,
    /// Blocks that a file may have, as on a disk that is nearly full.
    disk: Option<u32>,
    /// Interrupt the run once the server was asked.
    #[serde(default)]
    interrupt: bool,
}

/// A diagnostic as shown to people.
pub(crate) struct Told {
    level: String,
    code: String,
    /// File, line and column.
    place: Option<String>,
    headline: String,
    /// Whether it says a way out.
    pub(crate) helps: bool,
}

impl Told {
    /// Every diagnostic of an output, in order.
    pub(crate) fn all(shown: &str) -> Vec<Self> {
        let head = Regex::new(r"^\[(K\d{4})\] (Error|Warning|Advice): (.*)$").unwrap();
        let place = Regex::new(r"╭─\[ (.+) \]$").unwrap();
        let notice = Regex::new(r"^(.+?) \[(K\d{4})\](?:;.*)?$").unwrap();
        // A label that says what is needed, or quotes it, is a way out as well.
        let help = Regex::new(r"^ *│ +Help( \d+)?: |╰─+ .*(needed|`)").unwrap();
        let mut all: Vec<Self> = Vec::new();
        let mut open = false;
        for line in shown.lines() {
            if let Some(found) = head.captures(line) {
                let (code, level, headline) = (found[1].to_owned(), found[2].to_ascii_lowercase(), found[3].to_owned());
                all.push(Self { level, code, place: None, headline, helps: false });
                open = true;
            } else if let Some(found) = notice.captures(line) {
                let (headline, code) = (found[1].trim().to_owned(), found[2].to_owned());
                all.push(Self { level: "notice".to_owned(), code, place: None, headline, helps: true });
                open = false;
            } else if let (true, Some(last)) = (open, all.last_mut()) {
                if let (None, Some(found)) = (&last.place, place.captures(line)) {
                    last.place = Some(found[1].to_owned());
                }
                last.helps |= help.is_match(line);
            }
        }
        all
    }

    /// As cases name it.
    pub(crate) fn text(&self) -> String {
        let place = self.place.as_ref().map_or_else(String::new, |p| format!("{p} "));
        format!("{} {} {place}{}", self.level, self.code, self.headline)
    }
}

/// The contents of a file or of everything below a folder, by path; none where there is nothing.
fn contents(path: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    if path.is_file() {
        return BTreeMap::from([(path.to_path_buf(), fs::read(path).unwrap())]);
    }
    let entries = fs::read_dir(path).into_iter().flatten();
    entries.flat_map(|entry| contents(&entry.unwrap().path())).collect()
}

impl Case {
    pub(crate) fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let case: Self = toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        Self { name: path.file_stem().unwrap().to_string_lossy().into_owned(), ..case }
    }

    /// Runs it; the text says what is wrong.
    pub(crate) fn run(&self) -> String {
        let server = self.server.as_ref().map(Scripted::start);
        let url = server.as_ref().map_or("", |s| s.url());
        let fill = |text: &str| text.replace("[server]", url).replace("[host]", url.trim_start_matches("http://"));
        let mut huntc = Huntc::new();
        for (name, text) in &self.files {
            huntc = huntc.file(name, fill(text));
        }
        for (name, value) in &self.environment {
            huntc = huntc.var(name, &fill(value));
        }
        for line in &self.before {
            let ran = huntc.run(&fill(line));
            assert_eq!(ran.code, Some(0), "{}: {}", self.name, ran.text());
        }
        for (name, text) in &self.damage {
            huntc = huntc.file(name, text);
        }
        let kept: Vec<_> = self.kept.iter().map(|name| contents(&huntc.path(name))).collect();
        let _lock = self.locked.as_ref().map(|name| {
            let file = fs::OpenOptions::new().create(true).append(true).open(huntc.path(name)).unwrap();
            file.lock().unwrap();
            file
        });
        let asked = || server.as_ref().is_some_and(|s| !s.requests().is_empty());
        let ran = self.start(&huntc, &fill(&self.run), asked);
        let mut wrong = self.compare(&ran, url);
        for (name, before) in self.kept.iter().zip(kept) {
            if before.is_empty() || contents(&huntc.path(name)) != before {
                let _ = writeln!(wrong, "`{name}` is not what it was");
            }
        }
        for name in self.absent.iter().filter(|name| huntc.path(name).exists()) {
            let _ = writeln!(wrong, "`{name}` is there");
        }
        if !wrong.is_empty() {
            wrong.push_str(&ran.stderr);
        }
        wrong
    }

    /// The command itself, on a small disk or interrupted where the case says so.
    fn start(&self, huntc: &Huntc, line: &str, asked: impl Fn() -> bool) -> Ran {
        let words: Vec<&str> = line.split(' ').collect();
        if let Some(blocks) = self.disk {
            return huntc.finish(line, huntc.small_disk(blocks, &words).spawn().unwrap());
        }
        let child = huntc.command(&words).spawn().unwrap();
        if self.interrupt {
            let begun = Instant::now();
            while !asked() && begun.elapsed() < Duration::from_secs(20) {
                std::thread::sleep(Duration::from_millis(10));
            }
            assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
        }
        huntc.finish(line, child)
    }

    fn compare(&self, ran: &Ran, url: &str) -> String {
        let mut wrong = String::new();
        if ran.code != Some(self.exit) {
            let _ = writeln!(wrong, "exit {:?}, not {}", ran.code, self.exit);
        }
        let json = serde_json::from_str::<serde_json::Value>(&ran.stdout);
        let shown = if json.is_ok() { ran.stderr.clone() } else { format!("{}{}", ran.stdout, ran.stderr) };
        let told = Told::all(&shown);
        let id = Regex::new("notification [0-9a-f]{16}").unwrap();
        let place = |text: &str| {
            let text = id.replace(text, "notification [id]").replace(&ran.folder, "[folder]");
            if url.is_empty() { text } else { text.replace(url, "[server]").replace(url.trim_start_matches("http://"), "[host]") }
        };
        let texts: Vec<String> = told.iter().map(|t| place(&t.text())).collect();
        if texts != self.told {
            let _ = writeln!(wrong, "told {texts:#?}\nnot  {:#?}", self.told);
        }
        if told.iter().any(|t| !t.helps) != self.helpless {
            let _ = writeln!(wrong, "a diagnostic without a way out, or `helpless` for nothing");
        }
        if let Some(status) = &self.status {
            let hunt = json.map(|report| report["hunts"][0].clone()).unwrap_or_default();
            let codes = hunt["diagnostics"].as_array().into_iter().flatten().filter(|d| d["severity"] != "advice");
            let codes: Vec<_> = codes.map(|d| d["code"].as_str().unwrap_or_default().to_owned()).collect();
            // Of advice the report may hold more than is told.
            let graver: Vec<_> = told.iter().filter(|t| t.level != "advice").map(|t| t.code.clone()).collect();
            if hunt["status"] != status.as_str() || codes != graver {
                let _ = writeln!(wrong, "the report has status {} with {codes:?}", hunt["status"]);
            }
            let displays = hunt["displays"].as_array().into_iter().flatten();
            let rows: Vec<u64> = displays.map(|d| d["total"].as_u64().unwrap_or_default()).collect();
            if self.rows.as_ref().is_some_and(|wanted| *wanted != rows) {
                let _ = writeln!(wrong, "its displays have {rows:?} rows");
            }
        }
        wrong
    }
}
