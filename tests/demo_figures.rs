//! The demo data against the published figures: by the rules, and by each way to get a rule wrong.

#![allow(clippy::unwrap_used)]

mod brute;
mod hunts;
mod records;

use brute::{Hunter, Identity, Rules};
use huntc_runtime::demo::{self, EntityIds};
use hunts::Figures;
use records::Record;
use std::sync::LazyLock;

static KEPT: LazyLock<Vec<Record>> = LazyLock::new(|| records::read(&demo::records(EntityIds::Kept)));
static STRIPPED: LazyLock<Vec<Record>> = LazyLock::new(|| records::read(&demo::records(EntityIds::Stripped)));

fn figures(records: &[Record], rules: Rules) -> Figures {
    let hunter = Hunter::new(records, rules);
    let mut all = hunter.scheduled_tasks();
    all.extend(hunter.tracking());
    all
}

/// The figures of the posts; the texts are what their pictures show of the same statements.
const PUBLISHED: &[(&str, &str)] = &[
    ("svchost", "183"),
    ("scheduler, direct", "2"),
    ("scheduler", "2"),
    ("tasks", "126"),
    ("amcet", "24"),
    ("amcet_child", "45"),
    (
        "amcet_child rows",
        "conhost.exe | \\??\\C:\\Windows\\system32\\conhost.exe 0xffffffff -ForceV1\n\
         powershell.exe | powershell.exe -NoProfile -NonInteractive -File C:\\ProgramData\\IBM\\RII\\inventory.ps1",
    ),
    ("nt", "23"),
    ("nt rows", "9.148.5.93:443"),
    ("amcet_cc", "0"),
    ("amcet_f", "2"),
    (
        "amcet_f paths",
        "host101 C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe\nhost101 C:\\Windows\\System32\\conhost.exe",
    ),
    ("ip200", "1"),
    ("ip200 records", "350"),
    ("ip200nt", "350"),
    ("ip200nt rows", "72.21.81.200:443"),
    ("p", "34"),
    ("bgdownloads", "4"),
    ("bgdp", "3"),
    ("bgdp names", "devenv.exe svchost.exe"),
    ("bgdpp", "2"),
    ("bgdpp names", "explorer.exe services.exe"),
    ("bgdppnt", "0"),
    ("bgdp_devenv", "1"),
    ("bgdp_devenv_parent", "explorer.exe"),
    ("ppp", "C:\\Windows\\system32\\svchost.exe -k DcomLaunch -p"),
    ("pppp", "0"),
    ("ie", "2"),
    ("ie pids", " 7356 11368"),
    ("ie_children pids", " 8508"),
    ("ient", "76"),
];

fn assert_published(found: &Figures) {
    for (name, figure) in PUBLISHED {
        assert_eq!(found[name], *figure, "{name}");
    }
}

#[test]
fn the_rules_give_the_published_figures() {
    assert_published(&figures(&KEPT, Rules::RIGHT));
}

#[test]
fn host_pid_and_life_give_them_too() {
    let ladder = Rules { identity: Identity::Ladder, ..Rules::RIGHT };
    assert_published(&figures(&STRIPPED, ladder));
    assert_eq!(figures(&KEPT, ladder), figures(&KEPT, Rules::RIGHT));
}

#[test]
fn without_ids_nothing_else_changes() {
    assert_eq!(KEPT.len(), STRIPPED.len());
    assert!(STRIPPED.iter().flat_map(|r| [&r.me, &r.parent]).flatten().all(|p| p.id.is_none()));
    for (kept, stripped) in KEPT.iter().zip(STRIPPED.iter()) {
        assert_eq!((kept.time, &kept.host, kept.creation), (stripped.time, &stripped.host, stripped.creation));
    }
}

/// Every mistake, and the figures that must give it away.
const MISTAKES: &[(&str, Rules, &[&str])] = &[
    (
        "a pid",
        with_identity(Identity::Pid),
        &["svchost", "tasks", "nt", "amcet_cc", "amcet_f", "bgdppnt", "pppp", "ie_children pids", "ient"],
    ),
    (
        "host and pid",
        with_identity(Identity::HostAndPid),
        &["svchost", "tasks", "amcet_child", "nt", "amcet_cc", "bgdp", "bgdppnt", "pppp", "ie_children pids", "ient"],
    ),
    ("no host", with_identity(Identity::LadderWithoutHost), &["tasks", "nt", "amcet_cc", "amcet_f", "ie_children pids", "ient"]),
    ("case of GUIDs", with_identity(Identity::EntityIdWithCase), &["nt"]),
    ("no parent slot", Rules { parent_slot: false, ..Rules::RIGHT }, &["svchost", "scheduler, direct", "scheduler", "tasks"]),
    (
        "= folds",
        Rules { equal_folds: true, ..Rules::RIGHT },
        &["svchost", "scheduler, direct", "scheduler", "tasks", "amcet", "bgdownloads", "ie"],
    ),
    ("absence passes negation", Rules { absent_passes_negation: true, ..Rules::RIGHT }, &["svchost without -s"]),
    ("whole type", Rules { filter_whole_type: true, ..Rules::RIGHT }, &["amcet", "bgdownloads", "ie"]),
    ("no creation records", Rules { creation_records: false, ..Rules::RIGHT }, &["scheduler", "tasks", "amcet"]),
    ("duplicates", Rules { display_once: false, ..Rules::RIGHT }, &["amcet_child rows", "nt rows", "ip200nt rows"]),
    ("no binary", Rules { linked_own_image: false, ..Rules::RIGHT }, &["amcet_f"]),
    ("parent's binary", Rules { linked_parent_image: true, ..Rules::RIGHT }, &["amcet_f"]),
    ("no margin", Rules { margin: 0, ..Rules::RIGHT }, &["tasks", "amcet", "ip200nt", "p", "bgdownloads", "bgdp"]),
    ("margin of an hour", Rules { margin: 3_600_000, ..Rules::RIGHT }, &["tasks", "amcet", "ip200nt", "p"]),
    ("START left out", Rules { start_counts: false, ..Rules::RIGHT }, &["tasks", "ip200 records"]),
    ("STOP taken in", Rules { stop_counts: true, ..Rules::RIGHT }, &["svchost", "tasks", "ip200 records", "ip200nt", "p"]),
    ("a flow is a record", Rules { flow_is_a_record: true, ..Rules::RIGHT }, &["nt", "ip200nt", "ient"]),
    ("addresses of flows only", Rules { addresses_of_flows_only: true, ..Rules::RIGHT }, &["ip200 records"]),
];

const fn with_identity(identity: Identity) -> Rules {
    Rules { identity, ..Rules::RIGHT }
}

#[test]
fn every_mistake_changes_a_figure() {
    let right = figures(&KEPT, Rules::RIGHT);
    let mut unseen = Vec::new();
    for (mistake, rules, telling) in MISTAKES {
        let wrong = figures(&KEPT, *rules);
        unseen.extend(telling.iter().filter(|figure| wrong[*figure] == right[*figure]).map(|figure| (mistake, figure)));
    }
    assert!(unseen.is_empty(), "mistakes that leave a figure as it is: {unseen:?}");
}

#[test]
fn every_address_of_the_child_is_in_the_table() {
    let dir = tempfile::tempdir().unwrap();
    let files = demo::write(dir.path()).unwrap();
    let mut reader = csv::Reader::from_path(files.enrichment).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let ends = &figures(&KEPT, Rules::RIGHT)["ient ends"];
    assert!(ends.lines().count() >= 20, "{ends}");
    for end in ends.lines() {
        let address = end.split(':').next().unwrap();
        assert!(rows.iter().any(|row| &row[0] == address && !row[1].is_empty() && !row[2].is_empty()), "{address}");
    }
}
