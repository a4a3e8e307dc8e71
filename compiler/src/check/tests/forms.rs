//! A positive test for each form of statement that public huntbooks use, and for those of the language beyond.

use super::{checked, checked_with, options};
use crate::catalog::Catalog;
use crate::check::hir::shown_columns;

const P: &str =
    "p = GET process FROM stixshifter://host101 WHERE name = 'x' START t'2023-08-16T10:00:00Z' STOP t'2023-08-16T11:00:00Z'\n";

/// The line of the last statement, the hunt being `text` after the definition of a variable `p` (`v0`), with dates shortened.
fn last(text: &str) -> String {
    let all = lines(text);
    all.last().cloned().unwrap_or_default()
}

fn lines(text: &str) -> Vec<String> {
    let checked = checked(&format!("{P}{text}"));
    let noise: Vec<_> = checked.found().into_iter().filter(|(c, _)| !["K0203", "K0220", "K0326"].contains(c)).collect();
    assert!(noise.is_empty(), "{text}: {:?}", checked.diagnostics);
    checked.shown().lines().map(|l| l.replace("2023-08-16T", "").replace(".000Z", "")).collect()
}

/// The line of the last variable.
fn variable(text: &str) -> String {
    lines(text).into_iter().rfind(|l| l.starts_with('v')).unwrap_or_default()
}

#[test]
fn get_from_data_sources() {
    assert_eq!(
        lines(
            "GET process FROM stixshifter://Bh22-Win_1.x WHERE [process:name = 'a' AND command_line LIKE '%b%'] START 2023-08-16T10:00:00Z STOP 2023-08-16T11:00:00Z"
        ),
        [
            "s0 stixshifter://host101",
            "s1 stixshifter://bh22-win_1.x",
            "v0 p#1: process | get | [10:00:00, 11:00:00) | s0",
            "v1 _#1: process | get | [10:00:00, 11:00:00) | s1",
            "1: v0 = GET process FROM s0 [10:00:00, 11:00:00) WHERE [process:name IN (\"x\")]",
            "2: v1 = GET process FROM s1 [10:00:00, 11:00:00) WHERE [(process:name IN (\"a\") AND process:command_line LIKE \"%b%\" (any case))]",
        ]
    );
    assert!(last("x = GET url FROM https://x.org/A/b.zip WHERE value LIKE 'a%'").contains("FROM s1 everything"));
    assert_eq!(lines("x = GET url FROM https://x.org/A/b.zip WHERE value LIKE 'a%'")[1], "s1 https://x.org/A/b.zip");
    assert_eq!(lines("x = GET process FROM file:///tmp/Lab.json WHERE pid > 0")[1], "s1 file:///tmp/Lab.json");
    assert!(
        last("x = GET process WHERE pid NOT IN (3, '4', 5.0)").ends_with("FROM s0 everything WHERE [process:pid NOT IN (3, 4, 5)]")
    );
    assert!(last("x = GET process FROM a,b WHERE pid = 1 LIMIT 5").contains("FROM s1 everything, s2 everything"));
    assert!(last("x = GET process WHERE pid = 1 LIMIT 0").ends_with("LIMIT 0"));
}

#[test]
fn references_and_other_entities() {
    let found = last(
        "x = GET network-traffic FROM a WHERE src_port = p.pid AND [process:name = 'y' OR x-oca-asset:hostname != 'z']"
            .replace("[process", "(process")
            .replace("'z']", "'z')")
            .as_str(),
    );
    assert!(
        found.contains("network-traffic:src_port IN (v0.pid) AND (process:name IN (\"y\") OR x-oca-asset:hostname NOT IN (\"z\"))"),
        "{found}"
    );
    assert!(
        last("n = NEW ipv4-addr ['1.2.3.4']\nx = GET network-traffic FROM a WHERE dst_ref.value = n.value")
            .contains("dst_ref.value IN (v1.value)")
    );
    assert!(last("DISP p WHERE pid IN (1, p.pid, p.parent_ref.pid)").contains("pid IN (1, v0.pid, v0.parent_ref.pid)"));
}

#[test]
fn comparisons_have_the_attributes_type() {
    assert!(last("x = GET network-traffic WHERE dst_ref.value = '0:0:0:0:0:0:0:1'").contains("dst_ref.value IN (::1)"));
    assert!(last("x = GET network-traffic WHERE dst_ref.value ISSUBSET '10.1.2.3/8'").contains("ISSUBSET (10.0.0.0/8)"));
    assert!(last("x = GET network-traffic WHERE dst_ref.value NOT ISSUPERSET '::1'").contains("NOT ISSUPERSET ::1/128"));
    assert!(last("x = GET process WHERE created >= '2023-08-16T10:00:00+01:00'").contains("created >= 09:00:00"));
    assert!(last("x = GET process WHERE name == 5").contains("name IN (\"5\")"));
    assert!(last("x = GET process WHERE name MATCHES r'^a\\.exe$'").contains("MATCHES \"^a\\\\.exe$\""));
    assert!(
        last("x = GET process WHERE name IS NOT NULL AND pid IS NULL")
            .contains("(process:name NOT IS NULL AND process:pid IS NULL)")
    );
    // A value that can never be equal is left out: an empty list is false, its negation true.
    let text = format!("{P}x = GET network-traffic WHERE dst_ref.value != 'localhost'");
    assert!(checked(&text).shown().contains("dst_ref.value NOT IN ()"));
}

#[test]
fn names_of_ecs_and_ocsf() {
    let attrs = "DISP p ATTR process.command_line, process.parent.name, command_line, x_unique_id, parent_ref.binary_ref.name, binary_ref.hashes.'SHA-256'";
    let shown = last(attrs);
    assert!(
        shown.contains("command_line AS process.command_line, parent_ref.name AS process.parent.name, command_line, x_unique_id"),
        "{shown}"
    );
    assert!(shown.ends_with("binary_ref.hashes.SHA-256 AS binary_ref.hashes.'SHA-256'"), "{shown}");
    assert!(last("x = GET user WHERE name = 'a'").contains("user-account:user_id IN"));
    assert!(last("x = GET reg_key WHERE registry.key = 'a'").contains("windows-registry-key:key IN"));
    assert!(last("x = GET network_traffic WHERE destination.port = 443").contains("network-traffic:dst_port IN (443)"));
    assert!(last("x = GET process WHERE [user:name = 'a']").contains("user-account:user_id IN"));
}

/// semantics.md §1
#[test]
fn fields_of_the_record_stand_where_attributes_may() {
    assert!(last("x = GET process WHERE host.name = 'a'").contains("process:record:host.name IN (\"a\")"));
    assert!(last("x = GET process WHERE [process:name = 'a' AND record:host.name LIKE 'b%']").contains("record:host.name LIKE"));
    assert!(last("x = GET ipv4-addr WHERE host.name IN p.host.name").contains("record:host.name IN (v0.record:host.name)"));
    assert!(last("x = FIND process CREATED p WHERE host.name != 'a'").contains("record:host.name NOT IN"));
    assert!(last("DISP p WHERE record:host.name IS NULL ATTR host.name, pid SORT BY host.name").contains("record:host.name"));
    assert!(last("g = GROUP p BY host.name WITH COUNT(host.name) AS n").contains("record:host.name"));
    assert!(last("n = NEW file [{\"x_path\": \"/a\", \"host.name\": \"b\"}]").contains("(x_path, record:host.name AS host.name)"));
    // What is an attribute of the type, or what one reads in its first slot, is that attribute.
    assert!(last("x = GET x-oca-event WHERE host.name = 'a'").contains("x-oca-event:host_ref.name IN"));
    assert!(last("x = GET x-oca-asset WHERE host.name = 'a'").contains("x-oca-asset:name IN"));
    assert!(last("x = GET x-oca-asset WHERE record:host.name = 'a'").contains("x-oca-asset:record:host.name IN"));
    assert!(last("x = GET process WHERE [host:name = 'a']").contains("x-oca-asset:name IN"));
}

#[test]
fn tables_of_a_host_begin_with_it() {
    let catalog = Catalog::builtin();
    let first = |name: &str| shown_columns(catalog, catalog.entity(name).unwrap()).swap_remove(0).header;
    for name in ["process", "network-traffic", "file", "windows-registry-key", "user-account"] {
        assert_eq!(first(name), "host.name", "{name}");
    }
    assert_eq!((first("ipv4-addr"), first("x-oca-asset")), ("value".to_owned(), "hostname".to_owned()));
}

#[test]
fn find_in_all_its_forms() {
    assert!(last("x = FIND process CREATED p").contains("FIND process CREATED v0 (self>parent) FROM s0 [09:55:00, 11:05:00)"));
    assert!(last("x = FIND process CREATED BY p WHERE pid > 4 LIMIT 3").ends_with("WHERE process:pid > 4 LIMIT 3"));
    assert!(last("x = FIND network-traffic created by p").contains("CREATED BY v0 (self>self)"));
    assert!(last("n = FIND network-traffic CREATED BY p x = FIND ipv4-addr ACCEPTED n").contains("(self>destination)"));
    assert!(last("x = FIND user-account OWNED p").contains("(self>self)"));
    assert!(last("x = FIND file LINKED p").contains("(self>file, self>dll, self>image)"));
    assert!(last("x = FIND x-oca-asset LINKED BY p").contains("LINKED BY v0"));
    assert!(last("x = FIND process LINKED p").contains("(self>self, self>parent, parent>self, parent>parent)"));
    assert!(last("x = FIND file CREATED BY p").contains("(self>file if event.category=file, event.type=creation)"));
    assert!(
        last("x = FIND process CREATED BY p DEPTH 3\nDISP x ATTR name, depth SORT BY depth ASC").contains("COLUMNS name, +depth")
    );
    assert!(variable("x = FIND process CREATED BY p DEPTH *").contains("added depth"));
}

#[test]
fn filters_copies_and_columns() {
    assert_eq!(last("x = p"), "2: v1 = v0");
    assert_eq!(
        last("x = p WHERE [process:pid = 7028] ATTR name, pid, name SORT BY pid ASC LIMIT 5 OFFSET 2"),
        "2: v1 = v0 WHERE process:pid IN (7028) ATTR name, pid SORT BY pid ASC OFFSET 2 LIMIT 5"
    );
    assert!(variable("x = p ATTR name, pid").contains("kept name, pid"));
    assert_eq!(last("x = SORT p BY parent_ref.name"), "2: v1 = v0 SORT BY parent_ref.name DESC");
    assert_eq!(
        last("x = GET process FROM p WHERE pid = 1 START 2023-08-16T10:00:00Z STOP 2023-08-16T10:30:00Z LIMIT 2"),
        "2: v1 = GET FROM v0 WHERE process:pid IN (1) [10:00:00, 10:30:00) LIMIT 2"
    );
    assert!(last("x = p ATTR name\nDISP x").ends_with("DISP v1 COLUMNS name"));
    assert!(last("DISP p").contains("COLUMNS record:host.name AS host.name, name, pid, command_line"));
}

#[test]
fn rebinding_makes_versions() {
    let all = lines("x = FIND process CREATED p\np = TIMESTAMPED(p)\nDISP x\nDISP p ATTR name");
    assert!(all[2].starts_with("v1 x#1"), "{all:?}");
    assert!(all[3].starts_with("v2 p#2: process, TIMESTAMPED | assign"), "{all:?}");
    assert_eq!(all.last().map(String::as_str), Some("5: DISP v2 ATTR name COLUMNS name"));
    assert!(all.contains(&"3: v2 = TIMESTAMPED(v0)".to_owned()), "{all:?}");
}

#[test]
fn the_implicit_target_is_the_last_result() {
    let all = lines("DISP _\nFIND process CREATED _\nFIND process CREATED _\nx = _");
    assert!(all.iter().any(|l| l.starts_with("v1 _#1")) && all.iter().any(|l| l.starts_with("v2 _#2")), "{all:?}");
    assert!(all.contains(&"2: DISP v0 COLUMNS ".to_owned()) || all.iter().any(|l| l.starts_with("2: DISP v0")), "{all:?}");
    assert_eq!(all.last().map(String::as_str), Some("5: v3 = v2"));
}

#[test]
fn transformers_put_their_columns_first() {
    assert!(last("DISP TIMESTAMPED(p) ATTR name").ends_with("COLUMNS first_observed, name"));
    assert!(last("DISP TIMESTAMPED(p) ATTR name, first_observed").ends_with("COLUMNS first_observed, name"));
    assert!(
        last("DISP RECORDS(p) ATTR pid").ends_with("COLUMNS number_observed, first_observed, last_observed, observation_id, pid")
    );
    assert!(last("x = ADDOBSID(p)\nDISP x").contains("COLUMNS observation_id, record:host.name AS host.name, name"));
    assert!(last("DISP p ATTR first_observed, name").ends_with("COLUMNS first_observed, name"), "the first sighting's time");
    assert!(
        last("x = TIMESTAMPED(p) WHERE first_observed > '2023-08-16T10:00:00Z'")
            .contains("WHERE process:first_observed > 10:00:00")
    );
}

#[test]
fn groups_and_their_columns() {
    let all = lines(
        "n = FIND network-traffic CREATED BY p\ng = GROUP n BY src_ref.value, BIN(src_port, 1000) WITH COUNT(dst_ref.value), MAX(dst_port) AS hi\nDISP g WHERE hi > 3 AND count_dst_ref.value > 1 SORT BY hi",
    );
    let group = all.iter().find(|l| l.contains("GROUP")).cloned().unwrap_or_default();
    assert_eq!(
        group,
        "3: v2 = GROUP v1 BY src_ref.value, BIN(src_port, 1000) WITH COUNT(dst_ref.value) AS count_dst_ref.value, MAX(dst_port) AS hi"
    );
    assert!(all.iter().any(|l| l.contains("columns src_ref.value, src_port_bin, count_dst_ref.value, hi")), "{all:?}");
    assert!(all.last().is_some_and(|l| l.contains("network-traffic:+hi > 3") && l.ends_with("COLUMNS +src_ref.value AS src_ref.value, +src_port_bin AS src_port_bin, +count_dst_ref.value AS count_dst_ref.value, +hi AS hi")), "{all:?}");
    let auto = last("g = GROUP p BY name");
    assert!(auto.contains("NUNIQUE(pid) AS unique_pid") && auto.contains("NUNIQUE(command_line) AS unique_command_line"), "{auto}");
    assert!(!auto.contains("unique_name,"), "a key is no aggregate: {auto}");
    let bytes = last("n = FIND network-traffic CREATED BY p g = GROUP n BY dst_port");
    assert!(
        bytes.contains("NUNIQUE(src_port) AS unique_src_port") && bytes.contains("AVG(src_byte_count) AS mean_src_byte_count"),
        "{bytes}"
    );
    let ts = last("ts = RECORDS(p) g = GROUP ts BY name");
    assert!(
        ts.contains(
            "SUM(number_observed) AS number_observed, MIN(first_observed) AS first_observed, MAX(last_observed) AS last_observed"
        ),
        "{ts}"
    );
}

#[test]
fn merge_and_join() {
    assert_eq!(last("c = FIND process CREATED BY p x = p + c + p"), "3: v2 = MERGE v0, v1, v0");
    assert_eq!(
        last("c = FIND process CREATED BY p x = JOIN p, c BY parent_ref.pid, pid"),
        "3: v2 = JOIN v0, v1 BY parent_ref.pid, pid"
    );
    assert_eq!(last("x = JOIN p, p"), "2: v1 = JOIN v0, v0 BY identity");
    let joined = "n = FIND network-traffic CREATED BY p x = JOIN p, n BY pid, src_port DISP x ATTR name, dst_ref.value";
    assert!(last(joined).ends_with("COLUMNS name, +dst_ref.value AS dst_ref.value"), "{}", last(joined));
    let kept = "a = p ATTR pid b = p ATTR name x = JOIN a, b BY pid, name";
    assert!(checked(&format!("{P}{}", kept.replace("pid, name", "pid, pid"))).hunt.is_none(), "pid was dropped from b");
    let kept = variable("a = p ATTR pid b = p ATTR pid, name x = JOIN a, b BY pid, pid");
    assert!(kept.contains("kept pid, name"), "{kept}");
}

#[test]
fn new_and_files() {
    assert_eq!(last("x = NEW process ['a', 'b']"), "2: v1 = NEW process (name) (\"a\"), (\"b\")");
    assert_eq!(
        last("x = NEW [{'type': 'process', 'name': 'a', 'pid': '123'}, {'pid': 5, 'note': true, 'name': null}]"),
        "2: v1 = NEW process (name, pid, +note AS note) (\"a\", 123, null), (null, 5, true)"
    );
    assert_eq!(last("x = NEW ipv4-addr [\"1.2.3.4\"]"), "2: v1 = NEW ipv4-addr (value) (1.2.3.4)");
    assert_eq!(last("x = NEW user ['a']"), "2: v1 = NEW user-account (user_id) (\"a\")");
    assert!(last("x = NEW process [{'note': 7}]\nDISP x WHERE note > 3").contains("process:+note > 3"));
    assert_eq!(last("SAVE p TO '/tmp/a b.csv.gz'"), "2: SAVE v0 TO \"/tmp/a b.csv.gz\"");
    assert_eq!(last("x = LOAD /tmp/x.json AS process"), "2: v1 = LOAD \"/tmp/x.json\" AS process");
    assert!(variable("SAVE p TO a.csv\nx = LOAD a.csv").contains("process, open | load | everything | s0"));
}

#[test]
fn analytics_update_in_place() {
    let all = lines(
        "n = FIND network-traffic CREATED BY p\nAPPLY docker://enrichdomain ON n\nINFO n\nDISP n ATTR dst_ref.value, x_domain_name",
    );
    assert!(all.iter().any(|l| l.starts_with("v2 n#1 (in place): network-traffic, added x_domain_name | find")), "{all:?}");
    assert!(all.contains(&"4: INFO v2".to_owned()), "{all:?}");
    assert_eq!(
        all.last().map(String::as_str),
        Some(
            "5: DISP v2 ATTR dst_ref.value, +x_domain_name AS x_domain_name COLUMNS dst_ref.value, +x_domain_name AS x_domain_name"
        )
    );
    let open = lines("APPLY suspicious ON p WITH XPARAM=pid, Y='a.b', Z=(1, p.pid)\nDISP p ATTR name, x_any");
    assert!(
        open.contains(&"2: v1 = APPLY \"python://suspicious\" ON v0 WITH (XPARAM=\"pid\", Y=\"a.b\", Z=1, v0.pid)".to_owned()),
        "{open:?}"
    );
    assert!(open.iter().any(|l| l.contains("(in place): process, open")), "{open:?}");
}

#[test]
fn statements_without_a_variable() {
    assert_eq!(last("INFO p"), "2: INFO v0");
    assert_eq!(last("EXPLAIN p"), "2: EXPLAIN v0");
    assert_eq!(last("DESCRIBE p.binary_ref.name"), "2: DESCRIBE v0.binary_ref.name");
    assert_eq!(lines("# nothing").len(), 3);
    assert!(checked("").hunt.is_some());
}

#[test]
fn observation_expressions() {
    let found = last(
        "x = GET process WHERE ([process:name = 'a'] FOLLOWEDBY [process:name = 'b']) WITHIN 5 SECONDS OR ([process:name = 'c'] REPEATS 3 TIMES)",
    );
    assert!(found.contains("([process:name IN (\"a\")] FOLLOWEDBY [process:name IN (\"b\")]) WITHIN 5000000000 ns OR [process:name IN (\"c\")] REPEATS 3)"), "{found}");
}

#[test]
fn case_follows_the_source_and_the_command_line() {
    let like = "x = GET process FROM sensitive WHERE name LIKE 'a%'\ny = GET process FROM x WHERE name LIKE 'b%'";
    assert!(!checked(like).shown().contains("any case"));
    let mut options = options();
    options.ignore_case = true;
    let shown =
        checked_with("x = GET process FROM sensitive WHERE name LIKE 'a%' AND pid = 1 AND name MATCHES 'x'", &options).shown();
    assert_eq!(shown.matches("(any case)").count(), 3, "{shown}");
}
