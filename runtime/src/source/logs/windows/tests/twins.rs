//! Raw exports of Security-Datasets against the same data sets in ECS, field by field.

use super::super::event_of;
use crate::source::logs::log_clock::LogTimeOffset;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;

/// The data sets, with what sets the clocks of exports of PowerShell right.
const SETS: [(&str, &str); 5] = [
    ("cmd_lsass_memory_dumpert_syscalls", "+16h"),
    ("cmd_mshta_vbscript_execute_psh", "+4h"),
    ("covenant_psremoting_grunt", "+0h"),
    ("empire_wmic_add_user_backdoor", "+0h"),
    ("psh_lsass_memory_dump_comsvcs", "+16h"),
];

/// Where ours differ: the field, or with `*` all that begin so; the events, or all; and why.
const EXPLAINED: [(&str, &[&str], &str); 10] = [
    ("agent.*", &[], "no agent of Elastic's has seen the record"),
    ("tags", &[], "the tags of the shipper are the user's; the twins were made without them"),
    ("event.outcome", NO_KEYWORDS, "the export has no keywords, which say it; the twins suppose success"),
    ("winlog.keywords", NO_KEYWORDS, "as event.outcome"),
    ("dns.question.*", &["22"], "akamaized.net is a public suffix by now; so is its customer the registered domain"),
    ("registry.data.strings", &["13"], "winlogbeat shifts the high part of a QWORD by 8 bits; ours by 32"),
    ("service.name", &["7036"], "winlogbeat leaves events of the System log as they are"),
    ("service.state", &["7036"], "as service.name"),
    ("winlog.event_data.ProcessID", &["5158"], "the twins call it as 5156 does; Windows calls it ProcessId"),
    ("winlog.event_data.ProcessId", &["5158"], "as winlog.event_data.ProcessID"),
];

/// Events of the exports of PowerShell.
const NO_KEYWORDS: &[&str] = &["104", "1102", "4656", "4658", "4663", "4673", "4688", "4689", "4690", "4703", "5156", "5158"];

fn data() -> Option<PathBuf> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data"));
    folder.is_dir().then_some(folder)
}

/// The lines of the only file in a zip.
fn raw(name: &str) -> Vec<String> {
    let file = std::fs::File::open(data().unwrap().join(format!("raw/{name}.zip"))).unwrap();
    let mut archive = zip::ZipArchive::new(file).unwrap();
    let mut text = String::new();
    archive.by_index(0).unwrap().read_to_string(&mut text).unwrap();
    text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect()
}

fn ecs(name: &str) -> Vec<Value> {
    let file = std::fs::File::open(data().unwrap().join(format!("{name}.ndjson.gz"))).unwrap();
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(file).read_to_string(&mut text).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Scalars and lists by path.
fn flat(value: &Value, path: &str, out: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                flat(value, &path, out);
            }
        }
        // To a search a list is a set, and a list of one is the value.
        Value::Array(items) if items.len() == 1 => drop(out.insert(path.to_owned(), items[0].clone())),
        Value::Array(items) if items.iter().all(Value::is_string) && path.starts_with("related.") => {
            let mut items = items.clone();
            items.sort_by_key(ToString::to_string);
            out.insert(path.to_owned(), Value::Array(items));
        }
        other => drop(out.insert(path.to_owned(), other.clone())),
    }
}

pub(super) fn fields(value: &Value) -> BTreeMap<String, Value> {
    let mut out = BTreeMap::new();
    flat(value, "", &mut out);
    out
}

/// What both forms of a record have alike: they stand in another order in the two files.
fn key(fields: &BTreeMap<String, Value>) -> String {
    let part = |name: &str| fields.get(name).map(ToString::to_string).unwrap_or_default();
    if fields.contains_key("winlog.record_id") {
        return [part("winlog.record_id"), part("winlog.computer_name"), part("winlog.channel")].join(" ");
    }
    // Without a number of the record: what it says. Several may say the same.
    [part("winlog.event_id"), part("message")].join(" ")
}

#[test]
fn converted_documents_agree_with_their_twins() {
    if data().is_none() {
        return;
    }
    let mut found: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for (name, offset) in SETS {
        let offset = LogTimeOffset::parse(offset).unwrap();
        let mut twins: BTreeMap<String, Vec<BTreeMap<String, Value>>> = BTreeMap::new();
        for twin in ecs(name) {
            let twin = fields(&twin);
            twins.entry(key(&twin)).or_default().push(twin);
        }
        for line in raw(name) {
            let (ours, _) = event_of(line.as_bytes(), offset).unwrap_or_else(|| panic!("{name}: not converted: {line}"));
            let ours = fields(&serde_json::from_slice(&ours).unwrap());
            let alike = twins.get_mut(&key(&ours)).unwrap_or_else(|| panic!("{name}: no twin of {ours:?}"));
            let differences = |twin: &BTreeMap<String, Value>| {
                let paths = twin.keys().chain(ours.keys().filter(|path| !twin.contains_key(*path)));
                paths.filter(|path| twin.get(*path) != ours.get(*path)).cloned().collect::<Vec<_>>()
            };
            let at = (0..alike.len()).min_by_key(|at| differences(&alike[*at]).len()).unwrap();
            let twin = alike.swap_remove(at);
            for path in differences(&twin) {
                let code = twin["event.code"].as_str().unwrap();
                let text = |side: &BTreeMap<String, Value>| side.get(&path).map_or("-".to_owned(), ToString::to_string);
                let entry = found.entry(format!("{path} {code}")).or_default();
                entry.0 += 1;
                if entry.0 == 1 {
                    entry.1 = format!("{name}: twin {:.200} ours {:.200}", text(&twin), text(&ours));
                }
            }
        }
    }
    let mut used = vec![false; EXPLAINED.len()];
    let mut unexplained = Vec::new();
    for (what, (count, example)) in &found {
        let (path, code) = what.split_once(' ').unwrap();
        let covers = |(field, events, _): &(&str, &[&str], &str)| {
            field.strip_suffix('*').map_or(path == *field, |prefix| path.starts_with(prefix))
                && (events.is_empty() || events.contains(&code))
        };
        match EXPLAINED.iter().position(covers) {
            Some(at) => used[at] = true,
            None => unexplained.push(format!("{what} ×{count}  {example}")),
        }
    }
    assert!(unexplained.is_empty(), "{}", unexplained.join("\n"));
    let unused: Vec<_> = EXPLAINED.iter().zip(&used).filter(|(_, used)| !**used).map(|(row, _)| row.0).collect();
    assert!(unused.is_empty(), "nothing differs in {unused:?} any more");
}
