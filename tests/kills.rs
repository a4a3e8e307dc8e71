//! Kills at random moments, through the program: what is left is whole, and no finding is lost or told twice.

use crate::support::cli::{Huntc, setting};
use crate::support::random::Rng;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Kills in a run of the suite.
const QUICK: usize = 24;

const HUNT: &str =
    "# overlap: 1h\nx = GET process FROM stixshifter://lab WHERE name = 'evil.exe'\nDISP x ATTR name, pid, command_line\n";
/// Nights look back far enough for what a night left that was killed before it knew where it begins.
const NIGHT: &str = "nightly run hunts --since 7d --jobs 2 --quiet --at 2026-01-0{day}T02:00:00Z";
const RUN: &str = "run hunt.hf --source lab=log.ndjson --window 30d --at 2026-01-09T00:00:00Z --out report";

fn record(day: usize, hour: usize) -> String {
    let name = if hour == 1 { "evil.exe" } else { "good.exe" };
    format!(
        "{{\"@timestamp\":\"2026-01-{day:02}T{hour:02}:00:00Z\",\"event\":{{\"code\":\"1\",\"category\":[\"process\"],\"type\":[\"start\"]}},\
         \"host\":{{\"name\":\"a\"}},\"process\":{{\"entity_id\":\"p{day}-{hour}\",\"name\":\"{name}\",\"pid\":7,\"command_line\":\"{name} /{day}\"}}}}\n"
    )
}

fn records() -> String {
    (1..9).flat_map(|day| (0..24).map(move |hour| record(day, hour))).collect()
}

fn place() -> Huntc {
    let huntc = Huntc::new_in_memory().file("huntc.toml", "[sources.lab]\npath = \"log.ndjson\"\n").file("log.ndjson", records());
    huntc.file("hunts/a.hf", HUNT).file("hunts/b.hf", HUNT).file("hunt.hf", HUNT)
}

/// A moment in a run of this length: three in four within it, and the others in its last tenth or soon behind it.
fn moment(length: Duration, rng: &mut Rng) -> Duration {
    let thousandths = if rng.chance(75) { rng.below(1_000) } else { 900 + rng.below(200) };
    length.mul_f64(thousandths as f64 / 1_000.0)
}

/// Starts a command and kills it; false where it was quicker.
fn killed(huntc: &Huntc, line: &str, after: Duration) -> bool {
    let words: Vec<&str> = line.split(' ').collect();
    let mut child = huntc.command(&words).spawn().unwrap();
    std::thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap().code().is_none()
}

fn well(huntc: &Huntc, line: &str) -> Result<Duration, String> {
    let begun = Instant::now();
    let ran = huntc.run(line);
    if ran.code == Some(0) { Ok(begun.elapsed()) } else { Err(ran.text()) }
}

fn night(day: usize) -> String {
    NIGHT.replace("{day}", &day.to_string())
}

fn json(path: &Path) -> Result<Json, String> {
    let text = fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
    serde_json::from_slice(&text).map_err(|e| format!("{}: {e}", path.display()))
}

/// A night is killed: the first one, or one after `nights` others. Then follow whole nights up to the fourth day.
fn nights(nights: usize, rng: &mut Rng) -> Result<bool, String> {
    let huntc = place();
    let mut length = Duration::from_millis(60);
    for day in 1..=nights {
        length = well(&huntc, &night(day))?;
    }
    let mut hit = false;
    for _ in 0..=rng.below(2) {
        hit |= killed(&huntc, &night(nights + 1), moment(length, rng));
        let status = huntc.run("nightly status --at 2026-01-05T00:00:00Z");
        if status.stderr.contains("K0860") && !status.stderr.contains("no run has worked") {
            return Err(status.text());
        }
    }
    for day in nights + 1 + rng.below(2)..=4 {
        well(&huntc, &night(day))?;
    }
    let mut told: BTreeMap<(usize, String), usize> = BTreeMap::new();
    for name in huntc.nights("nightly") {
        let folder = huntc.path("nightly").join(name);
        json(&folder.join("report.json"))?;
        for (number, hunt) in json(&folder.join("nightly.json"))?["hunts"].as_array().unwrap().iter().enumerate() {
            for finding in hunt["finding"]["new"].as_array().unwrap() {
                let command = finding["key"][2].as_str().unwrap_or_default();
                *told.entry((number, command.to_owned())).or_default() += 1;
            }
        }
    }
    let wanted = (0..2).flat_map(|hunt| (1..5).map(move |day| ((hunt, format!("evil.exe /{day}")), 1))).collect();
    let left = later(&huntc, "nightly", |name| name.starts_with('.'), &|| well(&huntc, &night(4)).map(|_| ()))?;
    let parts: Vec<String> = huntc.names(".huntc-nightly").into_iter().filter(|n| n.starts_with('.')).collect();
    match (told == wanted, left.is_empty() && parts.is_empty()) {
        (true, true) => Ok(hit),
        (false, _) => Err(format!("told {told:?}")),
        (_, false) => Err(format!("left behind: {left:?} {parts:?}")),
    }
}

/// What is left of killed writers in a folder once it is hours old and another run came by. A writer that is killed before it
/// could lock what it made leaves something that might still be written, until it is old.
fn later(
    huntc: &Huntc,
    folder: &str,
    is_left: impl Fn(&str) -> bool,
    run: &dyn Fn() -> Result<(), String>,
) -> Result<Vec<String>, String> {
    let left = || -> Vec<String> { huntc.names(folder).into_iter().filter(|name| is_left(name)).collect() };
    let found = left();
    if found.is_empty() {
        return Ok(found);
    }
    for name in &found {
        let path = huntc.path(folder).join(name);
        let aged = std::process::Command::new("touch").args(["-h", "-d", "2 hours ago"]).arg(path).status();
        aged.map_err(|e| e.to_string())?;
    }
    run()?;
    Ok(left())
}

/// How many records a hunt counts in a store.
fn counted(huntc: &Huntc) -> Result<u64, String> {
    let ran = huntc.run("run all.hf --source lab=store --window 30d --at 2026-01-09T00:00:00Z --format json");
    let report: Json = serde_json::from_str(&ran.stdout).map_err(|e| format!("{e}: {}", ran.text()))?;
    report["hunts"][0]["variables"][0]["records"].as_u64().ok_or_else(|| ran.text())
}

/// An ingest into a new store or one that has records is killed: all of it is there, or nothing.
fn ingest(earlier: bool, rng: &mut Rng) -> Result<bool, String> {
    const INGEST: &str = "ingest log.ndjson --store store";
    let huntc = place().file("all.hf", "x = GET process FROM stixshifter://lab WHERE name LIKE '%'\nDISP x ATTR name LIMIT 1\n");
    let mut before = 0;
    if earlier {
        well(&huntc, "ingest log.ndjson --store store")?;
        before = counted(&huntc)?;
    }
    let hit = killed(&huntc, INGEST, moment(Duration::from_millis(60), rng));
    let after = if huntc.path("store/manifest.json").exists() { counted(&huntc)? } else { 0 };
    if after != before && after != before + 192 {
        return Err(format!("{before} records became {after}"));
    }
    well(&huntc, INGEST)?;
    let last = counted(&huntc)?;
    let manifest = fs::read_to_string(huntc.path("store/manifest.json")).unwrap();
    let litter = |name: &String| name != "lock" && name != "manifest.json" && !manifest.contains(&format!("\"{name}\""));
    match huntc.names("store").into_iter().find(litter) {
        _ if last != after + 192 => Err(format!("{after} records became {last}")),
        Some(name) => Err(format!("{name} is left behind")),
        None => Ok(hit),
    }
}

/// A run with a report is killed, with an earlier report or without: one whole report is there, or none.
fn report(earlier: bool, rng: &mut Rng) -> Result<bool, String> {
    let huntc = place();
    if earlier {
        well(&huntc, RUN)?;
    }
    let hit = killed(&huntc, RUN, moment(Duration::from_millis(60), rng));
    let whole = || -> Result<(), String> {
        let mark = fs::read_to_string(huntc.path("report/.huntc-report")).map_err(|e| e.to_string())?;
        let lost = mark.lines().skip(1).find(|name| !huntc.path("report").join(name).is_file());
        lost.map_or(Ok(()), |name| Err(format!("{name} is missing")))?;
        json(&huntc.path("report/report.json"))?;
        Ok(())
    };
    if earlier || huntc.path("report").exists() {
        whole()?;
    }
    well(&huntc, RUN)?;
    whole()?;
    let left = later(&huntc, ".", |name| name.starts_with(".report.huntc-"), &|| well(&huntc, RUN).map(|_| ()))?;
    left.first().map_or(Ok(hit), |name| Err(format!("{name} is left behind")))
}

#[test]
fn killed_nights_ingests_and_runs() {
    let (kills, seed) = (setting("HUNTC_KILLS", QUICK), setting("HUNTC_KILLS_SEED", 1) as u64);
    let (next, hits, failures) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        loop {
            let case = next.fetch_add(1, Ordering::Relaxed);
            if case >= kills || failures.lock().unwrap().len() >= 20 {
                return;
            }
            let mut rng = Rng::new(seed ^ (case as u64) << 32);
            let done = match case % 6 {
                0 => nights(0, &mut rng),
                1 | 2 => nights(1 + case % 2, &mut rng),
                3 => ingest(case % 4 < 2, &mut rng),
                4 => report(case % 4 < 2, &mut rng),
                _ => nights(2, &mut rng),
            };
            match done {
                Ok(hit) => _ = hits.fetch_add(usize::from(hit), Ordering::Relaxed),
                Err(failure) => {
                    eprintln!("case {case} of seed {seed}: {failure}");
                    failures.lock().unwrap().push(format!("case {case}: {failure}"));
                }
            }
        }
    };
    std::thread::scope(|scope| (0..2).for_each(|_| drop(scope.spawn(work))));
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{} of {kills}:\n{}", failures.len(), failures.join("\n\n"));
    let hits = hits.into_inner();
    // How many depends on the machine: what is fast has ended before it is killed.
    assert!(hits * 5 > kills, "only {hits} of {kills} were killed before they ended");
    eprintln!("{hits} of {kills} were killed before they ended");
}

/// Two machines, or two containers, whose nights share a folder of reports: each has a state of its own, and neither loses
/// or mixes what the other tells.
#[test]
fn two_nights_share_a_folder_of_reports() {
    // Containers have equal process ids.
    let apart =
        std::process::Command::new("unshare").args(["--pid", "--fork", "--uts", "true"]).status().is_ok_and(|s| s.success());
    let huntc = place().file("others/c.hf", HUNT);
    for day in 1..5 {
        let start = |hunts: &str, state: &str| {
            let line = format!("nightly run {hunts} --since 7d --quiet --state {state} --out shared --at 2026-01-0{day}T02:00:00Z");
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            let plain = huntc.command(&words.iter().map(String::as_str).collect::<Vec<_>>());
            if !apart {
                return { plain }.spawn().unwrap();
            }
            let mut command = std::process::Command::new("unshare");
            command.args(["--pid", "--fork", "--uts"]).arg(plain.get_program()).args(plain.get_args());
            command.current_dir(huntc.path(".")).env_clear().env("HOME", huntc.path("home")).env("PATH", "/usr/bin:/bin");
            command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap()
        };
        let (first, second) = (start("hunts", "one"), start("others", "two"));
        for child in [first, second] {
            let ran = huntc.finish("nightly run", child);
            assert_eq!(ran.code, Some(0), "{}", ran.text());
        }
    }
    let mut told: BTreeMap<(String, String), usize> = BTreeMap::new();
    for name in huntc.nights("shared") {
        let report = json(&huntc.path("shared").join(name).join("nightly.json")).unwrap();
        let hunts: Vec<&str> = report["hunts"].as_array().unwrap().iter().map(|h| h["file"].as_str().unwrap()).collect();
        assert!(hunts == ["hunts/a.hf", "hunts/b.hf"] || hunts == ["others/c.hf"], "{hunts:?}");
        for hunt in report["hunts"].as_array().unwrap() {
            for finding in hunt["finding"]["new"].as_array().unwrap() {
                let key = (hunt["file"].as_str().unwrap().to_owned(), finding["key"][2].as_str().unwrap().to_owned());
                *told.entry(key).or_default() += 1;
            }
        }
    }
    assert_eq!(huntc.nights("shared").len(), 8, "{:?}", huntc.nights("shared"));
    assert_eq!(told.len(), 12, "{told:?}");
    assert!(told.values().all(|times| *times == 1), "{told:?}");
}
