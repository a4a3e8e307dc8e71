//! The canonical text of what statements are made of. Reading it back gives the same tree, places aside.
//!
//! What could not be read prints as `?`, which cannot be read either.

use super::ast::{
    AttrPath, Comparison, Count, Expression, FunctionCall, Ident, Length, Literal, LiteralKind, Moment, Observation, Operands,
    Operator, Path, Pattern, Qualifier, SortBy, TimeSpan,
};
use super::{strings, words};
use crate::time::{Instant, SECOND};
use std::fmt::{self, Write as _};

/// Things with `, ` between.
pub(crate) fn list<'a, T: 'a>(items: impl IntoIterator<Item = &'a T>, out: &mut String, print: impl Fn(&T, &mut String)) {
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        print(item, out);
    }
}

pub(crate) fn ident(ident: &Ident, out: &mut String) {
    out.push_str(&ident.text);
}

/// A text in quotes as a huntflow may have it. No character of it acts on a terminal.
pub fn quoted(text: &str) -> String {
    strings::quote(text)
}

/// An attribute, with its type where it has one.
pub(crate) fn attribute(attribute: &AttrPath, out: &mut String) {
    if let Some(entity) = &attribute.entity {
        out.push_str(&entity.text);
        out.push(':');
    }
    out.push_str(&attribute.text);
}

/// A path, quoted where it was.
pub(crate) fn path(path: &Path, out: &mut String) {
    if path.quoted {
        out.push_str(&strings::quote(&path.text));
    } else {
        out.push_str(&path.text);
    }
}

pub(crate) fn literal(literal: &Literal, out: &mut String) {
    let _ = match &literal.kind {
        LiteralKind::Text(text) => write!(out, "{}", strings::quote(text)),
        LiteralKind::Word(word) => write!(out, "{word}"),
        LiteralKind::Int(int) => write!(out, "{int}"),
        LiteralKind::Float(float) => write!(out, "{float:?}"),
        LiteralKind::Time(time) => write!(out, "{}", instant(*time)),
        LiteralKind::Reference(reference) => write!(out, "{}.{}", reference.variable.text, reference.attribute.text),
        LiteralKind::Parameter(name) => write!(out, "${name}"),
        LiteralKind::Error => write!(out, "?"),
    };
}

/// `t'…'`
fn instant(instant: Instant) -> String {
    format!("t'{}'", words::instant_text(instant))
}

/// One literal or a list.
pub(crate) fn operand(operand: &Operands, out: &mut String) {
    match operand {
        Operands::One(one) => literal(one, out),
        Operands::List(items, _) => {
            out.push('(');
            list(items, out, literal);
            out.push(')');
        }
    }
}

fn comparison(comparison: &Comparison, out: &mut String) {
    attribute(&comparison.attribute, out);
    if comparison.operator == Operator::IsNull {
        out.push_str(if comparison.negated { " IS NOT NULL" } else { " IS NULL" });
        return;
    }
    out.push_str(if comparison.negated { " NOT " } else { " " });
    out.push_str(comparison.operator.text());
    out.push(' ');
    match &comparison.operand {
        Some(found) => operand(found, out),
        None => out.push('?'),
    }
}

/// A pattern without brackets around.
pub(crate) fn pattern(whole: &Pattern, out: &mut String) {
    let (parts, word) = match whole {
        Pattern::Compare(one) => return comparison(one, out),
        Pattern::Error(_) => return out.push('?'),
        Pattern::Not(part, _) => return negated(part, out),
        Pattern::And(parts, _) => (parts, " AND "),
        Pattern::Or(parts, _) => (parts, " OR "),
    };
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            out.push_str(word);
        }
        let group =
            matches!((whole, part), (Pattern::And(..), Pattern::And(..) | Pattern::Or(..)) | (Pattern::Or(..), Pattern::Or(..)));
        if group {
            out.push('(');
        }
        pattern(part, out);
        if group {
            out.push(')');
        }
    }
}

/// NOT before a comparison, or before parentheses.
fn negated(part: &Pattern, out: &mut String) {
    out.push_str("NOT ");
    let group = matches!(part, Pattern::And(..) | Pattern::Or(..) | Pattern::Not(..));
    if group {
        out.push('(');
    }
    pattern(part, out);
    if group {
        out.push(')');
    }
}

/// How tightly an observation binds: a looser part needs parentheses.
fn rank(observation: &Observation) -> u8 {
    match observation {
        Observation::FollowedBy(..) => 0,
        Observation::Or(..) => 1,
        Observation::And(..) => 2,
        Observation::Qualified(..) | Observation::One { .. } => 3,
    }
}

/// What follows WHERE.
pub(crate) fn observation(whole: &Observation, out: &mut String) {
    let (parts, word) = match whole {
        Observation::One { pattern: one, bracketed: false } => return pattern(one, out),
        Observation::One { pattern: one, bracketed: true } => {
            out.push('[');
            pattern(one, out);
            return out.push(']');
        }
        Observation::Qualified(part, qualifier, _) => return qualified(part, qualifier, out),
        Observation::And(parts, _) => (parts, " AND "),
        Observation::Or(parts, _) => (parts, " OR "),
        Observation::FollowedBy(parts, _) => (parts, " FOLLOWEDBY "),
    };
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            out.push_str(word);
        }
        let last = index + 1 == parts.len();
        grouped(part, rank(part) <= rank(whole) || last && seems_to_qualify_all(part), out);
    }
}

/// Whether a qualifier of this last part could be taken for one of all parts.
fn seems_to_qualify_all(part: &Observation) -> bool {
    matches!(part, Observation::Qualified(_, Qualifier::Within(_) | Qualifier::Repeats(_) | Qualifier::By(_), _))
}

fn grouped(part: &Observation, group: bool, out: &mut String) {
    if group {
        out.push('(');
    }
    observation(part, out);
    if group {
        out.push(')');
    }
}

/// A part with its qualifier. START and STOP need parentheses, or they would belong to the statement. So does a part that has a
/// qualifier of the same kind already.
fn qualified(part: &Observation, qualifier: &Qualifier, out: &mut String) {
    let between = matches!(qualifier, Qualifier::Between(..));
    if between {
        out.push('(');
    }
    let mut again = false;
    let mut below = part;
    while let Observation::Qualified(inner, other, _) = below {
        again |= std::mem::discriminant(other) == std::mem::discriminant(qualifier);
        below = inner;
    }
    grouped(part, rank(part) < 3 || again, out);
    let _ = match qualifier {
        Qualifier::Within(nanos) => write!(out, " WITHIN {} SECONDS", seconds(*nanos)),
        Qualifier::Repeats(times) => write!(out, " REPEATS {times} TIMES"),
        Qualifier::Between(start, stop) => write!(out, " START {} STOP {})", instant(*start), instant(*stop)),
        Qualifier::By(fields) => return by(fields, out),
        Qualifier::Without(without) => {
            out.push_str(" WITHOUT [");
            self::pattern(&without.pattern, out);
            let _ = write!(out, "] WITHIN {} SECONDS", seconds(without.nanos));
            if !without.by.is_empty() {
                by(&without.by, out);
            }
            return;
        }
    };
}

fn by(fields: &[AttrPath], out: &mut String) {
    out.push_str(" BY ");
    list(fields, out, attribute);
}

/// Nanoseconds as decimal seconds.
fn seconds(nanos: i64) -> String {
    let text = format!("{}.{:09}", nanos / SECOND, nanos % SECOND);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A duration, or `?` where none was read.
pub(crate) fn duration(nanos: Option<i64>) -> String {
    nanos.and_then(crate::time::duration::exact).unwrap_or_else(|| "?".to_owned())
}

/// A length of time.
pub(crate) fn length(length: &Length, out: &mut String) {
    match &length.parameter {
        Some((parameter, unit)) => _ = write!(out, "${} {unit}", parameter.text),
        None => out.push_str(&duration(length.nanos)),
    }
}

fn moment(moment: &Moment) -> String {
    match &moment.parameter {
        Some(parameter) => format!("${}", parameter.text),
        None => moment.at.map_or_else(|| "?".to_owned(), instant),
    }
}

/// The clause of a time range.
pub(crate) fn time(span: &TimeSpan, out: &mut String) {
    match span {
        TimeSpan::Between { start, stop, .. } => _ = write!(out, "START {} STOP {}", moment(start), moment(stop)),
        TimeSpan::Last(last) => {
            out.push_str("LAST ");
            length(last, out);
        }
    }
}

/// A clause after its word, if the statement has it.
pub(crate) fn clause<T>(word: &str, part: Option<&T>, out: &mut String, print: impl Fn(&T, &mut String)) {
    if let Some(part) = part {
        out.push(' ');
        out.push_str(word);
        out.push(' ');
        print(part, out);
    }
}

/// A clause that begins with its own word.
pub(crate) fn time_clause(span: Option<&TimeSpan>, out: &mut String) {
    if let Some(span) = span {
        out.push(' ');
        time(span, out);
    }
}

/// A number after LIMIT or OFFSET.
pub(crate) fn count(count: &Count, out: &mut String) {
    match (&count.parameter, count.value) {
        (Some(parameter), _) => _ = write!(out, "${}", parameter.text),
        (None, Some(value)) => _ = write!(out, "{value}"),
        (None, None) => out.push('?'),
    }
}

/// `attr ASC`
pub(crate) fn sort_by(by: &SortBy, out: &mut String) {
    attribute(&by.attribute, out);
    if by.written {
        out.push_str(if by.ascending { " ASC" } else { " DESC" });
    }
}

/// `FUNCTION(attr, literal, …) AS name`
fn function_call(call: &FunctionCall, out: &mut String) {
    let _ = write!(out, "{}({}", call.function.text, call.attribute.text);
    for argument in &call.arguments {
        out.push_str(", ");
        literal(argument, out);
    }
    let _ = write!(out, ") AS {}", call.name.text);
}

pub(crate) fn expression(expression: &Expression, out: &mut String) {
    let variable = &expression.variable.text;
    let _ = match expression.transformer {
        Some(transformer) => write!(out, "{}({variable})", transformer.word()),
        None => write!(out, "{variable}"),
    };
    clause("WITH", expression.computed.as_ref(), out, |calls, out| list(calls, out, function_call));
    clause("WHERE", expression.filter.as_ref(), out, observation);
    clause("ATTR", expression.attributes.as_ref(), out, |attributes, out| list(attributes, out, attribute));
    clause("SORT BY", expression.sort.as_ref(), out, sort_by);
    clause("LIMIT", expression.limit.as_ref(), out, count);
    clause("OFFSET", expression.offset.as_ref(), out, count);
}

/// The `Debug` form of small nodes is their text and place, on one line.
macro_rules! debug_as_text {
    ($($node:ident $print:ident,)*) => {
        $(impl fmt::Debug for $node {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut text = String::new();
                $print(self, &mut text);
                write!(f, "{text} {:?}", self.span)
            }
        })*
    };
}

debug_as_text! {
    Ident ident,
    AttrPath attribute,
    Path path,
    Literal literal,
    Comparison comparison,
    Count count,
    Length length,
}

impl fmt::Debug for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&moment(self))
    }
}
