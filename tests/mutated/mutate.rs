//! Single-token mutations of a huntflow: what a hunter's hand does to a text that was right.

use huntc_compiler::source::SourceId;
use huntc_compiler::syntax::lexer::lex;
use huntc_compiler::syntax::token::Kind;

/// What is done to one token.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Mutation {
    Delete,
    Duplicate,
    /// With the next one of the line.
    Swap,
    StrayWord,
    StrayBracket,
    StrayComma,
    StrayKeyword,
    DropQuote,
    Misspell,
}

impl Mutation {
    pub(super) const ALL: [Self; 9] = [
        Self::Delete,
        Self::Duplicate,
        Self::Swap,
        Self::StrayWord,
        Self::StrayBracket,
        Self::StrayComma,
        Self::StrayKeyword,
        Self::DropQuote,
        Self::Misspell,
    ];
}

const BRACKETS: [&str; 6] = ["(", ")", "[", "]", "{", "}"];
const KEYWORDS: [&str; 12] = ["WHERE", "AND", "BY", "FROM", "GET", "ATTR", "NOT", "LIMIT", "WITH", "OR", "DISP", "SORT"];

/// A text with one token changed; the tokens of `text` are counted from 0, and `variant` chooses among equals.
pub(super) fn mutate(text: &str, tokens: &[(usize, usize)], at: usize, mutation: Mutation, variant: usize) -> Option<String> {
    let (start, end) = tokens[at];
    let token = &text[start..end];
    let (before, behind) = (&text[..start], &text[end..]);
    let insert = |word: &str| Some(format!("{before}{token} {word}{behind}"));
    match mutation {
        Mutation::Delete => Some(format!("{before}{behind}")),
        Mutation::Duplicate => insert(token),
        Mutation::Swap => {
            let (from, to) = *tokens.get(at + 1)?;
            let (between, next) = (&text[end..from], &text[from..to]);
            let kept = if between.is_empty() { " " } else { between };
            (next != token && !between.contains('\n')).then(|| format!("{before} {next}{kept}{token} {}", &text[to..]))
        }
        Mutation::StrayWord => insert("foo"),
        Mutation::StrayBracket => insert(BRACKETS[variant % BRACKETS.len()]),
        Mutation::StrayComma => insert(","),
        Mutation::StrayKeyword => insert(KEYWORDS[variant % KEYWORDS.len()]),
        Mutation::DropQuote => {
            let quote = token.chars().last().filter(|c| matches!(c, '\'' | '"'))?;
            let open = token.find(quote)?;
            (open + 1 < token.len()).then_some(())?;
            let rest = if variant.is_multiple_of(2) { &token[..token.len() - 1] } else { &token[open + 1..] };
            Some(format!("{before}{rest}{behind}"))
        }
        Mutation::Misspell => {
            let letters: Vec<usize> = token.char_indices().filter(|(_, c)| c.is_ascii_alphabetic()).map(|(i, _)| i).collect();
            let plain = !token.starts_with(['\'', '"']) && !token.ends_with(['\'', '"']);
            (plain && letters.len() > 1).then_some(())?;
            let place = letters[1 + variant % (letters.len() - 1)];
            let letter = &token[place..=place];
            let middle = match variant % 3 {
                0 => String::new(),
                1 => letter.repeat(2),
                _ => (if letter == "x" { "z" } else { "x" }).to_owned(),
            };
            Some(format!("{before}{}{middle}{}{behind}", &token[..place], &token[place + 1..]))
        }
    }
}

/// Where the tokens of a text stand.
pub(super) fn tokens(text: &str) -> Vec<(usize, usize)> {
    let lexed = lex(SourceId(0), text);
    let valid = lexed.tokens.iter().filter(|t| t.kind != Kind::Invalid);
    valid.map(|t| (t.span.start as usize, t.span.end as usize)).collect()
}
