//! The forms of all public huntbooks of Kestrel: hunts of our own, statement by statement of the same kinds, over sources of the same
//! kinds, run whole. Their texts name files, addresses, profiles and analytics as those do; configuration binds them.

use super::lab::Lab;
use crate::oracle::shared;
use crate::support::cli::{Huntc, Ran};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;

/// A huntbook: its name, its cells, and the variables that may be empty.
struct Book {
    name: &'static str,
    cells: &'static [&'static str],
    empty: &'static [&'static str],
}

const BOOKS: &[Book] = &[
    Book {
        name: "blackhat22/1",
        cells: &[
            "# a technique, looked for\nexec = GET process FROM stixshifter://bh22-windows-192.168.56.111\n       WHERE [process:name = 'powershell.exe']\n       START 2021-04-03T00:00:00Z STOP 2021-04-04T00:00:00Z\nDISP exec ATTR name, pid, command_line",
            "tasks = GET process FROM stixshifter://bh22-windows-192.168.56.111\n        WHERE [process:command_line LIKE '%Schedule%' AND process:name = 'svchost.exe']\n        START t'2021-04-03T00:00:00Z' STOP t'2021-04-04T00:00:00Z'\nDISP tasks ATTR pid, name",
            "child = GET process FROM stixshifter://bh22-windows-192.168.56.111\n        WHERE parent_ref.name = 'cmd.exe' AND binary_ref.name IN ('net.exe', 'svchost.exe', 'cmd.exe', 'firefox.exe', 'powershell.exe')\n        START 2021-04-03T00:00:00Z STOP 2021-04-04T00:00:00Z\nDISP child ATTR pid, name, parent_ref.name, parent_ref.pid",
            "matched = GET process FROM stixshifter://bh22-windows-192.168.56.111 WHERE name MATCHES '.*' START 2021-04-03T00:00:00Z STOP 2021-04-04T00:00:00Z\nDISP matched ATTR name, parent_ref.binary_ref.name",
            "nt = GET network-traffic FROM stixshifter://bh22-windows-192.168.56.111 WHERE dst_port > 0 START 2021-04-03T00:00:00Z STOP 2021-04-04T00:00:00Z\nDISP nt ATTR src_ref.value, src_port, dst_ref.value, dst_port",
            "linux = GET process FROM stixshifter://bh22-linux-192.168.56.91 WHERE binary_ref.name != 'WinMail.exe' START 2021-04-03T00:00:00Z STOP 2021-04-04T00:00:00Z\nDISP linux ATTR name, command_line, pid",
        ],
        empty: &[],
    },
    Book {
        name: "blackhat22/2",
        cells: &[
            "seed = GET process FROM stixshifter://bh22-windows-192.168.56.111 WHERE [process:name = 'cmd.exe'] START 2021-04-03T00:00:00Z STOP 2021-04-04T00:00:00Z\nDISP seed ATTR name, pid",
            "seed_nt = FIND network-traffic CREATED BY seed\nDISP seed_nt ATTR src_ref.value, src_port, dst_ref.value, dst_port\nother_end = GET network-traffic FROM stixshifter://bh22-windows-192.168.56.112 WHERE src_port = seed_nt.src_port\nDISP other_end ATTR src_port, dst_port",
            "receiver = FIND process CREATED other_end\nkids = FIND process CREATED BY receiver\nkids = kids WHERE pid != receiver.pid\nDISP kids ATTR name, pid, command_line",
            "forth = FIND process CREATED BY seed\n        START 2021-04-03T00:00:00Z STOP 2021-04-04T00:00:00Z\nback = FIND process CREATED forth\nanswer = GET network-traffic FROM stixshifter://bh22-linux-192.168.56.91 WHERE dst_ref.value = seed_nt.dst_ref.value\nanswerers = FIND process CREATED answer\nDISP answerers ATTR name, pid",
        ],
        empty: &["kids"],
    },
    Book {
        name: "blackhat22/3",
        cells: &[
            "app = GET process FROM stixshifter://bh22-linux-192.168.56.91 WHERE name = 'firefox.exe' START 2021-04-03T00:00:00Z STOP 2021-04-04T00:00:00Z\nINFO app",
            "c2 = FIND network-traffic CREATED BY app\nc2 = TIMESTAMPED(c2)\nAPPLY python://pin-ip ON c2\nDISP c2 ATTR first_observed, dst_ref.value, dst_port",
            "APPLY python://attribute-plot ON c2 WITH XPARAM=dst_port, YPARAM=src_port",
        ],
        empty: &[],
    },
    Book {
        name: "Lateral Movement via WMI",
        cells: &[
            "wmic = GET process FROM https://raw.githubusercontent.com/OTRF/Security-Datasets/empire_wmic_add_user_backdoor.zip\n       WHERE command_line LIKE '%wmic%'",
            "DISP wmic ATTR pid, name, command_line\nhost = GET process WHERE name = 'wmiprvse.exe'\nDISP host ATTR pid, name, command_line",
            "spawned = FIND process CREATED BY host\nDISP spawned ATTR pid, name, command_line",
        ],
        empty: &[],
    },
    Book {
        name: "Lsass, Outflank-Dumpert",
        cells: &[
            "# everything in lower case\nprocs = get process\n        from https://raw.githubusercontent.com/OTRF/Security-Datasets/cmd_lsass_memory_dumpert_syscalls.zip\n        where command_line like '%dumpert%'\ndisp procs attr pid, name",
            "parents = find process created procs\nusers = find user-account owned procs\nhosts = find x-oca-asset linked procs\nevents = find x-oca-event linked procs\nagain = procs\ndisp parents attr name\ndisp users\ndisp hosts\ndisp events",
        ],
        empty: &[],
    },
    Book {
        name: "Lsass, Comsvcs.dll",
        cells: &[
            "procs = GET process FROM https://raw.githubusercontent.com/OTRF/Security-Datasets/psh_lsass_memory_dump_comsvcs.zip\n        WHERE command_line LIKE '%comsvcs.dll% MiniDump%'\nDISP procs",
            "parents = FIND process CREATED procs\nusers = FIND user-account OWNED procs\nhost = FIND x-oca-asset LINKED procs\nDISP parents\nDISP users\nDISP host",
        ],
        empty: &[],
    },
    Book {
        name: "Non-Interactive Windows Shells",
        cells: &[
            "shells = GET process FROM https://raw.githubusercontent.com/OTRF/Security-Datasets/cmd_mshta_vbscript_execute_psh.zip\n         WHERE name IN ('powershell.exe', 'cmd.exe')\nDISP shells ATTR name, pid, command_line",
            "parents = FIND process CREATED shells\ngrandparents = FIND process CREATED parents\nDISP parents ATTR name, pid\nDISP grandparents ATTR name, pid",
        ],
        empty: &[],
    },
    Book {
        name: "Windows Scheduled Tasks",
        cells: &[
            r"svchost = GET process FROM stixshifter://host101 WHERE [process:command_line = 'C:\Windows\system32\svc.exe -k Schedule -n 0'] START t'2021-04-03T00:00:00Z' STOP t'2021-04-04T00:00:00Z'",
            r"all = GET process FROM stixshifter://host101 WHERE [process:name = 'svchost.exe'] START t'2021-04-03T00:00:00Z' STOP t'2021-04-04T00:00:00Z'
scheduler = GET process FROM all WHERE [process:command_line = 'C:\Windows\system32\svc.exe -k Schedule -n 0']
tasks = FIND process CREATED BY scheduler
DISP tasks ATTR name, pid, command_line",
            "net = GET process FROM tasks WHERE [process:name NOT LIKE '%xyz%']\nchildren = FIND process CREATED BY net\nflows = FIND network-traffic CREATED BY children\ngrand = FIND process CREATED BY children\nfiles = FIND file LINKED net\nDISP files ATTR name, parent_directory_ref.path\nDISP flows ATTR dst_ref.value, dst_port",
        ],
        empty: &[],
    },
    Book {
        name: "log4shell",
        cells: &[
            "payloads = GET artifact FROM https://raw.githubusercontent.com/opencybersecurityalliance/kestrel-analytics/log4shell_bundle.json WHERE payload_bin LIKE '%jndi%'",
            "urls = GET url FROM https://raw.githubusercontent.com/opencybersecurityalliance/kestrel-analytics/log4shell_bundle.json WHERE value LIKE '%jndi%'",
            "APPLY python://log4shell ON payloads\nfound = GET artifact FROM payloads WHERE exploit = 'yes'\nDISP found ATTR exploit, original",
        ],
        empty: &[],
    },
    Book {
        name: "tutorial/0",
        cells: &[
            "# Hello\nproclist = NEW process [ {\"name\": \"cmd.exe\", \"pid\": \"123\"}, {\"name\": \"explorer.exe\", \"pid\": \"99\"}\n                       , {\"name\": \"firefox.exe\", \"pid\": \"201\"}, {\"name\": \"chrome.exe\", \"pid\": \"205\"} ]",
            "browsers = GET process FROM proclist WHERE name IN ('firefox.exe', 'chrome.exe')\nDISP browsers ATTR name, pid",
        ],
        empty: &[],
    },
    Book {
        name: "tutorial/1",
        cells: &[
            "procs = GET process FROM file://LAB WHERE name = 'svchost.exe' START 2021-04-03T00:00:00Z STOP 2021-04-04T00:00:00Z",
            "scheduler = procs WHERE command_line LIKE '%Schedule%'\nothers = GET process FROM procs WHERE command_line NOT LIKE '%Schedule%'",
            "ip = NEW ipv4-addr [\"192.168.56.112\"]\nnt = GET network-traffic WHERE src_ref.value = ip.value",
        ],
        empty: &[],
    },
    Book {
        name: "tutorial/2",
        cells: &[
            "procs = GET process FROM file://LAB WHERE pid = 4 START 2021-04-03T00:00:00Z STOP 2021-04-04T00:00:00Z\nINFO procs",
            "DISP procs ATTR name, pid, command_line\nDISP procs",
        ],
        empty: &[],
    },
    Book {
        name: "tutorial/3",
        cells: &[
            "procs = GET process FROM file://LAB WHERE name = 'svchost.exe'\nconns = GET network-traffic FROM file://LAB WHERE dst_port = 443",
            "nt = FIND network-traffic CREATED BY procs\nparents = FIND process CREATED procs\nkids = FIND process CREATED BY procs\nopeners = FIND process CREATED conns\nips = FIND ipv4-addr ACCEPTED conns\nall = FIND process LINKED procs",
            "DISP nt ATTR src_ref.value, dst_ref.value\nDISP parents ATTR name\nDISP ips\nDISP all ATTR pid, name, x_unique_id",
        ],
        empty: &[],
    },
    Book {
        name: "tutorial/4",
        cells: &[
            "conns = GET network-traffic FROM file://LAB WHERE dst_port > 0\nDISP conns SORT BY dst_port",
            "by_src = GROUP conns BY src_ref.value\nby_both = GROUP conns BY src_ref.value, dst_ref.value\ncounted = GROUP conns BY dst_ref.value WITH COUNT(src_port)\nnamed = GROUP conns BY dst_ref.value WITH COUNT(src_port) AS flows\nranked = SORT named BY flows",
            "DISP by_src\nDISP by_both\nDISP counted\nDISP named\nDISP ranked",
        ],
        empty: &[],
    },
    Book {
        name: "tutorial/5",
        cells: &[
            "procs = GET process FROM file://LAB WHERE name = 'cmd.exe'\nAPPLY python://susp-scoring ON procs\nDISP procs ATTR name, x_suspiciousness",
            "conns = GET network-traffic FROM file://LAB WHERE dst_port = 443\ntimed = TIMESTAMPED(conns)\nAPPLY python://pin-ip ON conns\nAPPLY python://attribute-plot ON timed WITH XPARAM=first_observed, YPARAM='dst_ref.value'",
        ],
        empty: &[],
    },
    Book {
        name: "tutorial/6",
        cells: &[
            "one = GET process FROM file://LAB WHERE name = 'cmd.exe'\ntwo = GET process FROM file://LAB WHERE name = 'firefox.exe'\nboth = one + two",
            "nt = FIND network-traffic CREATED BY both\nkids = FIND process CREATED BY both\nparents = FIND process CREATED both\nagain = FIND process CREATED nt\nDISP both ATTR name\nDISP nt ATTR dst_port\nDISP kids ATTR name\nDISP parents ATTR name\nDISP again ATTR name",
        ],
        empty: &[],
    },
    Book {
        name: "tutorial/7",
        cells: &[
            "conns = GET network-traffic FROM file://LAB WHERE dst_port = 443\nSAVE conns TO kestrel_hunt_1_conns.SAVED",
            "loaded = LOAD kestrel_hunt_1_conns.SAVED",
        ],
        empty: &[],
    },
    Book {
        name: "tutorial/9",
        cells: &[
            "proclist = NEW process [{\"name\": \"cmd.exe\", \"pid\": \"123\"}]\nprocs = GET process FROM proclist WHERE name = 'cmd.exe'",
            "all = GET process FROM file://LAB WHERE [process:binary_ref.name = 'svchost.exe']\nnt = FIND network-traffic CREATED BY all\nkids = FIND process CREATED BY all\nparents = FIND process CREATED all\nip = NEW ipv4-addr [\"10.0.0.1\"]\nto = GET network-traffic FROM file://LAB WHERE dst_ref.value = ip.value\nby_binary = GROUP all BY binary_ref.name WITH COUNT(pid) AS n\nby_src = GROUP nt BY src_ref.value WITH COUNT(dst_ref.value) AS n\nAPPLY python://attribute-plot ON all WITH XPARAM=\"binary_ref.name\", YPARAM=pid\nDISP by_binary\nDISP by_src\nDISP kids ATTR name\nDISP to ATTR dst_port",
            "SAVE nt TO kestrel_hunt_2.SAVED\nback = LOAD kestrel_hunt_2.SAVED",
        ],
        empty: &[],
    },
    Book {
        name: "seed 1: backward and forward",
        cells: &[
            "nt = GET network-traffic FROM stixshifter://host101 WHERE [network-traffic:dst_port = 443] START t'2021-04-03T00:00:00Z' STOP t'2021-04-04T00:00:00Z'\nip = GET ipv4-addr FROM stixshifter://host101 WHERE [ipv4-addr:value = '10.0.0.1'] START t'2021-04-03T00:00:00Z' STOP t'2021-04-04T00:00:00Z'\nien = FIND network-traffic ACCEPTED BY ip\nprocs = FIND process CREATED ien\nDISP procs ATTR name, pid",
            "p1 = FIND process CREATED procs\np2 = FIND process CREATED p1\np3 = FIND process CREATED p2\np4 = FIND process CREATED p3\nDISP p4 ATTR name, pid, command_line",
            "APPLY docker://enrichdomain ON ien\nINFO ien\nDISP ien ATTR dst_ref.value, x_domain_name, x_domain_organization",
            "known = GET network-traffic FROM ien WHERE x_domain_organization = 'Example'\nfiles = FIND file LINKED procs\nDISP files ATTR name, parent_directory_ref.path",
        ],
        empty: &["p4", "p3"],
    },
];

/// Look-up tables and a command in the place of each analytic.
const CONFIGURATION: &str = r#"
[analytics."docker://enrichdomain"]
lookup = "domains.csv"
key = "dst_ref.value"
outputs = ["x_domain_name", "x_domain_organization"]

[analytics."python://pin-ip"]
lookup = "places.csv"
key = "dst_ref.value"
outputs = ["x_latitude", "x_longitude"]

[analytics."python://susp-scoring"]
lookup = "scores.csv"
key = "name"
outputs = ["x_suspiciousness"]

[analytics."python://log4shell"]
lookup = "exploits.csv"
key = "payload_bin"
outputs = ["exploit", "original"]

[analytics."python://attribute-plot"]
exec = ["/bin/sh", "-c", "while read -r line; do echo '{}'; done"]
"#;

const PAYLOAD: &str = "JHtqbmRpOmxkYXA6Ly94fQ== jndi";

/// The bundle of log4shell's huntbook: requests with a payload and an address.
fn log4shell() -> String {
    let objects =
        json!({"0": {"type": "artifact", "payload_bin": PAYLOAD}, "1": {"type": "url", "value": "http://h/?x=${jndi:ldap://x}"}});
    json!({"type": "bundle", "id": "bundle--1", "objects": [
        {"type": "observed-data", "id": "observed-data--1", "first_observed": "2021-12-10T00:00:00Z", "number_observed": 1, "objects": objects}
    ]})
    .to_string()
}

/// Records of a host in ECS, one a line: each a process with its parent, one after the other.
fn telemetry(lines: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (at, (name, command)) in lines.iter().enumerate() {
        let id = |n: usize| format!("{{00000000-0000-0000-0000-{n:012}}}");
        let record = json!({"@timestamp": format!("2020-10-22T06:{at:02}:00Z"), "host.name": "WS5", "user.name": "pgustavo", "event.code": "1",
            "event.action": "create", "process": {"name": name, "pid": at + 10, "entity_id": id(at + 1), "command_line": command,
            "parent": {"name": if at == 0 { "explorer.exe" } else { lines[at - 1].0 }, "pid": at + 9, "entity_id": id(at)}}});
        let _ = writeln!(out, "{record}");
    }
    out
}

const OTRF: [(&str, &[(&str, &str)]); 4] = [
    (
        "empire_wmic_add_user_backdoor",
        &[("wmic.exe", "wmic /node:x"), ("wmiprvse.exe", "wmiprvse"), ("powershell.exe", "powershell -enc x")],
    ),
    ("cmd_lsass_memory_dumpert_syscalls", &[("cmd.exe", "cmd"), ("dumpert.exe", "Outflank-Dumpert.exe")]),
    (
        "psh_lsass_memory_dump_comsvcs",
        &[("powershell.exe", "powershell"), ("rundll32.exe", "rundll32 comsvcs.dll, MiniDump 1 x full")],
    ),
    ("cmd_mshta_vbscript_execute_psh", &[("cmd.exe", "cmd"), ("mshta.exe", "mshta x"), ("powershell.exe", "powershell -c x")]),
];

/// How far the local times of the real exports are from UTC.
const OFFSETS: [(&str, &str); 3] = [
    ("cmd_lsass_memory_dumpert_syscalls", "+16h"),
    ("psh_lsass_memory_dump_comsvcs", "+16h"),
    ("cmd_mshta_vbscript_execute_psh", "+4h"),
];

/// The data sets of the books: of our own in ECS, or those that the books name.
enum DataSets<'f> {
    Own,
    Real(&'f Path),
}

fn scene(data: &DataSets<'_>) -> Huntc {
    let lab = Lab::of(120, 5).bundle();
    let mut huntc = Huntc::new()
        .file("lab101.json", &lab)
        .file("log4shell_bundle.json", log4shell())
        .file("huntc.toml", CONFIGURATION)
        .file("domains.csv", "dst_ref.value,x_domain_name,x_domain_organization\n10.0.0.1,a.example,Example\n")
        .file("places.csv", "dst_ref.value,x_latitude,x_longitude\n10.0.0.1,48.1,11.6\n")
        .file("scores.csv", "name,x_suspiciousness\ncmd.exe,2\n")
        .file("exploits.csv", format!("payload_bin,exploit,original\n{PAYLOAD},yes,jndi\n"));
    for (name, lines) in OTRF {
        let zip = match data {
            DataSets::Own => super::zip_of(&format!("{name}_2020-10-22.json"), telemetry(lines).as_bytes()),
            DataSets::Real(folder) => std::fs::read(folder.join(format!("{name}.zip"))).unwrap(),
        };
        huntc = huntc.file(&format!("{name}.zip"), zip);
    }
    // Two profiles in the file, one in the environment, as Kestrel has them.
    let path = huntc.path("lab101.json").display().to_string();
    let profile = |name: &str| format!("  {name}:\n    connector: stix_bundle\n    connection:\n      host: file://{path}\n");
    let names = ["bh22-windows-192.168.56.111", "BH22-windows-192.168.56.112", "bh22-linux-192.168.56.91"];
    let yaml = format!("profiles:\n{}", names.map(profile).concat());
    huntc
        .file("home/.config/kestrel/stixshifter.yaml", yaml)
        .var("STIXSHIFTER_HOST101_CONNECTOR", "stix_bundle")
        .var("STIXSHIFTER_HOST101_CONNECTION", &json!({ "host": path }).to_string())
        .var("PATH", "/usr/bin:/bin")
}

fn notebook(cells: &[&str]) -> String {
    let cell = |text: &&str| {
        let source = text.replace("file://LAB", "file://lab101.json").replace(".SAVED", ".parquet.gz");
        json!({"cell_type": "code", "execution_count": null, "metadata": {}, "outputs": [], "source": source})
    };
    json!({"cells": cells.iter().map(cell).collect::<Vec<_>>(), "metadata": {"kernelspec": {"name": "kestrel_kernel"}}, "nbformat": 4, "nbformat_minor": 5})
        .to_string()
}

fn run(huntc: &Huntc, number: usize) -> Ran {
    let base = "raw.githubusercontent.com";
    let bound = OTRF.map(|(name, _)| format!("--source {base}/OTRF/Security-Datasets/{name}.zip={name}.zip")).join(" ");
    let log4shell =
        format!("--source {base}/opencybersecurityalliance/kestrel-analytics/log4shell_bundle.json=log4shell_bundle.json");
    let offset = |(name, offset)| format!("--log-time-offset {base}/OTRF/Security-Datasets/{name}.zip={offset}");
    let offsets = OFFSETS.map(offset).join(" ");
    huntc.run(&format!("run b{number}.ipynb --config huntc.toml --no-hints --out r{number} {bound} {log4shell} {offsets}"))
}

#[test]
fn every_form_of_public_huntbooks_runs_whole() {
    assert!(BOOKS.len() >= 18);
    run_whole(&scene(&DataSets::Own), BOOKS);
}

/// Those books that name zips of OTRF's Security-Datasets, over these very zips where they are there.
#[test]
fn books_run_over_the_zips_that_they_name() {
    let Some(folder) = shared::folder().map(|folder| folder.join("data/raw")) else { return };
    let books: Vec<&Book> = BOOKS.iter().filter(|book| book.cells.iter().any(|cell| cell.contains("OTRF"))).collect();
    assert_eq!(books.len(), OTRF.len());
    run_whole(&scene(&DataSets::Real(&folder)), books);
}

/// Each book runs to its end, and finds something wherever it should.
fn run_whole<'b>(huntc: &Huntc, books: impl IntoIterator<Item = &'b Book>) {
    let mut faults = Vec::new();
    for (number, book) in books.into_iter().enumerate() {
        std::fs::write(huntc.path(&format!("b{number}.ipynb")), notebook(book.cells)).unwrap();
        let ran = run(huntc, number);
        if ran.code != Some(0) || ran.stderr.contains("Error") {
            faults.push(format!("== {}\n{}", book.name, ran.text()));
            continue;
        }
        let report = huntc.report(&format!("r{number}"));
        let hunt = &report["hunts"][0];
        if hunt["status"] != "ok" || hunt["complete"] != Value::Bool(true) {
            faults.push(format!("== {} is {} and {}", book.name, hunt["status"], hunt["complete"]));
        }
        for variable in hunt["variables"].as_array().unwrap() {
            let name = variable["name"].as_str().unwrap();
            if variable["entities"] == 0 && !book.empty.contains(&name) {
                faults.push(format!("== {}: nothing in {name}", book.name));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
