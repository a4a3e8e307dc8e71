//! Adding Windows events to a store: the creation of processes, as NXLog writes it and as an event log of Windows has it.

use super::data::Data;
use super::limit::{Bound::AtLeast, Bound::AtMost, Limit};
use super::measure::Outcome;
use super::rows::{Effort, Row};
use evtx_writer::{ChunkWriter, Content, Element, WHOLE, element, header, utf_16};
use serde_json::{Map, Value, json};
use std::io::Write;

#[path = "../../src/source/logs/windows/tests/evtx_writer.rs"]
#[allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod evtx_writer;

/// The rows of this file.
pub(super) const ROWS: &[Row] = &[
    Row { name: "ingest NXLog", effort: Effort::Median, limits: &limits(60_000.0), measure: nxlog },
    Row { name: "ingest EVTX", effort: Effort::Median, limits: &limits(40_000.0), measure: event_log },
];

const fn limits(rate: f64) -> [Limit; 2] {
    [Limit { unit: "documents per CPU-second", bound: AtLeast(rate) }, Limit { unit: "MB peak", bound: AtMost(1000.0) }]
}

const EVENTS: u64 = 100_000;
const CHANNEL: &str = "Microsoft-Windows-Sysmon/Operational";
/// Bytes behind which no further event goes into a chunk.
const FULL: usize = 60_000;

/// The names and values of an event.
fn values(number: u64) -> Vec<(&'static str, String)> {
    let second = number % 60;
    let guid = |number: u64| format!("{{8e2a1b5c-{:04x}-5f91-{:04x}-{:012x}}}", number % 65_536, number % 512, number);
    let program = ["svchost", "conhost", "cmd", "powershell", "taskhostw", "rundll32"][number as usize % 6];
    let image = format!(r"C:\Windows\System32\{program}.exe");
    vec![
        ("RuleName", "-".to_owned()),
        ("UtcTime", format!("2026-03-0{} 10:{:02}:{second:02}.{:03}", 1 + number % 9, number / 60 % 60, number % 1000)),
        ("ProcessGuid", guid(number)),
        ("ProcessId", (number % 30_000).to_string()),
        ("Image", image.clone()),
        ("FileVersion", "10.0.19041.546 (WinBuild.160101.0800)".to_owned()),
        ("Description", "A program of Windows".to_owned()),
        ("Product", "Microsoft® Windows® Operating System".to_owned()),
        ("Company", "Microsoft Corporation".to_owned()),
        ("OriginalFileName", format!("{program}.exe")),
        ("CommandLine", format!(r#""{image}" -k netsvcs -p -s task{number} "C:\Users\user{}\a b.txt""#, number % 40)),
        ("CurrentDirectory", r"C:\Windows\system32\".to_owned()),
        ("User", format!(r"CORP\user{}", number % 40)),
        ("LogonGuid", guid(number % 40)),
        ("LogonId", format!("{:#x}", 0x3e7 + number % 40)),
        ("TerminalSessionId", "1".to_owned()),
        ("IntegrityLevel", "High".to_owned()),
        (
            "Hashes",
            format!("SHA1={:040x},MD5={:032x},SHA256={:064x},IMPHASH={:032x}", number % 6, number % 6, number % 6, number % 6),
        ),
        ("ParentProcessGuid", guid(number / 3)),
        ("ParentProcessId", (number / 3 % 30_000).to_string()),
        ("ParentImage", r"C:\Windows\System32\services.exe".to_owned()),
        ("ParentCommandLine", r"C:\Windows\System32\services.exe".to_owned()),
    ]
}

fn nxlog(data: &Data) -> Outcome<Vec<f64>> {
    let path = data.path("nxlog.json");
    if !path.exists() {
        let mut file = std::io::BufWriter::new(std::fs::File::create(&path)?);
        for number in 0..EVENTS {
            let mut line = json!({
                "EventTime": "2026-03-01 10:00:00", "Hostname": format!("host{}.corp.example", number % 400), "Keywords": -9_223_372_036_854_775_808_i64,
                "EventType": "INFO", "SeverityValue": 2, "Severity": "INFO", "EventID": 1, "SourceName": "Microsoft-Windows-Sysmon",
                "ProviderGuid": "{5770385F-C22A-43E0-BF4C-06F5698FFBD9}", "Version": 5, "Task": 1, "OpcodeValue": 0, "RecordNumber": number,
                "ExecutionProcessID": 3000, "ExecutionThreadID": 4000, "Channel": CHANNEL, "Domain": "NT AUTHORITY",
                "AccountName": "SYSTEM", "UserID": "S-1-5-18", "AccountType": "User", "Opcode": "Info",
                "EventReceivedTime": "2026-03-01 10:00:01", "SourceModuleName": "eventlog", "SourceModuleType": "im_msvistalog",
            });
            let said: Map<String, Value> =
                values(number).into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
            if let Value::Object(line) = &mut line {
                line.extend(said);
            }
            writeln!(file, "{line}")?;
        }
        file.flush()?;
    }
    rate(data, &path)
}

fn event_log(data: &Data) -> Outcome<Vec<f64>> {
    let path = data.path("log.evtx");
    if !path.exists() {
        let mut chunks: Vec<Vec<u8>> = Vec::new();
        let mut writer = ChunkWriter::new(WHOLE, 1);
        for number in 0..EVENTS {
            if writer.len() > FULL {
                chunks.push(std::mem::replace(&mut writer, ChunkWriter::new(WHOLE, number + 1)).chunk());
            }
            writer.record(&event(number));
        }
        chunks.push(writer.chunk());
        std::fs::write(&path, [header(chunks.len(), 0), chunks.concat()].concat())?;
    }
    rate(data, &path)
}

/// The event as Sysmon writes it: values in the holes of one template.
fn event(number: u64) -> Element {
    let text = |value: &str| Content::OptionalHole(0x01, utf_16(value));
    let hole = |name: &str, content| Element { content: vec![content], ..element(name, &[], "", Vec::new()) };
    let time = format!("2026-03-01T10:{:02}:{:02}.{:03}Z", number / 60 % 60, number % 60, number % 1000);
    let created =
        Element { attributes: vec![("SystemTime".to_owned(), vec![text(&time)])], ..element("TimeCreated", &[], "", Vec::new()) };
    let system = vec![
        element("Provider", &[("Name", "Microsoft-Windows-Sysmon")], "", Vec::new()),
        hole("EventID", Content::Hole(0x06, 1_u16.to_le_bytes().to_vec())),
        hole("Version", Content::Hole(0x04, vec![5])),
        created,
        hole("EventRecordID", Content::Hole(0x0a, number.to_le_bytes().to_vec())),
        element("Channel", &[], CHANNEL, Vec::new()),
        hole("Computer", text(&format!("host{}.corp.example", number % 400))),
    ];
    let data = |(name, value): (&str, String)| Element {
        content: vec![text(&value)],
        ..element("Data", &[("Name", name)], "", Vec::new())
    };
    let said = values(number).into_iter().map(data).collect();
    let children = vec![element("System", &[], "", system), element("EventData", &[], "", said)];
    element("Event", &[("xmlns", "http://schemas.microsoft.com/win/2004/08/events/event")], "", children)
}

fn rate(data: &Data, log: &std::path::Path) -> Outcome<Vec<f64>> {
    let cost = data.ingest(&log.display().to_string(), &data.path("windows.store"), |_| Ok(()))?;
    Ok(vec![EVENTS as f64 / cost.cpu, cost.peak])
}
