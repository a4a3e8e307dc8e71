//! ReadAs values of other formats are read for fields of ECS.

use crate::source::document_time;
use huntc_compiler::time::{Instant, SECOND};
use serde_json::Value;
use std::net::IpAddr;
use std::str::FromStr;

/// The last column of a table of fields.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ReadAs {
    /// As it is.
    Plain,
    /// As text.
    Text,
    /// A text of digits as a number; behind a comma the journal may have the user of a pid.
    Number,
    /// In lower case.
    Lower,
    /// Addresses only.
    Address,
    /// A host's name without a port, in any case, and without the dot of the root.
    Host,
    /// Seconds since 1970, or a date.
    Time,
    /// A day, whose parts may have underscores between them.
    Day,
    /// Microseconds since 1970.
    Microseconds,
    /// Seconds as nanoseconds.
    Nanoseconds,
    /// Hexadecimal digits without colons.
    Hash,
    /// `TLSv12` or `TLS 1.2`: `1.2`, and `tls`.
    TlsVersion,
    TlsProtocol,
    /// The part behind the last separator of a path.
    Base,
    /// The algorithm of a signature by the name that ECS gives it.
    Signature,
    /// Of Suricata: `TCP`, `IPv6-ICMP`; what it saw of a protocol; what was done with a packet; the way of a DNS message.
    Transport,
    Protocol,
    Action,
    DnsType,
}

impl FromStr for ReadAs {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Ok(match word {
            "" => Self::Plain,
            "text" => Self::Text,
            "number" => Self::Number,
            "lower" => Self::Lower,
            "ip" => Self::Address,
            "host" => Self::Host,
            "time" => Self::Time,
            "day" => Self::Day,
            "us" => Self::Microseconds,
            "ns" => Self::Nanoseconds,
            "hash" => Self::Hash,
            "tls-version" => Self::TlsVersion,
            "tls-protocol" => Self::TlsProtocol,
            "base" => Self::Base,
            "signature" => Self::Signature,
            "transport" => Self::Transport,
            "protocol" => Self::Protocol,
            "action" => Self::Action,
            "dns-type" => Self::DnsType,
            _ => return Err(()),
        })
    }
}

impl ReadAs {
    /// Hands over what the value is for the field; nothing where it is none.
    pub(super) fn read(self, value: &Value, put: &mut dyn FnMut(Value)) {
        if self == Self::Plain {
            return put(value.clone());
        }
        let Some(text) = text(value) else { return };
        let text = text.as_str();
        match self {
            Self::Plain | Self::Text => put(text.into()),
            Self::Number => {
                let digits = text.split(',').next().unwrap_or(text);
                put(digits.parse::<u64>().map_or_else(|_| text.into(), Value::from));
            }
            Self::Lower => put(text.to_ascii_lowercase().into()),
            Self::Protocol => match text.to_ascii_lowercase().as_str() {
                "failed" | "template" | "template-rust" => {}
                "ftp-data" => put("ftp".into()),
                protocol => put(protocol.into()),
            },
            Self::Address if text.parse::<IpAddr>().is_ok() => put(text.into()),
            Self::Host => put(host(text).into()),
            Self::Time => put(time(text).map_or_else(|| value.clone(), |time| iso(time).into())),
            Self::Day => put(time(&text.replace('_', "-")).map_or_else(|| value.clone(), |time| iso(time).into())),
            Self::Microseconds => {
                let nanos = text.parse::<i64>().ok().and_then(|us| us.checked_mul(1_000));
                put(nanos.map_or_else(|| value.clone(), |nanos| iso(Instant(nanos)).into()));
            }
            Self::Nanoseconds => {
                let nanos = text.parse::<f64>().ok().map(|seconds| (seconds * SECOND as f64).round());
                if let Some(nanos) = nanos.filter(|nanos| (0.0..9e18).contains(nanos)) {
                    put((nanos as u64).into());
                }
            }
            Self::Hash => put(text.replace(':', "").to_ascii_lowercase().into()),
            Self::TlsVersion => tls(text).into_iter().for_each(|(_, version)| put(version.into())),
            Self::TlsProtocol => tls(text).into_iter().for_each(|(protocol, _)| put(protocol.into())),
            Self::Base => put(text.rsplit(['/', '\\']).next().unwrap_or(text).into()),
            Self::Signature => {
                let known = SIGNATURES.iter().find(|(own, _)| own.eq_ignore_ascii_case(text));
                put(known.map_or(text, |(_, name)| name).into());
            }
            Self::Transport => put(text.to_ascii_lowercase().into()),
            Self::Action => put(if text == "blocked" { "denied" } else { text }.into()),
            Self::DnsType => put(if matches!(text, "answer" | "response") { "answer" } else { "query" }.into()),
            Self::Address => {}
        }
    }
}

/// Algorithms of signatures by their names in certificates, with those of ECS.
const SIGNATURES: [(&str, &str); 13] = [
    ("md2WithRSAEncryption", "MD2-RSA"),
    ("md5WithRSAEncryption", "MD5-RSA"),
    ("sha1WithRSAEncryption", "SHA1-RSA"),
    ("sha256WithRSAEncryption", "SHA256-RSA"),
    ("sha384WithRSAEncryption", "SHA384-RSA"),
    ("sha512WithRSAEncryption", "SHA512-RSA"),
    ("dsaWithSha1", "DSA-SHA1"),
    ("dsaWithSha256", "DSA-SHA256"),
    ("ecdsa-with-SHA1", "ECDSA-SHA1"),
    ("ecdsa-with-SHA256", "ECDSA-SHA256"),
    ("ecdsa-with-SHA384", "ECDSA-SHA384"),
    ("ecdsa-with-SHA512", "ECDSA-SHA512"),
    ("id-Ed25519", "Ed25519"),
];

/// A time as documents have it, with all digits that it has.
pub(super) fn iso(time: Instant) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(time.0)).map_or_else(|_| time.to_string(), |stamp| stamp.to_string())
}

/// A scalar as text.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(bool) => Some(bool.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Seconds since 1970 with a fraction, or a date. A zone may lack its colon.
pub(super) fn time(text: &str) -> Option<Instant> {
    seconds(text).or_else(|| document_time::of_text(text)).or_else(|| {
        let (date, zone) = text.split_at_checked(text.len().checked_sub(5)?)?;
        let digits = zone.get(1..)?.bytes().all(|b| b.is_ascii_digit()) && zone.starts_with(['+', '-']);
        let (hours, minutes) = zone.split_at_checked(3).filter(|_| digits)?;
        document_time::of_text(&format!("{date}{hours}:{minutes}"))
    })
}

/// Seconds since 1970, to the nanosecond as they are written.
pub(super) fn seconds(text: &str) -> Option<Instant> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    // A year of four digits is a date.
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if !(5..=11).contains(&whole.len()) || !digits(whole) || !digits(fraction) {
        return None;
    }
    let nanos: i64 = format!("{:0<9}", fraction.get(..fraction.len().min(9))?).parse().ok()?;
    Some(Instant(whole.parse::<i64>().ok()?.checked_mul(SECOND)?.checked_add(nanos)?))
}

fn host(text: &str) -> &str {
    let name = match text.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') && !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => text,
    };
    name.strip_suffix('.').unwrap_or(name)
}

fn tls(text: &str) -> Option<(String, String)> {
    let lower = text.to_ascii_lowercase();
    let (protocol, rest) = ["dtls", "tls", "ssl"].into_iter().find_map(|name| Some((name, lower.strip_prefix(name)?)))?;
    let digits: Vec<char> = rest.chars().filter(char::is_ascii_digit).collect();
    let version = match digits.as_slice() {
        [] => return None,
        [one] if protocol == "tls" => format!("{one}.0"),
        [one] => one.to_string(),
        [major, minor, ..] => format!("{major}.{minor}"),
    };
    Some((protocol.to_owned(), version))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_read_as_their_fields_need() {
        let read = |how: ReadAs, value: Value| {
            let mut found = Vec::new();
            how.read(&value, &mut |value| found.push(value));
            Value::Array(found)
        };
        for (how, value, wanted) in [
            (ReadAs::Time, json!(1_603_349_880.462_1), json!(["2020-10-22T06:58:00.4621Z"])),
            (ReadAs::Time, json!("1603349880.000001"), json!(["2020-10-22T06:58:00.000001Z"])),
            (ReadAs::Time, json!("2020-10-22T08:58:00.462000+0200"), json!(["2020-10-22T06:58:00.462Z"])),
            (ReadAs::Time, json!("yesterday"), json!(["yesterday"])),
            (ReadAs::Day, json!("2020_10_22"), json!(["2020-10-22T00:00:00Z"])),
            (ReadAs::Day, json!("some"), json!(["some"])),
            (ReadAs::Microseconds, json!("1603349880462000"), json!(["2020-10-22T06:58:00.462Z"])),
            (ReadAs::Nanoseconds, json!(1.5), json!([1_500_000_000_u64])),
            (ReadAs::Nanoseconds, json!(-1), json!([])),
            (ReadAs::Address, json!("::1"), json!(["::1"])),
            (ReadAs::Address, json!("www"), json!([])),
            (ReadAs::Host, json!("example.com.:8080"), json!(["example.com"])),
            (ReadAs::Host, json!("fe80::1"), json!(["fe80::1"])),
            (ReadAs::TlsVersion, json!("TLSv12"), json!(["1.2"])),
            (ReadAs::TlsVersion, json!("TLS 1.3"), json!(["1.3"])),
            (ReadAs::TlsVersion, json!("UNDETERMINED"), json!([])),
            (ReadAs::TlsProtocol, json!("SSLv3"), json!(["ssl"])),
            (ReadAs::Hash, json!("AB:cd"), json!(["abcd"])),
            (ReadAs::Protocol, json!("failed"), json!([])),
            (ReadAs::Protocol, json!("FTP-data"), json!(["ftp"])),
            (ReadAs::Number, json!("7,ann"), json!([7])),
            (ReadAs::Signature, json!("sha256WithRSAEncryption"), json!(["SHA256-RSA"])),
            (ReadAs::Signature, json!("other"), json!(["other"])),
            (ReadAs::Text, json!(7), json!(["7"])),
            (ReadAs::Plain, json!(null), json!([null])),
        ] {
            assert_eq!(read(how, value.clone()), wanted, "{how:?} {value}");
        }
    }
}
