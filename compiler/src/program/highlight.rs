//! What each word of a huntflow is, for pages that show its text in colours.

use crate::source::{SourceId, Span};
use crate::syntax::lexer;
use crate::syntax::token::{Flags, Keyword, Kind, Token};

/// What a part of a text is. Everything else is plain: names, attributes, blanks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ink {
    /// A comment.
    Comment,
    /// A word of the language.
    Keyword,
    /// A quoted text, number, or instant.
    Literal,
    /// An operator or a bracket.
    Mark,
}

/// The parts of a text that are not plain, in its order.
pub fn inks(source: SourceId, text: &str) -> Vec<(Span, Ink)> {
    let lexed = lexer::lex(source, text);
    let mut all: Vec<(Span, Ink)> = lexed.comments.iter().map(|span| (*span, Ink::Comment)).collect();
    all.extend(lexed.tokens.iter().filter_map(|token| Some((token.span, ink(token)?))));
    all.sort_by_key(|(span, _)| span.start);
    all
}

fn ink(token: &Token<'_>) -> Option<Ink> {
    match token.kind {
        // Relations are words too (CREATED BY), and some keywords are also attributes and columns: those are written in small
        // letters.
        Kind::Word if token.has(Flags::BEFORE_EQ) => None,
        Kind::Word => {
            let loud = token.text.len() > 1 && token.text.bytes().all(|b| b.is_ascii_uppercase());
            (loud || token.keyword.is_some_and(Keyword::reserved)).then_some(Ink::Keyword)
        }
        Kind::Number | Kind::Text | Kind::RawText | Kind::TimeText => Some(Ink::Literal),
        Kind::Invalid | Kind::TooDeep => None,
        _ => Some(Ink::Mark),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_literals_marks_and_comments_are_told_apart() {
        let text = "p = GET process FROM x WHERE name = 'a # b' # why\nDISP p ATTR name LIMIT 5";
        let shown: Vec<String> = inks(SourceId(0), text)
            .into_iter()
            .map(|(span, ink)| format!("{ink:?}:{}", &text[span.start as usize..span.end as usize]))
            .collect();
        assert_eq!(
            shown,
            [
                "Mark:=",
                "Keyword:GET",
                "Keyword:FROM",
                "Keyword:WHERE",
                "Mark:=",
                "Literal:'a # b'",
                "Comment:# why",
                "Keyword:DISP",
                "Keyword:ATTR",
                "Keyword:LIMIT",
                "Literal:5",
            ]
        );
    }
}
