//! What the choice makes of hunts over a cluster that nobody has on a desk: the tables of `docs/scale.md`.
//!
//! `cargo test -p huntc-runtime --lib scale -- --nocapture` prints them.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use super::super::*;
use super::World;
use std::fmt::Write;

/// What one thread of a server, or the program, takes for one of something, in microseconds.
const READ: f64 = 17.0;
const READ_HERE: f64 = 3.0;
const COUNT: f64 = READ * COUNTED;
const TUPLES: f64 = READ * TUPLE;
const TUPLES_HERE: f64 = 3.0;
/// Bytes on the wire, with gzip.
const RECORD_SENT: f64 = 40.0;
const TUPLE_SENT: f64 = 25.0;
/// Bytes of memory here.
const RECORD_KEPT: f64 = 170.0;
const TUPLE_KEPT: f64 = 250.0;
/// Nodes with twelve threads each that search.
const THREADS: f64 = 1_200.0;

/// A statement, with what its source is asked for.
struct Statement {
    text: &'static str,
    world: World,
}

const fn statement(text: &'static str, records: u64, tuples: fn(u64) -> u64, times: TupleTimes) -> Statement {
    Statement { text, world: World { records, tuples, times } }
}

/// A hundred billion records of a month: 3.3 billion a day, 140 million an hour, of 100,000 hosts.
const STATEMENTS: [Statement; 8] = [
    statement("`GET process WHERE name = 'rundll32.exe'`, a day", 100_000, |n| n / 4, TupleTimes::None),
    statement("its 25,000 processes' children", 20_000, |n| n, TupleTimes::None),
    statement("`GROUP` of all processes `BY name`, an hour", 140_000_000, |n| n / 20, TupleTimes::None),
    statement("the same, a day", 3_300_000_000, |n| n / 20, TupleTimes::None),
    statement("all addresses of destinations, a month", 100_000_000_000, |n| n.min(100_000), TupleTimes::None),
    statement("all names of files, a day", 1_000_000_000, |n| n / 50, TupleTimes::Order),
    statement("all flows, an hour", 60_000_000, |n| n, TupleTimes::Order),
    statement("all flows, a day", 1_400_000_000, |n| n, TupleTimes::Order),
];

fn table() -> String {
    let mut out = String::from(
        "| statement | records | chosen | requests | server CPU s | s on all threads | CPU s here | GB sent | memory here, GB |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for Statement { text, world } in &STATEMENTS {
        let outcome = world.outcome(20_000);
        let read = if outcome.counts { 0 } else { world.records };
        // Pages of ten thousand, each with the last of the one before.
        let requests = outcome.requests + read.div_ceil(10_000);
        let (read, tuples) = (read as f64, outcome.tuples as f64);
        let times = (each(world.times) - TUPLE) / TIME;
        let server = read * READ + outcome.gone_through as f64 * COUNT + tuples * (TUPLES + times * READ);
        let here = read * READ_HERE + tuples * (TUPLES_HERE + times * READ_HERE);
        let sent = read * RECORD_SENT + tuples * (TUPLE_SENT + times * RECORD_SENT);
        // Each tuple once, though several stretches have it.
        let different = tuples.min((world.tuples)(world.records) as f64);
        let kept = read * RECORD_KEPT + different * TUPLE_KEPT;
        let chosen = if outcome.counts { "count" } else { "read" };
        let _ = writeln!(
            out,
            "| {text} | {:.1e} | {chosen} | {requests} | {} | {} | {} | {} | {} |",
            world.records as f64,
            figure(server / 1e6),
            figure(server / 1e6 / THREADS),
            figure(here / 1e6),
            figure(sent / 1e9),
            figure(kept / 1e9),
        );
    }
    out
}

/// Two digits that count.
fn figure(value: f64) -> String {
    match value {
        v if v < 0.01 => "< 0.01".to_owned(),
        v if v < 1.0 => format!("{v:.2}"),
        v if v < 10.0 => format!("{v:.1}"),
        v => {
            let unit = 10_f64.powf(v.log10().floor() - 1.0);
            format!("{}", ((v / unit).round() * unit) as u64)
        }
    }
}

#[test]
fn the_page_about_scale_has_what_is_worked_out() {
    let table = table();
    println!("{table}");
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/scale.md")).unwrap();
    assert!(page.contains(&table), "docs/scale.md has another table than\n{table}");
}
