//! Commands that give entities: GET, FIND, NEW, LOAD.

use super::{added, compiled, printed, refused, told};

#[test]
fn get_scans_a_source() {
    let nodes = added("x = GET file FROM stixshifter://g WHERE name = 'a' OR size > 3");
    assert_eq!(nodes, ["n2 = scan stixshifter://g [all time] where (name = 'a' OR size > 3) → file"]);
}

#[test]
fn get_from_several_sources_is_the_union_of_their_scans() {
    let nodes = added("x = GET file FROM a,b WHERE size = 3 LIMIT 5");
    let scan = |n, source| format!("n{n} = scan stixshifter://{source} [all time] where size = 3 → file");
    assert_eq!(
        nodes,
        [scan(2, "a"), scan(3, "b"), "n4 = union → file of n2, n3".into(), "n5 = first 5 entities → file of n4".into()]
    );
}

#[test]
fn get_from_a_variable_filters_it_with_its_creation_records() {
    let nodes = added("x = GET process FROM p WHERE pid = 1");
    let starts = "n2 = add creation records from stixshifter://h [all time] → process of n0";
    assert_eq!(nodes, [starts, "n3 = filter where pid = 1 → process of n2"]);
}

#[test]
fn get_without_from_asks_the_last_source_that_was_named() {
    assert_eq!(added("x = GET file WHERE size = 3"), ["n2 = scan stixshifter://h [all time] where size = 3 → file"]);
    assert_eq!(compiled("x = GET file WHERE size = 3").told(), [("K0103", "x = GET file WHERE size = 3")]);
}

#[test]
fn get_observations_are_scans_that_occur_together() {
    let nodes = added("x = GET process FROM h WHERE ([process:pid = 1] FOLLOWEDBY [process:pid = 2]) WITHIN 5 SECONDS");
    let scan = |n, pid| format!("n{n} = scan stixshifter://h [all time] where pid = {pid} → process");
    assert_eq!(nodes, [scan(2, 1), scan(3, 2), "n4 = observe (#0 FOLLOWEDBY #1) WITHIN 5 s → process of n2, n3".into()]);
}

#[test]
fn get_asks_all_sources_for_each_observation_and_looks_at_them_together() {
    let nodes = added("x = GET process FROM stixshifter://h,i WHERE ([process:pid = 1] AND [process:pid = 2]) BY host.name");
    let scan = |n, source, pid| format!("n{n} = scan stixshifter://{source} [all time] where pid = {pid} → process");
    let together = "n6 = observe (#0 AND #1) BY host.name in 2 sources together → process of n2, n3, n4, n5";
    assert_eq!(nodes, [scan(2, "h", 1), scan(3, "i", 1), scan(4, "h", 2), scan(5, "i", 2), together.into()]);
}

#[test]
fn what_must_not_follow_is_looked_for_behind_the_window() {
    let nodes = added(
        "x = GET process FROM h WHERE [process:pid = 1] WITHOUT [process:pid = 2] WITHIN 90 SECONDS BY host.name START 2020-01-01T00:00:00Z STOP 2020-01-02T00:00:00Z",
    );
    let scan =
        |n, stop, pid| format!("n{n} = scan stixshifter://h [2020-01-01T00:00:00.000Z .. {stop}) where pid = {pid} → process");
    let observe = "n4 = observe #0 WITHOUT #1 WITHIN 90 s BY host.name → process of n2, n3";
    assert_eq!(nodes, [scan(2, "2020-01-02T00:00:00.000Z", 1), scan(3, "2020-01-02T00:01:30.000Z", 2), observe.into()]);
}

#[test]
fn get_refuses() {
    assert_eq!(refused("x = GET proces FROM h WHERE pid = 1"), "K0202 proces");
    assert_eq!(refused("x = GET process FROM h WHERE pidd = 1"), "K0201 pidd");
    assert_eq!(refused("x = GET file FROM p WHERE name = 'a'"), "K0205 p");
    assert_eq!(refused("x = GET process FROM h WHERE pid = 'x'"), "K0301 'x'");
    assert_eq!(refused("x = GET process FROM p WHERE file:name = 'a'"), "K0305 file:name = 'a'");
}

#[test]
fn get_prints() {
    assert_eq!(
        printed(
            "x=get process from h where [process:name='a' and pid!=4] start 2020-01-01T00:00:00Z stop 2020-01-02T00:00:00Z limit 3"
        ),
        "x = GET process FROM h WHERE [process:name = 'a' AND pid != 4] START t'2020-01-01T00:00:00Z' STOP t'2020-01-02T00:00:00Z' LIMIT 3"
    );
    assert_eq!(printed("x = GET process WHERE (pid = 1 OR (pid = 2)) AND name LIKE 'a%'").matches('(').count(), 1);
}

#[test]
fn find_pivots_from_what_counts_and_needs_no_creation_records() {
    assert_eq!(added("x = FIND process CREATED BY p"), ["n2 = pivot CREATED BY in stixshifter://h [all time] → process of n0"]);
    assert_eq!(
        added("x = FIND file LINKED p WHERE name = 'a' LIMIT 2"),
        ["n2 = pivot LINKED in stixshifter://h [all time] where name = 'a' → file of n0", "n3 = first 2 entities → file of n2"]
    );
}

#[test]
fn find_follows_a_relation_so_many_times() {
    let pivot = "n2 = pivot CREATED BY in stixshifter://h [all time] → process of n0";
    assert_eq!(added("x = FIND process CREATED BY p DEPTH 3"), [pivot, "n3 = walk 3 times → process of n0, n2"]);
    assert!(added("x = FIND process CREATED BY p DEPTH *")[1].contains("walk as far as it goes"));
    assert_eq!(told("x = FIND process CREATED BY p DEPTH 3 DISP x ATTR name, depth"), []);
}

/// semantics.md §6: by 300 s on both sides.
#[test]
fn find_widens_the_window_that_it_inherits() {
    let get = "p = GET process FROM h WHERE pid = 1 START t'2020-01-01T00:05:00Z' STOP t'2020-01-01T00:10:00Z'";
    let nodes = compiled(&format!("{get}\nx = FIND process CREATED BY p\ny = FIND process CREATED BY x")).nodes();
    let window = "[2020-01-01T00:00:00.000Z .. 2020-01-01T00:15:00.000Z)";
    assert!(nodes[1].contains(window) && nodes[2].contains(window), "{nodes:?}");
}

#[test]
fn find_refuses() {
    assert_eq!(refused("x = FIND process OWNED p"), "K0501 OWNED");
    assert_eq!(refused("x = FIND process EATEN BY p"), "K0501 EATEN BY");
    assert_eq!(refused("x = FIND network-traffic CONTAINED nt"), "K0502 CONTAINED");
    assert_eq!(refused("x = FIND network-traffic CREATED BY p DEPTH 2"), "K0503 2");
    assert_eq!(refused("x = FIND process CREATED BY q"), "K0101 q");
}

#[test]
fn find_prints() {
    assert_eq!(
        printed("x = find process created by p depth 2 where pid=1 last 1 d limit 3"),
        "x = FIND process created BY p DEPTH 2 WHERE pid = 1 LAST 1d LIMIT 3"
    );
    assert_eq!(printed("FIND process LINKED p DEPTH *"), "FIND process LINKED p DEPTH *");
}

#[test]
fn new_holds_written_rows() {
    assert_eq!(added("x = NEW ipv4-addr ['10.0.0.1', '10.0.0.2']"), ["n2 = 2 written rows → ipv4-addr"]);
    assert_eq!(added("x = NEW [{'type': 'process', 'pid': 4}]"), ["n2 = 1 written rows → process"]);
    assert_eq!(told("x = NEW process [{'pid': 4, 'note': 'a'}] DISP x ATTR pid, note"), []);
}

#[test]
fn new_refuses() {
    assert_eq!(refused("x = NEW ['a']"), "K0211 ['a']");
    assert_eq!(refused("x = NEW process [{'pid': 'a'}]"), "K0214 'a'");
    assert_eq!(refused("x = NEW ipv4-addr ['::1']"), "K0214 '::1'");
    assert_eq!(refused("x = NEW process [{'name': 'a', 'name': 'b'}]"), "K0210 'name'");
    assert_eq!(refused("x = NEW process [{'name': ['a']}]"), "K0022 [");
}

#[test]
fn new_prints_as_json() {
    assert_eq!(printed("x = NEW process [{'pid':4,'name':null}]"), r#"x = NEW process [{"pid": 4, "name": null}]"#);
    assert_eq!(printed(r"x = new process ['a\\b']"), r#"x = NEW process ["a\\b"]"#);
}

#[test]
fn load_reads_a_file_or_what_the_hunt_saved_before() {
    assert_eq!(added("x = LOAD a.csv AS process"), [r#"n2 = load "a.csv" → process"#]);
    let saved = added("SAVE nt TO a.csv\nx = LOAD a.csv");
    assert!(saved[0].starts_with(r#"n2 = load "a.csv" as saved ("#) && saved[0].ends_with("→ network-traffic of n1"), "{saved:?}");
}

#[test]
fn load_refuses_and_prints() {
    assert_eq!(refused("x = LOAD a.csv DISP x"), "K0211 a.csv");
    assert_eq!(refused("x = LOAD a.csv AS proces"), "K0202 proces");
    assert_eq!(printed("x = load 'a b.csv' as process"), "x = LOAD 'a b.csv' AS process");
}
