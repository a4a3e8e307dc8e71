//! Times of events: what an offset moves, and what it leaves.

use super::super::event_of;
use crate::source::logs::log_clock::{EventClock, LogTimeOffset};
use huntc_compiler::time::Instant;
use serde_json::{Value, json};

/// Four hours before what it means.
const LOGGED: &str = "2020-10-22T02:57:59.847Z";
const MEANT: &str = "2020-10-22T06:57:59.847Z";
const UTC: &str = "2020-10-22T06:57:59.830Z";

fn nxlog(provider: &str, event: u64, more: &Value) -> Value {
    let mut document = json!({"EventID": event, "SourceName": provider, "Channel": "c", "Hostname": "h", "TimeCreated": LOGGED});
    document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    document
}

fn utc_time() -> Value {
    json!({"UtcTime": "2020-10-22 06:57:59.830", "Image": "C:\\a.exe"})
}

fn converted(document: &Value, offset: &str) -> (Value, Option<EventClock>) {
    let (converted, event) = event_of(document.to_string().as_bytes(), LogTimeOffset::parse(offset).unwrap()).unwrap();
    let document: Value = serde_json::from_slice(&converted).unwrap();
    (document.get("_source").cloned().unwrap_or(document), event.clock)
}

fn instant(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

#[test]
fn an_offset_moves_when_events_were_logged_and_nothing_else() {
    let sysmon = nxlog("Microsoft-Windows-Sysmon", 1, &utc_time());
    let security = nxlog("Microsoft-Windows-Security-Auditing", 4616, &json!({"NewTime": "2020-10-22T02:00:00Z"}));
    for (document, own) in [(&sysmon, true), (&security, false)] {
        let ((before, _), (after, _)) = (converted(document, "+0h"), converted(document, "+4h"));
        assert_eq!(before["event"]["created"], LOGGED);
        assert_eq!(after["event"]["created"], MEANT);
        assert_eq!([&before["@timestamp"], &after["@timestamp"]], if own { [UTC, UTC] } else { [LOGGED, MEANT] });
        let others = |document: &Value| {
            let mut document = document.clone();
            document.as_object_mut().unwrap().remove("@timestamp");
            document["event"].as_object_mut().unwrap().remove("created");
            document
        };
        assert_eq!(others(&before), others(&after));
    }
}

#[test]
fn every_wrapping_is_moved() {
    let provider = "Microsoft-Windows-Security-Auditing";
    let xml = format!(
        "<Event xmlns='x'><System><Provider Name='{provider}'/><EventID>4624</EventID><TimeCreated SystemTime='{LOGGED}'/>\
         <Channel>Security</Channel><Computer>h</Computer></System><EventData><Data Name='TargetUserName'>eve</Data></EventData></Event>"
    );
    let tree = json!({"Event": {"System": {"Provider": {"#attributes": {"Name": provider}}, "EventID": 4624,
        "TimeCreated": {"#attributes": {"SystemTime": LOGGED}}, "Channel": "Security", "Computer": "h"}, "EventData": {"TargetUserName": "eve"}}});
    let winlogbeat = json!({"@timestamp": LOGGED, "event": {"created": "2024-01-01T00:00:00.000Z"}, "host": {"name": "h"},
        "winlog": {"provider_name": provider, "event_id": "4624", "channel": "Security", "event_data": {"TargetUserName": "eve"}}});
    let hit = json!({"_index": "i", "_id": "1", "_source": nxlog(provider, 4624, &json!({}))});
    for document in [tree, winlogbeat.clone(), hit, json!({"result": {"_raw": xml}}), nxlog(provider, 4624, &json!({}))] {
        let (moved, clock) = converted(&document, "+4h");
        assert_eq!(moved["@timestamp"], MEANT, "{document}");
        assert_eq!(clock, Some(EventClock::Logged(instant(MEANT))), "{document}");
    }
    let (moved, _) = event_of(xml.as_bytes(), LogTimeOffset::parse("+4h").unwrap()).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&moved).unwrap()["@timestamp"], MEANT);
    // When the beat read an event is no time of the log.
    assert_eq!(converted(&winlogbeat, "+4h").0["event"]["created"], "2024-01-01T00:00:00.000Z");
}

#[test]
fn sysmon_tells_the_clock_but_for_events_of_other_clocks() {
    let clock = |event| converted(&nxlog("Microsoft-Windows-Sysmon", event, &utc_time()), "+0h").1;
    assert_eq!(clock(1), Some(EventClock::Sysmon { utc: instant(UTC), logged: instant(LOGGED) }));
    assert_eq!([clock(3), clock(22)], [None, None]);
    let other = nxlog("Other", 1, &utc_time());
    assert_eq!(converted(&other, "+0h").1, Some(EventClock::Logged(instant(LOGGED))));
    // What an event of Sysmon says otherwise is no time.
    let none = nxlog("Microsoft-Windows-Sysmon", 1, &json!({"UtcTime": "-"}));
    assert_eq!(converted(&none, "+0h").1, Some(EventClock::Logged(instant(LOGGED))));
}
