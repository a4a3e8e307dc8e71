//! FIND and creation records: one step through records (semantics.md §4, §5).

use super::{Reader, found, seen};
use crate::table::Growth;
use crate::testing::{entity, held, records};
use huntc_compiler::catalog::Catalog;

const FAMILY: &str = "process.entity_id | process.name | process.parent.entity_id
                      P1                | sh           | P0
                      P2                | ls           | P1
                      P3                | cat          | P1
                      P4                | sh           | P3";

#[test]
fn children_are_where_the_input_is_the_parent() {
    assert_eq!(found("FIND process CREATED BY v", "process", &["P1"], FAMILY), ["2 self P2", "3 self P3"]);
}

#[test]
fn parents_are_where_the_input_is_the_process_itself() {
    assert_eq!(found("FIND process CREATED v", "process", &["P1", "P2"], FAMILY), ["1 parent P0", "2 parent P1"]);
}

#[test]
fn the_condition_is_tested_on_the_projected_slot() {
    assert_eq!(found("FIND process CREATED BY v WHERE name = 'ls'", "process", &["P1"], FAMILY), ["2 self P2"]);
    assert_eq!(found("FIND process CREATED v WHERE name = 'ls'", "process", &["P1"], FAMILY), [""; 0]);
}

#[test]
fn nothing_is_found_from_those_that_are_not_in_the_input() {
    assert_eq!(found("FIND process CREATED BY v", "process", &["P4"], FAMILY), [""; 0]);
}

#[test]
fn flows_are_in_the_records_of_their_process() {
    let log = "process.entity_id | source.ip | destination.ip\n P1 | 10.0.0.1 | 10.0.0.2\n P2 | 10.0.0.1 | 10.0.0.3\n P1 | - | -";
    assert_eq!(found("FIND network-traffic CREATED BY v", "process", &["P1"], log), ["1 self 10.0.0.1,-,10.0.0.2,-,-"]);
    assert_eq!(found("FIND process CREATED v", "network-traffic", &["10.0.0.1,-,10.0.0.3,-,-"], log), ["2 self P2"]);
}

#[test]
fn created_is_the_source_of_a_flow_and_accepted_its_destination() {
    let log = "source.ip | destination.ip\n 10.0.0.1 | 10.0.0.2";
    let of = |find: &str| found(find, "network-traffic", &["10.0.0.1,-,10.0.0.2,-,-"], log);
    assert_eq!(of("FIND ipv4-addr CREATED v"), ["1 source 10.0.0.1"]);
    assert_eq!(of("FIND ipv4-addr ACCEPTED v"), ["1 destination 10.0.0.2"]);
    assert_eq!(found("FIND network-traffic CREATED BY v", "ipv4-addr", &["10.0.0.2"], log), [""; 0]);
    assert_eq!(found("FIND network-traffic ACCEPTED BY v", "ipv4-addr", &["10.0.0.2"], log).len(), 1);
}

#[test]
fn linked_files_are_written_loaded_or_run() {
    let log = "process.entity_id | process.executable | file.path | dll.path | process.parent.executable\n P1 | /bin/sh | /tmp/x | /lib/y | /bin/p";
    assert_eq!(found("FIND file LINKED v", "process", &["P1"], log), ["1 file /tmp/x", "1 dll /lib/y", "1 image /bin/sh"]);
}

#[test]
fn an_image_needs_a_separator() {
    let log = "process.entity_id | process.executable\n P1 | System\n P1 | /bin/sh";
    assert_eq!(found("FIND file LINKED v", "process", &["P1"], log), ["2 image /bin/sh"]);
}

#[test]
fn a_file_is_loaded_where_the_record_is_a_module_load() {
    let log = "process.entity_id | file.path | event.code\n P1 | /a | 7\n P1 | /b | 11";
    assert_eq!(found("FIND file LOADED BY v", "process", &["P1"], log), ["1 file /a"]);
}

#[test]
fn data_flow_is_told_by_category_and_type() {
    let log = "process.entity_id | file.path | event.category | event.type
               P1                | /a        | file           | creation
               P1                | /b        | file           | [change, deletion]
               P1                | /c        | process        | creation";
    let of = |relation: &str| found(&format!("FIND file {relation} BY v"), "process", &["P1"], log);
    assert_eq!((of("CREATED"), of("DELETED")), (vec!["1 file /a".to_owned()], vec!["2 file /b".to_owned()]));
}

#[test]
fn a_change_without_an_event_type_of_sysmons_is_an_update() {
    let log = r"process.entity_id | registry.path | event.category | event.type | winlog.event_data.EventType
                P1                | HKLM\a        | registry       | change     | -
                P1                | HKLM\b        | registry       | change     | CreateKey
                P1                | HKLM\c        | registry       | change     | SetValue";
    let of = |relation: &str| found(&format!("FIND windows-registry-key {relation} BY v"), "process", &["P1"], log);
    assert_eq!(of("UPDATED"), [r"1 self HKLM\a", r"3 self HKLM\c"]);
    assert_eq!(of("CREATED"), [r"2 self HKLM\b"]);
}

#[test]
fn processes_found_without_identity_are_unidentified() {
    let log = "process.name | process.parent.entity_id\n sh | P1\n - | P1";
    assert_eq!(found("FIND process CREATED BY v", "process", &["P1"], log), ["1 self ?"]);
}

/// The processes of a log that have creation records, with all records in which they stand.
fn creations(log: &str) -> Vec<String> {
    let (records, of) = (records(log), entity("process"));
    let reader = Reader::default();
    let processes = reader.table("process", &records);
    let mut growth = Growth::new(&processes, &[]);
    reader.read(of, |reading, _| super::super::creation_records(reading, &records, of, &mut growth).unwrap());
    growth.keep();
    held(&growth.finish()).into_iter().filter(|one| one.contains('c')).collect()
}

#[test]
fn a_creation_record_is_event_1_or_a_process_that_starts() {
    let log = "process.entity_id | event.code | event.category     | event.type
               P1                | 1          | -                  | -
               P2                | \"1\"      | file               | -
               P3                | 4688       | [process, network] | [start, info]
               P4                | -          | process            | end
               P5                | -          | network            | start
               P6                | 11         | -                  | -";
    assert_eq!(creations(log), ["P1: 1c", "P2: 2c", "P3: 3c"]);
}

#[test]
fn a_creation_record_is_of_the_process_in_self() {
    assert_eq!(creations("event.code | process.entity_id | process.parent.entity_id\n 1 | P1 | P2\n 3 | P2 | -"), ["P1: 1c"]);
}

#[test]
fn what_stands_in_a_slot_is_listed_once_for_each_slot() {
    let log = records("process.entity_id | process.parent.entity_id\n P1 | P1");
    assert_eq!(seen("process", Reader::default().get("process", "", &log)), ["1 self P1", "1 parent P1"]);
    assert_eq!(Catalog::builtin().get(entity("process")).get_slots().count(), 2);
}

/// semantics.md §4
#[test]
fn a_creation_record_may_say_process_start_or_process_started() {
    let log = "process.entity_id | event.category | event.type\n P1 | process | process_start\n P2 | process | process_started";
    assert_eq!(creations(log), ["P1: 1c", "P2: 2c"]);
}
