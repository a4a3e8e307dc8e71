//! Random records, as nasty as attackers and shippers make them.

use super::Rng;
use huntc_runtime::source::store::Store;
use serde_json::{Map, Value, json};
use std::io::Write;

/// Texts that stand in names, paths and command lines, and in the literals of patterns.
pub(super) const TEXTS: &[&str] = &[
    "cmd.exe",
    "CMD.EXE",
    "powershell.exe",
    "svchost.exe",
    "a*b",
    "a?b",
    "a_b",
    "100%",
    "back\\slash",
    "with \"quotes\" 'too'",
    "Übung",
    "übung",
    "ſK",
    "日本語",
    "",
    " ",
    "trailing ",
    "new\nline",
    "tab\there",
    "[x]",
    "{y}",
    "(z)",
    "a+b",
    "x#y@z&<~>",
    "^$",
    "443",
    "0x1",
    "-enc JAB",
    "a/b",
    "C:\\Windows\\System32\\cmd.exe",
    "C:\\windows\\system32\\CMD.EXE",
    "System",
    "\\\\host\\share\\f.txt",
    "C:\\",
    "/usr/bin/sh",
    "a\\",
    "HKLM\\Software\\Run",
    "HKEY_LOCAL_MACHINE\\Software\\Run",
    "Software\\Run",
    "S-1-5-18",
    "wardog",
    "SYSTEM",
    "example.com",
    "EXAMPLE.com",
    "tcp",
    "udp",
    "http",
    "%TEMP%\\x",
    "aaaa",
    "ab",
    "b",
];

pub(super) const ADDRESSES: &[&str] = &[
    "10.0.0.1",
    "10.0.0.2",
    "10.1.2.3",
    "192.168.1.43",
    "::1",
    "0:0:0:0:0:0:0:1",
    "fe80::1",
    "FE80:0:0:0:0:0:0:1",
    "2001:db8::5",
    "::ffff:10.0.0.1",
];

pub(super) const IDS: &[&str] = &[
    "{39e4a257-2d59-5f91-6813-000000000700}",
    "{39E4A257-2D59-5F91-6813-000000000700}",
    "39e4a257-2d59-5f91-6813-000000000700",
    "MDEyMzQ1Njc4OUFCQ0RFRg==",
    "mdeymzq1njc4ouFCQ0RFRg==",
    "d41d8cd98f00b204e9800998ecf8427e",
    "D41D8CD98F00B204E9800998ECF8427E",
    "0123456789abcdef0123456789abcdef01234567",
    "{00000000-0000-0000-0000-000000000000}",
    "-",
];

pub(super) const MACS: &[&str] =
    &["00-00-5E-00-53-AF", "00:00:5e:00:53:af", "0000.5e00.53af", "00-00-00-00-00-01", "00:00:00:00:00:01", "eui-64"];

pub(super) const NUMBERS: &[i64] = &[0, 1, 4, 53, 80, 443, 1024, 4688, 9572, 65535, -1];

pub(super) const TIMES: &[&str] = &[
    "2020-10-22T06:58:00.462Z",
    "2020-10-22T06:58:00.462500Z",
    "2020-10-22T06:58:00.4629999Z",
    "2020-10-22T06:58:00Z",
    "2020-10-22T06:58:01Z",
    "2021-04-03T00:00:00.000Z",
];

/// A store of 60 random records; the folder lives as long as the store is used.
pub(super) fn store(random: &mut Rng) -> (Store, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("events.ndjson");
    let mut file = std::fs::File::create(&path).expect("a file in it");
    for _ in 0..60 {
        writeln!(file, "{}", record(random)).expect("a line in it");
    }
    drop(file);
    let (store, report) = Store::from_paths(&[path]).expect("the records are readable");
    assert_eq!(report.bad_total, 0, "{:?}", report.bad);
    (store, folder)
}

fn text(random: &mut Rng) -> Value {
    json!(random.pick(TEXTS))
}

fn texts(random: &mut Rng) -> Value {
    if random.chance(40) { json!([random.pick(TEXTS), random.pick(TEXTS)]) } else { text(random) }
}

fn address(random: &mut Rng) -> Value {
    json!(random.pick(ADDRESSES))
}

fn id(random: &mut Rng) -> Value {
    json!(random.pick(IDS))
}

fn mac(random: &mut Rng) -> Value {
    json!(random.pick(MACS))
}

fn integer(random: &mut Rng) -> Value {
    let n = *random.pick(NUMBERS);
    if random.chance(10) { json!(n.to_string()) } else { json!(n) }
}

type Make = fn(&mut Rng) -> Value;

/// Fields with their chance to be there, in percent.
const FIELDS: &[(&str, usize, Make)] = &[
    ("event.code", 80, |r| json!(r.pick(&["1", "3", "5", "7", "11", "23", "26"]))),
    ("event.category", 60, |r| if r.chance(50) { json!(["process"]) } else { json!("file") }),
    ("event.type", 60, |r| {
        if r.chance(50) { json!([r.pick(&["start", "process_start", "process_started"])]) } else { json!("change") }
    }),
    ("event.action", 40, text),
    ("host.name", 80, |r| json!(r.pick(&["HOST1", "host1", "HOST2.example.com"]))),
    ("host.hostname", 40, |r| json!(r.pick(&["HOST1", "HOST2"]))),
    ("process.entity_id", 70, id),
    ("source.mac", 40, mac),
    ("server.mac", 20, mac),
    ("process.pid", 70, integer),
    ("process.name", 70, text),
    ("process.executable", 70, text),
    ("process.command_line", 60, text),
    ("process.args", 40, texts),
    ("process.working_directory", 30, text),
    ("process.start", 30, |r| json!(r.pick(TIMES))),
    ("process.hash.md5", 40, id),
    ("process.exit_code", 20, integer),
    ("process.parent.entity_id", 50, id),
    ("process.parent.pid", 50, integer),
    ("process.parent.name", 50, text),
    ("process.parent.executable", 50, text),
    ("process.parent.command_line", 40, text),
    ("user.name", 60, text),
    ("user.domain", 50, text),
    ("source.ip", 60, address),
    ("source.port", 60, integer),
    ("destination.ip", 60, address),
    ("destination.port", 60, integer),
    ("source.bytes", 30, integer),
    ("network.transport", 50, text),
    ("network.type", 40, text),
    ("network.protocol", 30, text),
    ("file.path", 50, text),
    ("file.name", 50, text),
    ("file.directory", 40, text),
    ("file.size", 30, integer),
    ("file.created", 30, |r| json!(r.pick(TIMES))),
    ("file.code_signature.valid", 30, |r| json!(r.chance(50))),
    ("file.code_signature.exists", 30, |r| json!(r.chance(50))),
    ("file.hash.md5", 30, id),
    ("dll.path", 30, text),
    ("dll.name", 30, text),
    ("registry.path", 50, text),
    ("registry.key", 40, text),
    ("registry.value", 30, text),
    ("registry.data.strings", 30, texts),
    ("dns.question.name", 40, text),
    ("dns.resolved_ip", 40, |r| json!([r.pick(ADDRESSES), r.pick(ADDRESSES)])),
    ("url.domain", 30, text),
];

fn record(random: &mut Rng) -> Value {
    let mut document = Map::new();
    document.insert("@timestamp".to_owned(), json!(random.pick(TIMES)));
    for (field, chance, make) in FIELDS {
        if random.chance(*chance) {
            let value = make(random);
            insert(&mut document, field, value);
        }
    }
    Value::Object(document)
}

/// Puts a value at a dotted path.
fn insert(document: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            document.insert(path.to_owned(), value);
        }
        Some((first, rest)) => {
            let inner = document.entry(first.to_owned()).or_insert_with(|| Value::Object(Map::new()));
            insert(inner.as_object_mut().expect("no field is both a value and a folder"), rest, value);
        }
    }
}
