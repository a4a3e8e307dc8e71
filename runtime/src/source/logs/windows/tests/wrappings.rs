//! One event in every wrapping.

use super::super::{ecs_of, event_of};
use super::evtx_writer::{Element, element, file};
use super::reading::{converted, records};
use crate::source::logs::BadReason;
use crate::source::logs::log_clock::LogTimeOffset;
use crate::source::repair::Flaw;
use serde_json::{Value, json};

const DATA: [(&str, &str); 5] = [
    ("UtcTime", "2020-10-22 06:57:59.830"),
    ("ProcessGuid", "{39e4a257-2d77-5f91-6a13-000000000700}"),
    ("ProcessId", "10980"),
    ("Image", "C:\\Windows\\System32\\cmd.exe"),
    ("CommandLine", "cmd.exe /c \"a < b & c\""),
];
const PROVIDER: &str = "Microsoft-Windows-Sysmon";
const CHANNEL: &str = "Microsoft-Windows-Sysmon/Operational";

fn data() -> Value {
    DATA.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect::<serde_json::Map<_, _>>().into()
}

fn evtx_dump() -> Value {
    json!({"Event": {"#attributes": {"xmlns": "x"}, "System": {
        "Provider": {"#attributes": {"Name": PROVIDER, "Guid": "{5770385F}"}}, "EventID": 1, "Version": 5, "Level": 4, "Task": 1,
        "Keywords": "0x8000000000000000", "TimeCreated": {"#attributes": {"SystemTime": "2020-10-22T06:57:59.847Z"}},
        "EventRecordID": 7, "Execution": {"#attributes": {"ProcessID": 3, "ThreadID": 4}}, "Channel": CHANNEL,
        "Computer": "ws5.corp.example", "Security": {"#attributes": {"UserID": "S-1-5-18"}}}, "EventData": data()}})
}

fn velociraptor() -> Value {
    json!({"System": {"Provider": {"Name": PROVIDER, "Guid": "{5770385F}"}, "EventID": {"Value": 1}, "Version": 5, "Level": 4,
        "Task": 1, "Keywords": 9_223_372_036_854_775_808_u64, "TimeCreated": {"SystemTime": 1_603_349_879.847}, "EventRecordID": 7,
        "Execution": {"ProcessID": 3, "ThreadID": 4}, "Channel": CHANNEL, "Computer": "ws5.corp.example",
        "Security": {"UserID": "S-1-5-18"}}, "EventData": data(), "Message": ""})
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

fn xml() -> String {
    let data: Vec<String> = DATA.iter().map(|(name, value)| format!("<Data Name='{name}'>{}</Data>", escaped(value))).collect();
    let data = data.concat();
    format!(
        "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='{PROVIDER}' \
         Guid='{{5770385F}}'/><EventID>1</EventID><Version>5</Version><Level>4</Level><Task>1</Task><Opcode>0</Opcode>\
         <Keywords>0x8000000000000000</Keywords><TimeCreated SystemTime='2020-10-22T06:57:59.8470000Z'/>\
         <EventRecordID>7</EventRecordID><Correlation/><Execution ProcessID='3' ThreadID='4'/><Channel>{CHANNEL}</Channel>\
         <Computer>ws5.corp.example</Computer><Security UserID='S-1-5-18'/></System><EventData>{data}</EventData></Event>"
    )
}

fn nxlog() -> Value {
    let mut event = json!({"EventTime": "2020-10-22 08:57:59.847", "EventReceivedTime": "2020-10-22 08:58:02",
        "@timestamp": "2020-10-22T06:58:02.100Z", "Hostname": "ws5.corp.example", "Channel": CHANNEL, "SourceName": PROVIDER,
        "ProviderGuid": "{5770385F}", "EventID": 1, "RecordNumber": 7, "Version": 5, "Task": 1, "Severity": "INFO", "EventType": "INFO",
        "ExecutionProcessID": 3, "ThreadID": 4, "UserID": "S-1-5-18", "AccountName": "SYSTEM", "AccountType": "User"});
    for (name, value) in DATA {
        event[name] = json!(value);
    }
    event
}

fn binary_event() -> Element {
    let leaf = |name, text: &str| element(name, &[], text, Vec::new());
    let marked = |name, attributes: &[(&'static str, &str)]| element(name, attributes, "", Vec::new());
    let data = DATA.iter().map(|(name, value)| element("Data", &[("Name", name)], value, Vec::new())).collect();
    let system = vec![
        marked("Provider", &[("Name", PROVIDER), ("Guid", "{5770385F}")]),
        leaf("EventID", "1"),
        leaf("Version", "5"),
        leaf("Level", "4"),
        leaf("Task", "1"),
        leaf("Keywords", "0x8000000000000000"),
        marked("TimeCreated", &[("SystemTime", "2020-10-22T06:57:59.847Z")]),
        leaf("EventRecordID", "7"),
        marked("Execution", &[("ProcessID", "3"), ("ThreadID", "4")]),
        leaf("Channel", CHANNEL),
        leaf("Computer", "ws5.corp.example"),
        marked("Security", &[("UserID", "S-1-5-18")]),
    ];
    element("Event", &[("xmlns", "x")], "", vec![element("System", &[], "", system), element("EventData", &[], "", data)])
}

#[test]
fn an_event_is_the_same_record_in_every_wrapping() {
    let wanted = converted(&evtx_dump().to_string());
    assert_eq!(wanted["@timestamp"], "2020-10-22T06:57:59.830Z");
    assert_eq!(wanted["event"]["created"], "2020-10-22T06:57:59.847Z");
    assert_eq!(wanted["process"]["args"], json!(["cmd.exe", "/c", "a < b & c"]));
    assert_eq!(wanted["process"]["pid"], 10980);
    assert_eq!(wanted["winlog"]["process"], json!({"pid": 3, "thread": {"id": 4}}));
    assert_eq!(wanted["host"]["name"], "ws5.corp.example");
    assert_eq!(converted(&velociraptor().to_string()), wanted);
    assert_eq!(converted(&xml()), wanted);
    assert_eq!(converted(&json!({"preview": false, "result": {"_raw": xml(), "host": "x"}}).to_string()), wanted);
    assert_eq!(converted(&json!({"preview": false, "result": {"_raw": evtx_dump().to_string()}}).to_string()), wanted);
    assert_eq!(converted(&nxlog().to_string()), wanted);
    let hit = converted(&json!({"_index": "i", "_id": "1", "_source": evtx_dump()}).to_string());
    assert_eq!(hit, json!({"_index": "i", "_id": "1", "_source": wanted}));
    let (found, bad) = records(&file(&[vec![binary_event()]]), 1 << 16);
    assert_eq!((found, bad), (vec![wanted], Vec::new()));
}

#[test]
fn a_beats_document_keeps_what_stands_around_its_event() {
    let beat = json!({"@timestamp": "2020-10-22T06:57:59.847Z", "agent": {"type": "winlogbeat"}, "message": "Process Create:",
        "event": {"code": "1", "kind": "event", "provider": PROVIDER, "action": "Process Create (rule: ProcessCreate)"},
        "host": {"name": "ws5", "ip": ["10.0.0.1"]},
        "winlog": {"event_id": "1", "provider_name": PROVIDER, "channel": CHANNEL, "event_data": data()}});
    let ours = converted(&beat.to_string());
    assert_eq!(ours["@timestamp"], "2020-10-22T06:57:59.830Z");
    assert_eq!(ours["event"]["action"], "Process creation");
    assert_eq!(ours["event"]["category"], json!(["process"]));
    assert_eq!((&ours["host"]["ip"][0], &ours["agent"]["type"]), (&json!("10.0.0.1"), &json!("winlogbeat")));
    assert_eq!(ours["process"]["name"], "cmd.exe");
    // What a pipeline has seen stays as it is; so does what no table knows.
    let again = ours.to_string();
    assert_eq!(ecs_of(again.as_bytes()), None);
    let mut unknown = beat;
    unknown["winlog"]["provider_name"] = json!("Some-Other");
    assert_eq!(ecs_of(unknown.to_string().as_bytes()), None);
}

#[test]
fn splunks_fields_are_enough() {
    let raw = format!(
        "10/22/2020 06:57:59 AM\nLogName={CHANNEL}\nEventCode=1\nSourceName={PROVIDER}\nComputerName=ws5\nRecordNumber=7\n\
         Message=Process Create:\nUtcTime: 2020-10-22 06:57:59.830\nProcessId: 10980\nImage: C:\\Windows\\System32\\cmd.exe"
    );
    let ours = converted(&json!({"preview": false, "result": {"_raw": raw, "_time": "1603349879.847"}}).to_string());
    assert_eq!(ours["process"]["pid"], 10980);
    assert_eq!(ours["@timestamp"], "2020-10-22T06:57:59.830Z");
    assert_eq!(ours["event"]["created"], "2020-10-22T06:57:59.847Z");
}

#[test]
fn a_value_with_line_ends_is_whole_in_splunks_text_and_makes_no_field_of_another() {
    let event = |lines: &str| {
        let raw = format!("LogName={CHANNEL}\nEventCode=1\nSourceName={PROVIDER}\nMessage=Process Create:\nRuleName:\n{lines}\n");
        let line = json!({"result": {"_raw": raw}}).to_string();
        let (document, event) = event_of(line.as_bytes(), LogTimeOffset::default()).unwrap();
        (serde_json::from_slice::<Value>(&document).unwrap(), event.flaw)
    };
    let (found, flaw) = event("Image: C:\\a.exe\nCommandLine: a\n  b: c\n\nd\nUser: LAB\\ann\nParentImage: C:\\p.exe");
    assert_eq!((found["process"]["command_line"].as_str(), flaw), (Some("a\n  b: c\n\nd"), None));
    assert_eq!((&found["user"]["name"], &found["process"]["parent"]["name"]), (&json!("ann"), &json!("p.exe")));
    // Who wrote the command line wrote a parent into it.
    let forged = "CommandLine: a\nParentImage: C:\\good.exe\nUser: LAB\\ann\nParentImage: C:\\bad.exe";
    let (found, flaw) = event(forged);
    assert_eq!((&found["process"]["command_line"], &found["user"]["name"]), (&json!("a"), &json!("ann")));
    assert_eq!((found["process"].get("parent"), flaw), (None, Some(Flaw::SameLabel)));
    assert_eq!(found["winlog"]["event_data"]["ParentImage"], json!(["C:\\good.exe", "C:\\bad.exe"]));
}

#[test]
fn unnamed_values_are_counted_behind_named_parameters() {
    let event = |data: &str| {
        let head = "<System><Provider Name='P'/><EventID>1</EventID></System>";
        converted(&format!("<Event>{head}<EventData>{data}</EventData></Event>"))["winlog"]["event_data"].clone()
    };
    let named = "<Data Name='param1'>a</Data><Data>b</Data><Data/><Data Name='x'>c</Data><Data>d</Data>";
    assert_eq!(event(named), json!({ "param1": "a", "param2": "b", "param4": "d", "x": "c" }));
}

#[test]
fn xml_is_cut_at_any_place_and_what_is_no_event_is_told() {
    let text = format!("<?xml version='1.0'?>\r\n<Events>\n{}\n  {}</Events>\n", xml(), xml().replace("cmd.exe /c", "cmd.exe\n/c"));
    let whole = records(text.as_bytes(), 1 << 20);
    assert_eq!((whole.0.len(), whole.1.len()), (2, 0));
    assert!(whole.0[1]["process"]["command_line"].as_str().unwrap().contains('\n'));
    for block in [1, 7, 100, 5_000] {
        assert_eq!(records(text.as_bytes(), block), whole, "{block}");
    }
    let noisy = format!("{}oops > </Event> <Events{}<!-- a --><Events a='b' ><Event ><System>", xml(), xml());
    for block in [1, 2, 3, 7, 64, 1 << 20] {
        let (found, bad) = records(noisy.as_bytes(), block);
        assert_eq!((found.len(), bad), (2, vec![(1, BadReason::NoEvent), (3, BadReason::CutEvent)]), "{block}");
    }
}
