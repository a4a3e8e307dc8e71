//! Measures a night of many hunts over a large store, in a process of its own: `cargo bench --bench nightly`.
//!
//! Prints for each number of hunts the time and CPU time of the first night and of one an hour later, the peak of memory,
//! and how many requests were sent and shared. Words behind `--` are numbers of hunts: `cargo bench --bench nightly -- 1000`.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod generate;

use generate::{hunt, log};
use huntc_runtime::source::store::{IngestOptions, ingest};
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Instant;

/// Records of the store, unless `HUNTC_BENCH_RECORDS` says otherwise.
const RECORDS: u64 = 1_000_000;

/// Where a night leaves what it cost.
const COST: &str = "cost.txt";

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    // The night itself is the program's own, in a child whose memory is its alone.
    if std::env::args().nth(1).is_some_and(|a| a == "nightly") {
        let code = huntc_runtime::cli::main();
        let told = cost().and_then(|cost| Ok(fs::write(COST, cost)?));
        return if told.is_ok() { code } else { ExitCode::FAILURE };
    }
    match measure() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn measure() -> Outcome<()> {
    let records = std::env::var("HUNTC_BENCH_RECORDS").map_or(Ok(RECORDS), |text| text.parse())?;
    let mut numbers: Vec<usize> = std::env::args().filter_map(|a| a.parse().ok()).collect();
    if numbers.is_empty() {
        numbers = vec![10, 100, 1_000];
    }
    let place = tempfile::tempdir()?;
    let text = place.path().join("events.ndjson");
    log(records, &mut std::io::BufWriter::new(fs::File::create(&text)?))?;
    ingest(std::slice::from_ref(&text), &place.path().join("windows.store"), &IngestOptions::default()).map_err(|e| e.message)?;
    fs::remove_file(text)?;
    fs::write(place.path().join("huntc.toml"), "[sources.windows]\npath = \"windows.store\"\n")?;
    println!("{records} records");
    println!("| hunts | night | s | CPU s | peak MB | sent | shared | records read | new |");
    println!("|---|---|---|---|---|---|---|---|---|");
    for number in numbers {
        let hunts = place.path().join(format!("hunts-{number}"));
        fs::create_dir(&hunts)?;
        (0..number).try_for_each(|n| fs::write(hunts.join(format!("{n:04}.hf")), hunt(n)))?;
        for (night, at) in [(1, "2026-01-02T02:00:00Z"), (2, "2026-01-02T03:00:00Z")] {
            println!("{}", one(place.path(), number, night, at)?);
        }
    }
    Ok(())
}

/// Runs a night; answers its line of the table.
fn one(place: &Path, number: usize, night: u32, at: &str) -> Outcome<String> {
    let out = format!("reports-{number}");
    let begun = Instant::now();
    let output = Command::new(std::env::current_exe()?)
        .current_dir(place)
        .args(["nightly", "run", &format!("hunts-{number}"), "--quiet", "--at", at, "--out", &out])
        .args(["--state", &format!("state-{number}")])
        .output()?;
    let seconds = begun.elapsed().as_secs_f64();
    if !output.status.success() {
        return Err(format!("{}\n{}", output.status, String::from_utf8_lossy(&output.stderr)).into());
    }
    let folder = at.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    let report: serde_json::Value = serde_json::from_slice(&fs::read(place.join(out).join(folder).join("nightly.json"))?)?;
    let hunts = report["hunts"].as_array().map(Vec::as_slice).unwrap_or_default();
    let new: usize = hunts.iter().filter_map(|h| h["finding"]["new"].as_array()).map(Vec::len).sum();
    let traffic = &report["traffic"];
    let cost = fs::read_to_string(place.join(COST))?;
    Ok(format!(
        "| {number} | {night} | {seconds:.2} | {cost} | {} | {} | {} | {new} |",
        traffic["sent"], traffic["shared"], traffic["records"]
    ))
}

/// CPU seconds and the peak of memory in MB of this process, mapped pages of the store included: `12.34 | 567`.
fn cost() -> Outcome<String> {
    let status = fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).ok_or("no peak")?;
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse()?;
    let stat = fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(')').ok_or("no times")?;
    // The 14th and 15th field, in hundredths of a second, where the first two are gone.
    let times = fields.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
    let ticks = times.sum::<Result<u64, _>>()?;
    Ok(format!("{:.2} | {}", ticks as f64 / 100.0, peak / 1_000))
}
