//! What holds for every text and every tree.

use super::{generate, parse, show};
use crate::syntax::ast::Program;
use crate::syntax::{print, walk};
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
