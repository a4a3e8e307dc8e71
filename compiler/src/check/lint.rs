//! Lints on comparisons that are legal but can hardly be meant.

use super::context::Checker;
use super::hir::{Attr, Operand, Predicate, Test, TestOp};
use super::operand::operator_place;
use crate::catalog::{EntityId, Rule, ValueType};
use crate::diag::Diagnostic;
use crate::diag::codes::patterns::{CASE_TRAP, CURRENT_USER_HIVE, NEVER_MATCHES, WILDCARD, WORD_LIKE_VARIABLE};
use crate::syntax::ast::{Comparison, Literal, LiteralKind, Operator};
use crate::syntax::errors::names::shorten;
use crate::value::Value;
use ipnet::IpNet;

/// Hive names that no record has: records name the hive of a user by SID, below HKU.
const CURRENT_USER: &[&str] = &["HKCU\\", "HKEY_CURRENT_USER\\"];

impl Checker<'_> {
    /// Warns of a literal that no value of the attribute equals.
    pub(super) fn never_equal(&mut self, comparison: &Comparison, literal: &Literal, ty: ValueType, why: &str) {
        let text = self.written(literal);
        let message = format!("no {} equals `{}`", ty.word(), shorten(&text));
        let mut diagnostic = Diagnostic::new(&NEVER_MATCHES, literal.span, message)
            .label(why.to_owned())
            .also(comparison.attribute.span, format!("an attribute of kind {}", ty.word()));
        if text.trim().parse::<IpNet>().is_ok() {
            let with = if comparison.denies() { " NOT ISSUBSET" } else { " ISSUBSET" };
            let help = format!("{} compares with a network", with.trim());
            diagnostic = diagnostic.fix(help, operator_place(comparison), with);
        }
        self.report(diagnostic);
    }

    /// Warns of a network of the address family that the attribute never has.
    pub(super) fn network_family(&mut self, literal: &Literal, ty: ValueType, network: IpNet) {
        let wrong = match (ty, network) {
            (ValueType::Ipv4, IpNet::V6(_)) => "an IPv6 network",
            (ValueType::Ipv6, IpNet::V4(_)) => "an IPv4 network",
            _ => return,
        };
        let message = format!("no {} lies in `{network}`", ty.word());
        let other = if ty == ValueType::Ipv4 { ValueType::Ipv6 } else { ValueType::Ipv4 };
        let types =
            self.catalog.entities.iter().filter(|e| e.attributes.get(usize::from(e.primary.0)).is_some_and(|a| a.ty == other));
        let mut diagnostic = Diagnostic::new(&NEVER_MATCHES, literal.span, message).label(wrong);
        for entity in types {
            diagnostic = diagnostic.help(format!("{} holds {}es", entity.name, other.word()));
        }
        self.report(diagnostic);
    }

    /// Warns of texts that the attribute cannot have because of the rule that makes its values.
    pub(super) fn equality_lints(
        &mut self,
        entity: EntityId,
        attr: &Attr,
        comparison: &Comparison,
        literal: &Literal,
        value: &Value,
    ) {
        let (Attr::Catalog(id), Value::Text(text)) = (attr, value) else { return };
        let catalog = self.catalog;
        let attribute = catalog.attribute(entity, *id);
        let every = |test: fn(Rule) -> bool| attribute.access.iter().flatten().all(|a| test(a.rule));
        if attribute.name.ends_with("path") {
            self.drive_letter(comparison, literal, text);
        }
        if every(|r| r == Rule::RegistryKey) {
            self.current_user(literal, text);
        }
    }

    /// `x_path = 'c:\Windows\a.exe'`: the system writes drive letters in upper case.
    fn drive_letter(&mut self, comparison: &Comparison, literal: &Literal, text: &str) {
        let [drive, b':', b'\\', ..] = text.as_bytes() else { return };
        if !drive.is_ascii_lowercase() || self.options.ignore_case || comparison.operator.any_case() {
            return;
        }
        let operator = self.operator_words(comparison);
        let message = format!("{operator} distinguishes case, and records write drive letters in upper case");
        let mut diagnostic = Diagnostic::new(&CASE_TRAP, literal.span, message).label("a drive letter in lower case");
        let with = match comparison.operator {
            Operator::In if comparison.negated => " NOT IN~",
            Operator::In => " IN~",
            Operator::Ne => " !~",
            _ => " =~",
        };
        diagnostic = diagnostic.fix(format!("{} takes either case", with.trim()), operator_place(comparison), with);
        self.report(diagnostic.help("write the path in the case that records have"));
    }

    fn current_user(&mut self, literal: &Literal, text: &str) {
        let Some(start) = CURRENT_USER.iter().find(|s| text.get(..s.len()).is_some_and(|t| t.eq_ignore_ascii_case(s))) else {
            return;
        };
        let rest = text.get(start.len()..).unwrap_or_default();
        let like = format!(r"LIKE r'HKU\%\{rest}'");
        let diagnostic = Diagnostic::new(&CURRENT_USER_HIVE, literal.span, "HKEY_CURRENT_USER never occurs in records")
            .label("never in a record")
            .note(r"Sysmon writes the hive of a user as HKU\SID\…")
            .help(format!("`{like}` finds the key of every user"));
        self.report(diagnostic);
    }

    /// Warns of wildcards of another operator: `%` with `=`, `*` with LIKE. Also of HKEY_CURRENT_USER after LIKE.
    pub(super) fn wildcards(&mut self, comparison: &Comparison, literal: &Literal) {
        let LiteralKind::Text(text) = &literal.kind else { return };
        match comparison.operator.with_case() {
            Operator::Eq | Operator::Ne | Operator::In if percent_wildcard(text) => {
                let like = if comparison.denies() { " NOT LIKE" } else { " LIKE" };
                let operator = self.operator_words(comparison);
                let diagnostic = Diagnostic::new(&WILDCARD, literal.span, format!("`%` is an ordinary character with {operator}"))
                    .label("compared as it stands");
                let help = format!("{} takes `%` for any run of characters", like.trim());
                let list = comparison.operator.with_case() == Operator::In;
                let diagnostic = if list { diagnostic.help(help) } else { diagnostic.fix(help, operator_place(comparison), like) };
                self.report(diagnostic);
            }
            Operator::Like if star_wildcard(text) => {
                let written = self.sources.text(literal.span).to_owned();
                let diagnostic = Diagnostic::new(&WILDCARD, literal.span, "`*` is an ordinary character with LIKE")
                    .label("compared as it stands")
                    .fix("LIKE takes `%` for any run of characters", literal.span, written.replace('*', "%"));
                self.report(diagnostic);
            }
            Operator::Like if escaped_wildcard(text) => {
                let found = Diagnostic::new(&WILDCARD, literal.span, "LIKE has no escape: a backslash is a character of the text")
                    .label("any character stands behind that backslash");
                let way = "MATCHES tells the wildcard from the character";
                let place = comparison.operator_span.to(literal.span);
                let diagnostic = if text.contains('\'') {
                    found.help(way)
                } else {
                    found.fix(way, place, format!("MATCHES r'{}'", as_expression(text)))
                };
                self.report(diagnostic);
            }
            Operator::Like if comparison.attribute.canonical() == "key" => self.current_user(literal, text),
            _ => {}
        }
    }

    /// Warns of a bare word, which is text, where a variable has this name.
    pub(super) fn word_like_variable(&mut self, comparison: &Comparison, literal: &Literal, word: &str) {
        self.scope.touch(word);
        let reference = format!("{word}.{}", comparison.attribute.text);
        let diagnostic =
            Diagnostic::new(&WORD_LIKE_VARIABLE, literal.span, format!("`{word}` is the text '{word}', not the variable"))
                .label("text")
                .fix("a variable is referred to with an attribute", literal.span, reference)
                .fix("quotes say that text is meant", literal.span, format!("'{word}'"));
        self.report(diagnostic);
    }

    /// `name = 'a' AND name = 'b'`: one value cannot be both.
    pub(super) fn contradiction(&mut self, entity: EntityId, parts: &[Predicate]) {
        let mut seen: Vec<(&Test, Vec<&Value>)> = Vec::new();
        let mut found = None;
        for part in parts {
            let Predicate::Test(test) = part else { continue };
            // Entities of another type may stand in several slots, one for each value.
            if test.entity != entity {
                continue;
            }
            let Some(values) = self.only(test) else { continue };
            let same = |t: &Test| t.attr == test.attr;
            match seen.iter().find(|(t, _)| same(t)) {
                Some((before, others)) if !values.iter().any(|v| others.contains(v)) => {
                    found = Some((before.span, test.span));
                    break;
                }
                Some(_) => {}
                None => seen.push((test, values)),
            }
            // A slip is not this long; the search stays linear.
            if seen.len() > 16 {
                return;
            }
        }
        if let Some((first, second)) = found {
            let diagnostic = Diagnostic::new(&NEVER_MATCHES, second, "one value cannot equal both")
                .label("and this")
                .also(first, "this")
                .help("IN (…) or OR takes either value");
            self.report(diagnostic);
        }
    }

    /// The values of which the attribute must equal one, for a test that says this and nothing else.
    fn only<'t>(&self, test: &'t Test) -> Option<Vec<&'t Value>> {
        let (TestOp::OneOf(operands), Attr::Catalog(id), false, false) = (&test.op, &test.attr, test.negated, test.fold) else {
            return None;
        };
        let attribute = self.catalog.attribute(test.entity, *id);
        let hive = attribute.access.iter().flatten().any(|a| a.rule == Rule::RegistryKey);
        if attribute.many || hive || test.ty.is_identifier() || operands.is_empty() || operands.len() > 64 {
            return None;
        }
        operands.iter().map(|o| if let Operand::Value(value) = o { Some(value) } else { None }).collect()
    }
}

/// Whether `%` at an end looks like a wildcard, not like an environment variable (`%TEMP%\x`).
fn percent_wildcard(text: &str) -> bool {
    let word = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'(' | b')'));
    let start = text.strip_prefix('%').is_some_and(|rest| !rest.split_once('%').is_some_and(|(name, _)| word(name)));
    let end = text.strip_suffix('%').is_some_and(|rest| !rest.rsplit_once('%').is_some_and(|(_, name)| word(name)));
    text.len() > 1 && (start || end)
}

/// Whether a text of LIKE has `\%` or `\_` where no path would.
fn escaped_wildcard(text: &str) -> bool {
    // In a path a backslash stands before names, at the end, and behind what stands for any folder.
    let escapes = |(at, _): (usize, char)| {
        let (before, behind) = text.split_at(at);
        matches!(behind.as_bytes(), [b'\\', b'%' | b'_', _, ..] | [b'\\', b'_']) && !before.is_empty() && !before.ends_with('%')
    };
    text.contains('\\') && !text.contains(':') && text.char_indices().filter(|(_, c)| *c == '\\').all(escapes)
}

/// A pattern of LIKE with escapes, as a regular expression.
fn as_expression(text: &str) -> String {
    let mut out = String::from("(?i)^");
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next().map(|c| regex::escape(&c.to_string()))),
            '%' => out.push_str(".*"),
            '_' => out.push('.'),
            c => out.push_str(&regex::escape(&c.to_string())),
        }
    }
    out + "$"
}

/// Whether `*` at an end looks like a wildcard.
fn star_wildcard(text: &str) -> bool {
    text.len() > 1 && !text.contains(['%', ' ']) && (text.starts_with('*') || text.ends_with('*'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environment_variables_are_no_wildcards() {
        for text in ["%cmd.exe", "cmd.exe%", "%cmd.exe%", "%-enc %"] {
            assert!(percent_wildcard(text), "{text}");
        }
        for text in ["%TEMP%\\a.exe", "%TEMP%", "echo %PATH%", "100% sure", "%", "cmd.exe", "%ProgramFiles(x86)%\\x"] {
            assert!(!percent_wildcard(text), "{text}");
        }
    }

    #[test]
    fn stars_at_an_end_are_wildcards() {
        assert!(star_wildcard("*mimikatz*"));
        assert!(!star_wildcard("dir *"), "a command line may end so");
        assert!(!star_wildcard("%*%"));
    }
}
