//! Tests of displays as text.

use super::*;
use crate::report::model::Branch;
use crate::report::sanitize::is_unsafe;
use crate::report::tests::{display as sample, run};

const PIPE: Screen = Screen { columns: None, rows: 200, ascii: false };

fn branch(row: usize, mark: &str, count: u64) -> Branch {
    Branch { row, mark: mark.to_owned(), count, depth: mark.chars().count() / 3, held_by: Vec::new() }
}

fn on(columns: u16) -> Screen {
    Screen { columns: Some(columns), ..PIPE }
}

#[test]
fn a_display_has_caption_header_rows_and_count() {
    let text = display(&run(&["x.hf"]).hunts[0].displays[0], PIPE);
    insta::assert_snapshot!(text, @r"
    DISP tasks (statement 2)
    | name                             |  pid |
    |----------------------------------|------|
    | <script>\u{202e}exe.gpj\u{1b}[2J | 4824 |
    | =cmd|' /C calc'!A0               |      |
    2 rows
    ");
    assert!(!text.chars().any(|c| is_unsafe(c) && c != '\n'));
}

#[test]
fn a_long_value_wraps_at_the_terminals_width_only() {
    let table = sample("x", &["command_line"], vec![vec![Some(Value::text("long ".repeat(60)))]]);
    assert!(display(&table, on(60)).lines().all(|l| l.chars().count() <= 60));
    assert!(display(&table, PIPE).lines().any(|l| l.len() > 250));
}

#[test]
fn trees_are_drawn_and_limits_are_counted() {
    let rows = ["a", "b"].map(|n| vec![Some(Value::text(n))]).to_vec();
    let mut table = sample("x", &["name"], rows);
    table.tree = vec![branch(1, "", 1), branch(0, "└─ ", 1)];
    table.total = 7;
    table.complete = false;
    insta::assert_snapshot!(display(&table, PIPE), @r"
    DISP x (statement 2)
    | tree | name |
    |------|------|
    |      | b    |
    | └─   | a    |
    2 of 7 rows (incomplete: more may exist)
    ");
    table.missing = Some("`p` failed".to_owned());
    assert_eq!(display(&table, PIPE), "DISP x (statement 2)\nno table: `p` failed\n");
}

#[test]
fn a_line_of_a_tree_may_stand_for_several_entities() {
    let rows = ["a", "b ×7"].map(|n| vec![Some(Value::text(n)), Some(Value::Int(1))]).to_vec();
    let mut table = sample("x", &["name", "n"], rows);
    table.tree = vec![branch(0, "", 1), branch(1, "└─ ", 3), branch(0, "", 2)];
    insta::assert_snapshot!(display(&table, PIPE), @r"
    DISP x (statement 2)
    | tree  | name      | n |
    |-------|-----------|---|
    |       | a         | 1 |
    | └─ ×3 | b \u{d7}7 | 1 |
    | ×2    | a         | 1 |
    2 rows of 6 entities
    ");
}

#[test]
fn a_name_cannot_draw_branches_of_its_own() {
    let rows = ["a", "└─ lsass.exe\n│  b"].map(|n| vec![Some(Value::text(n))]).to_vec();
    let mut table = sample("x", &["name"], rows);
    table.tree = vec![branch(0, "", 1), branch(1, "└─ ", 1)];
    let text = display(&table, PIPE);
    assert!(text.contains(r"| └─   | \u{2514}\u{2500} lsass.exe\n\u{2502}  b |"), "{text}");
}

/// Rows of processes as a DISP without ATTR has them: many columns, of which some have no value.
fn wide() -> Display {
    let text = |text: &str| Some(Value::text(text));
    let columns = ["host.name", "name", "pid", "command_line", "user", "hashes.MD5", "hashes.SHA-256", "x_note"];
    let row = |name: &str, pid, line: &str, user: Option<Value>| {
        let hash = "0123456789abcdef".repeat(4);
        vec![text("ws1"), text(name), Some(Value::Int(pid)), text(line), user, None, text(&hash), None]
    };
    let line = format!(r"C:\Windows\System32\cmd.exe /c {}", "echo é && ".repeat(9));
    sample("p", &columns, vec![row("cmd.exe", 4824, &line, text("mia")), row("conhost.exe", 77, "conhost", None)])
}

#[test]
fn where_a_row_does_not_fit_each_attribute_has_a_line() {
    insta::assert_snapshot!(display(&wide(), on(60)), @r"
    DISP p (statement 2)
    1  host.name       ws1
       name            cmd.exe
       pid             4824
       command_line    C:\Windows\System32\cmd.exe /c echo é &&
                       echo é && echo é && echo é && echo é &&
                       echo é && echo é && echo é && echo é &&
       user            mia
       hashes.SHA-256  0123456789abcdef0123456789abcdef012345678
                       9abcdef0123456789abcdef
    2  host.name       ws1
       name            conhost.exe
       pid             77
       command_line    conhost
       hashes.SHA-256  0123456789abcdef0123456789abcdef012345678
                       9abcdef0123456789abcdef
    2 rows
    no value in: hashes.MD5, x_note
    ");
    for columns in [40, 60, 80] {
        let text = display(&wide(), on(columns));
        assert!(text.lines().all(|line| line.width() <= usize::from(columns)), "{text}");
    }
    // Where it fits it is a table, in which neither numbers nor words of usual length are broken.
    let text = display(&wide(), on(140));
    assert!(text.contains("| cmd.exe     | 4824 |") && text.lines().all(|line| line.width() <= 140), "{text}");
}

#[test]
fn what_is_no_terminal_has_80_columns_and_breaks_no_value() {
    let text = display(&wide(), PIPE);
    assert!(
        text.contains(format!("command_line    C:\\Windows\\System32\\cmd.exe /c {}", "echo é && ".repeat(9)).trim_end()),
        "{text}"
    );
    assert_eq!(text.lines().filter(|line| line.contains("0123456789abcdef")).count(), 2);
}

#[test]
fn a_tree_of_long_rows_is_an_outline() {
    let mut table = wide();
    table.tree = vec![branch(0, "", 1), branch(1, "├─ ", 3), branch(0, "│  └─ ", 1), branch(1, "└─ ", 1)];
    table.rows[0][3] = Some(Value::text("cmd └─ x"));
    insta::assert_snapshot!(display(&table, on(60)), @r"
    DISP p (statement 2)
    host.name       ws1
    name            cmd.exe
    pid             4824
    command_line    cmd \u{2514}\u{2500} x
    user            mia
    hashes.SHA-256  0123456789abcdef0123456789abcdef0123456789ab
                    cdef0123456789abcdef
    ├─ host.name       ws1 ×3
    │  name            conhost.exe
    │  pid             77
    │  command_line    conhost
    │  hashes.SHA-256  0123456789abcdef0123456789abcdef012345678
    │                  9abcdef0123456789abcdef
    │  └─ host.name       ws1
    │     name            cmd.exe
    │     pid             4824
    │     command_line    cmd \u{2514}\u{2500} x
    │     user            mia
    │     hashes.SHA-256  0123456789abcdef0123456789abcdef012345
    │                     6789abcdef0123456789abcdef
    └─ host.name       ws1
       name            conhost.exe
       pid             77
       command_line    conhost
       hashes.SHA-256  0123456789abcdef0123456789abcdef012345678
                       9abcdef0123456789abcdef
    2 rows of 6 entities
    no value in: hashes.MD5, x_note
    ");
    insta::assert_snapshot!(ascii(&display(&table, Screen { ascii: true, ..on(60) })), @r"
    DISP p (statement 2)
    host.name       ws1
    name            cmd.exe
    pid             4824
    command_line    cmd \u{2514}\u{2500} x
    user            mia
    hashes.SHA-256  0123456789abcdef0123456789abcdef0123456789ab
                    cdef0123456789abcdef
    |- host.name       ws1 x3
    |  name            conhost.exe
    |  pid             77
    |  command_line    conhost
    |  hashes.SHA-256  0123456789abcdef0123456789abcdef012345678
    |                  9abcdef0123456789abcdef
    |  `- host.name       ws1
    |     name            cmd.exe
    |     pid             4824
    |     command_line    cmd \u{2514}\u{2500} x
    |     user            mia
    |     hashes.SHA-256  0123456789abcdef0123456789abcdef012345
    |                     6789abcdef0123456789abcdef
    `- host.name       ws1
       name            conhost.exe
       pid             77
       command_line    conhost
       hashes.SHA-256  0123456789abcdef0123456789abcdef012345678
                       9abcdef0123456789abcdef
    2 rows of 6 entities
    no value in: hashes.MD5, x_note
    ");
}

#[test]
fn columns_without_values_are_named_and_tables_without_rows_have_no_headers() {
    let null = sample("x", &["name", "b"], vec![vec![None, None], vec![None, Some(Value::text(""))]]);
    insta::assert_snapshot!(display(&null, PIPE), @r"
    DISP x (statement 2)
    | b |
    |---|
    |   |
    |   |
    2 rows
    no value in: name
    ");
    insta::assert_snapshot!(display(&sample("x", &["name"], vec![vec![None]]), PIPE), @r"
    DISP x (statement 2)
    1 row
    no value in: name
    ");
    insta::assert_snapshot!(display(&sample("x", &["name", "pid"], Vec::new()), PIPE), @r"
    DISP x (statement 2)
    0 rows
    ");
}

#[test]
fn long_tables_end_with_a_word_where_the_rest_is() {
    let rows = (0..7).map(|n| vec![Some(Value::Int(n))]).collect();
    insta::assert_snapshot!(display(&sample("x", &["n"], rows), Screen { rows: 2, ..PIPE }), @r"
    DISP x (statement 2)
    | n |
    |---|
    | 0 |
    | 1 |
    7 rows
    only 2 rows of 7 shown: `--rows all` shows all,
    `--out DIR` writes them to files
    ");
}

#[test]
fn ascii_has_no_other_character() {
    let text = display(&wide(), Screen { ascii: true, ..PIPE });
    assert!(text.is_ascii() && text.contains(r"echo \u{e9} &&"), "{text}");
}
