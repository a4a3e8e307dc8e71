//! Any event gives the same record in every wrapping: one generator, a writer for each wrapping.

use super::super::tables::provider;
use super::evtx_writer::{ChunkForm, Content, Element, chunks, element, header, utf_16};
use super::reading::{converted, records};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// An event as Windows logged it.
#[derive(Clone, Debug)]
struct Logged {
    provider: String,
    event_id: u32,
    channel: &'static str,
    millis: i64,
    record: u32,
    keywords: u64,
    task: u32,
    sid: Option<&'static str>,
    /// Names and values of `EventData`; without names where the event has none.
    data: Vec<(Option<String>, String)>,
    /// Whether the values are those of `UserData`.
    user_data: bool,
}

/// Names that NXLog gives to what it says itself: it has one value for both.
const OF_NXLOG: [&str; 12] = [
    "EventType",
    "Severity",
    "Category",
    "Message",
    "Domain",
    "AccountName",
    "AccountType",
    "UserID",
    "Opcode",
    "ProcessID",
    "ThreadID",
    "Version",
];

/// The events of the tables, and others, with the names of values that they map, and others.
fn kinds() -> Vec<(String, u32, Vec<String>)> {
    let rows = |table: &'static str| table.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
    let mut kinds: Vec<(String, u32, Vec<String>)> = rows(include_str!("../data/events.csv"))
        .map(|row| (row[0].to_owned(), row[1].parse().unwrap(), vec!["Other".to_owned(), "UtcTime".to_owned()]))
        .collect();
    let names: Vec<(&str, &str)> = rows(include_str!("../data/fields.csv")).map(|row| (row[0], row[2])).collect();
    for (of, event, known) in &mut kinds {
        let rules = |name: &str| provider(of).is_some_and(|provider| provider.rules((*event).into()).of(name).next().is_some());
        known.extend(names.iter().filter(|(provider, name)| provider == of && rules(name)).map(|(_, name)| (*name).to_owned()));
        known.sort();
        known.dedup();
    }
    kinds.push(("Some-Other".to_owned(), 77, vec!["a".to_owned(), "b".to_owned()]));
    kinds
}

fn a_value() -> impl Strategy<Value = String> {
    let some = [
        "",
        "-",
        "0",
        "4711",
        "0x1f4",
        "true",
        "false",
        "10.0.0.5",
        "::1",
        "fe80::1",
        "C:\\Windows\\System32\\cmd.exe",
        "CORP\\jane",
        "2020-10-22 06:57:59.830",
        "{39e4a257-2d77-5f91-6a13-000000000700}",
        "S-1-5-21-1-2-3-1001",
        "tcp",
        "%%14592",
        "%%1537\n\t%%4416",
        "SHA1=AB,MD5=CD,SHA256=EF,IMPHASH=00",
        "HKLM\\Software\\x\\y",
        "DWORD (0x00000001)",
        "type:  5 a.example;::ffff:10.0.0.1;",
        "CN=jane,OU=x,DC=corp,DC=example",
        "cmd.exe /c \"a < b & c\" 'd'",
        "<Event>&amp;</Event>",
        "Größe \u{1f600}",
        "a]]>b",
        "LOCAL",
        "HostVersion=5.1\nHostApplication=powershell.exe -nop\nUserId=CORP\\jane\nSequenceNumber=7",
        "Engine=\"x\"",
        "\\\\host\\share",
    ];
    prop_oneof![4 => prop::sample::select(some.map(str::to_owned).to_vec()), 1 => "[ -~äß]{0,20}"]
}

fn an_event() -> impl Strategy<Value = Logged> {
    let kind = prop::sample::select(kinds()).prop_flat_map(|(provider, event_id, names)| {
        let data = names.into_iter().map(|name| (Just(name), prop::option::of(a_value()))).collect::<Vec<_>>();
        (Just(provider), Just(event_id), data)
    });
    let times = (1_500_000_000_000_i64..1_700_000_000_000, 1_u32..9_000_000);
    let rest = (prop::sample::select(vec![0_u64, 1 << 52, 1 << 53, 1 << 63]), 0_u32..20_000, any::<bool>());
    (kind, times, rest, prop::option::of(Just("S-1-5-18"))).prop_map(
        |((provider, event_id, data), (millis, record), (keywords, task, user_data), sid)| {
            let unnamed = provider == "PowerShell" || provider == "Service Control Manager" && event_id != 7045;
            let data: Vec<_> = data.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
            let data = data.into_iter().filter(|(name, _)| !unnamed || name.starts_with("param")).map(|(name, value)| {
                let name = Some(name).filter(|_| !unnamed);
                (name, value)
            });
            let data: Vec<_> = data.collect();
            let channel = if provider.contains("Security") { "Security" } else { "Some/Channel" };
            let user_data =
                user_data && data.iter().all(|(name, _)| name.as_ref().is_some_and(|n| !n.contains(' ') && n != "UserData"));
            Logged { provider, event_id, channel, millis, record, keywords, task, sid, data, user_data }
        },
    )
}

const XMLNS: &str = "http://schemas.microsoft.com/win/2004/08/events/event";

impl Logged {
    fn time(&self, shift: i64) -> String {
        jiff::Timestamp::from_millisecond(self.millis + shift).unwrap().strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
    }

    fn keywords(&self) -> String {
        format!("{:#x}", self.keywords)
    }

    /// The values by name, those without one as `param1` and so on.
    fn named(&self) -> Map<String, Value> {
        let name = |(at, (name, value)): (usize, &(Option<String>, String))| {
            (name.clone().unwrap_or_else(|| format!("param{}", at + 1)), json!(value))
        };
        self.data.iter().enumerate().map(name).collect()
    }

    fn xml(&self) -> String {
        let escaped = |text: &str| quick_xml::escape::escape(text).into_owned();
        let value = |(name, value): &(Option<String>, String)| match name {
            Some(name) if self.user_data => format!("<{name}>{}</{name}>", escaped(value)),
            Some(name) => format!("<Data Name='{name}'>{}</Data>", escaped(value)),
            None => format!("<Data>{}</Data>", escaped(value)),
        };
        let data: String = self.data.iter().map(value).collect();
        let data = if self.user_data {
            format!("<UserData><Own xmlns='x'>{data}</Own></UserData>")
        } else {
            format!("<EventData>{data}</EventData>")
        };
        let security = self.sid.map_or("<Security/>".to_owned(), |sid| format!("<Security UserID='{sid}'/>"));
        format!(
            "<Event xmlns='{XMLNS}'><System><Provider Name='{}' Guid='{{5770385f-c22a-43e0-bf4c-06f5698ffbd9}}'/><EventID>{}</EventID>\
             <Version>5</Version><Level>4</Level><Task>{}</Task><Opcode>0</Opcode><Keywords>{}</Keywords>\
             <TimeCreated SystemTime='{}'/><EventRecordID>{}</EventRecordID><Correlation/><Execution ProcessID='3' ThreadID='4'/>\
             <Channel>{}</Channel><Computer>ws5.corp.example</Computer>{security}</System>{data}</Event>",
            self.provider,
            self.event_id,
            self.task,
            self.keywords(),
            self.time(0),
            self.record,
            self.channel,
        )
    }

    /// As evtx_dump and Velociraptor write it; their forms of attributes, numbers and times differ.
    fn tree(&self, velociraptor: bool) -> Value {
        let attributes = |value: Value| if velociraptor { value } else { json!({ "#attributes": value }) };
        // Whole numbers are numbers in these, and GUIDs are without braces in one of them.
        let typed = |value: &Value| {
            let text = value.as_str().unwrap();
            let guid = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).filter(|_| !velociraptor && text.len() == 38);
            match text.parse::<i64>() {
                Ok(number) if number.to_string() == text => json!(number),
                _ => guid.map_or_else(|| value.clone(), |guid| json!(guid.to_uppercase())),
            }
        };
        let named: Map<String, Value> = self.named().iter().map(|(name, value)| (name.clone(), typed(value))).collect();
        let data = if self.data.iter().any(|(name, _)| name.is_none()) {
            let values: Vec<_> = self.data.iter().map(|(_, value)| value.clone()).collect();
            if velociraptor { json!({ "Data": values }) } else { json!({ "Data": { "#text": values } }) }
        } else {
            Value::Object(named)
        };
        let time = if velociraptor { json!(self.millis as f64 / 1000.0) } else { json!(self.time(0)) };
        let mut event = json!({"System": {
            "Provider": attributes(json!({"Name": self.provider, "Guid": "{5770385f-c22a-43e0-bf4c-06f5698ffbd9}"})),
            "EventID": if velociraptor { json!({"Value": self.event_id}) } else { json!(self.event_id) }, "Version": 5, "Level": 4,
            "Task": self.task, "Opcode": 0, "Keywords": if velociraptor { json!(self.keywords) } else { json!(self.keywords()) },
            "TimeCreated": attributes(json!({"SystemTime": time})), "EventRecordID": self.record, "Correlation": Value::Null,
            "Execution": attributes(json!({"ProcessID": 3, "ThreadID": 4})), "Channel": self.channel, "Computer": "ws5.corp.example",
            "Security": self.sid.map_or(Value::Null, |sid| attributes(json!({"UserID": sid})))}});
        let place = if self.user_data { "UserData" } else { "EventData" };
        event[place] = if self.user_data { json!({ "Own": data }) } else { data };
        if velociraptor { event } else { json!({ "Event": event }) }
    }

    /// As evtx_dump writes it with its attributes beside their elements.
    fn attributes_beside(&self) -> Value {
        let mut tree = self.tree(false);
        let system = tree["Event"]["System"].as_object_mut().unwrap();
        for (name, value) in system.clone() {
            if let Some(attributes) = value.get("#attributes") {
                system.insert(format!("{name}_attributes"), attributes.clone());
                system.remove(&name);
            }
        }
        tree
    }

    fn nxlog(&self) -> Value {
        let local = |shift: i64| self.time(2 * 3_600_000 + shift).replace('T', " ").trim_end_matches('Z').to_owned();
        let message: Vec<&str> = self.data.iter().map(|(_, value)| value.as_str()).collect();
        let mut event = json!({"EventTime": local(0), "EventReceivedTime": local(3000).get(..19), "@timestamp": self.time(3100),
            "Hostname": "ws5.corp.example", "Channel": self.channel, "SourceName": self.provider, "EventID": self.event_id,
            "ProviderGuid": "{5770385f-c22a-43e0-bf4c-06f5698ffbd9}", "Version": 5, "Severity": "INFO", "SeverityValue": 2,
            "EventType": "INFO", "Task": self.task, "OpcodeValue": 0, "RecordNumber": self.record, "ExecutionProcessID": 3,
            "ThreadID": 4, "Keywords": self.keywords as i64, "Message": message.join("\n"), "SourceModuleName": "eventlog", "@version": "1",
            "SourceModuleType": "im_msvistalog", "host": "wec.example", "port": 60737, "tags": ["mordorDataset"]});
        if let Some(sid) = self.sid {
            event["UserID"] = json!(sid);
        }
        self.named().into_iter().for_each(|(name, value)| event[name] = value);
        event
    }

    fn winlogbeat(&self) -> Value {
        json!({"@timestamp": self.time(0), "event": {"code": self.event_id.to_string(), "kind": "event", "provider": self.provider},
            "winlog": {"event_id": self.event_id, "provider_name": self.provider, "channel": self.channel, "record_id": self.record,
                "computer_name": "ws5.corp.example", "event_data": self.named()}})
    }

    fn binary(&self, typed: bool) -> Element {
        let text = |text: &str| Content::OptionalHole(0x01, utf_16(text));
        let number =
            |number: u32| if typed { Content::Hole(0x08, number.to_le_bytes().to_vec()) } else { text(&number.to_string()) };
        let leaf = |name: &str, content| Element { name: name.to_owned(), content: vec![content], ..Element::default() };
        let with = |name: &str, attributes: Vec<(&str, Content)>| Element {
            name: name.to_owned(),
            attributes: attributes.into_iter().map(|(name, content)| (name.to_owned(), vec![content])).collect(),
            ..Element::default()
        };
        let ticks = (self.millis as u64 * 10_000 + 116_444_736_000_000_000).to_le_bytes().to_vec();
        let time = if typed { Content::Hole(0x11, ticks) } else { text(&self.time(0)) };
        let guid = [0x5f, 0x38, 0x70, 0x57, 0x2a, 0xc2, 0xe0, 0x43, 0xbf, 0x4c, 6, 0xf5, 0x69, 0x8f, 0xfb, 0xd9];
        let keywords = if typed { Content::Hole(0x15, self.keywords.to_le_bytes().to_vec()) } else { text(&self.keywords()) };
        let system = vec![
            with("Provider", vec![("Name", text(&self.provider)), ("Guid", Content::Hole(0x0f, guid.to_vec()))]),
            leaf("EventID", number(self.event_id)),
            leaf("Version", number(5)),
            leaf("Level", number(4)),
            leaf("Task", number(self.task)),
            leaf("Opcode", number(0)),
            leaf("Keywords", keywords),
            with("TimeCreated", vec![("SystemTime", time)]),
            leaf("EventRecordID", number(self.record)),
            with("Correlation", vec![("ActivityID", Content::OptionalHole(0x0f, Vec::new()))]),
            with("Execution", vec![("ProcessID", number(3)), ("ThreadID", number(4))]),
            leaf("Channel", text(self.channel)),
            leaf("Computer", text("ws5.corp.example")),
            with("Security", vec![("UserID", text(self.sid.unwrap_or_default()))]),
        ];
        let unnamed = self.data.iter().any(|(name, _)| name.is_none());
        let values: Vec<Element> = if unnamed {
            // Classic events have one element with all texts.
            let texts: String = self.data.iter().flat_map(|(_, value)| [value.as_str(), "\0"]).collect();
            vec![leaf("Data", Content::Hole(0x81, utf_16(&texts)))]
        } else {
            let value = |(name, value): &(Option<String>, String)| {
                let name = name.as_deref().unwrap();
                if self.user_data {
                    return leaf(name, text(value));
                }
                let mut data = element("Data", &[("Name", name)], "", Vec::new());
                data.content.push(text(value));
                data
            };
            self.data.iter().map(value).collect()
        };
        let data = if self.user_data {
            element("UserData", &[], "", vec![element("Own", &[("xmlns", "x")], "", values)])
        } else {
            element("EventData", &[], "", values)
        };
        // The data has a template of its own, as with Windows.
        let mut event = element("Event", &[("xmlns", XMLNS)], "", vec![element("System", &[], "", system)]);
        event.content.push(Content::Nested(Box::new(data), true));
        event
    }
}

/// The record without some fields, objects that become empty by that too.
fn without(record: &Value, fields: &[&str]) -> Value {
    let mut record = record.clone();
    for field in fields {
        let (parents, leaf) = field.rsplit_once('.').unwrap_or(("", field));
        let parent = parents.split('.').filter(|part| !part.is_empty()).try_fold(&mut record, |value, part| value.get_mut(part));
        if let Some(Value::Object(members)) = parent {
            members.remove(leaf);
        }
    }
    record
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_event_is_the_same_record_in_every_wrapping(event in an_event(), typed: bool, shared: bool, pretty: bool) {
        let wanted = converted(&event.xml());
        prop_assert_eq!(&converted(&event.tree(false).to_string()), &wanted, "evtx_dump");
        prop_assert_eq!(&converted(&event.attributes_beside().to_string()), &wanted, "evtx_dump, attributes beside");
        prop_assert_eq!(&converted(&event.tree(true).to_string()), &wanted, "Velociraptor");
        for raw in [event.xml(), event.tree(false).to_string()] {
            let line = json!({"preview": false, "result": {"_raw": raw, "host": "x", "sourcetype": "y"}}).to_string();
            prop_assert_eq!(&converted(&line), &wanted, "Splunk");
        }
        let hit = json!({"_index": "i", "_id": "1", "_source": event.tree(true)});
        prop_assert_eq!(&converted(&hit.to_string())["_source"], &wanted, "hit");
        let xml = if pretty { event.xml().replace("/><", "/>\r\n  <").replace("</Data><Data", "</Data>\n<Data").replace("' Guid", "'\nGuid") } else { event.xml() };
        let (found, bad) = records(format!("<?xml version='1.0'?>\n<Events>{xml}{xml}</Events>").as_bytes(), 100);
        prop_assert_eq!((found, bad), (vec![wanted.clone(), wanted.clone()], Vec::new()), "XML");
        let binary = event.binary(typed);
        let mut file = header(1, 0);
        file.extend(&chunks(&[vec![binary.clone(), binary]], ChunkForm { templates: true, shared })[0]);
        let (found, bad) = records(&file, 1 << 16);
        prop_assert_eq!((found, bad), (vec![wanted.clone(), wanted.clone()], Vec::new()), "EVTX");

        // NXLog has all values at the top, of whatever element they are.
        let own = |name: &Option<String>| name.as_deref().is_some_and(|name| OF_NXLOG.contains(&name));
        let escaped = |value: &str| value.contains('&');
        let outside = ["winlog.user_data", "message", "tags"];
        if !event.data.iter().any(|(name, value)| own(name) || name.is_none() || escaped(value)) {
            let ours = without(&converted(&event.nxlog().to_string()), &outside);
            prop_assert_eq!(ours, without(&wanted, &outside), "NXLog");
        }
        // A beat's document says less around its event.
        let known = provider(&event.provider).is_some_and(|known| known.kind(event.event_id.into()).is_some());
        if known && !event.user_data {
            let ours = converted(&event.winlogbeat().to_string());
            for field in ["process", "file", "registry", "user", "source", "destination", "dns", "related", "powershell", "service", "group", "rule"] {
                // Without an account in the document there is none that logged the event.
                let (ours, wanted) = (without(&ours, &["user.id"]), without(&wanted, &["user.id"]));
                let some = |value: &Value| value.as_object().is_some_and(|members| !members.is_empty()).then(|| value.clone());
                prop_assert_eq!(some(&ours[field]), some(&wanted[field]), "winlogbeat {}", field);
            }
            prop_assert_eq!(&ours["winlog"]["event_data"], &wanted["winlog"]["event_data"]);
            prop_assert_eq!(&ours["event"]["category"], &wanted["event"]["category"]);
        }
    }
}
