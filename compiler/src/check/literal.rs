//! Literals: text, numbers and words read as the values of an attribute's type.

use super::context::Checker;
use super::wording::with_article;
use crate::catalog::ValueType;
use crate::diag::codes::patterns::BAD_OPERAND;
use crate::diag::codes::types::BAD_VALUE;
use crate::diag::{Diagnostic, Reported};
use crate::syntax::ast::{Literal, LiteralKind};
use crate::syntax::errors::names::shorten;
use crate::time::Instant;
use crate::value::Value;
use std::net::IpAddr;

/// What a literal is for an attribute's type.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Typed {
    /// A value of the type.
    Value(Value),
    /// No value of the type is equal to it; the text says why.
    Never(String),
}

impl Checker<'_> {
    /// Reads a literal, which must be no reference, as a value of a type.
    pub(super) fn typed(&mut self, literal: &Literal, ty: ValueType) -> Result<Typed, Reported> {
        match &literal.kind {
            LiteralKind::Reference(_) | LiteralKind::Parameter(_) | LiteralKind::Error => Err(self.told()),
            LiteralKind::Time(time) if ty == ValueType::Time => Ok(Typed::Value(Value::Time(*time))),
            LiteralKind::Time(_) => Err(self.misfit(literal, ty)),
            kind => read(kind, &self.written(literal), ty).ok_or_else(|| self.misfit(literal, ty)),
        }
    }

    /// The text of a literal: the decoded value of a string, else what the hunt has written (`1.50` stays that text).
    pub(super) fn written(&self, literal: &Literal) -> String {
        match &literal.kind {
            LiteralKind::Text(text) | LiteralKind::Word(text) => text.clone(),
            _ => self.sources.text(literal.given.unwrap_or(literal.span)).to_owned(),
        }
    }

    /// A value in a row of NEW.
    pub(crate) fn new_value(&mut self, literal: &Literal, ty: ValueType, name: &str) -> Result<Value, Reported> {
        // A comparison with a value that the type cannot have is only false; in NEW such a value is a mistake.
        let typed = match &literal.kind {
            LiteralKind::Parameter(_) | LiteralKind::Error => return Err(self.told()),
            LiteralKind::Time(time) if ty == ValueType::Time => Some(Value::Time(*time)),
            LiteralKind::Time(_) | LiteralKind::Reference(_) => None,
            kind => match read(kind, &self.written(literal), ty) {
                Some(Typed::Value(value)) => Some(value),
                Some(Typed::Never(_)) | None => None,
            },
        };
        typed.ok_or_else(|| {
            let message = format!("`{}` is no {}", shorten(&self.written(literal)), ty.word());
            let diagnostic = Diagnostic::new(&BAD_VALUE, literal.span, message).label(format!("not {}", with_article(ty)));
            self.report(diagnostic.note(format!("`{name}` holds {}", with_article(ty))).help("correct the value, or write null"))
        })
    }

    /// Reports a literal that is not of the attribute's type.
    fn misfit(&mut self, literal: &Literal, ty: ValueType) -> Reported {
        self.bad_operand(literal, ty, &format!("not {}", with_article(ty)))
    }

    /// Reports a literal that the attribute cannot be compared with.
    pub(super) fn bad_operand(&mut self, literal: &Literal, ty: ValueType, why: &str) -> Reported {
        let text = self.written(literal);
        let mut diagnostic =
            Diagnostic::new(&BAD_OPERAND, literal.span, format!("`{}` is no {}", shorten(&text), ty.word())).label(why.to_owned());
        diagnostic = match ty {
            ValueType::Integer | ValueType::Float => match hexadecimal(&text) {
                Some(number) => diagnostic.fix("numbers are decimal", literal.span, number.to_string()),
                None => diagnostic.help("the attribute holds numbers: write one without letters"),
            },
            ValueType::Boolean => diagnostic.help("a boolean is true or false"),
            ValueType::Time => diagnostic.help("an instant is written '2020-10-22T06:58:00Z'"),
            ValueType::Address | ValueType::Ipv4 | ValueType::Ipv6 => {
                diagnostic.help("an address is written '10.0.0.1' or 'fe80::1'")
            }
            ValueType::Text | ValueType::Id | ValueType::EntityId | ValueType::Mac => diagnostic.help("quote the text"),
        };
        self.report(diagnostic)
    }
}

/// Reads a literal that is neither time nor reference as a value of a type; `None` if it does not have that form.
fn read(kind: &LiteralKind, text: &str, ty: ValueType) -> Option<Typed> {
    match ty {
        ValueType::Text | ValueType::Id | ValueType::EntityId | ValueType::Mac => Some(Typed::Value(Value::text(text))),
        ValueType::Integer | ValueType::Float => Some(as_number(number(kind, text)?, ty)),
        ValueType::Boolean => match text.to_ascii_lowercase().as_str() {
            "true" => Some(Typed::Value(Value::Bool(true))),
            "false" => Some(Typed::Value(Value::Bool(false))),
            _ => None,
        },
        ValueType::Time => Instant::parse(text).map(|t| Typed::Value(Value::Time(t))),
        ValueType::Address | ValueType::Ipv4 | ValueType::Ipv6 => Some(address(text, ty)),
    }
}

/// A literal, or its text, as a number; whole numbers stay whole.
fn number(kind: &LiteralKind, text: &str) -> Option<Value> {
    match kind {
        LiteralKind::Int(int) => Some(Value::Int(*int)),
        LiteralKind::Float(float) => Some(Value::Float(*float)),
        _ => read_number(text),
    }
}

/// Reads text as a number: decimal digits, a sign, a fraction, an exponent; neither `inf` nor `nan`.
pub(super) fn read_number(text: &str) -> Option<Value> {
    let text = text.trim();
    if let Ok(int) = text.parse::<i64>() {
        return Some(Value::Int(int));
    }
    let plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    let float = text.parse::<f64>().ok().filter(|f| plain && f.is_finite())?;
    Some(Value::Float(float))
}

/// A number in the form of the type: 3.0 becomes 3 for whole numbers. 3.5 stays, and the caller finds that no whole number
/// equals it.
fn as_number(value: Value, ty: ValueType) -> Typed {
    match (value, ty) {
        (Value::Int(int), ValueType::Float) if int.unsigned_abs() <= 1 << 53 => Typed::Value(Value::Float(int as f64)),
        (Value::Float(float), ValueType::Integer) if float.fract() == 0.0 && float.abs() < 9.2e18 => {
            Typed::Value(Value::Int(float as i64))
        }
        (value, _) => Typed::Value(value),
    }
}

/// Text as an address of the type's family.
fn address(text: &str, ty: ValueType) -> Typed {
    match text.trim().parse::<IpAddr>() {
        Ok(ip) if ty == ValueType::Ipv4 && ip.is_ipv6() => Typed::Never("an IPv6 address".to_owned()),
        Ok(ip) if ty == ValueType::Ipv6 && ip.is_ipv4() => Typed::Never("an IPv4 address".to_owned()),
        Ok(ip) => Typed::Value(Value::Address(ip)),
        Err(_) if text.trim().parse::<ipnet::IpNet>().is_ok() => Typed::Never("a network, not an address".to_owned()),
        Err(_) => Typed::Never("not an address".to_owned()),
    }
}

/// Whether a literal is a network and no address.
pub(super) fn is_network(literal: &Literal) -> bool {
    let LiteralKind::Text(text) = &literal.kind else { return false };
    text.trim().parse::<IpAddr>().is_err() && text.trim().parse::<ipnet::IpNet>().is_ok()
}

fn hexadecimal(text: &str) -> Option<u64> {
    let text = text.trim();
    u64::from_str_radix(text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_digits_only() {
        assert_eq!(read_number("99"), Some(Value::Int(99)));
        assert_eq!(read_number(" -3.5 "), Some(Value::Float(-3.5)));
        for text in ["nan", "inf", "1e999", "0x10", "", "4 4"] {
            assert_eq!(read_number(text), None, "{text}");
        }
    }

    #[test]
    fn whole_floats_are_whole_numbers_of_a_whole_type() {
        assert!(matches!(as_number(Value::Float(3.0), ValueType::Integer), Typed::Value(Value::Int(3))));
        assert!(matches!(as_number(Value::Int(3), ValueType::Float), Typed::Value(Value::Float(_))));
        let big = Value::Int(9_007_199_254_740_993);
        assert!(matches!(as_number(big, ValueType::Float), Typed::Value(Value::Int(_))), "no rounding");
    }

    #[test]
    fn families_of_addresses_do_not_meet() {
        assert!(matches!(address("10.0.0.1", ValueType::Ipv4), Typed::Value(_)));
        assert!(matches!(address("::1", ValueType::Ipv4), Typed::Never(_)));
        assert!(matches!(address("10.0.0.0/8", ValueType::Address), Typed::Never(why) if why.contains("network")));
    }
}
