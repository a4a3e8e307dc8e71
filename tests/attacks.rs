//! What attackers try, and what must come of it: each file in `attacks/` is a class of attacks as a table. The quick ones run with
//! the suite, `tests/attacks/run` plays all of them. `docs/security.md` says what the attacks are held against.

mod collisions;
mod variants;

use crate::http::fake::Fake;
use crate::run_cases::Scripted;
use crate::support::cli::{Huntc, Ran};
use regex::Regex;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Attacks that run at once.
const AT_ONCE: usize = 4;

/// What a terminal obeys, hides, or reorders, but for the end of a line.
const UNSEEN: &str = r"[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\x{2800}]--[\n]]";

/// A class of attacks: one file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Class {
    /// What the attacker wants.
    about: String,
    /// Files that all attacks of the class begin with.
    #[serde(default)]
    files: BTreeMap<String, String>,
    attack: Vec<Attack>,
}

/// An attack, and what must come of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Attack {
    name: String,
    /// Left to `tests/attacks/run`.
    #[serde(default)]
    slow: bool,
    /// Files by name, besides those of the class; `[server]` is the address of its server, `[folder]` the folder itself,
    /// `[attacks]` that of the attacks.
    #[serde(default)]
    files: BTreeMap<String, String>,
    /// A script of the shell that prepares the rest: links, pipes, large files. Runs in the folder of the attack.
    #[serde(default)]
    prepare: String,
    /// Words behind `huntc`, for each run that comes after that and succeeds.
    #[serde(default)]
    before: Vec<String>,
    /// Files written after those runs, over what they made.
    #[serde(default)]
    then: BTreeMap<String, String>,
    #[serde(default)]
    environment: BTreeMap<String, String>,
    /// A server that answers rightly but for what stands here.
    server: Option<Scripted>,
    /// Words behind `huntc`, one blank between them.
    run: String,
    /// Words behind `huntc`, where they hold blanks or characters that a line cannot.
    #[serde(default)]
    words: Vec<String>,
    /// The exit status.
    exit: i32,
    /// Texts that standard output and standard error must have somewhere.
    #[serde(default)]
    says: Vec<String>,
    /// Texts that neither of them, and no file that came to be, may have.
    #[serde(default)]
    never: Vec<String>,
    /// Files that must not be there afterwards.
    #[serde(default)]
    absent: Vec<String>,
    /// Files that must be there afterwards: the honest half of an attack.
    #[serde(default)]
    present: Vec<String>,
    /// Files whose content must be what it was.
    #[serde(default)]
    kept: Vec<String>,
    /// Scripts of the shell that must succeed afterwards, in the folder of the attack.
    #[serde(default)]
    after: Vec<String>,
    /// Paths that the server must have been asked for, and texts that no request may have.
    #[serde(default)]
    asked: Vec<String>,
    #[serde(default)]
    never_asked: Vec<String>,
    /// The most seconds; after them it is killed.
    #[serde(default = "seconds")]
    seconds: u64,
    /// The most resident memory in megabytes.
    megabytes: Option<u64>,
}

fn seconds() -> u64 {
    60
}

/// The peak of a process's resident memory in megabytes.
fn peak(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|l| l.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()).unwrap_or(0) >> 10
}

/// Whether a file below a folder holds a text.
fn holds(folder: &Path, text: &str, known: &[String]) -> Option<String> {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        let meta = fs::symlink_metadata(&path).unwrap();
        let name = path.display().to_string();
        if meta.is_dir() {
            if let Some(found) = holds(&path, text, known) {
                return Some(found);
            }
        } else if meta.is_file() && !known.contains(&name) {
            let bytes = fs::read(&path).unwrap_or_default();
            if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
                return Some(name);
            }
        }
    }
    None
}

/// All that comes from a pipe, read by a thread of its own.
fn reading(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

fn files_below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if fs::symlink_metadata(&path).unwrap().is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path.display().to_string());
        }
    }
    found
}

impl Attack {
    /// Plays it; the text says what is wrong.
    fn play(&self, class: &Class) -> String {
        let server = self.server.as_ref().map(Scripted::start);
        let url = server.as_ref().map_or("", |s| s.url());
        let mut huntc = Huntc::new();
        let folder = huntc.path("").display().to_string();
        let fill = |text: &str| {
            let text = text.replace("[server]", url).replace("[host]", url.trim_start_matches("http://"));
            let text = text.replace("[attacks]", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/attacks"));
            text.replace("[folder]", folder.trim_end_matches('/'))
        };
        for (name, text) in class.files.iter().chain(&self.files) {
            huntc = huntc.file(name, fill(text));
        }
        for (name, value) in &self.environment {
            huntc = huntc.var(name, &fill(value));
        }
        if !self.prepare.is_empty() {
            let shell = Command::new("sh").args(["-euc", &fill(&self.prepare)]).current_dir(&folder).output().unwrap();
            assert!(shell.status.success(), "{}: {}", self.name, String::from_utf8_lossy(&shell.stderr));
        }
        for line in &self.before {
            let ran = huntc.run(&fill(line));
            if ran.code != Some(0) {
                return format!("what comes before failed\n{}", ran.text());
            }
        }
        for (name, text) in &self.then {
            huntc = huntc.file(name, fill(text));
        }
        let before = files_below(Path::new(&folder));
        let content = |name: &String| fs::read(Path::new(&folder).join(fill(name))).ok();
        let kept: Vec<_> = self.kept.iter().map(|name| (name, content(name))).collect();
        let (ran, megabytes, late) = self.start(&huntc, &fill(&self.run), fill);
        let mut wrong = String::new();
        if late {
            let _ = writeln!(wrong, "it was killed after {} seconds", self.seconds);
        }
        if self.megabytes.is_some_and(|most| megabytes > most) {
            let _ = writeln!(wrong, "it took {megabytes} MB");
        }
        self.compare(&ran, &fill, &mut wrong);
        for (name, was) in kept.iter().filter(|(name, was)| was.is_none() || content(name) != *was) {
            let now = if was.is_none() { "was not there to be kept" } else { "is not what it was" };
            let _ = writeln!(wrong, "`{name}` {now}");
        }
        for script in &self.after {
            let shell = Command::new("sh").args(["-euc", &fill(script)]).current_dir(&folder).output().unwrap();
            if !shell.status.success() {
                let _ = writeln!(wrong, "afterwards not: {script}");
            }
        }
        for text in &self.never {
            if let Some(file) = holds(Path::new(&folder), &fill(text), &before) {
                let _ = writeln!(wrong, "{file} holds {text:?}");
            }
        }
        let requests = server.as_ref().map(Fake::requests).unwrap_or_default();
        let shown: Vec<String> =
            requests.iter().map(|r| format!("{} {}?{} {:?} {}", r.method, r.path, r.query, r.headers, r.body)).collect();
        for path in self.asked.iter().filter(|path| !requests.iter().any(|r| r.path == fill(path))) {
            let _ = writeln!(wrong, "{path} was not asked");
        }
        for text in self.never_asked.iter().filter(|text| shown.iter().any(|r| r.contains(&fill(text)))) {
            let _ = writeln!(wrong, "a request has {text:?}");
        }
        if !wrong.is_empty() {
            let _ = write!(wrong, "{}\n{}", ran.text(), shown.join("\n"));
        }
        wrong
    }

    fn compare(&self, ran: &Ran, fill: &impl Fn(&str) -> String, wrong: &mut String) {
        if ran.code != Some(self.exit) {
            let _ = writeln!(wrong, "exit {:?}, not {}", ran.code, self.exit);
        }
        let shown = format!("{}{}", ran.stdout, ran.stderr);
        // No attack may move the cursor, hide or reorder what is shown.
        if let Some(found) = Regex::new(UNSEEN).unwrap().find(&shown) {
            let _ = writeln!(wrong, "{:?} is shown as it is", found.as_str());
        }
        for text in self.says.iter().filter(|text| !shown.contains(&fill(text))) {
            let _ = writeln!(wrong, "it does not say {text:?}");
        }
        for text in self.never.iter().filter(|text| shown.contains(&fill(text))) {
            let _ = writeln!(wrong, "it shows {text:?}");
        }
        let there = |name: &String| fs::symlink_metadata(Path::new(&ran.folder).join(fill(name))).is_ok();
        for name in self.absent.iter().filter(|name| there(name)) {
            let _ = writeln!(wrong, "`{name}` is there");
        }
        for name in self.present.iter().filter(|name| !there(name)) {
            let _ = writeln!(wrong, "`{name}` is not there");
        }
    }

    /// What it did, its peak of memory in megabytes, and whether it was killed.
    fn start(&self, huntc: &Huntc, line: &str, fill: impl Fn(&str) -> String) -> (Ran, u64, bool) {
        let mut words: Vec<String> = line.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
        words.extend(self.words.iter().map(|word| fill(word)));
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut child = huntc.command(&words).stdin(Stdio::null()).spawn().unwrap();
        let (begun, process) = (Instant::now(), child.id());
        // The output is read meanwhile, so that a full pipe holds nothing up.
        let (out, err) = (reading(child.stdout.take().unwrap()), reading(child.stderr.take().unwrap()));
        let (mut megabytes, mut killed) = (0, false);
        let code = loop {
            megabytes = megabytes.max(peak(process));
            if let Some(status) = child.try_wait().unwrap() {
                break status.code();
            }
            if begun.elapsed() > Duration::from_secs(self.seconds) && !killed {
                killed = true;
                child.kill().unwrap();
            }
            thread::sleep(Duration::from_millis(5));
        };
        let (stdout, stderr) = (out.join().unwrap(), err.join().unwrap());
        let folder = huntc.path("").display().to_string().trim_end_matches('/').to_owned();
        (Ran::new(line, code, stdout, stderr, folder), megabytes, killed)
    }
}

fn classes() -> Vec<(String, Class)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/attacks");
    let paths = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    let mut classes: Vec<(String, Class)> = paths
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let mut class: toml::Table = toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            variants::spread(&mut class);
            let class = class.try_into().unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            (path.file_stem().unwrap().to_string_lossy().into_owned(), class)
        })
        .collect();
    classes.sort_by(|a, b| a.0.cmp(&b.0));
    classes
}

/// Codes that attacks must cause.
pub(crate) fn codes() -> BTreeSet<String> {
    let code = Regex::new(r"^K\d{4}$").unwrap();
    let all = classes().into_iter().flat_map(|(_, class)| class.attack).flat_map(|attack| attack.says);
    all.filter(|text| code.is_match(text)).collect()
}

fn play(wanted: impl Fn(&str, &Attack) -> bool) {
    let classes = classes();
    let attacks: Vec<(&str, &Class, &Attack)> =
        classes.iter().flat_map(|(name, class)| class.attack.iter().map(move |a| (name.as_str(), class, a))).collect();
    let attacks: Vec<_> = attacks.into_iter().filter(|(class, _, attack)| wanted(class, attack)).collect();
    let (next, faults) = (AtomicUsize::new(0), Mutex::new(String::new()));
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((name, class, attack)) = attacks.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let found = attack.play(class);
                    if !found.is_empty() {
                        let _ = writeln!(faults.lock().unwrap(), "== {name} ({}): {}\n{found}", class.about, attack.name);
                    }
                }
            });
        }
    });
    let faults = faults.into_inner().unwrap();
    assert!(faults.is_empty(), "{faults}");
    eprintln!("{} attacks held", attacks.len());
}

#[test]
fn quick_attacks_come_to_nothing() {
    play(|_, attack| !attack.slow);
}

/// `tests/attacks/run` names the classes in a variable; without it all are played.
#[test]
#[ignore = "takes long: tests/attacks/run"]
fn all_attacks_come_to_nothing() {
    let wanted = std::env::var("HUNTC_ATTACKS").unwrap_or_default();
    play(|class, _| wanted.is_empty() || wanted.split_whitespace().any(|word| word == class));
}

#[test]
fn each_attack_has_a_name_of_its_own_and_asks_for_something() {
    for (class, Class { attack, .. }) in classes() {
        let mut names: Vec<&str> = attack.iter().map(|a| a.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), attack.len(), "{class}: two attacks have one name");
        for a in attack {
            let asks = a.says.len()
                + a.never.len()
                + a.absent.len()
                + a.present.len()
                + a.kept.len()
                + a.after.len()
                + a.asked.len()
                + a.never_asked.len();
            assert!(asks > 0 || a.megabytes.is_some(), "{class}: {} cannot fail", a.name);
        }
    }
}
