//! The first example of each page triggers its code and nothing else; the second is clean.

use super::checked;
use crate::diag::codes;
use std::fmt::Write;

fn examples(page: &str) -> Vec<&str> {
    page.split("```kestrel\n").skip(1).filter_map(|part| part.split("```").next()).collect()
}

#[test]
fn examples_of_pages_do_what_the_pages_say() {
    let mut wrong = String::new();
    for code in codes::all().into_iter().filter(|c| ("K0101".."K0600").contains(&c.id)) {
        for (index, example) in examples(code.page).into_iter().enumerate() {
            let told = checked(example).diagnostics;
            let ids: Vec<_> = told.iter().map(|d| d.code.id).collect();
            let want: &[&str] = if index == 0 { &[code.id] } else { &[] };
            if ids != want {
                let _ = write!(wrong, "{} example {index}: {ids:?}\n{told:#?}\n{example}\n", code.id);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn headlines_follow_the_house_style() {
    for code in codes::all().into_iter().filter(|c| ("K0101".."K0600").contains(&c.id)) {
        for diagnostic in checked(examples(code.page)[0]).diagnostics {
            let message = &diagnostic.message;
            assert!(message.chars().count() <= 100 && !message.ends_with('.'), "{message}");
            let texts =
                diagnostic.helps.iter().map(|h| &h.text).chain(&diagnostic.notes).chain([message, &diagnostic.primary.text]);
            for text in texts {
                let words = text.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase);
                assert!(!words.into_iter().any(|w| w == "you" || w == "your"), "{text}");
            }
            assert!(!diagnostic.primary.text.is_empty(), "{}: the place says nothing", code.id);
            assert!(code.id == "K0102" || !diagnostic.helps.is_empty() || !diagnostic.notes.is_empty(), "{}: no way out", code.id);
            assert!(diagnostic.secondary.len() <= 2, "{}", code.id);
        }
    }
}
