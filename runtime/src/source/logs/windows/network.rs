//! Addresses, names and connections.

use super::document::{EcsDocument, FieldValue, RelatedList};
use super::field_path::under;
use super::json::Json;
use super::words::word;
use crate::source::logs::question_name::QuestionName;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::borrow::Cow;
use std::net::IpAddr;

/// An address. Gives other text back.
pub(super) fn address<'a>(to: &'static str, text: Cow<'a, str>, document: &mut EcsDocument<'a>) -> Option<Cow<'a, str>> {
    if text.parse::<IpAddr>().is_err() {
        return Some(text);
    }
    // Windows writes addresses of version 4 so where a socket takes both.
    let text = match text.strip_prefix("::ffff:") {
        Some(old) if old.contains('.') => Cow::Owned(old.to_owned()),
        _ => text,
    };
    document.relate(RelatedList::Ip, text.clone());
    document.text(to, text);
    None
}

/// The number of a protocol, and its name.
pub(super) fn protocol_number<'a>(to: &'static str, number: Cow<'a, str>, document: &mut EcsDocument<'a>) {
    if let Some(name) = word("protocol", &number) {
        document.text(under(to, "transport"), name);
    }
    document.text(under(to, "iana_number"), number);
}

/// The name that was asked for, and its parts where it has a public suffix.
pub(super) fn question<'a>(to: &'static str, name: Cow<'a, str>, document: &mut EcsDocument<'a>) {
    document.relate(RelatedList::Hosts, name.clone());
    if let Some(parts) = QuestionName::of(&name) {
        document.text(under(to, "top_level_domain"), parts.top_level.to_owned());
        document.text(under(to, "registered_domain"), parts.registered.to_owned());
        if !parts.sub.is_empty() {
            document.text(under(to, "subdomain"), parts.sub.to_owned());
        }
    }
    document.text("network.protocol", "dns");
    document.text(under(to, "name"), name);
}

/// `type:  5 name;::ffff:10.0.0.1;`: names with the number of their type, and addresses.
pub(super) fn answers(to: &'static str, text: &str, document: &mut EcsDocument<'_>) {
    let (mut answers, mut addresses) = (Vec::new(), Vec::new());
    for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
        let (kind, data) = if let Some(rest) = part.strip_prefix("type:") {
            let rest = rest.trim_start();
            let (number, data) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            (word("DNS type", number), data.trim().to_owned())
        } else {
            let data = part.strip_prefix("::ffff:").unwrap_or(part);
            match data.parse::<IpAddr>() {
                Ok(IpAddr::V4(_)) => (Some("A"), data.to_owned()),
                Ok(IpAddr::V6(_)) => (Some("AAAA"), data.to_owned()),
                Err(_) => continue,
            }
        };
        if kind == Some("A") || kind == Some("AAAA") {
            document.relate(RelatedList::Ip, Cow::Owned(data.clone()));
            addresses.push(Cow::Owned(data.clone()));
        } else if !data.is_empty() {
            document.relate(RelatedList::Hosts, Cow::Owned(data.clone()));
        }
        let text = |text| Json::Text(Cow::Owned(text));
        let kind = kind.map(|kind| (Cow::Borrowed("type"), text(kind.to_owned())));
        answers.push(Json::Object(std::iter::once((Cow::Borrowed("data"), text(data))).chain(kind).collect()));
    }
    if !answers.is_empty() {
        document.set(under(to, "answers"), FieldValue::Json(Json::List(answers)));
    }
    if !addresses.is_empty() {
        document.set(under(to, "resolved_ip"), FieldValue::Texts(addresses));
    }
}

/// The community id, version 1 with seed 0, of a connection over TCP, UDP or SCTP.
pub(super) fn community_id(document: &mut EcsDocument<'_>) {
    let number: u8 = match document.text_of("network.transport") {
        Some("tcp") => 6,
        Some("udp") => 17,
        Some("sctp") => 132,
        _ => return,
    };
    let end = |address: &str, port: &str| {
        let address: IpAddr = document.text_of(address)?.parse().ok()?;
        let port = u16::try_from(document.number_of(port)?).ok()?;
        let bytes = match address {
            IpAddr::V4(v4) => v4.octets().to_vec(),
            IpAddr::V6(v6) => v6.octets().to_vec(),
        };
        Some((bytes, port))
    };
    let (Some(source), Some(destination)) = (end("source.ip", "source.port"), end("destination.ip", "destination.port")) else {
        return;
    };
    let (first, second) = if source <= destination { (source, destination) } else { (destination, source) };
    let mut bytes = vec![0, 0];
    bytes.extend(first.0.iter().chain(&second.0));
    bytes.extend([number, 0]);
    bytes.extend(first.1.to_be_bytes().into_iter().chain(second.1.to_be_bytes()));
    let digest = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, &bytes);
    document.text("network.community_id", format!("1:{}", STANDARD.encode(digest)));
}
