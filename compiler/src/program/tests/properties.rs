//! What holds for every text and every tree.

use super::{generate, parse, show};
use crate::program::{Program, print, walk};
use crate::source::SourceId;
use crate::syntax::lexer::lex;
use proptest::prelude::*;

fn erased(mut program: Program) -> Program {
    walk::program(&mut program, &mut walk::Erase);
    program
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn what_is_printed_is_read_back(program in generate::program()) {
        let text = print::program(&program);
        let (back, diagnostics) = parse(&text);
        prop_assert!(diagnostics.is_empty(), "{text}\n{}", show(&text, &diagnostics));
        prop_assert_eq!(erased(back), erased(program), "{}", text);
    }

    #[test]
    fn no_text_is_too_strange(text in r#"([a-z_. ]{1,4}|[\[\](){},:+*='"\\#<>!;é’\n-]|GET |FIND |WHERE |AND |DISP |NEW |START |LAST |t'|r'|[0-9]{1,3}|[^a])*"#) {
        let (_, diagnostics) = parse(&text);
        for diagnostic in &diagnostics {
            let span = diagnostic.primary.span;
            prop_assert!(text.get(span.start as usize..span.end as usize).is_some());
        }
    }

    #[test]
    fn no_bytes_are_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        parse(&String::from_utf8_lossy(&bytes));
    }
}

/// Random blanks, line ends and comments between the tokens of a text.
fn scatter(text: &str, seed: &[u8]) -> String {
    let lexed = lex(SourceId(0), text);
    let mut out = String::new();
    let mut at = 0;
    for (index, token) in lexed.tokens.iter().enumerate() {
        let gap = &text[at..token.span.start as usize];
        out.push_str(gap);
        if !gap.is_empty() || index == 0 {
            out.push_str(match seed[index % seed.len()] % 12 {
                0 => "\n",
                1 => "  # note\n",
                2 => "\n# own line\n",
                3 => "\n\n\n",
                4 => "\n   # a\n   # b\n\n",
                5 => "\t",
                _ => "",
            });
        }
        out.push_str(token.text);
        at = token.span.end as usize;
    }
    out.push_str(&text[at..]);
    out
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn formatting_keeps_meaning_and_comments_and_is_stable(program in generate::program(), seed in prop::collection::vec(any::<u8>(), 1..40)) {
        let text = scatter(&print::program(&program), &seed);
        let (_, diagnostics) = parse(&text);
        prop_assert!(diagnostics.is_empty(), "{text}\n{}", show(&text, &diagnostics));
        let once = format(&text);
        prop_assert!(once.is_some(), "{text}");
        let once = once.unwrap();
        let twice = format(&once);
        prop_assert_eq!(twice.as_ref(), Some(&once), "{}", text);
        prop_assert_eq!(comments(&once), comments(&text));
    }
}

fn format(text: &str) -> Option<String> {
    crate::program::format::text(SourceId(0), text).ok()
}

fn comments(text: &str) -> Vec<&str> {
    lex(SourceId(0), text).comments.iter().map(|c| text[c.start as usize..c.end as usize].trim_end()).collect()
}
