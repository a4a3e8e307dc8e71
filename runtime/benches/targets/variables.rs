//! What variables take that hold every process of a store: short records of processes, all of them found.

use super::data::Data;
use super::generate::START;
use super::limit::{Bound::AtMost, Limit};
use super::measure::{Outcome, child};
use super::rows::{Effort, Row};
use huntc_compiler::time::{Instant, MILLISECOND};
use std::io::{self, Write};
use std::path::PathBuf;

/// The rows of this file.
pub(super) const ROWS: &[Row] = &[
    Row {
        name: "variables of 1,000,000 process records",
        effort: Effort::Median,
        limits: LIMITS,
        measure: |data| held(data, 1_000_000),
    },
    Row {
        name: "large variables: 10,000,000 process records",
        effort: Effort::Large,
        limits: &[Limit { unit: "MB peak", bound: AtMost(1_000.0) }, BYTES],
        measure: |data| held(data, data.large_records),
    },
];

const LIMITS: &[Limit] = &[Limit { unit: "MB peak", bound: AtMost(250.0) }, BYTES];

/// A record is 1.4 sightings, and 0.4 processes with a key each.
const BYTES: Limit = Limit { unit: "bytes a record over a hunt that finds nothing", bound: AtMost(110.0) };

/// Figures, GROUP and FIND over every record. Read, not counted by the store.
const HUNT: &str = "x = GET process FROM stixshifter://host101 WHERE [process:pid >= 0]
y = GET process FROM stixshifter://host101 WHERE [process:pid = 32]
z = FIND process CREATED y
g = GROUP x BY name WITH COUNT(pid) AS n
INFO x
DISP g
DISP z ATTR name, pid LIMIT 5
";
const NOTHING: &str = "x = GET process FROM stixshifter://host101 WHERE [process:pid = -1]\nDISP x ATTR name\n";

fn held(data: &Data, records: u64) -> Outcome<Vec<f64>> {
    let source = format!("host101={}", store(data, records)?.display());
    let hunt = data.path("variables.hf");
    let peak = |text: &str| {
        std::fs::write(&hunt, text)?;
        child(&data.huntc, &["run", &hunt.display().to_string(), "--source", &source, "--no-agg"], |_| Ok(())).map(|cost| cost.peak)
    };
    let (all, none) = (peak(HUNT)?, peak(NOTHING)?);
    Ok(vec![all, (all - none) * 1e6 / records as f64])
}

fn store(data: &Data, records: u64) -> Outcome<PathBuf> {
    let path = data.path(&format!("processes-{records}.store"));
    if !path.join("manifest.json").exists() {
        data.ingest("-", &path, |pipe| write(records, pipe))?;
    }
    Ok(path)
}

const NAMES: [&str; 8] =
    ["svchost.exe", "cmd.exe", "powershell.exe", "chrome.exe", "explorer.exe", "reg.exe", "net.exe", "certutil.exe"];

/// Records of at most 300 bytes. Two of five create a process, and say whose child it is; the others are of one of the last 4,000.
fn write(records: u64, mut out: &mut dyn Write) -> io::Result<()> {
    let out = &mut io::BufWriter::new(&mut out);
    let (mut made, mut random) = (0_u64, 5_u64);
    for record in 0..records {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let lot = random >> 33;
        let time = Instant(START.0 + record as i64 * 60 * MILLISECOND);
        let new = made == 0 || lot % 5 < 2;
        made += u64::from(new);
        let process = if new { made } else { made.saturating_sub(lot / 5 % 4_000).max(1) };
        let (code, host) = (if new { 1 } else { 5 }, process % 400);
        let name = NAMES[(process % 8) as usize];
        write!(out, r#"{{"@timestamp":"{time}","event":{{"code":"{code}","category":"process"}},"host":{{"name":"h{host}"}},"#)?;
        write!(out, r#""process":{{"entity_id":"{}","pid":{},"name":"{name}""#, id(process), process * 4 % 65_536)?;
        if new {
            let parent = (process - process % 50).max(1);
            write!(out, r#","parent":{{"entity_id":"{}","name":"{}"}}"#, id(parent), NAMES[(parent % 8) as usize])?;
        }
        writeln!(out, "}}}}")?;
    }
    out.flush()
}

fn id(process: u64) -> String {
    let mixed = process.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    format!("{{{:08x}-{:04x}-{:04x}-{:04x}-{process:012x}}}", mixed >> 32, mixed >> 16 & 0xffff, mixed & 0xffff, process & 0xffff)
}
