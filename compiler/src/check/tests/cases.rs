//! Texts that are broken anywhere: nothing panics, and there is no hunt exactly where there are errors.

use super::checked;
use crate::check::hir::{GetFrom, GetStep, Observed, Step, StepKind, TestOp};
use crate::diag::codes;
use std::fmt::Write;

#[test]
fn texts_cut_anywhere_are_checked_without_a_panic() {
    let all: Vec<&str> = codes::all().into_iter().filter(|c| ("K0101".."K0600").contains(&c.id)).map(|c| c.page).collect();
    for page in all {
        let Some(example) = page.split("```kestrel\n").nth(1).and_then(|p| p.split("```").next()) else { continue };
        for cut in (0..example.len()).step_by(5).filter(|i| example.is_char_boundary(*i)) {
            // `checked` asserts that there is no hunt exactly where there are errors.
            checked(&example[..cut]);
            checked(&example[cut..]);
        }
    }
}

#[test]
fn long_files_are_checked_in_linear_time() {
    let mut text = String::from("v0 = GET process FROM stixshifter://h WHERE pid = 1 LAST 1 d\n");
    for i in 1..2000 {
        let _ = writeln!(text, "v{i} = FIND process CREATED BY v{}", i - 1);
    }
    let checked = checked(&text);
    assert_eq!(checked.hunt.map(|h| h.steps.len()), Some(2000));
}

#[test]
fn long_lists_keep_every_value() {
    let hashes: Vec<String> = (0..3000).map(|i| format!("'{i:032x}'")).collect();
    let text = format!("x = GET process FROM h WHERE binary_ref.hashes.MD5 IN ({}) LAST 1 d", hashes.join(","));
    let hunt = checked(&text).hunt.unwrap_or_default();
    let [Step { kind: StepKind::Get(GetStep { from: GetFrom::Sources { pattern: Observed::One(predicate), .. }, .. }), .. }] =
        &hunt.steps[..]
    else {
        panic!("not one GET")
    };
    assert!(matches!(&predicate.tests()[0].op, TestOp::OneOf(operands) if operands.len() == 3000));
}
