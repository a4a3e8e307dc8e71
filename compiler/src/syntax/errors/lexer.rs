//! Messages of the lexer: strings that do not end, escapes that surprise, characters that begin no token.

use crate::diag::Diagnostic;
use crate::diag::codes::syntax::{BAD_ESCAPE, CONTROL_ESCAPE, PATH_ESCAPE, UNKNOWN_CHARACTER, UNTERMINATED};
use crate::source::Span;
use crate::syntax::ast::Operator;
use crate::syntax::strings::{self, Escape};

/// A string without its closing quote.
pub(crate) fn unterminated(span: Span, text: &str) -> Diagnostic {
    let quote = if text.trim_start_matches(['r', 't']).starts_with('"') { '"' } else { '\'' };
    let escaped = format!("\\{quote}");
    let found = Diagnostic::new(&UNTERMINATED, span, "the string does not end on its line").label(format!("no closing {quote}"));
    if let Some(at) = text.find(&escaped) {
        let (before, behind) = text.split_at(at);
        let with = format!("{before}\\{behind}");
        found.note(format!("{escaped} is a quote inside the string, not its end")).fix("double that backslash", span, with)
    } else if text.ends_with('\\') {
        found.fix("double the last backslash and close the string", span, format!("{text}\\{quote}"))
    } else {
        let (inside, closers) = text.split_at(text.len() - closers(text));
        found.fix("close the string", span, format!("{inside}{quote}{closers}"))
    }
}

/// A line whose last string does not end, because an earlier quote of it is missing.
pub(crate) fn unpaired(place: Span) -> Diagnostic {
    Diagnostic::new(&UNTERMINATED, place, "the quotes of this line do not pair")
        .label("a quote is missing here or just before")
        .help("a text has the same quote at both ends: 'cmd.exe'")
}

/// How many brackets at the end of an unterminated string close ones from before it.
fn closers(text: &str) -> usize {
    let count = |chars: [char; 2]| text.matches(chars).count();
    let extra = count([')', ']']).saturating_sub(count(['(', '[']));
    text.chars().rev().take_while(|c| matches!(c, ')' | ']')).count().min(extra)
}

/// A character, or a pair like `&&`, that begins no token.
pub(crate) fn invalid(span: Span, text: &str) -> Diagnostic {
    let c = text.chars().next().unwrap_or(' ');
    let shown = if c.is_control() || strings::quote(text).contains("\\u") {
        format!("U+{:04X}", u32::from(c))
    } else {
        format!("`{text}`")
    };
    let found = Diagnostic::new(&UNKNOWN_CHARACTER, span, format!("{shown} means nothing here"));
    match text {
        ";" => found.label("statements end by themselves").fix("remove it", span, ""),
        "&&" | "&" => found.fix("write AND", span, "AND"),
        "||" | "|" => found.fix("write OR", span, "OR"),
        "!" => {
            let words: Vec<&str> = Operator::WORDS.iter().map(|(_, operator)| operator.text()).collect();
            found.help(format!("write `!=` for unequal, and NOT before {}", words.join(", ")))
        }
        "`" => found.help("text stands in '…' or \"…\""),
        _ if typographic_len(text).is_some_and(|len| len > c.len_utf8()) => {
            let inside: String = text.chars().skip(1).take(text.chars().count() - 2).collect();
            let body = if inside.contains('\'') { format!("\"{inside}\"") } else { format!("'{inside}'") };
            let message = "typographic quotes do not make a string";
            Diagnostic { message: message.into(), ..found }.fix("use straight quotes", span, body)
        }
        _ => found.help("remove it, or quote the text that it belongs to"),
    }
}

/// Length of a text in typographic quotes that `rest` begins with, or of the lone quote; None for other characters.
pub(crate) fn typographic_len(rest: &str) -> Option<usize> {
    let open = rest.chars().next()?;
    let closing: &[char] = match open {
        '‘' | '’' | '‚' | '‛' | '′' | '´' => &['’', '‘', '‛', '′', '´'],
        '“' | '”' | '„' | '‟' | '″' => &['”', '“', '‟', '″'],
        '«' => &['»'],
        _ => return None,
    };
    let line = rest.split('\n').next().unwrap_or(rest);
    let from = open.len_utf8();
    // Bounded, so that a line of nothing but opening quotes is read in linear time.
    let close = line[from..].char_indices().take(2_000).find(|(_, c)| closing.contains(c));
    Some(close.map_or(from, |(at, c)| from + at + c.len_utf8()))
}

/// Reports escapes in a plain string that probably are none.
pub(crate) fn escapes(span: Span, token: &str, out: &mut Vec<Diagnostic>) {
    let raw = strings::inner(token);
    if !raw.contains('\\') {
        return;
    }
    let base = span.start as usize + 1;
    let path = looks_like_path(raw);
    let (mut surprise, mut incomplete, mut verbatim, mut at) = (None, None, false, 0);
    while let Some(found) = raw[at..].find('\\') {
        let start = at + found;
        let (len, escape) = strings::escape(&raw[start..]);
        let place = Span::new(span.source, base + start, base + start + len);
        match escape {
            Escape::Malformed => _ = incomplete.get_or_insert((place, &raw[start..start + len])),
            Escape::Control(c) => _ = surprise.get_or_insert((place, c)),
            Escape::Code(c) if path => _ = surprise.get_or_insert((place, c)),
            Escape::Verbatim => verbatim = true,
            _ => {}
        }
        at = start + len;
    }
    let Some((place, c)) = surprise else {
        let told = incomplete.map(|(place, escape)| with_fixes(malformed(place, escape), span, token, raw));
        return out.extend(told);
    };
    let bell = matches!(c, '\u{7}' | '\u{8}' | '\u{b}' | '\u{c}');
    if path {
        let found = Diagnostic::new(&PATH_ESCAPE, place, "an escape sequence spoils this path");
        out.push(with_fixes(found.label(describe(c)), span, token, raw));
    } else if verbatim || bell {
        let found = Diagnostic::new(&CONTROL_ESCAPE, place, "an escape sequence puts a control character into this text");
        out.push(with_fixes(found.label(describe(c)), span, token, raw));
    }
}

/// `\x`, `\u`, `\U`, `\N` without what must follow.
fn malformed(place: Span, text: &str) -> Diagnostic {
    let needs = match text {
        "\\x" => "two hexadecimal digits",
        "\\u" => "four hexadecimal digits",
        "\\U" => "eight hexadecimal digits",
        _ => "a character name, which is not supported",
    };
    Diagnostic::new(&BAD_ESCAPE, place, format!("`{text}` is no complete escape sequence and stays as it is"))
        .label(format!("an escape would need {needs}"))
}

/// What the escape makes, in words.
fn describe(c: char) -> String {
    let name = match c {
        '\u{7}' => "the bell character",
        '\u{8}' => "a backspace",
        '\t' => "a tab",
        '\n' => "a line feed",
        '\u{b}' => "a vertical tab",
        '\u{c}' => "a form feed",
        '\r' => "a carriage return",
        _ if !c.is_control() => return format!("this is `{c}`"),
        _ => return format!("this is the character U+{:04X}", u32::from(c)),
    };
    format!("this is {name}")
}

/// The ways to write the text verbatim.
fn with_fixes(found: Diagnostic, span: Span, token: &str, raw: &str) -> Diagnostic {
    let quote = token.as_bytes().first().copied().unwrap_or(b'\'');
    let plain = !raw.contains("\\\\") && !raw.contains(char::from(quote)) && !raw.ends_with('\\');
    if plain {
        return found.fix("use a raw string, in which backslashes are literal", span, format!("r{token}"));
    }
    let mut doubled = String::from(char::from(quote));
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        let (len, escape) = strings::escape(&rest[at..]);
        let keep = matches!(escape, Escape::Same(_));
        doubled.push_str(&rest[..at]);
        doubled.push_str(if keep { "" } else { "\\" });
        doubled.push_str(&rest[at..at + len]);
        rest = &rest[at + len..];
    }
    doubled.push_str(rest);
    doubled.push(char::from(quote));
    found.fix("double the backslashes", span, doubled)
}

/// Whether the text between quotes looks like a Windows path or registry key: a drive, a share, `%VAR%\`, `HKLM\`.
fn looks_like_path(raw: &str) -> bool {
    let bytes = raw.as_bytes();
    let drive = bytes.windows(3).enumerate().any(|(at, w)| {
        let word = at > 0 && bytes[at - 1].is_ascii_alphanumeric();
        w[0].is_ascii_alphabetic() && w[1] == b':' && w[2] == b'\\' && !word
    });
    drive || is_share(raw) || has_variable(raw) || has_hive(raw)
}

/// `\\host\…`
fn is_share(raw: &str) -> bool {
    let Some(rest) = raw.strip_prefix("\\\\") else { return false };
    let host = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'$')).count();
    host > 1 && rest.as_bytes().get(host) == Some(&b'\\')
}

/// `%SystemRoot%\…`
fn has_variable(raw: &str) -> bool {
    raw.match_indices("%\\").any(|(at, _)| {
        let before = &raw.as_bytes()[..at];
        let name = before.iter().rev().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'(' | b')')).count();
        name > 2 && before.len() > name && before[before.len() - name - 1] == b'%'
    })
}

/// `HKLM\…`, `HKEY_USERS\…`
fn has_hive(raw: &str) -> bool {
    let upper = raw.to_ascii_uppercase();
    upper.starts_with("HKEY_") || ["HKLM\\", "HKCU\\", "HKCR\\", "HKCC\\", "HKU\\"].iter().any(|hive| upper.starts_with(hive))
}
