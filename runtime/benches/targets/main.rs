//! Measures the targets for speed and memory on generated data: `cargo bench --bench targets`.
//!
//! Prints a table of target, figure, pass or fail; exits with 1 where a target is missed. Words behind `--` choose rows by
//! their names: `cargo bench --bench targets -- term`.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod answers;
mod compile;
mod data;
#[path = "../support/generate.rs"]
mod generate;
mod hunts;
#[path = "../support/limit.rs"]
mod limit;
#[path = "../support/measure.rs"]
mod measure;
mod rows;
mod store;
mod variables;
mod warm;
mod windows;

use clap::Parser;
use data::Data;
use limit::judge;
use measure::Outcome;
use rows::{Effort, Row};
use std::process::ExitCode;

/// The rows of all files.
const GROUPS: &[&[Row]] = &[answers::ROWS, compile::ROWS, store::ROWS, windows::ROWS, hunts::ROWS, variables::ROWS];

/// Measures the targets for speed and memory on generated data.
#[derive(Parser)]
struct Args {
    /// Only rows whose name has one of these in it
    rows: Vec<String>,
    /// Records of the store that most rows use
    #[arg(long, default_value_t = 1_000_000)]
    records: u64,
    /// Measure the rows on many records too, which takes minutes
    #[arg(long)]
    large: bool,
    /// Records of these
    #[arg(long, default_value_t = 10_000_000)]
    large_records: u64,
    /// What cargo says to every bench
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    if let Some(code) = measure::measured() {
        return code;
    }
    match run(&Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all targets are reached.
fn run(args: &Args) -> Outcome<bool> {
    let chosen = |row: &&Row| {
        let named = args.rows.is_empty() || args.rows.iter().any(|word| row.name.contains(word.as_str()));
        named && (row.effort != Effort::Large || args.large)
    };
    let rows: Vec<&Row> = GROUPS.iter().copied().flatten().filter(chosen).collect();
    if rows.is_empty() {
        return Err("no row has such a name; rows on many records need --large".into());
    }
    let data = Data::new(args.records, args.large_records)?;
    let mut all = true;
    for row in rows {
        let figures = row.figures(&data)?;
        all &= judge(row.name, row.limits, &figures);
    }
    Ok(all)
}
