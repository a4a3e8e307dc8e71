//! Measures hunts on servers with a million documents beside bare loops and aggregations written by hand:
//! `cargo bench --bench clusters`.
//!
//! Prints a table of target, figure, pass or fail; exits with 1 where a target is missed, unless `--allow-misses` is given. Words
//! behind `--` choose rows by their names. The documents stay on the servers in indices `huntc-bench-clusters-…`.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod bare;
mod delay;
#[path = "../support/generate.rs"]
mod generate;
#[path = "../support/limit.rs"]
mod limit;
#[path = "../support/measure.rs"]
mod measure;
mod rows;
mod server;

use clap::Parser;
use limit::{judge, median};
use measure::Outcome;
use rows::{Bench, ROWS, Row};
use server::Server;
use std::process::ExitCode;

/// What names the servers.
const SERVERS: [&str; 2] = ["HUNTC_TEST_ELASTICSEARCH_9", "HUNTC_TEST_OPENSEARCH_3"];

/// Measures hunts on servers beside bare loops and aggregations written by hand.
#[derive(Parser)]
struct Args {
    /// Only rows whose name has one of these in it
    rows: Vec<String>,
    /// Documents on each server
    #[arg(long, default_value_t = 1_000_000)]
    documents: u64,
    /// How often a row is measured; the median counts
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Exit with 0 where targets are missed
    #[arg(long)]
    allow_misses: bool,
    /// Print the times and requests behind the ratios
    #[arg(long)]
    times: bool,
    /// What cargo says to every bench
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    if let Some(code) = measure::measured() {
        return code;
    }
    // Hunts run in children, whose memory is theirs alone. They are this program too.
    if std::env::args().nth(1).is_some_and(|first| first == "run") {
        return huntc_runtime::cli::main();
    }
    let args = Args::parse();
    match run(&args) {
        Ok(all) if all || args.allow_misses => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all targets are reached.
fn run(args: &Args) -> Outcome<bool> {
    let chosen = |row: &&Row| args.rows.is_empty() || args.rows.iter().any(|word| row.name.contains(word.as_str()));
    let rows: Vec<&Row> = ROWS.iter().filter(chosen).collect();
    if rows.is_empty() {
        return Err("no row has such a name".into());
    }
    let folder = tempfile::tempdir()?;
    let mut all = true;
    for variable in SERVERS {
        let Ok(url) = std::env::var(variable) else {
            println!("SKIP  {variable} names no server: see tests/servers/cluster");
            continue;
        };
        let server = Server::with_documents(&url, args.documents)?;
        println!("{variable}, {} documents", args.documents);
        let bench = Bench { folder: folder.path(), server: &server, documents: args.documents, times: args.times };
        for row in &rows {
            let samples = (0..args.rounds).map(|_| (row.measure)(&bench)).collect::<Outcome<Vec<_>>>()?;
            let column = |index: usize| median(samples.iter().filter_map(|sample| sample.get(index).copied()).collect());
            let figures: Vec<f64> = (0..row.limits.len()).filter_map(column).collect();
            all &= judge(row.name, row.limits, &figures);
        }
    }
    Ok(all)
}
