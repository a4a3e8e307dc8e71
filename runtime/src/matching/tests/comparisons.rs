//! Comparisons on one slot of one record (semantics.md §3).

use super::{Reader, holds, matching, referring, seen};
use crate::testing::records;

/// A log with these values of `field` in records 1, 2, …, each of which has a process.
fn values(field: &str, cells: &[&str]) -> String {
    let rows: Vec<String> = cells.iter().enumerate().map(|(n, cell)| format!("P{} | {cell}", n + 1)).collect();
    format!("process.entity_id | {field}\n{}", rows.join("\n"))
}

fn named(condition: &str, cells: &[&str]) -> Vec<String> {
    holds(condition, &values("process.name", cells))
}

fn line(condition: &str, cells: &[&str]) -> Vec<String> {
    holds(condition, &values("process.command_line", cells))
}

fn arguments(condition: &str, cells: &[&str]) -> Vec<String> {
    holds(condition, &values("process.args", cells))
}

fn source_ip(condition: &str, cells: &[&str]) -> Vec<String> {
    let flow = |(n, cell): (usize, &&str)| format!("P{n} | {cell} | 192.0.2.1");
    let rows: Vec<String> = cells.iter().enumerate().map(flow).collect();
    let log = format!("process.entity_id | source.ip | destination.ip\n{}", rows.join("\n"));
    let lines = matching("network-traffic", condition, &log).into_iter();
    lines.filter_map(|line| Some(line.split_once(" self ")?.0.to_owned())).collect()
}

#[test]
fn equality_distinguishes_case() {
    assert_eq!(named("name = 'cmd.exe'", &["cmd.exe", "CMD.EXE", "cmd.exe2"]), ["1"]);
    assert_eq!(named("name != 'cmd.exe'", &["cmd.exe", "CMD.EXE", "-"]), ["2"]);
    assert_eq!(named("name IN ('a', 'b')", &["a", "b", "B", "-"]), ["1", "2"]);
    assert_eq!(named("name NOT IN ('a', 'b')", &["a", "b", "B", "-"]), ["3"]);
}

#[test]
fn text_is_ordered_by_code_point() {
    assert_eq!(named("name < 'a'", &["Z", "a", "b", "-"]), ["1"]);
    assert_eq!(named("name >= 'a'", &["Z", "a", "ä", "-"]), ["2", "3"]);
}

#[test]
fn like_is_about_the_whole_value() {
    assert_eq!(line("command_line LIKE '%evil%'", &["an evil thing", "evil", "vile"]), ["1", "2"]);
    assert_eq!(line("command_line LIKE 'evil'", &["an evil thing", "evil"]), ["2"]);
}

#[test]
fn like_has_a_wildcard_for_one_code_point() {
    assert_eq!(named("name LIKE 'a_c'", &["abc", "a€c", "ac", "abbc"]), ["1", "2"]);
}

#[test]
fn like_folds_ascii_letters_and_nothing_else() {
    assert_eq!(named("name LIKE 'CMD%'", &["cmd.exe", "CMD.EXE"]), ["1", "2"]);
    assert_eq!(named("name LIKE 'ä'", &["ä", "Ä"]), ["1"]);
}

#[test]
fn like_has_no_escape() {
    assert_eq!(line(r"command_line LIKE '%\%'", &[r"c:\", r"c:\x", "c:%"]), ["1", "2"]);
}

#[test]
fn matches_is_found_anywhere_and_distinguishes_case() {
    assert_eq!(line("command_line MATCHES 'e.il'", &["an evil thing", "EVIL", "eil"]), ["1"]);
    assert_eq!(line("command_line MATCHES '^evil$'", &["evil", "an evil thing"]), ["1"]);
}

#[test]
fn classes_of_matches_are_ascii() {
    assert_eq!(named(r"name MATCHES '^\\w$'", &["a", "ä", "_"]), ["1", "3"]);
}

#[test]
fn the_dot_of_matches_is_a_newline_too() {
    assert_eq!(line("command_line MATCHES 'a.b'", &[r#""a\nb""#]), ["1"]);
}

#[test]
fn numbers_compare_as_numbers_however_they_are_written() {
    assert_eq!(holds("pid > 9", &values("process.pid", &["10", "\"10\"", "9", "-"])), ["1", "2"]);
    assert_eq!(holds("pid = 4", &values("process.pid", &["4", "\"4\"", "4.0", "4.5"])), ["1", "2", "3"]);
    assert_eq!(holds("pid = '4'", &values("process.pid", &["4", "5"])), ["1"]);
}

#[test]
fn times_compare_as_instants() {
    let log = values("process.start", &["1970-01-01T00:00:10Z", "1970-01-01T01:00:10+01:00", "1970-01-01T00:00:11Z"]);
    assert_eq!(holds("created = t'1970-01-01T00:00:10Z'", &log), ["1", "2"]);
    assert_eq!(holds("created > t'1970-01-01T00:00:10Z'", &log), ["3"]);
}

#[test]
fn addresses_compare_as_addresses() {
    assert_eq!(source_ip("src_ref.value = '::1'", &["0:0:0:0:0:0:0:1", "::1", "::2"]), ["1", "2"]);
    assert_eq!(source_ip("src_ref.value IN ('10.0.0.1', '::1')", &["10.0.0.1", "::ffff:10.0.0.1", "10.0.0.10"]), ["1", "2"]);
}

#[test]
fn like_and_matches_see_an_addresss_compressed_text() {
    assert_eq!(source_ip("src_ref.value LIKE 'fe80::%'", &["fe80:0:0:0:0:0:0:7", "fe81::7"]), ["1"]);
    assert_eq!(source_ip("src_ref.value MATCHES '^::1$'", &["0:0:0:0:0:0:0:1"]), ["1"]);
}

#[test]
fn subsets_are_of_both_families() {
    assert_eq!(source_ip("src_ref.value ISSUBSET '10.0.0.0/30'", &["10.0.0.3", "10.0.0.4", "::1"]), ["1"]);
    assert_eq!(source_ip("src_ref.value ISSUBSET 'fe80::/10'", &["febf::1", "fec0::1", "10.0.0.1"]), ["1"]);
    assert_eq!(source_ip("src_ref.value NOT ISSUBSET '10.0.0.0/30'", &["10.0.0.3", "10.0.0.4", "::1"]), ["2", "3"]);
}

#[test]
fn only_a_network_of_one_address_is_inside_an_address() {
    assert_eq!(source_ip("src_ref.value ISSUPERSET '10.0.0.1/32'", &["10.0.0.1", "10.0.0.2"]), ["1"]);
    assert_eq!(source_ip("src_ref.value ISSUPERSET '10.0.0.0/31'", &["10.0.0.0", "10.0.0.1"]), [""; 0]);
}

#[test]
fn an_absent_attribute_makes_all_but_null_false() {
    let ask = [
        "name = 'a'",
        "name != 'a'",
        "name LIKE '%'",
        "name NOT LIKE 'a'",
        "name MATCHES ''",
        "name NOT IN ('a')",
        "name IS NOT NULL",
    ];
    assert_eq!(ask.map(|condition| named(condition, &["-"]).len()), [0; 7]);
    assert_eq!(named("name IS NULL", &["-", "a"]), ["1"]);
}

#[test]
fn of_several_values_one_has_to_pass() {
    assert_eq!(arguments("arguments = '-k'", &["[-k, x]", "[x, -k]", "[x, y]", "-k"]), ["1", "2", "4"]);
    assert_eq!(arguments("arguments LIKE '-%'", &["[x, -K]", "[]"]), ["1"]);
}

#[test]
fn of_several_values_all_have_to_pass_where_it_is_negated() {
    assert_eq!(arguments("arguments != '-k'", &["[-k, x]", "[x, -k]", "[x, y]", "[]"]), ["3"]);
    assert_eq!(arguments("arguments NOT LIKE '-%'", &["[x, -K]", "[x, y]"]), ["2"]);
}

#[test]
fn a_condition_may_need_different_values_of_one_attribute() {
    assert_eq!(arguments("arguments = 'a' AND arguments = 'b'", &["[a, b]", "a", "b"]), ["1"]);
}

#[test]
fn a_condition_holds_on_one_slot_only() {
    let log = "process.entity_id | process.name | process.parent.entity_id | process.parent.name | process.pid
               P1                | sh           | P2                       | bash                | 7";
    assert_eq!(matching("process", "name = 'bash'", log), ["1 parent P2"]);
    assert_eq!(matching("process", "name = 'bash' AND pid = 7", log), [""; 0]);
}

#[test]
fn the_parents_slot_lacks_hash_and_user() {
    let log = "process.entity_id | process.parent.entity_id | user.name | process.hash.md5
               P1                | P2                       | alice     | aa";
    assert_eq!(matching("process", "creator_user_ref.user_id = 'alice'", log), ["1 self P1"]);
    assert_eq!(matching("process", "creator_user_ref.user_id != 'bob'", log), ["1 self P1"]);
    assert_eq!(matching("process", "binary_ref.hashes.MD5 IS NULL", log), ["1 parent P2"]);
}

#[test]
fn a_comparison_on_another_type_holds_in_the_same_record() {
    let log = "process.entity_id | source.ip | destination.ip | destination.port
               P1                | 10.0.0.1  | 10.0.0.2       | 443
               P2                | 10.0.0.1  | 10.0.0.2       | 80
               P3                | -         | 10.0.0.2       | 443
               P4                | -         | -              | -";
    assert_eq!(matching("process", "[process:pid IS NULL AND network-traffic:dst_port = 443]", log), ["1 self P1"]);
    assert_eq!(matching("process", "[process:pid IS NULL AND network-traffic:dst_port != 443]", log), ["2 self P2"]);
}

#[test]
fn what_another_type_must_satisfy_together_holds_on_one_slot() {
    let log = "process.entity_id | file.path | file.name | dll.path | dll.name
               P1                | /a/x      | x         | /b/y     | y";
    let together = |directory: &str, name: &str| {
        let condition =
            format!("[process:pid IS NULL AND file:parent_directory_ref.path = '{directory}' AND file:name = '{name}']");
        matching("process", &condition, log).len()
    };
    assert_eq!((together("/b", "y"), together("/b", "x")), (1, 0));
}

#[test]
fn a_reference_is_a_set_of_values() {
    let log = records(&values("process.name", &["a", "b", "-"]));
    let get = |texts: &[&str], condition: &str| seen("process", referring(texts).get("process", condition, &log));
    assert_eq!(get(&["b", "c"], "name IN v.name"), ["2 self P2"]);
    assert_eq!(get(&["b", "c"], "name NOT IN v.name"), ["1 self P1"]);
    assert_eq!(get(&[], "name IN v.name"), [""; 0]);
    assert_eq!(get(&[], "name NOT IN v.name"), ["1 self P1", "2 self P2"]);
}

#[test]
fn identifiers_compare_without_case_and_names_with() {
    let upper = "D41D8CD98F00B204E9800998ECF8427E";
    let log = format!("process.entity_id | process.hash.md5 | process.name\n P1 | {upper} | {upper}");
    let (lower, log) = (upper.to_lowercase(), log.as_str());
    assert_eq!(holds(&format!("binary_ref.hashes.MD5 = '{lower}'"), log), ["1"]);
    assert_eq!(holds(&format!("binary_ref.hashes.MD5 != '{lower}'"), log), [""; 0]);
    assert_eq!(holds(&format!("name = '{lower}'"), log), [""; 0]);
}

/// How many sightings a condition finds with `--ignore-case`.
fn ignoring_case(of: &str, condition: &str, log: &str) -> usize {
    let reader = Reader { ignore_case: true, ..Reader::default() };
    seen(of, reader.get(of, condition, &records(log))).len()
}

#[test]
fn where_case_is_ignored_every_comparison_folds_ascii_letters() {
    let log = values("process.name", &["CMD", "cmd", "ÄB", "x"]);
    assert_eq!(ignoring_case("process", "name = 'Cmd'", &log), 2);
    assert_eq!(ignoring_case("process", "name != 'Cmd'", &log), 2);
    assert_eq!(ignoring_case("process", "name IN ('äb', 'X')", &log), 1, "ASCII letters only");
    assert_eq!(ignoring_case("process", "name MATCHES '^cMd$'", &log), 2);
    assert_eq!(ignoring_case("process", "name >= 'CME'", &log), 2);
}

#[test]
fn where_case_is_ignored_registry_paths_and_keys_fold_too() {
    let log = r"registry.path | registry.key
                HKLM\SOFTWARE\a | Software
                HKLM\Software\b | SOFTWARE";
    assert_eq!(ignoring_case("windows-registry-key", r"key = r'hklm\software\A'", log), 1);
    assert_eq!(ignoring_case("windows-registry-key", "key = 'software'", log), 2);
}

/// semantics.md §1: a literal with a hive name, long or short, is compared with the path; one without is compared with
/// the key as stored.
#[test]
fn a_literal_with_a_hive_is_compared_with_the_registry_path() {
    let log = r"registry.path                                       | registry.key
                HKEY_LOCAL_MACHINE\Software\Run\a                   | Software\Run
                HKLM\Software\Run\b                                 | -
                HKU\S-1-5-21\Software\Run\c                         | Software\Run";
    let get = |condition: &str| matching("windows-registry-key", condition, log).len();
    assert_eq!(get(r"key = r'HKLM\Software\Run\a'"), 1);
    assert_eq!(get(r"key LIKE r'HKEY_LOCAL_MACHINE\%'"), 2);
    assert_eq!(get(r"key = r'Software\Run'"), 2);
    assert_eq!(get(r"key != r'Software\Run'"), 0);
    assert_eq!(get(r"key != r'HKLM\Software\Run\a'"), 2);
    assert_eq!(get(r"key MATCHES '^Software'"), 2);
}
