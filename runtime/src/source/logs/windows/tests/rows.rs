//! What becomes of each event that the tables name: its kind, and the fields of its values.

use super::reading::converted;
use super::twins::fields;
use serde_json::{Map, Value, json};

const ROWS: &str = include_str!("rows.txt");

/// Provider, events, values and fields of each row.
fn rows() -> impl Iterator<Item = [&'static str; 4]> {
    ROWS.lines().filter(|line| !line.starts_with('#')).map(|line| line.split(" | ").collect::<Vec<_>>().try_into().unwrap())
}

/// Names and texts.
fn pairs(text: &str) -> impl Iterator<Item = (&str, String)> {
    let plain = |text: &str| text.replace("{n}", "\n").replace("{r}", "\r").replace("{t}", "\t");
    text.split(" ; ").map(move |pair| pair.split_once('=').map(|(name, text)| (name, plain(text))).unwrap())
}

/// The texts of a field, joined by commas; of objects in lists each one's.
fn text(record: &Value, path: &str) -> String {
    let flat = fields(record);
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if let Some(value) = flat.get(path) {
        let items = value.as_array().map_or_else(|| vec![plain(value)], |items| items.iter().map(plain).collect());
        return items.join(",");
    }
    let (parent, leaf) = path.rsplit_once('.').unwrap();
    let items = match flat.get(parent) {
        Some(Value::Array(items)) => items.clone(),
        Some(one) => vec![one.clone()],
        None => return "-".to_owned(),
    };
    items.iter().map(|item| plain(&item[leaf])).collect::<Vec<_>>().join(",")
}

#[test]
fn each_event_becomes_what_its_row_says() {
    for [provider, ids, data, wanted] in rows() {
        for id in ids.split(' ') {
            let data: Map<String, Value> = pairs(data).map(|(name, value)| (name.to_owned(), json!(value))).collect();
            let event = json!({"System": {"Provider": {"Name": provider}, "EventID": id.parse::<u32>().unwrap(), "Channel": "c",
                "TimeCreated": {"SystemTime": "2020-10-22T06:57:59.847Z"}}, "EventData": data});
            let record = converted(&event.to_string());
            for (field, wanted) in pairs(wanted) {
                assert_eq!(text(&record, field), wanted, "{field} of {provider} {id}: {record}");
            }
        }
    }
}

#[test]
fn every_named_event_has_a_test() {
    let tested = |provider: &str, id: &str| rows().any(|[of, ids, ..]| of == provider && ids.split(' ').any(|one| one == id));
    let named = [
        ("Microsoft-Windows-Sysmon", "1-29 255"),
        (
            "Microsoft-Windows-Security-Auditing",
            "4624 4625 4634 4647 4648 4656-4658 4662 4663 4670 4672-4674 4688-4690 4697-4702 4720 4722-4735 4737 4738 4740-4743 4754-4758 4767-4771 4776 4778 4779 4781 4798 4799 4964 5140 5145 5152 5156-5158",
        ),
        ("Microsoft-Windows-PowerShell", "4103-4106"),
        ("PowerShell", "400 403 600 800"),
        ("Service Control Manager", "7045"),
        ("Microsoft-Windows-TaskScheduler", "106 140 141 200 201"),
        ("Microsoft-Windows-WMI-Activity", "5857-5861"),
        ("Microsoft-Windows-WinRM", "6 91 168 169"),
        ("Microsoft-Windows-Windows Defender", "1116 1117 5001 5007"),
        ("Microsoft-Windows-Bits-Client", "3-5 59-61 16403"),
    ];
    for (provider, ids) in named {
        for part in ids.split(' ') {
            let (from, to) = part.split_once('-').unwrap_or((part, part));
            for id in from.parse::<u32>().unwrap()..=to.parse().unwrap() {
                assert!(tested(provider, &id.to_string()), "{provider} {id}");
            }
        }
    }
}
