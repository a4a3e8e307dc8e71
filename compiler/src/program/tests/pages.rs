//! The pages of syntax codes: the first example shows the mistake, the second is free of it.

use super::{parse, show};
use crate::diag::codes;

/// The examples in a page.
fn examples(page: &str) -> Vec<&str> {
    page.split("```kestrel\n").skip(1).filter_map(|rest| rest.split("\n```").next()).collect()
}

#[test]
fn each_page_shows_its_mistake_and_the_way_out() {
    let pages: Vec<_> = codes::all().into_iter().filter(|c| c.id < "K0100").collect();
    assert!(pages.len() > 20);
    for code in pages {
        assert!(code.page.starts_with(&format!("# {} {}\n", code.id, code.slug)), "{}", code.id);
        let lines = code.page.lines().count();
        assert!((10..=30).contains(&lines), "{}: {lines} lines", code.id);
        assert!(code.page.lines().all(|l| l.chars().count() <= 160), "{}: long lines", code.id);
        let examples = examples(code.page);
        if let [bad, .., good] = examples.as_slice() {
            let found = parse(bad).1;
            assert!(found.iter().any(|d| d.code == code), "{}\n{}", code.id, show(bad, &found));
            let left = parse(good).1;
            assert!(left.is_empty(), "{}\n{}", code.id, show(good, &left));
        } else {
            assert!(["K0016", "K0026", "K0028", "K0029"].contains(&code.id), "{} has {} examples", code.id, examples.len());
        }
    }
}
