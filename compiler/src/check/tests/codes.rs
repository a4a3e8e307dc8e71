//! One table of mistakes: a text, then the code and the underlined text of each diagnostic. There must be no other.

use super::{checked, checked_with, options};
use crate::diag::{LintLevels, Severity};
use std::fmt::Write;

/// Statements before each text: a variable of processes, one of traffic, groups, and rows for records.
const BEGIN: &str =
    "p = GET process FROM stixshifter://h WHERE name = 'cmd.exe' START t'2023-08-16T00:30:00Z' STOP t'2023-08-16T00:50:00Z'
nt = FIND network-traffic CREATED BY p
g = GROUP p BY name WITH COUNT(pid) AS n
ts = TIMESTAMPED(p)
DISP nt DISP g DISP ts
";

const MISTAKES: &[(&str, &[(&str, &str)])] = &[
    // K0101
    ("DISP q", &[("K0101", "q")]),
    ("DISP q DISP q DISP r", &[("K0101", "q"), ("K0101", "r")]),
    ("DISP p WHERE name = cmd.exe DISP p WHERE name = cmd.exe", &[("K0101", "cmd"), ("K0101", "cmd")]),
    ("INFO nts", &[("K0101", "nts")]),
    ("x = x WHERE pid = 1", &[("K0101", "x")]),
    ("x = p + q + r", &[("K0101", "q"), ("K0101", "r")]),
    ("DISP p WHERE name = powershell.exe", &[("K0101", "powershell")]),
    ("DISP p WHERE name LIKE powershell.exe", &[("K0304", "powershell.exe")]),
    ("APPLY python://plot ON p WITH X=binary_ref.name", &[("K0101", "binary_ref")]),
    ("FIND process CREATED file DISP _", &[("K0101", "file")]),
    ("JOIN q, r BY pid, pid", &[("K0101", "q"), ("K0101", "r")]),
    // K0103, K0104, K0105
    ("x = FIND process CREATED BY p WHERE pid = q.pid DISP x", &[("K0101", "q")]),
    ("x = GET process FROM 'a,,b' WHERE pid = 1 DISP x", &[("K0104", "'a,,b'")]),
    ("x = GET process FROM 'stixshifter://' WHERE pid = 1 DISP x", &[("K0104", "'stixshifter://'")]),
    ("x = GET process FROM ntt WHERE pid = 1 DISP x", &[("K0105", "ntt")]),
    ("x = GET process FROM other WHERE pid = 1 DISP x", &[]),
    // K0106
    ("x = GET process FROM stixshifter://h DISP x", &[("K0106", "")]),
    ("x = GET process FROM p DISP x", &[]),
    // K0107
    ("SAVE p TO /tmp/x.parquet.xz", &[("K0107", "/tmp/x.parquet.xz")]),
    ("SAVE p TO x", &[("K0107", "x")]),
    ("SAVE p TO .csv", &[("K0107", ".csv")]),
    (
        "SAVE p TO a.csv SAVE p TO a.JSON SAVE p TO a.csv.gz SAVE p TO '~/a b.json.zst' SAVE p TO p.parquet SAVE p TO p.parquet.gz",
        &[],
    ),
    // K0201
    ("DISP p ATTR nam", &[("K0201", "nam")]),
    ("DISP p ATTR dst_port", &[("K0201", "dst_port")]),
    ("DISP p ATTR pid, nam, comand_line", &[("K0201", "nam"), ("K0201", "comand_line")]),
    ("DISP p SORT BY nam", &[("K0201", "nam")]),
    ("x = SORT p BY nam DISP x", &[("K0201", "nam")]),
    ("x = GROUP p BY nam WITH COUNT(pidd) DISP x", &[("K0201", "nam"), ("K0201", "pidd")]),
    ("DESCRIBE p.nam", &[("K0201", "nam")]),
    ("DISP g ATTR pid", &[("K0201", "pid")]),
    ("DISP g WHERE m > 1", &[("K0201", "m")]),
    ("x = JOIN p, nt BY pidd, src_port DISP x", &[("K0201", "pidd")]),
    ("DISP nt WHERE src_port = p.pidd", &[("K0201", "pidd")]),
    ("x = GET process FROM stixshifter://h WHERE dst_port = 3 LAST 1 d DISP x", &[("K0201", "dst_port")]),
    (
        "x = GET process FROM stixshifter://h WHERE [process:nam = 'x' AND file:siz = 3] LAST 1 d DISP x",
        &[("K0201", "nam"), ("K0201", "siz")],
    ),
    // K0202
    ("x = GET proces FROM stixshifter://h WHERE pid = 1 LAST 1 d DISP x", &[("K0202", "proces")]),
    ("x = GET Process FROM stixshifter://h WHERE pid = 1 LAST 1 d DISP x", &[("K0202", "Process")]),
    ("x = FIND proces CREATED p DISP x", &[("K0202", "proces")]),
    ("x = GET process FROM stixshifter://h WHERE [fil:name = 'x'] LAST 1 d DISP x", &[("K0202", "fil")]),
    ("x = NEW foo ['a'] DISP x", &[("K0202", "foo")]),
    ("x = LOAD a.csv AS foo DISP x", &[("K0202", "foo")]),
    // K0203, K0204
    ("APPLY docker://other ON p DISP p ATTR x_new, name", &[("K0203", "x_new")]),
    ("APPLY docker://enrichdomain ON nt DISP nt ATTR x_domain_name, x_other", &[("K0201", "x_other")]),
    ("x = LOAD a.csv AS process DISP x ATTR name, note", &[("K0203", "note")]),
    ("x = p ATTR name DISP x ATTR name, pid", &[("K0204", "pid")]),
    ("x = p ATTR name y = x WHERE pid = 1 DISP y", &[("K0204", "pid")]),
    ("x = p ATTR name DISP x ATTR first_observed", &[("K0204", "first_observed")]),
    // K0205, K0206, K0207
    ("x = GET file FROM p WHERE name = 'x' DISP x", &[("K0205", "p")]),
    ("x = p + nt DISP x", &[("K0205", "nt")]),
    ("x = JOIN p, nt DISP x", &[("K0205", "nt")]),
    ("x = FIND process CREATED BY g DISP x", &[("K0206", "g")]),
    ("x = p + g DISP x", &[("K0206", "g")]),
    ("DISP TIMESTAMPED(g)", &[("K0206", "g")]),
    ("APPLY python://a ON g", &[]),
    ("x = GET process FROM g WHERE n > 1 DISP x", &[("K0206", "g")]),
    ("x = JOIN p, g DISP x", &[("K0206", "g")]),
    ("DISP RECORDS(ts)", &[("K0207", "ts")]),
    // K0208 to K0210
    ("x = GROUP p BY name WITH SUM(command_line) DISP x", &[("K0208", "SUM(command_line)")]),
    ("x = GROUP ts BY name WITH AVG(first_observed) DISP x", &[("K0208", "AVG(first_observed)")]),
    ("x = GROUP p BY BIN(name, 5) DISP x", &[("K0209", "BIN(name, 5)")]),
    ("x = GROUP p BY BIN(pid, 5 m) DISP x", &[("K0209", "BIN(pid, 5 m)")]),
    ("x = GROUP ts BY BIN(first_observed, 5) DISP x", &[("K0209", "BIN(first_observed, 5)")]),
    ("x = GROUP p BY name, name DISP x", &[("K0210", "name")]),
    ("x = GROUP p BY name WITH COUNT(pid) AS name DISP x", &[("K0210", "name")]),
    // K0211 to K0215
    ("x = NEW ['a'] DISP x", &[("K0211", "['a']")]),
    ("x = LOAD a.csv DISP x", &[("K0211", "a.csv")]),
    ("x = LOAD a.csv y = GET process FROM x WHERE pid > 4 DISP y", &[]),
    ("SAVE p TO a.csv x = LOAD a.csv DISP x", &[]),
    ("x = NEW [{'type': 'process', 'name': 'a'}, {'type': 'file', 'name': 'b'}] DISP x", &[("K0212", "'file'")]),
    ("x = NEW file [{'type': 'process', 'name': 'a'}] DISP x", &[("K0213", "file")]),
    ("x = NEW process [{'pid': 'a'}, {'pid': '5'}] DISP x", &[("K0214", "'a'")]),
    ("x = NEW ipv4-addr ['::1', '1.2.3.4'] DISP x", &[("K0214", "'::1'")]),
    ("x = NEW process [{'name': 'a', 'name': 'b'}] DISP x", &[("K0210", "'name'")]),
    ("x = NEW process [{'first_observed': '2020-01-01T00:00:00Z'}] DISP x", &[("K0215", "'first_observed'")]),
    ("x = FIND process CREATED p WHERE first_observed > '2020-01-01T00:00:00Z' DISP x", &[("K0215", "first_observed")]),
    // K0301, K0302
    ("DISP p WHERE pid = 'x'", &[("K0301", "'x'")]),
    ("DISP p WHERE pid = '0x10'", &[("K0301", "'0x10'")]),
    ("DISP p WHERE pid IN (1, 'x', y)", &[("K0301", "'x'"), ("K0301", "y")]),
    ("DISP p WHERE created > 'monday'", &[("K0301", "'monday'")]),
    ("DISP p WHERE created > '2020-01-01'", &[]),
    ("DISP p WHERE name = t'2020-01-01T00:00:00Z'", &[("K0301", "t'2020-01-01T00:00:00Z'")]),
    ("DISP p WHERE name > 4", &[("K0301", "4")]),
    ("DISP p WHERE name > '4'", &[]),
    ("DISP nt WHERE dst_ref.value > 'x'", &[("K0301", "'x'")]),
    ("DISP p WHERE pid LIKE '4%'", &[("K0302", "LIKE")]),
    ("DISP p WHERE pid NOT MATCHES '4'", &[("K0302", "MATCHES")]),
    ("DISP p WHERE name ISSUBSET '10.0.0.0/8'", &[("K0302", "ISSUBSET")]),
    ("DISP nt WHERE dst_ref.value LIKE '10.%'", &[]),
    // K0303, K0304
    ("DISP p WHERE name = ('a', 'b')", &[("K0303", "=")]),
    ("DISP p WHERE name != ('a', 'b')", &[("K0303", "!=")]),
    ("DISP p WHERE name LIKE ('a%', 'b%')", &[("K0303", "LIKE")]),
    ("DISP p WHERE name = ('a') AND pid IN 3", &[]),
    ("DISP p WHERE pid > p.pid", &[("K0304", "p.pid")]),
    ("DISP p WHERE name LIKE p.name", &[("K0304", "p.name")]),
    ("DISP nt WHERE dst_ref.value ISSUBSET nt.src_ref.value", &[("K0304", "nt.src_ref.value")]),
    // K0305 to K0309
    ("DISP p WHERE network-traffic:dst_port = 443", &[("K0305", "network-traffic:dst_port = 443")]),
    ("x = GET process FROM p WHERE [process:name = 'a' OR file:name = 'b'] DISP x", &[("K0305", "file:name = 'b'")]),
    ("DISP p WHERE name MATCHES '('", &[("K0306", "'('")]),
    ("DISP nt WHERE dst_ref.value ISSUBSET '10.0.0/8'", &[("K0307", "'10.0.0/8'")]),
    ("DISP nt WHERE dst_ref.value ISSUPERSET 'x'", &[("K0307", "'x'")]),
    ("DISP p WHERE name = NULL", &[("K0308", "NULL")]),
    ("DISP p WHERE name != null", &[("K0308", "null")]),
    ("DISP p WHERE name IN ('a', null)", &[("K0308", "null")]),
    (
        "x = FIND process CREATED p WHERE [name = 'a'] FOLLOWEDBY [name = 'b'] DISP x",
        &[("K0309", "[name = 'a'] FOLLOWEDBY [name = 'b']")],
    ),
    // K0311
    ("DISP p WHERE pid = p.name", &[("K0311", "p.name")]),
    ("DISP nt WHERE src_ref.value = p.name", &[("K0311", "p.name")]),
    ("x = JOIN p, nt BY name, src_port DISP x", &[("K0311", "src_port")]),
    // K0320 to K0323
    ("DISP nt WHERE dst_ref.value = '10.0.0.0/8'", &[("K0320", "'10.0.0.0/8'")]),
    ("DISP nt WHERE dst_ref.value IN ('10.0.0.1', 'localhost')", &[("K0320", "'localhost'")]),
    ("x = GET ipv4-addr FROM stixshifter://h WHERE value = '::1' LAST 1 d DISP x", &[("K0320", "'::1'")]),
    ("x = GET ipv6-addr FROM stixshifter://h WHERE value ISSUBSET '10.0.0.0/8' LAST 1 d DISP x", &[("K0320", "'10.0.0.0/8'")]),
    ("DISP p WHERE pid = 3.5", &[("K0320", "3.5")]),
    (r"DISP p WHERE binary_ref.name = 'C:\Windows\cmd.exe'", &[("K0320", r"'C:\Windows\cmd.exe'")]),
    ("DISP p WHERE name = 'a' AND pid > 3 AND name = 'b'", &[("K0320", "name = 'b'")]),
    ("DISP p WHERE name IN ('a', 'b') AND name = 'b'", &[]),
    ("DISP p WHERE name = 'a' AND name != 'b'", &[]),
    ("x = GET process FROM stixshifter://h WHERE [file:name = 'a' AND file:name = 'b'] LAST 1 d DISP x", &[]),
    ("DISP nt WHERE protocols[*] = 'tcp' AND protocols[*] = 'ipv4'", &[]),
    (
        r"x = GET windows-registry-key FROM stixshifter://h WHERE key = r'HKCU\Software\x' LAST 1 d DISP x",
        &[("K0321", r"r'HKCU\Software\x'")],
    ),
    (
        r"x = GET windows-registry-key FROM stixshifter://h WHERE key LIKE 'hkey_current_user\\%' LAST 1 d DISP x",
        &[("K0321", r"'hkey_current_user\\%'")],
    ),
    ("DISP p WHERE name = '%cmd.exe'", &[("K0322", "'%cmd.exe'")]),
    ("DISP p WHERE name LIKE '*cmd*'", &[("K0322", "'*cmd*'")]),
    (r"DISP p WHERE command_line = '%TEMP%\y.exe'", &[]),
    (r"DISP p WHERE binary_ref.x_path = r'c:\Windows\a.exe'", &[("K0324", r"r'c:\Windows\a.exe'")]),
    (r"DISP p WHERE binary_ref.x_path LIKE r'c:\Windows\a.exe' OR command_line = r'c:\a.exe'", &[]),
    ("DISP p WHERE name = nt", &[("K0323", "nt")]),
    // K04
    (
        "x = GET process FROM p START t'2023-08-16T00:50:00Z' STOP t'2023-08-16T00:50:00Z' DISP x",
        &[("K0401", "START t'2023-08-16T00:50:00Z' STOP t'2023-08-16T00:50:00Z'")],
    ),
    ("x = FIND process CREATED p LAST 0 d DISP x", &[("K0401", "LAST 0 d")]),
    (
        "x = FIND process CREATED p START 2030-01-01T00:00:00Z STOP 2031-01-01T00:00:00Z DISP x",
        &[("K0402", "START 2030-01-01T00:00:00Z STOP 2031-01-01T00:00:00Z")],
    ),
    (
        "x = GET process FROM stixshifter://cluster101 WHERE pid = 1\nDISP x",
        &[("K0403", "x = GET process FROM stixshifter://cluster101 WHERE pid = 1")],
    ),
    (
        "x = GET process FROM p START 2023-08-16T00:50:00Z STOP 2023-08-16T00:51:00Z DISP x",
        &[("K0404", "START 2023-08-16T00:50:00Z STOP 2023-08-16T00:51:00Z")],
    ),
    ("x = GET process FROM p START 2023-08-16T00:49:59Z STOP 2023-08-16T00:51:00Z DISP x", &[]),
    // K05
    ("x = FIND process OWNED p DISP x", &[("K0501", "OWNED")]),
    ("x = FIND user-account OWNED BY p DISP x", &[("K0501", "OWNED BY")]),
    ("x = FIND process CREATEDD p DISP x", &[("K0501", "CREATEDD")]),
    ("x = FIND process FOO p DISP x", &[("K0501", "FOO")]),
    ("x = FIND process LINKED BY p DISP x", &[]),
    ("x = FIND network-traffic CONTAINED nt DISP x", &[("K0502", "CONTAINED")]),
    ("x = FIND network-traffic CREATED BY p DEPTH 2 DISP x", &[("K0503", "2")]),
];

#[test]
fn each_mistake_is_told_once_at_its_place() {
    let mut wrong = String::new();
    for (text, want) in MISTAKES {
        let text = format!("{BEGIN}{text}");
        let checked = checked(&text);
        if checked.found() != *want {
            let _ = write!(wrong, "{}\n  want {want:?}\n  told {:?}\n", &text[BEGIN.len()..], checked.found());
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn unused_variables_are_those_that_nothing_reads() {
    let get = |name: &str| format!("{name} = GET process FROM stixshifter://h WHERE pid = 1 LAST 1 d\n");
    let unused = |text: &str| -> Vec<String> {
        checked(text).diagnostics.iter().filter(|d| d.code.id == "K0102").map(|d| d.message.clone()).collect()
    };
    assert!(unused(&get("a")).is_empty(), "the last one is the result");
    assert_eq!(unused(&(get("a") + &get("b"))), ["`a` is never used"]);
    assert_eq!(unused(&(get("a") + &get("a") + "DISP a")), ["`a` is never used"], "the first version");
    assert!(unused(&(get("a") + "x = GET process FROM stixshifter://h WHERE pid = a.pid")).is_empty());
    assert!(
        unused(&("GET process FROM stixshifter://h WHERE pid = 1 LAST 1 d\n".to_owned() + &get("b"))).is_empty(),
        "_ is never named"
    );
    assert!(unused(&(get("a") + "DISP _\n" + &get("b"))).is_empty(), "_ is another name of a");
    assert!(unused(&(get("a") + &get("b") + "DISP q")).is_empty(), "nothing beside errors");
}

#[test]
fn sources_are_needed() {
    assert_eq!(checked("x = GET process WHERE pid = 1").found(), [("K0103", "x = GET process WHERE pid = 1")]);
    assert_eq!(checked("n = NEW process ['a'] x = FIND process CREATED BY n").found(), [("K0103", "n")]);
    let get = "a = GET process FROM stixshifter://h WHERE pid = 1 LAST 1 d ";
    assert_eq!(checked(&format!("{get} n = NEW process ['a'] x = FIND process CREATED BY n")).found(), []);
    assert_eq!(checked(&format!("n = NEW process ['a'] {get} x = FIND process CREATED BY n")).found(), [("K0103", "n")]);
}

#[test]
fn a_failed_statement_makes_no_further_noise() {
    for text in [
        "x = GET proces FROM stixshifter://h WHERE pid = 1\nDISP x ATTR foo\ny = FIND process CREATED BY x\nDISP y ATTR bar",
        "x = q WHERE pid = 1\nDISP x\nz = x + x\nINFO z",
        "GET process WHERE pid = 1\nDISP _",
    ] {
        assert_eq!(checked(text).diagnostics.len(), 1, "{text}: {:?}", checked(text).diagnostics);
    }
    // The shape is known where only a pattern is wrong, so what follows is checked.
    let text = "x = GET process FROM stixshifter://h WHERE nam = 'a' LAST 1 d\nDISP x ATTR pidd";
    assert_eq!(checked(text).found(), [("K0201", "nam"), ("K0201", "pidd")]);
}

#[test]
fn pasted_helps_mend_the_text() {
    for text in [
        "DISP pp",
        "DISP p ATTR nam",
        "DISP p WHERE name = ('a', 'b')",
        "DISP p WHERE name NOT LIKE ('a%', 'b%')",
        "DISP p WHERE name != NULL",
        "DISP nt WHERE dst_ref.value != '10.0.0.0/8'",
        "x = FIND process OWNED p DISP x",
        "x = FIND user-account OWNED BY p DISP x",
        "x = FIND process CREATDE BY p DISP x",
        "DISP p WHERE name = powershell.exe",
        "DISP p WHERE name NOT LIKE ('a%', 'b%')",
        "DISP p WHERE pid = '0x10'",
        "SAVE p TO '/tmp/a b.orc.gz'",
        "SAVE p TO x.xlsx",
        "x = GET process FROM stixshifter://h DISP x",
        "x = GROUP p BY name WITH SUM(command_line) DISP x",
        "DISP p WHERE name LIKE '*cmd*'",
        "DISP p WHERE name NOT IN ('x') AND name = '%cmd.exe'",
        "x = FIND process CREATED p START t'2023-08-17T00:00:00Z' STOP t'2023-08-16T00:00:00Z' DISP x",
        "x = NEW ['a'] DISP x",
        "x = LOAD a.csv DISP x",
        "x = FIND process CREATED p DEPTH 0 DISP x",
        "x = GET file FROM p DISP x",
        "DISP p WHERE name = nt",
        r"DISP p WHERE binary_ref.x_path = r'c:\Windows\a.exe'",
        r"DISP p WHERE binary_ref.name = 'C:\Windows\cmd.exe'",
    ] {
        let begun = format!("{BEGIN}{text}");
        let before = checked(&begun);
        assert!(!before.found().is_empty(), "{text}");
        let after = checked(&before.fixed());
        // `OWNED BY p` is the right direction of a relation that processes do not have among each other.
        let hopeless = text.contains("FIND process OWNED") || text.contains("= nt");
        assert!(
            hopeless || after.found().is_empty(),
            "{text}\n became {}\n told {:?}",
            &after.text[BEGIN.len()..],
            after.diagnostics
        );
    }
}

#[test]
fn lints_move_to_the_level_that_was_set() {
    let mut options = options();
    options.lints = LintLevels { levels: vec![("never-matches".into(), Some(Severity::Error)), ("K0322".into(), None)] };
    let text = "x = GET process FROM stixshifter://h WHERE pid = 3.5 AND name = '%a' LAST 1 d";
    let denied = checked_with(text, &options);
    assert!(denied.hunt.is_none());
    assert_eq!(denied.found(), [("K0320", "3.5")]);
    assert!(checked(text).hunt.is_some());
}

#[test]
fn bindings_further_down_are_pointed_at() {
    let checked = checked("DISP late\nlate = NEW process ['a']");
    let diagnostic = &checked.diagnostics[0];
    assert_eq!(diagnostic.secondary.len(), 1);
    assert!(diagnostic.notes[0].contains("line 2"), "{:?}", diagnostic.notes);
}
