//! The hunt that the README begins with: it prints what the README says, and its picture is there.

use crate::docs::{blocks, read};
use crate::support::cli::Huntc;
use regex::Regex;

#[test]
fn the_first_hunt_prints_what_the_readme_says() {
    let readme = read("README.md");
    let mut blocks = blocks(&readme).into_iter();
    let (kind, hunt) = blocks.next().unwrap();
    let (_, printed) = blocks.next().unwrap();
    assert_eq!((kind.as_str(), hunt.lines().count()), ("kestrel", 10));
    let huntc = Huntc::new().file("hunt.hf", &hunt).var("COLUMNS", "80");
    assert_eq!(huntc.run("demo . --no-run").code, Some(0));
    assert_eq!(huntc.run("check hunt.hf --deny warnings").code, Some(0));
    let ran = huntc.run("run hunt.hf");
    let without_times = |text: &str| Regex::new(r" *\d+\.\d{3} s").unwrap().replace_all(text.trim_end(), " T").into_owned();
    assert_eq!(without_times(&ran.stdout), without_times(&printed), "{}", ran.text());
    assert!(readme.starts_with("# huntc\n\n```kestrel\n") && readme.contains("(docs/report.png)"));
    let picture = std::fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/report.png")).unwrap();
    let side = |at: usize| u32::from_be_bytes(picture[at..at + 4].try_into().unwrap());
    assert!(
        picture.starts_with(b"\x89PNG") && picture.len() < 400_000 && side(16) >= 800 && side(20) >= 500,
        "made by docs/picture"
    );
}
