//! Windows events in every wrapping: where blocks end makes no difference, an event is the same record in all of them, and none of
//! its values is lost.

use super::json::{self, Fields};
use super::log::blocks;
use super::stored::{Folder, fetch};
use huntc_compiler::request::Query;
use huntc_runtime::source::logs::ReadOptions;
use huntc_runtime::source::store::Store;
use serde_json::{Map, Value, json};

/// The first byte says how small the blocks are, and what the rest is: the records of a chunk, the tokens of a record, XML, lines,
/// or an event that is written in each wrapping.
pub fn check(bytes: &[u8]) {
    let Some((&first, rest)) = bytes.split_first() else { return };
    let block = usize::from(first / 5) + 1;
    match first % 5 {
        0 => blocks(&event_log(rest), block),
        1 => blocks(&event_log(&[&[0], records(rest).as_slice()].concat()), block),
        2 => blocks(&xml(rest), block),
        3 => blocks(&[b"{\"System\":{\"EventID\":1}}\n", rest].concat(), block),
        _ => event(rest, block),
    }
}

/// A file with a chunk that has these bytes behind its header. The first one says what the headers say.
fn event_log(bytes: &[u8]) -> Vec<u8> {
    let Some((&first, records)) = bytes.split_first() else { return b"ElfFile\0".to_vec() };
    let records = &records[..records.len().min(65_536 - 512)];
    let mut file = vec![0; 4096];
    file[..8].copy_from_slice(b"ElfFile\0");
    file[42] = first >> 6;
    file[120] = first & 5;
    let sum = crc32fast::hash(&file[..120]);
    file[124..128].copy_from_slice(&sum.to_le_bytes());
    let mut chunk = vec![0; 65_536];
    chunk[..8].copy_from_slice(b"ElfChnk\0");
    chunk[512..512 + records.len()].copy_from_slice(records);
    // Of an open log a part of the records is not known yet.
    let known = if first & 2 == 0 { records.len() } else { records.len() / 2 };
    let end = u32::try_from(512 + known).unwrap();
    chunk[48..52].copy_from_slice(&end.to_le_bytes());
    let sum = crc32fast::hash(&chunk[512..512 + known]).wrapping_add(u32::from(first & 8));
    chunk[52..56].copy_from_slice(&sum.to_le_bytes());
    file.extend(&chunk);
    if first & 16 != 0 {
        file.extend(&chunk[..chunk.len() - usize::from(first & 32) * 100]);
    }
    file
}

/// Two records with the same tokens: what the second one names stands in the first.
fn records(tokens: &[u8]) -> Vec<u8> {
    let size = u32::try_from(24 + tokens.len() + 4).unwrap().to_le_bytes();
    let record = |id: u64| [&[0x2a, 0x2a, 0, 0], &size[..], &id.to_le_bytes(), &[0; 8], tokens, &size].concat();
    [record(1), record(2)].concat()
}

/// Text that begins as events in XML do, or what stands within the data of one.
fn xml(bytes: &[u8]) -> Vec<u8> {
    let system = "<System><Provider Name='Microsoft-Windows-Sysmon'/><EventID>1</EventID><TimeCreated \
                  SystemTime='2020-10-22T06:57:59.847Z'/></System>";
    match bytes.split_first() {
        Some((first, rest)) if first % 2 == 0 => {
            [format!("<Event>{system}<EventData>").as_bytes(), rest, b"</EventData></Event>\n"].concat()
        }
        _ => [b"<Event ", bytes].concat(),
    }
}

/// The rows of a table: provider, events, value, how, to.
const RULES: &str = include_str!("../../../runtime/src/source/logs/windows/data/fields.csv");

fn rules() -> impl Iterator<Item = [&'static str; 6]> {
    RULES.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>().try_into().unwrap())
}

fn of_event(events: &str, event: u64) -> bool {
    let within = |part: &str| {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        from.parse().is_ok_and(|from: u64| from <= event) && to.parse().is_ok_and(|to: u64| event <= to)
    };
    events == "all" || events.split(' ').any(within)
}

/// An event of the table, its values as lines: a byte for the name, then the value.
struct Event {
    provider: &'static str,
    id: u64,
    data: Vec<(String, String)>,
}

impl Event {
    fn of(bytes: &[u8]) -> Option<Self> {
        let (&[row, place], rest) = bytes.split_first_chunk()?;
        let rows: Vec<_> = rules().collect();
        let [provider, events, ..] = rows[usize::from(row) % rows.len()];
        let ids: Vec<u64> = events.split([' ', '-']).filter_map(|id| id.parse().ok()).collect();
        let id = if ids.is_empty() { u64::from(place) + 1 } else { ids[usize::from(place) % ids.len()] };
        let mut names: Vec<&str> = rows.iter().filter(|row| row[0] == provider && of_event(row[1], id)).map(|row| row[2]).collect();
        names.extend(["Other", "value-1"]);
        names.retain(|name| !OF_WRAPPINGS.contains(name) && !name.starts_with("param"));
        names.dedup();
        let mut data: Vec<(String, String)> = Vec::new();
        for line in rest.split(|byte| *byte == b'\n') {
            let Some((&name, value)) = line.split_first() else { continue };
            let name = names[usize::from(name) % names.len()];
            // What no XML has.
            let value: String =
                String::from_utf8_lossy(value).chars().map(|c| if c < ' ' || !is_of_xml(c) { '\n' } else { c }).collect();
            // What evtx_dump makes of a GUID is made whole again.
            let is_guid = value.len() == 36 && value.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit());
            if !is_guid && !data.iter().any(|(known, _)| known == name) {
                data.push((name.to_owned(), value));
            }
        }
        // Of two values for one field the last one counts: in all wrappings the same.
        data.sort();
        Some(Self { provider, id, data })
    }

    fn named(&self) -> Map<String, Value> {
        self.data.iter().map(|(name, value)| (name.clone(), json!(value))).collect()
    }

    fn tree(&self) -> Value {
        json!({"System": {"Provider": {"Name": self.provider}, "EventID": self.id, "Level": 4, "TimeCreated": {"SystemTime": TIME},
            "Channel": "c", "Computer": "h.example"}, "EventData": self.named()})
    }

    fn xml(&self) -> String {
        let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('\n', "&#10;");
        let element = |(name, value): &(String, String)| format!("<Data Name=\"{name}\">{}</Data>", escape(value));
        let data = self.data.iter().map(element).collect::<Vec<_>>().concat();
        format!(
            "<Event><System><Provider Name='{}'/><EventID>{}</EventID><Level>4</Level><TimeCreated SystemTime='{TIME}'/>\
             <Channel>c</Channel><Computer>h.example</Computer></System><EventData>{data}</EventData></Event>",
            self.provider, self.id
        )
    }

    fn nxlog(&self) -> Value {
        let mut event = json!({"EventID": self.id, "SourceName": self.provider, "Channel": "c", "Hostname": "h.example", "EventTime": TIME,
            "Severity": "INFO"});
        self.named().into_iter().for_each(|(name, value)| event[name] = value);
        event
    }

    fn winlogbeat(&self) -> Value {
        json!({"@timestamp": TIME, "winlog": {"event_id": self.id, "provider_name": self.provider, "channel": "c",
            "event_data": self.named()}})
    }
}

const TIME: &str = "2020-10-22T06:57:59.847Z";
/// Names that NXLog has for what it says itself.
const OF_WRAPPINGS: [&str; 8] = ["EventType", "Severity", "Message", "ProcessID", "ThreadID", "UserID", "AccountName", "Domain"];

fn is_of_xml(c: char) -> bool {
    !('\u{7f}'..='\u{9f}').contains(&c) && !['\u{fffe}', '\u{ffff}'].contains(&c)
}

fn event(bytes: &[u8], block: usize) {
    let Some(event) = Event::of(bytes) else { return };
    let mut lines = vec![
        event.tree().to_string(),
        json!({ "Event": event.tree() }).to_string(),
        event.xml(),
        json!({"preview": false, "result": {"_raw": event.xml()}}).to_string(),
    ];
    let same = lines.len();
    // NXLog leaves values escaped as in XML; what looks like that is unescaped.
    if !event.data.iter().any(|(_, value)| value.contains('&')) {
        lines.push(event.nxlog().to_string());
    }
    lines.push(event.winlogbeat().to_string());
    let records = read(&lines.join("\n"), block);
    // A value may stand in the way of others only where the table says so.
    assert_eq!(records.len(), lines.len(), "lines are lost");
    for record in &records[1..same] {
        assert_eq!(record, &records[0]);
    }
    for record in &records {
        for (name, value) in &event.data {
            assert!(is_kept(&event, name, value, record), "{name} {value:?} of {} {} in {record:?}", event.provider, event.id);
        }
    }
}

/// The fields of each record.
fn read(text: &str, block: usize) -> Vec<Fields> {
    let folder = Folder::new();
    let path = folder.file("log", text.as_bytes());
    let options = ReadOptions { max_line: 1 << 18, block, ..ReadOptions::default() };
    let (store, _) = Store::from_paths_cut(&[path], options, 3).unwrap();
    let names: Vec<String> = store.stats().fields.into_iter().map(|(name, _)| name).collect();
    let records = fetch(&store, Query::MatchAll, names.clone()).unwrap();
    let mut rows: Vec<usize> = (0..records.ids.len()).collect();
    rows.sort_by_key(|row| records.ids[*row]);
    let fields = |row: usize| {
        let mut fields = Fields::new();
        for name in &names {
            let mut values: Vec<String> = records.column(name).unwrap().values(row).map(json::text).collect();
            values.sort();
            if !values.is_empty() {
                fields.insert(name.clone(), values);
            }
        }
        fields
    };
    rows.into_iter().map(fields).collect()
}

/// Whether a value is in the record: as it is, or in the field that the table says.
fn is_kept(event: &Event, name: &str, value: &str, record: &Fields) -> bool {
    let nothing = event.provider == "Microsoft-Windows-Sysmon" && ["-", "{00000000-0000-0000-0000-000000000000}"].contains(&value);
    let has = |field: &str, text: &str| record.get(field).is_some_and(|values| values.contains(&format!("text {text:?}")));
    if value.is_empty() || nothing || has(&format!("winlog.event_data.{name}"), value) {
        return true;
    }
    let own: Vec<_> = rules().filter(|row| row[0] == event.provider && row[2] == name && of_event(row[1], event.id)).collect();
    // Several values of an event for one field: the last one has it.
    let shared = |to: &str| {
        let others = rules().filter(|row| row[0] == event.provider && row[4] == to && row[2] != name && of_event(row[1], event.id));
        others.into_iter().any(|row| event.data.iter().any(|(other, _)| other == row[2]))
    };
    own.iter().any(|[_, _, _, how, to, _]| {
        shared(to)
            || match *how {
                "text" | "whole text" | "text if no other" => has(to, value),
                "number" => record.contains_key(*to),
                "program" => has(&format!("{to}.executable"), value),
                "file" => has(&format!("{to}.path"), value),
                "command" | "quoted command" => has(&format!("{to}.command_line"), value),
                "name" => has(&format!("winlog.event_data.{to}"), value),
                "address" => record.contains_key(*to),
                // The others take a value apart, or translate it; tests have their cases.
                _ => true,
            }
    })
}
