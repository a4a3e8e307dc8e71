//! Messages of the productions for known mistakes in names, keywords and paths.

use super::fault::Expect;
use crate::diag::Diagnostic;
use crate::diag::codes::syntax::{BAD_NAME, KEYWORD_AS_NAME, MISSPELT, TYPED_ATTRIBUTE, UNQUOTED};
use crate::source::Span;
use crate::syntax::ast::{AttrPath, Ident};
use crate::syntax::token::{Flags, Keyword, Kind, Token};
use crate::syntax::{strings, words};

/// Whether a word that is no keyword was probably meant as this keyword.
pub(crate) fn misspells(token: &Token<'_>, keyword: Keyword) -> bool {
    let other = token.kind != Kind::Word || token.keyword.is_some() || token.has(Flags::BEFORE_EQ) || token.has(Flags::BOUND);
    if other || token.text.len() < 2 || token.text.len() > 12 || !token.text.bytes().all(|b| b.is_ascii_alphabetic()) {
        return false;
    }
    let word = token.text.to_ascii_uppercase();
    let target = keyword.word();
    let allowed = match target.len() {
        0..=2 => 0,
        3..=5 => 1,
        _ => 2,
    };
    word.len().abs_diff(target.len()) <= allowed && strsim::osa_distance(&word, target) <= allowed
        || keyword.others().contains(&word.as_str())
}

/// Whether a token can follow the keyword of a statement.
pub(crate) fn follows_opener(token: &Token<'_>) -> bool {
    !token.has(Flags::LINE_START) && (token.may_name() && !token.has(Flags::BEFORE_EQ) || token.kind.is_text())
}

/// A keyword with a typing mistake.
pub(crate) fn misspelt(token: &Token<'_>, keyword: Keyword) -> Diagnostic {
    let word = keyword.word();
    Diagnostic::new(&MISSPELT, token.span, format!("`{}` is no keyword", token.text)).label(format!("did this mean {word}?")).fix(
        format!("write {word}"),
        token.span,
        word,
    )
}

/// A name with characters that it cannot have.
pub(crate) fn bad_name(token: &Token<'_>, expect: Expect) -> Diagnostic {
    let (what, rule) = match expect {
        Expect::EntityType => ("entity type", "entity types are made of letters, digits, `_` and `-`"),
        Expect::Relation => ("relation", "relations are made of letters"),
        Expect::Alias => ("column name", "column names are made of letters, digits, `_` and `-`"),
        Expect::Argument => ("argument name", "argument names are made of letters, digits, `_` and `-`"),
        _ => ("variable", "variables are made of letters, digits and `_`, and do not begin with a digit"),
    };
    let found = Diagnostic::new(&BAD_NAME, token.span, format!("`{}` cannot name {} {what}", shorten(token.text), article(what)))
        .label(rule);
    let repaired: String = token.text.chars().map(|c| if words::in_name(c) { c } else { '_' }).collect();
    match token.text.split_once('.') {
        Some((variable, _)) if expect == Expect::Variable && words::is_variable(variable) => {
            found.fix("name the variable alone", token.span, variable)
        }
        _ if matches!(expect, Expect::Variable) && words::is_variable(&repaired) => found.fix("rename it", token.span, repaired),
        _ => found.help("rename it"),
    }
}

/// The article of a word.
pub(crate) fn article(what: &str) -> &'static str {
    if what.starts_with(['a', 'e', 'i', 'I', 'o', 'u']) { "an" } else { "a" }
}

/// An attribute with another shape.
pub(crate) fn bad_attribute(token: &Token<'_>, text: &str) -> Diagnostic {
    let found = Diagnostic::new(&BAD_NAME, token.span, format!("`{}` cannot name an attribute", shorten(token.text)));
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('[') {
        plain.push_str(before);
        rest = behind.split_once(']').map_or("", |(_, r)| r);
    }
    plain.push_str(rest);
    if plain != text && words::is_attribute(&plain) {
        let start = token.span.end as usize - text.len();
        let span = Span::new(token.span.source, start, token.span.end as usize);
        return found.label("`[*]` and indexes stand behind the first name only").fix("leave the index out", span, plain);
    }
    found
        .label("attributes are names with dots between, like `binary_ref.name` or `hashes.'SHA-256'`")
        .help("text stands in quotes")
}

/// `process:pid` where only attributes of one variable can stand.
pub(crate) fn typed_attribute(token: &Token<'_>, entity: &Ident, path: &AttrPath) -> Diagnostic {
    Diagnostic::new(&TYPED_ATTRIBUTE, token.span, "an attribute stands with its type only in a pattern")
        .label(format!("the type `{}` is known from the variable", entity.text))
        .fix("leave the type out", token.span, path.text.clone())
}

/// A keyword that is the target of a statement.
pub(crate) fn keyword_target(token: &Token<'_>) -> Diagnostic {
    Diagnostic::new(&KEYWORD_AS_NAME, token.span, format!("`{}` is a keyword", token.text))
        .label("it begins a statement and cannot name a variable")
        .fix("rename the variable", token.span, format!("{}_", token.text.to_lowercase()))
}

/// `a, b` as a list of data sources, which has no blanks.
pub(crate) fn spaced_sources(span: Span, before: &str, word: &Token<'_>) -> Diagnostic {
    Diagnostic::new(&UNQUOTED, span, "a list of data sources has no blanks").label("the comma must touch both names").fix(
        "remove the blanks",
        span,
        format!("{before},{}", word.text),
    )
}

/// A path with characters that only a quoted one can have.
pub(crate) fn unquoted_path(span: Span, text: &str) -> Diagnostic {
    let other = text.chars().find(|c| !c.is_ascii_alphanumeric() && !"_./-:,".contains(*c)).unwrap_or(' ');
    Diagnostic::new(&UNQUOTED, span, format!("a path with `{other}` needs quotes"))
        .label("unquoted paths are made of ASCII letters, digits and `_ . / - :`")
        .fix("quote it", span, quoted(text))
}

/// A word that can only be text, without its quotes.
pub(crate) fn unquoted_value(token: &Token<'_>) -> Diagnostic {
    let help = match token.text.chars().next() {
        Some('/') if is_slashed(token.text) => Some("expressions stand behind MATCHES, in quotes: MATCHES '(?i)mimi'"),
        Some('~') => Some("expressions stand behind MATCHES, in quotes: MATCHES '(?i)mimi'"),
        Some('$') => Some("a list stands in brackets, IN ('a', 'b'), or comes from a variable: IN v.name"),
        _ => None,
    };
    if let Some(help) = help {
        let message = format!("`{}` means nothing here", shorten(token.text));
        return Diagnostic::new(&UNQUOTED, token.span, message).label("neither text nor a number").help(help);
    }
    Diagnostic::new(&UNQUOTED, token.span, "a text needs quotes")
        .label("neither a number, a plain word, nor `variable.attribute`")
        .fix("quote it", token.span, quoted(token.text))
}

/// Whether a word is an expression between slashes, with flags: `/mimi/i`.
fn is_slashed(text: &str) -> bool {
    let Some((body, flags)) = text.strip_prefix('/').and_then(|rest| rest.rsplit_once('/')) else { return false };
    !body.is_empty() && !body.contains('/') && flags.bytes().all(|b| matches!(b, b'g' | b'i' | b'm' | b's'))
}

/// A text quoted as people would do it: in a raw string where it has backslashes.
fn quoted(text: &str) -> String {
    if text.contains('\\') && !text.contains('\'') && !text.ends_with('\\') { format!("r'{text}'") } else { strings::quote(text) }
}

/// At most 40 characters of a text, for headlines. Invisible characters become escapes.
pub(crate) fn shorten(text: &str) -> String {
    let start: String = text.chars().take(41).collect();
    let shown = strings::visible(&start);
    match shown.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &shown[..end]),
        None => shown,
    }
}
