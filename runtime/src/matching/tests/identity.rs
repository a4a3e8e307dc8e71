//! Identity of entities (semantics.md §2).

use super::{Ladder, Lives, Reader, seen, standing};
use crate::testing::{entity, held, records};
use foldhash::HashSet;

const GUID: &str = "{C1A6AE2C-3FF1-4F6E-8A9A-6B0F7E2D5C11}";

/// Each entity of a log with its records.
fn entities(of: &str, log: &str) -> Vec<String> {
    held(&Reader::default().table(of, &records(log)))
}

#[test]
fn guids_are_equal_without_case_and_other_ids_are_not() {
    let lower = GUID.to_lowercase();
    let log = format!("process.entity_id\n {GUID}\n {lower}\n abc\n ABC");
    assert_eq!(entities("process", &log), [format!("{lower}: 1 2"), "abc: 3".to_owned(), "ABC: 4".to_owned()]);
}

#[test]
fn braces_make_another_guid() {
    let bare = GUID.trim_matches(['{', '}']);
    assert_eq!(entities("process", &format!("process.entity_id\n {GUID}\n {bare}")).len(), 2);
}

#[test]
fn addresses_are_equal_however_they_are_written() {
    let log = "source.ip\n 0:0:0:0:0:0:0:1\n ::1\n ::ffff:10.0.0.1\n 10.0.0.1";
    assert_eq!((entities("ipv6-addr", log), entities("ipv4-addr", log)), (vec!["::1: 1 2".into()], vec!["10.0.0.1: 3 4".into()]));
}

#[test]
fn a_file_is_another_on_another_host_and_in_another_case() {
    let log = "host.name | file.path\n h1 | /a\n h2 | /a\n h1 | /A\n - | /a\n h1 | /a";
    assert_eq!(entities("file", log), ["/a @h1: 1 5", "/a @h2: 2", "/A @h1: 3", "/a: 4"]);
}

#[test]
fn nulls_in_the_key_of_a_flow_are_equal() {
    let log =
        "source.ip | destination.ip | source.port\n 10.0.0.1 | 10.0.0.2 | -\n 10.0.0.1 | 10.0.0.2 | -\n 10.0.0.1 | 10.0.0.2 | 5";
    assert_eq!(entities("network-traffic", log), ["10.0.0.1,-,10.0.0.2,-,-: 1 2", "10.0.0.1,5,10.0.0.2,-,-: 3"]);
}

#[test]
fn an_account_without_a_domain_is_not_that_of_a_domain() {
    let log = "user.domain | user.name\n CORP | alice\n - | alice\n corp | alice";
    assert_eq!(entities("user-account", log), ["CORP,alice: 1", "-,alice: 2", "corp,alice: 3"]);
}

#[test]
fn a_process_slot_with_values_but_no_id_is_unidentified() {
    let log = "process.pid | process.name | process.parent.name\n 4 | - | -\n - | sh | bash\n - | - | -";
    assert_eq!(standing("process", log), ["1 self ?", "2 self ?", "2 parent ?"]);
}

#[test]
fn user_fields_and_flows_alone_make_no_process() {
    let log = "user.name | source.ip | event.code | host.name\n alice | 10.0.0.1 | 1 | h";
    assert_eq!(standing("process", log), [""; 0]);
}

#[test]
fn unidentified_are_those_that_satisfy_the_pattern() {
    let log = records("process.name\n sh\n cmd.exe");
    assert_eq!(seen("process", Reader::default().get("process", "name = 'sh'", &log)), ["1 self ?"]);
}

/// The keys of a log's processes on the ladder: host, pid, and start or begin.
fn ladder(log: &str) -> Vec<String> {
    let log = records(log);
    let births: HashSet<i64> = super::super::host_pids(&log, &Ladder::Everywhere);
    let creations = log.column("event.code").map_or(0, |c| c.dictionary.len());
    assert!(creations > 0, "a log of the ladder says which records are creations");
    let mut lives = Lives::default();
    // A source may bring other records than it was asked for.
    lives.add(&births.into_iter().collect::<Vec<_>>(), &log);
    seen("process", Reader { ladder: Ladder::Everywhere, lives, ..Reader::default() }.get("process", "", &log))
}

#[test]
fn a_life_begins_at_each_creation_record_of_its_pid() {
    let log = "@time | host.name | process.pid | event.code
               1     | h         | 7           | 3
               2     | h         | 7           | 1
               3     | h         | 7           | 3
               4     | h         | 7           | 1
               5     | h         | 7           | 5";
    assert_eq!(ladder(log), ["1 self h,7,-", "2 self h,7,2s", "3 self h,7,2s", "4 self h,7,4s", "5 self h,7,4s"]);
}

#[test]
fn lives_of_other_pids_and_hosts_are_others() {
    let log = "@time | host.name | process.pid | event.code
               1     | h         | 7           | 1
               2     | h         | 8           | 3
               3     | g         | 7           | 3
               4     | -         | 7           | 3";
    assert_eq!(ladder(log), ["1 self h,7,1s", "2 self h,8,-", "3 self g,7,-", "4 self -,7,-"]);
}

#[test]
fn a_start_in_the_record_is_before_any_life() {
    let log = "@time | host.name | process.pid | process.start        | event.code
               5     | h         | 7           | 1970-01-01T00:00:03Z | 1
               6     | h         | 7           | -                    | 3";
    assert_eq!(ladder(log), ["1 self h,7,3s", "2 self h,7,5s"]);
}

#[test]
fn a_start_and_a_life_at_one_instant_are_two_processes() {
    let log = "@time | host.name | process.pid | process.start        | event.code
               5     | h         | 7           | 1970-01-01T00:00:05Z | 1
               6     | h         | 7           | -                    | 3";
    let keys = ladder(log);
    assert_eq!(keys, ["1 self h,7,5s", "2 self h,7,5s"], "rungs never mix");
    let table = Reader { ladder: Ladder::Everywhere, lives: lives_at(7, log), ..Reader::default() }.table("process", &records(log));
    assert_eq!((table.entity_count(), table.rungs().len()), (2, 2));
}

fn lives_at(pid: i64, log: &str) -> Lives {
    let mut lives = Lives::default();
    lives.add(&[pid], &records(log));
    lives
}

#[test]
fn a_parent_lives_by_the_creation_records_of_its_own_pid() {
    let log = "@time | host.name | process.pid | process.parent.pid | event.code
               1     | h         | 7           | -                  | 1
               2     | h         | 8           | 7                  | 1";
    assert_eq!(ladder(log), ["1 self h,7,1s", "2 self h,8,2s", "2 parent h,7,1s"]);
}

#[test]
fn on_the_ladder_an_id_still_wins_and_without_a_pid_nobody_is_told_apart() {
    let log = "process.entity_id | host.name | process.pid | process.name | event.code
               P1                | h         | 7           | sh           | 3
               -                 | h         | -           | sh           | 3";
    assert_eq!(ladder(log), ["1 self P1", "2 self ?"]);
}

#[test]
fn every_entity_type_that_gets_its_identity_from_values_stands_without_a_ladder() {
    let reader = Reader { ladder: Ladder::Everywhere, ..Reader::default() };
    let found = reader.get("user-account", "", &records("user.name\n alice"));
    assert_eq!((entity("user-account"), seen("user-account", found)), (entity("user"), vec!["1 self -,alice".to_owned()]));
}

/// semantics.md §2
#[test]
fn the_null_guid_and_a_dash_are_no_entity_ids() {
    let log = "process.entity_id                      | process.pid
               {00000000-0000-0000-0000-000000000000} | 4
               00000000-0000-0000-0000-000000000000   | 4
               \"-\"                                  | 4";
    assert_eq!(standing("process", log), ["1 self ?", "2 self ?", "3 self ?"]);
}

/// semantics.md §2
#[test]
fn macs_are_equal_however_they_are_spelt() {
    assert_eq!(
        entities("mac-addr", "source.mac\n 00-00-5E-00-53-00\n 00:00:5e:00:53:00\n 0000.5e00.5300"),
        ["00:00:5e:00:53:00: 1 2 3"]
    );
}
