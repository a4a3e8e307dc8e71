//! When a slot holds an entity (semantics.md §1).

use super::{Reader, matching, standing};
use crate::testing::{records, rows};

#[test]
fn a_process_stands_in_self_and_its_parent_in_parent() {
    let log = "process.entity_id | process.parent.entity_id\n P1 | P2\n P3 | -\n - | P4\n - | -";
    assert_eq!(standing("process", log), ["1 self P1", "1 parent P2", "2 self P3", "3 parent P4"]);
}

#[test]
fn a_flow_needs_both_addresses_and_no_ports() {
    let log = "source.ip | destination.ip | source.port | destination.port | network.transport
               10.0.0.1  | 10.0.0.2       | 5           | 80               | tcp
               10.0.0.1  | 10.0.0.2       | -           | 80               | -
               10.0.0.1  | -              | 5           | 80               | tcp
               -         | 10.0.0.2       | 5           | 80               | tcp";
    assert_eq!(standing("network-traffic", log), ["1 self 10.0.0.1,5,10.0.0.2,80,tcp", "2 self 10.0.0.1,-,10.0.0.2,80,-"]);
}

#[test]
fn a_file_stands_in_file_and_dll_if_it_has_a_path() {
    let log = r"host.name | file.path | file.name | dll.path
                h1        | /tmp/x    | x         | -
                -         | -         | y         | C:\a.dll";
    assert_eq!(standing("file", log), [r"1 file /tmp/x @h1", r"2 dll C:\a.dll"]);
}

#[test]
fn an_address_stands_wherever_it_is_written() {
    let log = "source.ip | destination.ip | dns.resolved_ip
               10.0.0.1  | 10.0.0.1       | [10.0.0.2, ::1, 10.0.0.2]";
    let ipv4 = ["1 source 10.0.0.1", "1 destination 10.0.0.1", "1 dns 10.0.0.2"];
    assert_eq!(
        (standing("ipv4-addr", log), standing("ipv6-addr", log)),
        (ipv4.map(String::from).to_vec(), vec!["1 dns ::1".to_owned()])
    );
}

#[test]
fn each_of_several_addresses_is_compared_by_itself() {
    let log = "dns.resolved_ip\n [10.0.0.2, 10.0.0.3]";
    assert_eq!(matching("ipv4-addr", "value != '10.0.0.2'", log), ["1 dns 10.0.0.3"]);
}

#[test]
fn a_domain_stands_in_a_question_and_an_url() {
    let log = "dns.question.name | url.domain | destination.domain\n a.example | b.example | c.example";
    assert_eq!(standing("domain-name", log), ["1 dns a.example", "1 url b.example"]);
}

#[test]
fn an_account_needs_a_name_and_user_id_is_none() {
    let log = "user.name | user.domain | user.id\n alice | CORP | S-1\n bob | - | S-2\n - | CORP | S-3";
    assert_eq!(standing("user-account", log), ["1 self CORP,alice", "2 self -,bob"]);
}

#[test]
fn a_registry_key_needs_a_path() {
    let log = r"host.name | registry.path | registry.key
                h         | HKLM\a        | -
                h         | -             | a";
    assert_eq!(standing("windows-registry-key", log), [r"1 self HKLM\a @h"]);
}

/// `process.hash` of Sysmon 23 to 26 is a file's.
#[test]
fn the_hash_of_a_deleted_file_is_not_the_processs() {
    let log = "process.entity_id | event.code | process.hash.md5 | process.pe.imphash
               P1                | 1          | aa               | bb
               P2                | 23         | aa               | bb
               P3                | \"26\"     | aa               | bb
               P4                | 27         | aa               | bb";
    assert_eq!(matching("process", "binary_ref.hashes.MD5 = 'aa'", log), ["1 self P1", "4 self P4"]);
    assert_eq!(matching("process", "binary_ref.hashes.IMPHASH != 'aa'", log), ["1 self P1", "4 self P4"]);
    assert_eq!(matching("process", "binary_ref.hashes.MD5 IS NULL", log), ["2 self P2", "3 self P3"]);
}

#[test]
fn names_and_directories_are_parts_of_the_path() {
    let log = r"process.entity_id | process.executable
                P1                | C:\Windows\cmd.exe
                P2                | /bin/sh
                P3                | System";
    let table =
        Reader { columns: "binary_ref.name binary_ref.parent_directory_ref.path binary_ref.x_path name", ..Reader::default() }
            .table("process", &records(log));
    let parts = [r"cmd.exe | C:\Windows | C:\Windows\cmd.exe | -", "sh | /bin | /bin/sh | -", "System | - | System | -"];
    assert_eq!(rows(&table, "binary_ref.name binary_ref.parent_directory_ref.path binary_ref.x_path name"), parts);
}

#[test]
fn several_values_are_a_list_in_the_row() {
    let log = "process.entity_id | process.args\n P1 | [-k, netsvcs]\n P2 | -k\n P3 | []";
    let table = Reader { columns: "arguments", ..Reader::default() }.table("process", &records(log));
    assert_eq!(rows(&table, "arguments"), [r#"["-k","netsvcs"]"#, "-k", "-"]);
}

#[test]
fn a_process_without_a_start_was_created_when_its_creation_record_says() {
    let log = "process.entity_id | event.code | process.start
               P1                | 1          | -
               P2                | 3          | -
               P3                | 1          | 1970-01-01T00:01:40Z";
    let table = Reader { columns: "created", ..Reader::default() }.table("process", &records(log));
    assert_eq!(rows(&table, "created"), ["1s", "-", "100s"]);
}

/// semantics.md §1
#[test]
fn a_file_that_runs_stands_in_image() {
    let log = "process.entity_id | process.executable | process.parent.executable\n P1 | /bin/sh | /bin/p\n P2 | System | -";
    assert_eq!(standing("file", log), ["1 image /bin/sh"]);
}

/// semantics.md §1
#[test]
fn a_domain_stands_in_the_server_name_of_tls() {
    assert_eq!(standing("domain-name", "tls.client.server_name\n a.example"), ["1 tls a.example"]);
}
