//! The table of phrases: each example is one mistake with one message, and what that proposes compiles.

use crate::catalog::Catalog;
use crate::compile::compile;
use crate::diag::{Diagnostic, Severity};
use crate::source::SourceSet;
use crate::syntax::errors::foreign::PHRASES;
use crate::testing::options;

const BEFORE: &str = "p = GET process FROM stixshifter://h WHERE name = 'sh'\nq = FIND process CREATED BY p\nDISP q\n";

/// The errors of a text behind [`BEFORE`].
fn errors(text: &str) -> Vec<Diagnostic> {
    let mut sources = SourceSet::default();
    let id = sources.add_text("hunt.hf", format!("{BEFORE}{text}"));
    let all = compile(&sources, id, Catalog::builtin(), &options()).diagnostics;
    all.into_iter().filter(|d| d.severity == Severity::Error).collect()
}

/// What is wrong with a row and one of its examples.
fn fault(example: &str, here: &str) -> Option<String> {
    let told = errors(example);
    let [one] = &told[..] else { return Some(format!("{} messages: {told:#?}", told.len())) };
    let [help] = &one.helps[..] else { return Some(format!("{:?}", one.helps)) };
    let proposed = match &help.replace {
        Some((span, with)) => {
            let mut text = format!("{BEFORE}{example}");
            text.replace_range(span.start as usize..span.end as usize, with);
            text.split_off(BEFORE.len())
        }
        None if help.text.ends_with(here) => here.to_owned(),
        None => return Some(format!("another way out: {}", help.text)),
    };
    let wrong = errors(&proposed);
    (!wrong.is_empty()).then(|| format!("proposed is\n{proposed}\n{wrong:#?}"))
}

#[test]
fn every_example_has_one_message_whose_proposal_compiles() {
    let mut faults = Vec::new();
    for phrase in PHRASES.iter() {
        assert!(!phrase.examples.is_empty(), "{}", phrase.pattern);
        for example in &phrase.examples {
            faults.extend(fault(example, &phrase.here).map(|why| format!("== {example}\n{why}")));
        }
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n\n"));
}

#[test]
fn what_stands_beside_a_phrase_is_told_of_itself() {
    let codes = |text: &str| errors(text).iter().map(|d| d.code.id).collect::<Vec<_>>();
    assert_eq!(codes("DISP p ATTR name ORDER BY name\nDISP p ATTR nmae"), ["K0001", "K0201"]);
    assert_eq!(codes("x = p WHERE name contains 'a'\ny = p WHERE name startswith 'a'"), ["K0001", "K0001"]);
    assert_eq!(codes("p | where pid > 4\nz = p WHERE pid >"), ["K0002", "K0001"]);
}
