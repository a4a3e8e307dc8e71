//! Commands that make variables from variables: assignment, merge, SORT, GROUP, JOIN, APPLY.

use super::{added, output, printed, refused, told};

const STARTS: &str = "n2 = add creation records from stixshifter://h [all time] → process of n0";

#[test]
fn a_copy_needs_no_node() {
    assert_eq!(added("x = p"), [""; 0]);
    assert_eq!(output("x = p"), "x#1 = n0");
}

#[test]
fn an_assignment_filters_then_sorts_then_cuts_then_projects() {
    let nodes = added("x = p WHERE pid > 1 ATTR name SORT BY pid ASC LIMIT 3 OFFSET 1");
    let steps = [
        STARTS,
        "n3 = filter where pid > 1 → process of n2",
        "n4 = sort by pid → process of n3",
        "n5 = rows from 1, at most 3 → process of n4",
        "n6 = only name → process of n5",
    ];
    assert_eq!(nodes, steps);
}

#[test]
fn a_transformer_makes_a_row_for_each_record() {
    assert_eq!(added("x = TIMESTAMPED(nt)"), ["n2 = a row for each record (TIMESTAMPED) → network-traffic of n1"]);
    assert_eq!(refused("x = TIMESTAMPED(nt) y = ADDOBSID(x) DISP y"), "K0207 x");
}

#[test]
fn a_rebound_name_is_another_version() {
    assert_eq!(added("nt = nt WHERE dst_port = 1"), ["n2 = filter where dst_port = 1 → network-traffic of n1"]);
    assert_eq!(output("nt = nt WHERE dst_port = 1"), "nt#2 = n2");
}

#[test]
fn an_assignment_refuses_and_prints() {
    assert_eq!(refused("x = x WHERE pid = 1"), "K0101 x");
    assert_eq!(refused("x = p ATTR name DISP x ATTR pid"), "K0204 pid");
    assert_eq!(refused("x = p LIMIT 1 ATTR name"), "K0013 ATTR name");
    assert_eq!(refused("x = nt WHERE process:name = 'a'"), "K0305 process:name = 'a'");
    assert_eq!(
        printed("x = p where pid in (1,2) attr pid,name sort by pid limit 1 offset 2"),
        "x = p WHERE pid IN (1, 2) ATTR pid, name SORT BY pid LIMIT 1 OFFSET 2"
    );
}

#[test]
fn with_computes_before_anything_else() {
    let nodes = added("x = p WITH LOWER(name) AS low, LENGTH(low) AS n WHERE n > 3 SORT BY low ASC");
    let steps = [
        STARTS,
        "n3 = compute LOWER(name) as low, LENGTH(low) as n → process of n2",
        "n4 = filter where n > 3 → process of n3",
        "n5 = sort by low → process of n4",
    ];
    assert_eq!(nodes, steps);
    assert_eq!(
        printed("x = p with replace( name ,'^', '') as plain where plain='a' attr plain"),
        "x = p WITH REPLACE(name, '^', '') AS plain WHERE plain = 'a' ATTR plain"
    );
}

#[test]
fn what_with_made_is_seen_by_later_statements_only() {
    assert_eq!(told("x = p WITH LOWER(name) AS low\ny = GROUP x BY low WITH COUNT(pid) AS n\nDISP y ATTR low, n"), []);
    assert_eq!(refused("x = p WITH LOWER(name) AS low DISP x DISP p ATTR low"), "K0201 low");
    assert_eq!(refused("x = p WITH LENGTH(name) AS n\ny = x WHERE n = 'a' DISP y"), "K0301 'a'");
    assert_eq!(refused("x = p WITH LOWER(name) AS low\ny = FIND process CREATED x WHERE low = 'a' DISP y"), "K0201 low");
}

#[test]
fn a_merge_is_the_union_of_what_counts() {
    let nodes = added("q = FIND process CREATED p\nx = p + q");
    assert_eq!(nodes.last().map(String::as_str), Some("n3 = union → process of n0, n2"));
}

#[test]
fn rows_of_a_merge_are_those_of_the_parts_with_their_creation_records() {
    let nodes = added("q = NEW process ['a']\nx = p + q\nDISP x ATTR pid");
    let added = ["n2 = 1 written rows → process", "n3 = union → process of n0, n2"];
    let full = ["n4 = add creation records from stixshifter://h [all time] → process of n0", "n5 = union → process of n4, n2"];
    assert_eq!(nodes, [added, full].concat());
}

#[test]
fn a_merge_refuses_and_prints() {
    assert_eq!(refused("x = p + nt"), "K0205 nt");
    assert_eq!(refused("x = p + q"), "K0101 q");
    assert_eq!(refused("g = GROUP nt BY dst_port\nx = g + nt"), "K0206 g");
    assert_eq!(printed("x = p+p + p"), "x = p + p + p");
}

#[test]
fn sort_orders_rows() {
    assert_eq!(added("x = SORT nt BY dst_port"), ["n2 = sort by dst_port descending → network-traffic of n1"]);
    assert_eq!(added("x = SORT nt BY dst_port ASC"), ["n2 = sort by dst_port → network-traffic of n1"]);
    assert_eq!(refused("x = SORT nt BY dst_prt"), "K0201 dst_prt");
    assert_eq!(printed("x = sort nt by dst_port"), "x = SORT nt BY dst_port");
}

#[test]
fn group_counts_rows_by_keys() {
    let nodes = added("x = GROUP nt BY dst_port, BIN(src_port, 1000) WITH COUNT(dst_port) AS n, MAX(src_port)");
    assert_eq!(nodes, ["n2 = group by dst_port, src_port_bin giving n, max_src_port → network-traffic of n1"]);
    assert_eq!(
        told("x = GROUP nt BY dst_port WITH COUNT(dst_port) AS n\ny = x WHERE n > 1 SORT BY n ASC DISP y ATTR dst_port, n"),
        []
    );
}

#[test]
fn group_without_with_aggregates_every_other_shown_attribute() {
    let node = &added("x = GROUP nt BY dst_port")[0];
    let has = |name: &str| node.contains(name);
    assert!(has("unique_src_ref.value") && has("unique_src_port") && !has("unique_dst_port") && !has("mean_src_port"), "{node}");
}

#[test]
fn group_refuses() {
    assert_eq!(refused("x = GROUP p BY nam"), "K0201 nam");
    assert_eq!(refused("x = GROUP p BY name WITH SUM(command_line)"), "K0208 SUM(command_line)");
    assert_eq!(refused("x = GROUP p BY BIN(name, 5)"), "K0209 BIN(name, 5)");
    assert_eq!(refused("x = GROUP p BY BIN(pid, 5 m)"), "K0209 BIN(pid, 5 m)");
    assert_eq!(refused("x = GROUP p BY name WITH COUNT(pid) AS name"), "K0210 name");
    assert_eq!(refused("x = GROUP p BY name WITH MIN(*)"), "K0023 *");
    assert_eq!(refused("x = GROUP p BY name WITH VALUES(pid)"), "K0023 VALUES");
    assert_eq!(refused("g = GROUP p BY name, pid\nx = GROUP g BY name WITH LAST(pid)"), "K0206 LAST(pid)");
    assert_eq!(refused("x = GROUP p BY name WITH COUNT(*), COUNT(pid) AS count"), "K0210 count");
}

#[test]
fn groups_are_filtered_by_what_was_counted() {
    let nodes = added(
        "g = GROUP p BY name WITH COUNT(*), LIST(pid) AS pids, FIRST(pid)\nx = g WHERE count > 3 AND pids = 4 AND first_pid = 4",
    );
    assert!(nodes[nodes.len() - 1].contains("filter where (count > 3 AND pids = 4 AND first_pid = 4)"), "{nodes:?}");
    assert_eq!(refused("g = GROUP p BY name WITH LIST(pid) AS pids\nx = g WHERE pids = 'a'"), "K0301 'a'");
}

#[test]
fn group_prints() {
    assert_eq!(
        printed("x = group nt by bin(first_observed,5 m),dst_port with count(dst_port) as n,min(src_port),count(*),list(src_port)"),
        "x = GROUP nt BY BIN(first_observed, 5m), dst_port WITH COUNT(dst_port) AS n, MIN(src_port), COUNT(*), LIST(src_port)"
    );
}

#[test]
fn join_puts_rows_side_by_side() {
    assert_eq!(added("x = JOIN nt, nt BY src_port, dst_port"), ["n2 = join by src_port = dst_port → network-traffic of n1, n1"]);
    assert_eq!(added("x = JOIN nt, nt"), ["n2 = join by identity → network-traffic of n1, n1"]);
    let pairs = "n2 = join by src_port = dst_port and src_ref.value = dst_ref.value within 5m → network-traffic of n1, n1";
    assert_eq!(added("x = JOIN nt, nt BY src_port, dst_port AND src_ref.value, dst_ref.value WITHIN 5 m"), [pairs]);
    assert_eq!(added("x = JOIN nt, nt WITHIN 90 s"), ["n2 = join by identity within 90s → network-traffic of n1, n1"]);
    assert_eq!(told("x = JOIN nt, p BY src_port, pid DISP x ATTR src_port, name"), []);
}

#[test]
fn join_refuses_and_prints() {
    assert_eq!(refused("x = JOIN p, nt"), "K0205 nt");
    assert_eq!(refused("x = JOIN p, nt BY name, src_port"), "K0311 src_port");
    assert_eq!(refused("x = JOIN p, nt BY pidd, src_port"), "K0201 pidd");
    assert_eq!(refused("x = JOIN nt, p BY src_port, pid AND src_port, pidd"), "K0201 pidd");
    assert_eq!(refused("g = GROUP p BY pid\nx = JOIN g, p BY pid, pid WITHIN 5 m"), "K0206 g");
    assert_eq!(refused("x = JOIN nt, p BY src_port, pid, src_port, pid"), "K0001 ,");
    assert_eq!(
        printed("x = join p,nt by pid,src_port and name,protocols within 2 hours"),
        "x = JOIN p, nt BY pid, src_port AND name, protocols WITHIN 2h"
    );
    assert_eq!(printed("x = join p,nt by pid,src_port"), "x = JOIN p, nt BY pid, src_port");
}

#[test]
fn apply_takes_the_place_of_its_variable() {
    let steps = ["n2 = apply docker://score → answers of n1", "n3 = add what answer 0 says → network-traffic of n1, n2"];
    assert_eq!(added("APPLY docker://score ON nt"), steps);
    assert_eq!(output("APPLY docker://score ON nt"), "statement 3: APPLY to nt from n3");
    assert_eq!(told("APPLY docker://score ON nt DISP nt ATTR dst_port, x_score"), []);
}

#[test]
fn apply_of_several_variables_is_one_call_and_gives_each_its_answer() {
    let nodes = added("q = nt WHERE dst_port = 1\nAPPLY docker://score ON nt, q DISP nt DISP q");
    let steps = [
        "n3 = apply docker://score → answers of n1, n2",
        "n4 = add what answer 0 says → network-traffic of n1, n3",
        "n5 = add what answer 1 says → network-traffic of n2, n3",
    ];
    assert_eq!(nodes[1..], steps);
}

#[test]
fn apply_refuses_and_prints() {
    assert_eq!(refused("APPLY docker://score ON q"), "K0101 q");
    assert_eq!(refused("APPLY docker://score ON nt DISP nt ATTR x_other"), "K0201 x_other");
    assert_eq!(refused("APPLY docker://other ON nt DISP nt ATTR x_other"), "K0203 x_other", "a warning where nothing is declared");
    assert_eq!(refused("g = GROUP nt BY dst_port\nAPPLY docker://score ON g DISP g ATTR x_other"), "K0201 x_other", "groups, too");
    assert_eq!(refused("g = GROUP nt BY dst_port\nAPPLY docker://other ON g DISP g ATTR x_other"), "K0203 x_other");
    assert_eq!(printed("apply docker://score on nt,p with a=1,b='x'"), "APPLY docker://score ON nt, p WITH a=1, b='x'");
}
