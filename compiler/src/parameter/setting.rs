//! Values that are given to parameters from outside.

use super::value;
use crate::diag::Severity;
use crate::options::{ParameterSetting, SettingValue};
use crate::source::{SourceSet, Span};
use crate::syntax::ast::{Literal, LiteralKind, Operands};
use crate::syntax::words;

/// The value of a setting, beside the default that it replaces. The error says why it is none.
pub(super) fn read(setting: &ParameterSetting, default: Option<&Operands>, sources: &SourceSet) -> Result<Operands, &'static str> {
    match &setting.value {
        SettingValue::Written => written(setting.span, default, sources),
        SettingValue::List(items) => {
            let items = items.iter().map(|(value, span)| typed(value, *span)).collect::<Result<Vec<_>, _>>()?;
            if items.is_empty() { Err("a list has values") } else { Ok(Operands::List(items, setting.span)) }
        }
        one => typed(one, setting.span).map(Operands::One),
    }
}

fn typed(value: &SettingValue, span: Span) -> Result<Literal, &'static str> {
    let kind = match value {
        SettingValue::Text(text) => LiteralKind::Text(text.clone()),
        SettingValue::Int(int) => LiteralKind::Int(*int),
        SettingValue::Float(float) => LiteralKind::Float(*float),
        SettingValue::Bool(truth) => LiteralKind::Word(truth.to_string()),
        SettingValue::Time(time) => LiteralKind::Time(*time),
        SettingValue::Written | SettingValue::List(_) => return Err("lists do not nest"),
    };
    Ok(Literal::of_parameter(kind, span))
}

/// What a command line gives: one literal, or text without quotes. It is never read as a part of the hunt.
fn written(span: Span, default: Option<&Operands>, sources: &SourceSet) -> Result<Operands, &'static str> {
    let text = sources.text(span);
    let verbatim = || Operands::One(Literal::of_parameter(LiteralKind::Text(text.to_owned()), span));
    let found = value::read(span.source, &sources.get(span.source).text, span.start as usize..span.end as usize);
    let whole = !found.commented && !found.told.iter().any(|d| d.severity == Severity::Error);
    let operands = found.operands.filter(|_| whole);
    let of_text = default.is_some_and(value::is_text);
    let one_text = of_text && matches!(default, Some(Operands::One(_)));
    match operands {
        Some(operands) if quoted(text) => Ok(operands),
        Some(Operands::List(items, span)) if !one_text => Ok(Operands::List(items, span)),
        Some(Operands::One(number)) if !of_text && !matches!(number.kind, LiteralKind::Word(_)) => Ok(Operands::One(number)),
        _ if quoted(text) => Err("a quote opens it, and it is no literal"),
        _ if of_text || default.is_none() => Ok(verbatim()),
        other => unquoted(text, span, default, other),
    }
}

/// Text without quotes where the default is no text.
fn unquoted(text: &str, span: Span, default: Option<&Operands>, read: Option<Operands>) -> Result<Operands, &'static str> {
    let times = default.is_some_and(|default| value::items(default).iter().all(|l| matches!(l.kind, LiteralKind::Time(_))));
    match words::instant(text) {
        Some(time) if times => Ok(Operands::One(Literal::of_parameter(LiteralKind::Time(time), span))),
        _ if times => Err("an instant is needed, as the default is one"),
        // `true`, or a word that the type will refuse where it stands.
        _ => read.ok_or("a literal is needed, as the default is no text"),
    }
}

/// Whether a text begins like a quoted literal.
fn quoted(text: &str) -> bool {
    let inner = text.strip_prefix(['r', 't']).unwrap_or(text);
    inner.starts_with(['\'', '"'])
}
