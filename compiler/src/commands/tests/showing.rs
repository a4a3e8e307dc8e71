//! Commands that show or write: DISP, INFO, DESCRIBE, EXPLAIN, SAVE.

use super::{added, output, printed, refused, told};

#[test]
fn disp_shows_rows_with_these_columns() {
    assert_eq!(output("DISP nt ATTR dst_port, src_port"), "statement 3: DISP (dst_port, src_port) nt from n1");
    assert_eq!(added("DISP nt ATTR dst_port"), [""; 0]);
}

#[test]
fn disp_cuts_after_it_has_dropped_repeated_rows() {
    assert_eq!(output("DISP nt ATTR dst_port LIMIT 3 OFFSET 2"), "statement 3: DISP (dst_port) LIMIT 3 OFFSET 2 nt from n1");
    assert_eq!(added("DISP nt ATTR dst_port LIMIT 3"), [""; 0], "it is no node");
}

#[test]
fn disp_of_an_expression_filters_and_sorts() {
    let nodes = added("DISP nt WHERE dst_port > 1 ATTR dst_port SORT BY src_port");
    let steps =
        ["n2 = filter where dst_port > 1 → network-traffic of n1", "n3 = sort by src_port descending → network-traffic of n2"];
    assert_eq!(nodes, steps);
}

#[test]
fn disp_of_processes_needs_their_creation_records() {
    assert_eq!(added("DISP p"), ["n2 = add creation records from stixshifter://h [all time] → process of n0"]);
}

#[test]
fn disp_of_a_transformer_shows_its_own_columns_first() {
    assert!(
        output("DISP TIMESTAMPED(nt)").starts_with("statement 3: DISP (first_observed, "),
        "{}",
        output("DISP TIMESTAMPED(nt)")
    );
}

#[test]
fn disp_refuses_and_prints() {
    assert_eq!(refused("DISP q"), "K0101 q");
    assert_eq!(refused("DISP nt ATTR dst_prt"), "K0201 dst_prt");
    assert_eq!(refused("DISP p + p"), "K0020 p + p");
    assert_eq!(printed("disp timestamped(nt) attr dst_port limit 3"), "DISP TIMESTAMPED(nt) ATTR dst_port LIMIT 3");
}

#[test]
fn info_asks_for_figures_only() {
    assert_eq!(output("INFO p"), "statement 3: INFO p from n0");
    assert_eq!(refused("INFO q"), "K0101 q");
    assert_eq!(told("INFO p, nt").len(), 1);
    assert_eq!(printed("info p"), "INFO p");
}

#[test]
fn describe_is_of_one_column_of_rows() {
    assert_eq!(output("DESCRIBE nt.dst_port"), "statement 3: DESCRIBE dst_port of nt from n1");
    assert_eq!(added("DESCRIBE p.pid").len(), 1, "rows have the values of creation records");
    assert_eq!(refused("DESCRIBE nt.dst_prt"), "K0201 dst_prt");
    assert_eq!(printed("describe nt.dst_port"), "DESCRIBE nt.dst_port");
}

#[test]
fn explain_computes_nothing() {
    assert_eq!(output("EXPLAIN p"), "statement 3: EXPLAIN p");
    assert_eq!(added("EXPLAIN p"), [""; 0]);
    assert_eq!(refused("EXPLAIN q"), "K0101 q");
    assert_eq!(printed("explain p"), "EXPLAIN p");
}

/// docs/testing.md, "Files": SAVE writes what DISP would show, and the whole identity where ATTR chose nothing.
#[test]
fn save_writes_what_disp_shows_and_the_identity() {
    let columns = |statement: &str| output(statement).split(['(', ')']).nth(1).unwrap_or_default().to_owned();
    let (shown, saved) = (columns("DISP nt"), columns("SAVE nt TO a.csv"));
    assert!(saved.starts_with(&shown) && saved.contains("x_transport"), "{shown}\n{saved}");
    assert_eq!(output("q = nt ATTR dst_port\nSAVE q TO a.csv"), r#"statement 4: SAVE (dst_port) to "a.csv" q from n2"#);
}

#[test]
fn save_refuses_and_prints() {
    assert_eq!(refused("SAVE q TO a.csv"), "K0101 q");
    assert_eq!(refused("SAVE nt TO a.txt"), "K0107 a.txt");
    assert_eq!(printed("save nt to 'a b.csv'"), "SAVE nt TO 'a b.csv'");
}
