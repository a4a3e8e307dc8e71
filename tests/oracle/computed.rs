//! WITH: values computed from the rows of entities.

use super::Hunt;
use super::text::expression;
use super::value::{Kind, Val};
use super::variable::{RowId, Shape, Var, View};
use super::{attributes, record_fields};
use huntc_compiler::syntax::ast::{FunctionCall, LiteralKind};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use regex::Regex;
use std::rc::Rc;

/// The kind of what a function gives; `None`: that of the attribute.
pub(crate) fn kind_of(function: &str) -> Option<Kind> {
    match function {
        "LENGTH" | "URL_PORT" | "ENTROPY" | "HOUR" | "WEEKDAY" => Some(Kind::Number),
        "COALESCE" => None,
        _ => Some(Kind::Text),
    }
}

impl Hunt<'_> {
    /// The variable with what the calls compute, each after those before it.
    pub(crate) fn with(&self, input: &Rc<Var>, calls: &[FunctionCall]) -> Result<Rc<Var>, String> {
        if !matches!(input.shape, Shape::Entities) {
            return Err("WITH on what is no list of entities".to_owned());
        }
        let mut var = Var::clone(input);
        for call in calls {
            let attribute = call.attribute.canonical();
            let kind = attributes::kind(&var.entity, &attribute).or_else(|| var.added_kinds.get(&attribute).copied());
            let mut literals = Vec::new();
            for literal in &call.arguments {
                literals.push(match &literal.kind {
                    LiteralKind::Text(t) | LiteralKind::Word(t) => Val::Text(t.clone()),
                    // A literal has the type of the attribute that it stands for.
                    LiteralKind::Int(i) if record_fields::FLOATS.contains(&attribute.as_str()) => Val::Float(*i as f64),
                    LiteralKind::Int(i) => Val::Int(*i),
                    LiteralKind::Float(f) => Val::Float(*f),
                    LiteralKind::Time(t) => Val::Time(t.0),
                    _ => return Err("a literal that the oracle does not know".to_owned()),
                });
            }
            let mut values = Vec::new();
            {
                let view = View::of(&var, self.world);
                for row in var.default_rows(self.world) {
                    let RowId::Entity(ident) = &row else { continue };
                    let value = computed(&call.function.text, view.value(&row, &attribute), &literals, kind)?;
                    values.push((ident.clone(), value));
                }
            }
            let name = &call.name.text;
            for (ident, value) in values {
                var.added.entry(ident).or_default().insert(name.clone(), value);
            }
            var.added_names.push(name.clone());
            var.added_kinds.insert(name.clone(), kind_of(&call.function.text).or(kind).unwrap_or(Kind::Text));
            if let Some(kept) = &mut var.kept {
                kept.push((name.clone(), name.clone()));
            }
        }
        Ok(Rc::new(var))
    }
}

/// The value of a call for a row's value. `kind` is that of the attribute.
pub(crate) fn computed(function: &str, value: Option<Val>, literals: &[Val], kind: Option<Kind>) -> Result<Option<Val>, String> {
    if function == "COALESCE" {
        let literal = match &literals[0] {
            whole @ Val::Float(_) if kind == Some(Kind::Number) => Some(whole.clone()),
            literal => super::value::typed(kind.unwrap_or(Kind::Text), literal),
        };
        return Ok(value.or(literal));
    }
    let each = match value {
        Some(Val::List(values)) => values,
        one => one.into_iter().collect(),
    };
    let mut made = Vec::new();
    for value in each {
        made.extend(one(function, &value, literals)?);
    }
    Ok(if made.len() < 2 { made.pop() } else { Some(Val::List(made)) })
}

fn one(function: &str, value: &Val, literals: &[Val]) -> Result<Option<Val>, String> {
    let text = value.text();
    let made = |text: &str| if text.is_empty() { None } else { Some(Val::Text(text.to_owned())) };
    Ok(match function {
        "LOWER" => Some(Val::Text(text.chars().map(|c| c.to_ascii_lowercase()).collect())),
        "LENGTH" => Some(Val::Int(text.chars().count() as i64)),
        "EXTRACT" => {
            let found = expression(&literals[0].text())?.captures(&text).map_err(|e| e.to_string())?;
            found.and_then(|f| f.get(usize::from(f.len() > 1)).map(|m| Val::Text(m.as_str().to_owned())))
        }
        "REPLACE" => {
            let (from, to) = (literals[0].text(), literals[1].text());
            let (mut out, mut rest) = (String::new(), text.as_str());
            while let Some(at) = rest.find(&from) {
                out = out + &rest[..at] + &to;
                rest = &rest[at + from.len()..];
            }
            Some(Val::Text(out + rest))
        }
        "BASE64" => base64(&text).map(Val::Text),
        "URL_SCHEME" | "URL_HOST" | "URL_PORT" | "URL_PATH" | "URL_QUERY" => {
            // RFC 3986, appendix B; a scheme as in section 3.1.
            let all = Regex::new(r"^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?s:#.*)?$").unwrap();
            let Some(parts) = all.captures(&text) else { return Err(format!("a URL with line breaks: {text:?}")) };
            let part = |n: usize| parts.get(n).map_or("", |m| m.as_str());
            let authority = part(2);
            let place = authority.rsplit('@').next().unwrap_or("");
            let ported = Regex::new("^(.*):([0-9]*)$").unwrap();
            let (host, port) = match ported.captures(place) {
                Some(c) => (c[1].to_owned(), c[2].to_owned()),
                None => (place.to_owned(), String::new()),
            };
            match function {
                "URL_SCHEME" => made(&part(1).to_ascii_lowercase()),
                "URL_HOST" => made(&host.to_ascii_lowercase()),
                "URL_PORT" => port.parse::<i64>().ok().filter(|p| *p < 65_536).map(Val::Int),
                "URL_PATH" => made(part(3)),
                _ => made(part(4)),
            }
        }
        "REGISTERED_DOMAIN" | "SUBDOMAIN" | "PUBLIC_SUFFIX" => domain(function, &text)?,
        "ENTROPY" => {
            let mut chars: Vec<char> = text.chars().collect();
            chars.sort_unstable();
            let all = chars.len() as f64;
            let runs = chars.chunk_by(|a, b| a == b).map(|run| run.len() as f64 / all);
            let bits = runs.fold(0.0, |sum, share| sum - share * share.log2());
            Some(Val::Float((bits * 1e4).round() / 1e4 + 0.0))
        }
        "HOUR" | "WEEKDAY" => {
            let Val::Time(nanos) = value else { return Ok(None) };
            let moment = Timestamp::from_nanosecond(i128::from(*nanos)).map_err(|e| e.to_string())?.to_zoned(TimeZone::UTC);
            Some(Val::Int(match function {
                "HOUR" => i64::from(moment.hour()),
                _ => i64::from(moment.weekday().to_monday_one_offset()),
            }))
        }
        other => return Err(format!("no function {other}")),
    })
}

/// The names whose public suffix the oracle knows: one label, those that end as no name does, and `com` where nobody lets others
/// register.
fn domain(function: &str, text: &str) -> Result<Option<Val>, String> {
    let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    let labels: Vec<&str> = name.split('.').collect();
    if labels.contains(&"") || name.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok() {
        return Ok(None);
    }
    let known = labels.len() == 1
        || matches!(labels.last(), Some(&"b" | &"internal" | &"corp" | &"exe" | &"dll"))
        || name == "evil.com"
        || name.ends_with(".shire.com");
    if !known {
        return Err(format!("the oracle does not know the public suffix of {name}"));
    }
    let at = labels.len() - 1;
    let (before, registered) = if at == 0 { (&labels[..0], None) } else { (&labels[..at - 1], Some(labels[at - 1..].join("."))) };
    Ok(match function {
        "PUBLIC_SUFFIX" => Some(labels[at].to_owned()),
        "SUBDOMAIN" => Some(before.join(".")).filter(|l| !l.is_empty()),
        _ => registered,
    }
    .map(Val::Text))
}

/// Decodes digit by digit.
fn base64(text: &str) -> Option<String> {
    let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let plain: Vec<char> = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let padding = plain.iter().rev().take_while(|c| **c == '=').count().min(2);
    let plain = &plain[..plain.len() - padding];
    if plain.len() % 4 == 1 {
        return None;
    }
    let mut bits: Vec<bool> = Vec::new();
    for c in plain {
        let c = if *c == '-' { '+' } else { *c };
        let c = if c == '_' { '/' } else { c };
        let six = digits.find(c)?;
        bits.extend((0..6).rev().map(|i| six >> i & 1 == 1));
    }
    let bytes: Vec<u8> = bits.chunks_exact(8).map(|b| b.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit))).collect();
    let units: Vec<u16> = bytes.chunks_exact(2).map(|p| u16::from(p[0]) | u16::from(p[1]) << 8).collect();
    let even = bytes.len().is_multiple_of(2) && !bytes.is_empty();
    if even && units[0] == 0xFEFF {
        return Some(String::from_utf16_lossy(&units[1..]));
    }
    let ascii = units.iter().filter(|u| **u < 128).count();
    if even
        && ascii * 2 >= units.len()
        && !units.contains(&0)
        && let Ok(text) = String::from_utf16(&units)
    {
        return Some(text);
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
