//! Turns faults into diagnostics: what was expected, what was found, and what to do about it.

use super::fault::{Expect, ExpectSet, Fault};
use super::names;
use crate::diag::Diagnostic;
use crate::diag::codes::syntax::{KEYWORD_AS_NAME, UNCLOSED, UNEXPECTED};
use crate::source::Span;
use crate::syntax::ast::Operator;
use crate::syntax::scan::Scanned;
use crate::syntax::token::{Class, Flags, Keyword, Kind, Token};
use foldhash::HashSet;

/// Turns faults into diagnostics: one for each place, none where the lexer has said what is wrong.
pub(crate) fn diagnostics(faults: Vec<Fault>, scanned: &Scanned<'_>, end: Span) -> Vec<Diagnostic> {
    let mut out = Vec::with_capacity(faults.len());
    let mut places = HashSet::default();
    for fault in faults {
        if let Some(told) = fault.told {
            out.push(*told);
            continue;
        }
        let found = scanned.tokens.get(fault.at);
        let echo = found.map_or(scanned.tainted_end, |t| t.has(Flags::TAINTED));
        if echo || behind_between(&scanned.tokens, fault.at, &places) || !places.insert(fault.at) {
            continue;
        }
        out.push(Context { tokens: &scanned.tokens, at: fault.at, expected: fault.expected, end }.diagnostic());
    }
    out
}

/// Whether this is the upper bound of a BETWEEN that was reported: `BETWEEN low AND high`.
fn behind_between(tokens: &[Token<'_>], at: usize, reported: &HashSet<usize>) -> bool {
    let Some([between, _, and]) = at.checked_sub(3).and_then(|from| tokens.get(from..at)) else { return false };
    between.text.eq_ignore_ascii_case("BETWEEN") && and.is(Keyword::And) && reported.contains(&(at - 3))
}

/// The keywords of the clauses that an expression takes.
const EXPRESSION: &[Keyword] = &[Keyword::With, Keyword::Where, Keyword::Attr, Keyword::Sort, Keyword::Limit, Keyword::Offset];

/// A fault with the tokens around it.
struct Context<'a, 's> {
    tokens: &'a [Token<'s>],
    at: usize,
    expected: ExpectSet,
    end: Span,
}

impl<'a, 's> Context<'a, 's> {
    fn found(&self) -> Option<&'a Token<'s>> {
        self.tokens.get(self.at)
    }

    fn before(&self) -> Option<&'a Token<'s>> {
        self.tokens.get(self.at.checked_sub(1)?)
    }

    /// The place to point at: the token, or the end of the last one.
    fn span(&self) -> Span {
        self.found().map_or_else(|| self.before().map_or(self.end, |t| t.span.after()), |t| t.span)
    }

    fn diagnostic(&self) -> Diagnostic {
        if let Some(unclosed) = self.unclosed() {
            return unclosed;
        }
        let span = self.span();
        let statement_over = self.expected.has(Expect::Statement);
        let wanted = self.wanted();
        let Some(found) = self.found() else {
            let missing = Diagnostic::new(&UNEXPECTED, span, format!("{wanted} is missing at the end"));
            return self.hint(missing);
        };
        let shown = describe(found);
        if let Some(keyword) = self.keyword_as_name(found) {
            return keyword;
        }
        if statement_over && found.kind == Kind::Eq && found.has(Flags::LINE_START) {
            let lost = Diagnostic::new(&UNEXPECTED, span, "the variable before `=` is missing");
            return lost.label("what is to be bound?").help("write `name = …`");
        }
        let diagnostic = if statement_over {
            Diagnostic::new(&UNEXPECTED, span, format!("unexpected {}", shown.trim_start_matches("the "))).label(self.goes_on())
        } else {
            Diagnostic::new(&UNEXPECTED, span, format!("expected {wanted}, found {shown}"))
        };
        self.hint(diagnostic)
    }

    /// How a complete statement could go on.
    fn goes_on(&self) -> String {
        // Looks back for the start of the statement: its command, if it is not an expression.
        let begins = |at: &usize| {
            let sort_by = self.tokens.get(at + 1).is_some_and(|t| t.is(Keyword::By));
            self.tokens[*at].keyword.and_then(Keyword::clauses).filter(|_| !sort_by)
        };
        let start = (0..self.at).rev().find(|at| begins(at).is_some() || self.tokens[*at].has(Flags::OPENS));
        let clauses = start.as_ref().and_then(begins).unwrap_or(EXPRESSION);
        // GROUP, APPLY and a variable take one WITH.
        let with = self.tokens[start.unwrap_or(0)..self.at].iter().any(|t| t.is(Keyword::With));
        let clauses: Vec<Keyword> = clauses.iter().filter(|k| !with || **k != Keyword::With).copied().collect();
        let joins = [Keyword::And, Keyword::Or, Keyword::As];
        let all = joins.iter().chain(&clauses).filter(|k| self.expected.has_keyword(**k)).map(|k| k.word());
        match join(&all.collect::<Vec<_>>()) {
            none if none.is_empty() => "a new statement begins with a command or `name =`".to_owned(),
            some => format!("{some} could stand here, or a new statement"),
        }
    }

    /// What was expected, in words.
    fn wanted(&self) -> String {
        let texts = self.expected.texts();
        if texts.is_empty() { "something else".to_owned() } else { join(&texts) }
    }

    /// The message about a bracket that is still open where it must be closed.
    fn unclosed(&self) -> Option<Diagnostic> {
        let closer = [
            (Expect::CloseParen, Kind::OpenParen, ")"),
            (Expect::CloseBracket, Kind::OpenBracket, "]"),
            (Expect::CloseBrace, Kind::OpenBrace, "}"),
        ];
        let (_, kind, text) = closer.into_iter().find(|(e, _, _)| self.expected.has(*e))?;
        let ends = self.found().is_none_or(|t| {
            t.has(Flags::OPENS) || t.kind.closes() || t.keyword.is_some_and(|k| k.class() == Class::Clause || k.statement())
        });
        if !ends {
            return None;
        }
        let mut depth = 0_usize;
        let open = self.tokens[..self.at].iter().rev().find(|t| {
            depth += usize::from(t.kind.closes());
            if t.kind.opens() && depth > 0 {
                depth -= 1;
                return false;
            }
            t.kind == kind && depth == 0
        })?;
        let before = self.before()?.span.after();
        let message = format!("`{}` is not closed", open.text);
        let found = Diagnostic::new(&UNCLOSED, open.span, message).also(before, format!("`{text}` is missing here"));
        Some(found.fix("close it", before, text))
    }

    /// The message about a reserved word where a name is needed.
    fn keyword_as_name(&self, found: &Token<'_>) -> Option<Diagnostic> {
        let keyword = found.keyword.filter(|k| k.reserved() && !k.statement())?;
        let name = [Expect::Variable, Expect::Alias, Expect::Argument].into_iter().any(|e| self.expected.has(e));
        let next = self.tokens.get(self.at + 1);
        let alone = next.is_none_or(|t| t.has(Flags::LINE_START) || matches!(t.kind, Kind::Comma | Kind::CloseParen | Kind::Plus));
        if !name || !alone {
            return None;
        }
        let message = format!("`{}` is a keyword here", found.text);
        let diagnostic = Diagnostic::new(&KEYWORD_AS_NAME, found.span, message).label("a variable is needed");
        Some(diagnostic.fix(
            "rename the variable where it is bound and here",
            found.span,
            format!("{}_", keyword.word().to_lowercase()),
        ))
    }

    /// Adds the way out for mistakes that people make.
    fn hint(&self, diagnostic: Diagnostic) -> Diagnostic {
        let expects = |e| self.expected.has(e);
        let over = expects(Expect::Statement);
        let (before, found) = (self.before(), self.found());
        if let Some(way) = self.foreign(over) {
            return diagnostic.help(way);
        }
        let nothing = found.is_none_or(|t| t.kind.closes() || t.has(Flags::OPENS) || t.keyword.is_some_and(Keyword::reserved));
        if let Some(comma) = before.filter(|t| t.kind == Kind::Comma && !over && nothing) {
            return diagnostic.fix("remove the comma, or write what is to follow it", comma.span, "");
        }
        if let (Some(prefix), Some(text)) = (before, found)
            && text.kind == Kind::Text
            && text.has(Flags::GLUED)
            && matches!(prefix.text, "R" | "T")
        {
            let lower = prefix.text.to_ascii_lowercase();
            return diagnostic.fix("the prefix of a string is lower case", prefix.span, lower);
        }
        if expects(Expect::Operator) {
            return self.operator_hint(diagnostic);
        }
        if self.expected.has_keyword(Keyword::Null) && !over {
            return diagnostic.help("IS is for NULL alone; values are compared with `=`");
        }
        if let (Some(first), Some(second)) = (before, found)
            && expects(Expect::Comma)
            && first.kind.is_text()
            && second.kind.is_text()
        {
            return diagnostic.fix("insert the comma", first.span.after(), ",");
        }
        match found.map(|t| t.kind) {
            Some(Kind::Comma) if over => self.after_comma(diagnostic),
            Some(Kind::Plus) if over => diagnostic.help("operands of `+` are plain variables: z = x + y"),
            Some(Kind::Plus) if expects(Expect::Value) => diagnostic.fix("numbers have no `+`", self.span(), ""),
            Some(Kind::Star) => diagnostic.help("`*` stands behind DEPTH and in `name[*]` only"),
            _ if expects(Expect::Comparison) => diagnostic.help("an example is name = 'cmd.exe'"),
            _ if expects(Expect::Value) => diagnostic.help("text stands in quotes: 'cmd.exe'"),
            _ if expects(Expect::Instant) => diagnostic.help("an example is t'2021-04-01T00:00:00Z'"),
            _ if expects(Expect::JsonKey) => diagnostic.help("keys stand in quotes: {\"name\": \"cmd.exe\"}"),
            _ if expects(Expect::Rows) => diagnostic.help("an example is NEW process [{\"name\": \"cmd.exe\"}]"),
            _ => diagnostic,
        }
    }

    /// What other languages would have here.
    fn foreign(&self, over: bool) -> Option<&'static str> {
        // Before the first token there is nothing that could go on.
        let found = self.found().filter(|_| self.at > 0)?;
        let word = |token: &Token<'_>, word: &str| token.text.eq_ignore_ascii_case(word);
        let expects = |e| self.expected.has(e);
        if over && (found.is(Keyword::And) || found.is(Keyword::Or)) {
            return Some("AND and OR stand behind WHERE");
        }
        if found.kind == Kind::OpenParen && expects(Expect::Operator) {
            return Some("comparisons have no functions: attribute, operator, value");
        }
        let join = self.tokens[..self.at].iter().rev().take(8).any(|t| word(t, "join"));
        if join && expects(Expect::Comma) {
            return Some("write JOIN p, q BY pid, pid: an attribute of each variable");
        }
        None
    }

    /// Adds the way out where something else stands in the place of an operator.
    fn operator_hint(&self, diagnostic: Diagnostic) -> Diagnostic {
        let (before, found) = (self.before(), self.found());
        let next = self.tokens.get(self.at + 1);
        let names = |t: Option<&Token<'_>>| t.is_some_and(|t| t.kind == Kind::Word);
        if let (Some(attribute), Some(value)) = (before, found)
            && let Some(attribute) = attribute.text.strip_suffix(':').filter(|a| a.contains('.') && names(found))
        {
            let place = before.map_or(value.span, |b| b.span.to(value.span));
            return diagnostic.fix("values are compared with `=`", place, format!("{attribute} = '{}'", value.text));
        }
        match (before, found, next) {
            (Some(entity), Some(colon), Some(name)) if colon.kind == Kind::Colon && names(next) => {
                let with = format!("{}:{}", entity.text, name.text);
                diagnostic.fix("`:` stands without blanks", entity.span.to(name.span), with)
            }
            (Some(entity), Some(name), _) if entity.text.ends_with(':') && names(found) => {
                let with = format!("{}{}", entity.text, name.text);
                diagnostic.fix("`:` stands without blanks", entity.span.to(name.span), with)
            }
            _ => diagnostic.note(all_operators()),
        }
    }

    /// Adds the way out where a comma follows a complete statement.
    fn after_comma(&self, diagnostic: Diagnostic) -> Diagnostic {
        if self.before().is_some_and(|t| t.kind.is_text() || t.kind == Kind::Number) {
            return diagnostic.help("several values stand in parentheses: IN ('a', 'b')");
        }
        diagnostic.help("the command takes one variable; write a statement for each")
    }
}

/// Which operators there are, for people.
fn all_operators() -> String {
    let others = Operator::ALL.iter().filter(|o| **o != Operator::IsNull).map(|o| o.text());
    format!("operators are {}, and {}", others.collect::<Vec<_>>().join(" "), Operator::IsNull.text())
}

/// `a`, `a or b`, `a, b or c`; at most five.
fn join(texts: &[&str]) -> String {
    let texts = &texts[..texts.len().min(5)];
    match texts {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// A token as messages name it.
fn describe(token: &Token<'_>) -> String {
    let text = names::shorten(token.text);
    match token.kind {
        Kind::Text | Kind::RawText | Kind::TimeText => format!("the text {text}"),
        Kind::Number => format!("the number {text}"),
        Kind::TooDeep => "brackets".to_owned(),
        Kind::Word if token.keyword.is_some_and(Keyword::reserved) => format!("the keyword {}", text.to_uppercase()),
        _ => format!("`{text}`"),
    }
}
