//! What other languages and daily speech say, and how a huntflow says it: words for names (`foreign_words.csv`), and phrases
//! (`phrases.tsv`).

use crate::diag::{Diagnostic, Help, Severity};
use crate::source::{SourceId, Span};
use crate::syntax::words;
use regex::{Captures, Regex, RegexBuilder};
use std::sync::{LazyLock, OnceLock};

/// A row of the table of words.
pub(crate) struct ForeignWord {
    pub(crate) kind: &'static str,
    pub(crate) word: &'static str,
    pub(crate) meant: Vec<&'static str>,
}

/// The table of words.
pub(crate) static WORDS: LazyLock<Vec<ForeignWord>> = LazyLock::new(|| {
    let lines = include_str!("foreign_words.csv").lines().filter(|line| !line.starts_with('#')).skip(1);
    let row = |line: &'static str| {
        let mut cells = line.split(',');
        let (kind, word, meant) = (cells.next()?, cells.next()?, cells.next()?);
        let between = if kind == "relation" { '|' } else { ' ' };
        Some(ForeignWord { kind, word, meant: meant.split(between).collect() })
    };
    lines.filter_map(row).collect()
});

/// What a word is called here, the likeliest first.
pub(crate) fn meant(kind: &str, word: &str) -> &'static [&'static str] {
    let found = WORDS.iter().find(|row| row.kind == kind && row.word.eq_ignore_ascii_case(word));
    found.map_or(&[], |row| row.meant.as_slice())
}

/// A row of the table of phrases.
pub(crate) struct Phrase {
    /// Whether `here` takes the place of what was found, rather than being an example.
    replaces: bool,
    /// Parts of the statement, in lower case, with `&` between: where one is not there, the expression is not tried.
    word: &'static str,
    pub(crate) pattern: &'static str,
    regex: OnceLock<Option<Regex>>,
    way: &'static str,
    pub(crate) here: String,
    /// Mistakes that the row is about.
    #[cfg(test)]
    pub(crate) examples: Vec<String>,
}

/// The table of phrases.
pub(crate) static PHRASES: LazyLock<Vec<Phrase>> = LazyLock::new(|| {
    let lines = include_str!("phrases.tsv").lines().filter(|line| !line.starts_with('#')).skip(1);
    let row = |line: &'static str| {
        let mut cells = line.split('\t');
        Some(Phrase {
            replaces: cells.next()? == "fix",
            word: cells.next()?,
            pattern: cells.next()?,
            regex: OnceLock::new(),
            way: cells.next()?,
            here: cells.next()?.replace("\\n", "\n"),
            #[cfg(test)]
            examples: cells.map(|cell| cell.replace("\\n", "\n")).collect(),
        })
    };
    lines.filter_map(row).collect()
});

impl Phrase {
    fn regex(&self) -> Option<&Regex> {
        let build = || RegexBuilder::new(self.pattern).case_insensitive(true).multi_line(true).crlf(true).build().ok();
        self.regex.get_or_init(build).as_ref()
    }

    /// The way out for a phrase that was found in the unit that begins at `from`.
    fn help(&self, found: &Captures<'_>, source: SourceId, from: usize) -> Help {
        if !self.replaces {
            return Help { text: format!("{}: {}", self.way, self.here), replace: None };
        }
        let span = found.get(0).map_or(Span::new(source, from, from), |m| Span::new(source, from + m.start(), from + m.end()));
        Help { text: self.way.to_owned(), replace: Some((span, self.expanded(found))) }
    }

    /// What takes the place of the phrase.
    fn expanded(&self, found: &Captures<'_>) -> String {
        let mut out = String::new();
        let mut rest = self.here.as_str();
        while let Some((before, (name, behind))) = rest.split_once("${").and_then(|(b, r)| Some((b, r.split_once('}')?))) {
            out.push_str(before);
            out.push_str(&group(found, name));
            rest = behind;
        }
        out + rest
    }
}

/// The text of a group. Some are said in other words here.
fn group(found: &Captures<'_>, name: &str) -> String {
    let text = |name: &str| found.name(name).map(|m| m.as_str());
    match (name, text(name)) {
        // The variable that a phrase binds; where it binds none, any name will do.
        ("x", None) => "x".to_owned(),
        ("field", Some(word)) => meant("attribute", word).first().copied().unwrap_or(word).to_owned(),
        ("like", None) => text("t").map_or_else(String::new, |t| t.replace('*', "%").replace('?', "_")),
        ("seconds", None) => {
            let unit = match text("u").map(str::to_ascii_lowercase).as_deref() {
                Some("d") => 86_400,
                Some("h") => 3_600,
                Some("m") => 60,
                _ => 1,
            };
            let number = text("n").and_then(|n| n.parse::<u64>().ok()).unwrap_or(1);
            number.saturating_mul(unit).to_string()
        }
        // Backslashes that are doubled already are escapes.
        ("raw", None) => if text("t").is_some_and(|t| t.contains("\\\\")) { "" } else { "r" }.to_owned(),
        ("utc", None) => in_utc(text("t")),
        ("utc_until", None) => in_utc(text("until")),
        (_, text) => text.unwrap_or("").to_owned(),
    }
}

/// A time as the language writes it; one without an offset is in UTC already.
fn in_utc(text: Option<&str>) -> String {
    let text = text.unwrap_or("");
    words::lenient_instant(text).map_or_else(|| text.to_owned(), words::instant_text)
}

/// Most errors of a text for which phrases are looked for.
const MOST_LOOKED: usize = 50;
/// Longest statement that is looked at, in bytes.
const LONGEST: usize = 4_096;

/// Gives errors of reading the way out for the phrase that they touch. What is said behind that in the same statement is an echo
/// of it, and left out; `unread` gets the place, so that later passes say nothing of it either.
pub(crate) fn phrases(source: SourceId, text: &str, diagnostics: &mut Vec<Diagnostic>, unread: &mut Vec<Span>) {
    let (mut end, mut looked) = (0, 0);
    let mut kept = Vec::with_capacity(diagnostics.len());
    for mut diagnostic in diagnostics.drain(..) {
        let span = diagnostic.primary.span;
        if (span.start as usize) < end {
            continue;
        }
        // Of a hostile text no more is looked at than is shown.
        looked += usize::from(diagnostic.severity == Severity::Error);
        if diagnostic.severity == Severity::Error
            && looked <= MOST_LOOKED
            && let Some((help, place)) = way_out(source, text, span)
        {
            diagnostic.helps = vec![help];
            diagnostic.notes.clear();
            end = place.end as usize;
            // What was said before it in the same statement is an echo, too.
            while kept.last().is_some_and(|before: &Diagnostic| before.primary.span.start >= place.start) {
                kept.pop();
            }
            unread.push(place);
        }
        kept.push(diagnostic);
    }
    *diagnostics = kept;
}

/// The way out for the first phrase that touches a place, and the part of the statement that it spoils.
fn way_out(source: SourceId, text: &str, place: Span) -> Option<(Help, Span)> {
    let (from, to) = unit(text, place.start as usize);
    let unit = text.get(from..to).filter(|unit| unit.len() <= LONGEST)?;
    let lower = unit.to_ascii_lowercase();
    PHRASES.iter().filter(|phrase| phrase.word.split('&').all(|word| lower.contains(word))).find_map(|phrase| {
        let regex = phrase.regex()?;
        let touches = |m: &regex::Match<'_>| from + m.start() <= place.end as usize && place.start as usize <= from + m.end();
        let found = regex.captures_iter(unit).find(|found| found.get(0).is_some_and(|m| touches(&m)))?;
        let start = found.get(0)?.start();
        Some((phrase.help(&found, source, from), Span::new(source, from + start, to)))
    })
}

/// The lines of a statement around a place: further lines are indented, or begin with what goes on.
fn unit(text: &str, at: usize) -> (usize, usize) {
    let goes_on = |line: &str| line.starts_with([' ', '\t', '|', '[', ')', ']']) && !line.trim().is_empty();
    let at = at.min(text.len());
    let line_start = |at: usize| text.get(..at).and_then(|t| t.rfind('\n')).map_or(0, |n| n + 1);
    let line_end = |at: usize| text.get(at..).and_then(|t| t.find('\n')).map_or(text.len(), |n| at + n);
    let (mut from, mut to) = (line_start(at), line_end(at));
    while from > 0 && text.get(from..to).is_some_and(goes_on) {
        from = line_start(from - 1);
    }
    while to < text.len() && text.get(to + 1..line_end(to + 1)).is_some_and(goes_on) {
        to = line_end(to + 1);
    }
    (from, to)
}
