//! What a value of an event becomes: the rules that `data/fields.csv` names.

use super::command_line;
use super::compound::{account, file, last_part};
use super::document::{EcsDocument, FieldValue, RelatedList};
use super::event::number;
use super::event_time;
use super::field_path::under;
use super::network;
use super::powershell;
use super::words::word;
use ApplyRule::{Takes, Tries};
use std::borrow::Cow;

/// What a rule does with a value. `to` is the field, or the object of several.
#[derive(Clone, Copy, Debug)]
pub(super) enum ApplyRule {
    /// It takes every value.
    Takes(for<'a> fn(to: &'static str, Cow<'a, str>, &mut EcsDocument<'a>)),
    /// It gives a value back that is not of its kind.
    Tries(for<'a> fn(to: &'static str, Cow<'a, str>, &mut EcsDocument<'a>) -> Option<Cow<'a, str>>),
}

impl ApplyRule {
    /// The rule of a name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "text" | "whole text" => Takes(|to, text, document| document.text(to, text)),
            "known text" => Takes(|to, text, document| {
                if text != "-" {
                    document.text(to, text);
                }
            }),
            "number" => Tries(|to, text, document| match number(&text) {
                Some(number) => {
                    document.number(to, number);
                    None
                }
                None => Some(text),
            }),
            "time" => Tries(|to, text, document| match event_time::parse(&text) {
                Some(time) => {
                    document.text(to, event_time::format(time));
                    None
                }
                None => Some(text),
            }),
            "program" => Takes(program),
            "file" => Takes(file),
            "base name" => Takes(|to, text, document| document.text(to, last_part(&text))),
            "Defender path" => Takes(|to, text, document| defender_path(to, &text, document)),
            "command" => Takes(command_line::command),
            "quoted command" => Takes(command_line::quoted_command),
            "account" => Takes(account),
            "user name" => Takes(user_name),
            "other user name" => Takes(|to, text, document| {
                if text != "-" {
                    user_name(to, text, document);
                }
            }),
            "related user" => Takes(|_, text, document| {
                if text != "-" {
                    document.relate(RelatedList::User, text);
                }
            }),
            "principal" => Takes(|to, text, document| {
                user_name(to, Cow::Owned(text.split('@').next().unwrap_or(&text).to_owned()), document);
            }),
            "list" => Takes(|to, text, document| {
                text.split_whitespace().for_each(|part| document.leave(Cow::Borrowed(to), Cow::Owned(part.to_owned())));
            }),
            "text if no other" => Takes(|to, text, document| document.text_if_no_other(to, text)),
            "member" => Takes(|to, text, document| member(to, &text, document)),
            "hashes" => Takes(|to, text, document| hashes(to, &text, document)),
            "related hashes" => Takes(|_, text, document| related_hashes(&text, document)),
            "address" => Tries(network::address),
            // Of a session at the machine itself.
            "client address" => Tries(|to, text, document| {
                network::address(to, if text == "LOCAL" { Cow::Borrowed("127.0.0.1") } else { text }, document)
            }),
            "is IPv6" => Takes(|to, text, document| document.text(to, if text == "true" { "ipv6" } else { "ipv4" })),
            "initiated" => Takes(|to, text, document| document.text(to, if text == "true" { "egress" } else { "ingress" })),
            "direction" => Takes(|to, text, document| document.set(to, one(word("direction", &text).unwrap_or("unknown").into()))),
            "protocol number" => Takes(network::protocol_number),
            "signature" => Takes(signature),
            "registry" => Takes(|_, text, document| registry(text, document)),
            "registry object" => Takes(|_, text, document| registry_object(&text, document)),
            "registry data" => Takes(|_, text, document| registry_data(text, document)),
            "question" => Takes(network::question),
            "answers" => Takes(|to, text, document| network::answers(to, &text, document)),
            "DNS status" => Takes(|to, text, document| document.text(to, word("DNS status", &text).map_or(text, Cow::Borrowed))),
            "yes or no" => Takes(|to, text, document| document.set(to, FieldValue::Bool(text.eq_ignore_ascii_case("true")))),
            "failure reason" => {
                Takes(|to, text, document| document.text(to, word("failure reason", &text).map_or(text, Cow::Borrowed)))
            }
            "logon type" => Takes(|to, text, document| word_of("logon type", to, &text, document)),
            "service type" => Takes(|to, text, document| word_of("service type", to, &text, document)),
            "logon status" => Takes(|to, text, document| word_of("logon status", to, &text, document)),
            "name" => Takes(|to, text, document| document.leave(Cow::Borrowed(to), text)),
            "PowerShell context" => Takes(|_, text, document| powershell::context(&text, document)),
            "PowerShell invocations" => Takes(|to, text, document| powershell::invocations(to, &text, document)),
            // Another value says the same.
            "nothing" => Takes(|_, _, _| {}),
            _ => return None,
        })
    }

    /// Applies the rule. What it gives back stays in `winlog.event_data`.
    pub(super) fn apply<'a>(self, to: &'static str, text: Cow<'a, str>, document: &mut EcsDocument<'a>) -> Option<Cow<'a, str>> {
        match self {
            Takes(take) => {
                take(to, text, document);
                None
            }
            Tries(attempt) => attempt(to, text, document),
        }
    }
}

/// The word that a list has for a value, if it has one.
fn word_of(list: &'static str, to: &'static str, value: &str, document: &mut EcsDocument<'_>) {
    if let Some(name) = word(list, &value.to_ascii_lowercase()) {
        document.text(to, name);
    }
}

fn one(text: Cow<'_, str>) -> FieldValue<'_> {
    FieldValue::Texts(vec![text])
}

/// `.executable`, and `.name` where the path has a backslash, or is `-`.
fn program<'a>(to: &'static str, path: Cow<'a, str>, document: &mut EcsDocument<'a>) {
    let name = last_part(&path);
    if path == "-" || name.len() < path.len() && !name.is_empty() {
        document.text(under(to, "name"), name);
    }
    document.text(under(to, "executable"), path);
}

/// Defender writes `file:_C:\x; process:_pid:1,…`: the first file of them.
fn defender_path(to: &'static str, paths: &str, document: &mut EcsDocument<'_>) {
    let found = paths.split(';').find_map(|path| path.trim().strip_prefix("file:_"));
    if let Some(path) = found {
        file(to, Cow::Owned(path.to_owned()), document);
    }
}

fn user_name<'a>(to: &'static str, name: Cow<'a, str>, document: &mut EcsDocument<'a>) {
    document.relate(RelatedList::User, name.clone());
    document.text(to, name);
}

/// A member of a group: a distinguished name `CN=name,OU=…,DC=domain,DC=…`, or a name.
fn member(to: &'static str, text: &str, document: &mut EcsDocument<'_>) {
    let name = text.strip_prefix("CN=").or_else(|| text.strip_prefix("cn=")).unwrap_or(text);
    let name = name.split(',').next().unwrap_or(name);
    document.text(under(to, "name"), name.to_owned());
    document.relate(RelatedList::User, Cow::Owned(name.to_owned()));
    let domain = text.split(',').find_map(|part| part.strip_prefix("DC=").or_else(|| part.strip_prefix("dc=")));
    if let Some(domain) = domain {
        document.text(under(to, "domain"), domain.to_owned());
    }
}

/// The names of hashes, as fields under `.hash`, and the one that is under `.pe`.
const HASHES: [(&str, &str); 5] =
    [("md5", "hash.md5"), ("sha1", "hash.sha1"), ("sha256", "hash.sha256"), ("sha512", "hash.sha512"), ("imphash", "pe.imphash")];

/// `SHA1=…,MD5=…,SHA256=…,IMPHASH=…` in small letters, or one hash alone: the field of each, where it has one, and the hash.
fn each_hash(text: &str) -> impl Iterator<Item = (Option<&'static str>, String)> {
    text.split(',').filter_map(|part| {
        let (name, value) = part.trim().split_once('=').unwrap_or(("", part.trim()));
        let name = match (name, value.len()) {
            ("", 32) => "md5",
            ("", 40) => "sha1",
            ("", 64) => "sha256",
            (name, _) => name,
        };
        let field = HASHES.iter().find(|(known, _)| name.eq_ignore_ascii_case(known)).map(|(_, field)| *field);
        value.bytes().any(|byte| byte != b'0').then(|| (field, value.to_ascii_lowercase()))
    })
}

fn hashes(to: &'static str, text: &str, document: &mut EcsDocument<'_>) {
    for (field, value) in each_hash(text) {
        document.relate(RelatedList::Hash, Cow::Owned(value.clone()));
        if let Some(field) = field {
            document.text(under(to, field), value);
        }
    }
}

fn related_hashes(text: &str, document: &mut EcsDocument<'_>) {
    each_hash(text).for_each(|(_, value)| document.relate(RelatedList::Hash, Cow::Owned(value)));
}

fn signature<'a>(to: &'static str, status: Cow<'a, str>, document: &mut EcsDocument<'a>) {
    if status == "Valid" {
        document.set(under(to, "valid"), FieldValue::Bool(true));
    }
    document.text(under(to, "status"), status);
}

/// The hives that Sysmon names.
const HIVES: [&str; 8] = ["HKCR", "HKCC", "HKDD", "HKEY_DYN_DATA", "HKLM", "HKPD", "HKU", "HKCU"];

/// `registry.key` is all behind the hive, the name of the value too.
fn registry<'a>(path: Cow<'a, str>, document: &mut EcsDocument<'a>) {
    let (first, rest) = path.split_once('\\').map_or((path.as_ref(), None), |(first, rest)| (first, Some(rest)));
    if HIVES.contains(&first) {
        document.text("registry.hive", first.to_owned());
        if let Some(rest) = rest.filter(|rest| !rest.is_empty()) {
            document.text("registry.key", rest.to_owned());
        }
    }
    document.text("registry.value", last_part(&path));
    document.text("registry.path", path);
}

/// `\REGISTRY\MACHINE\…` of the Security log, as the key of a hive.
fn registry_object(path: &str, document: &mut EcsDocument<'_>) {
    let known = [("\\REGISTRY\\MACHINE\\", "HKLM"), ("\\REGISTRY\\USER\\", "HKU")];
    let Some((key, hive)) = known.iter().find_map(|(prefix, hive)| path.strip_prefix(prefix).map(|key| (key, *hive))) else {
        return document.text("registry.path", path.to_owned());
    };
    document.text("registry.hive", hive);
    document.text("registry.key", key.to_owned());
    document.text("registry.path", format!("{hive}\\{key}"));
}

/// What Sysmon says of a value that was set: `DWORD (0x00000001)`, `QWORD (0x00000000-0x00000001)`, `Binary Data`, or text.
fn registry_data<'a>(details: Cow<'a, str>, document: &mut EcsDocument<'a>) {
    let inside = |prefix: &str| details.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(')'));
    let dword = inside("DWORD (").and_then(number);
    let qword = || {
        let (high, low) = inside("QWORD (")?.split_once('-')?;
        number(high)?.checked_shl(32).and_then(|high| number(low).map(|low| high | low))
    };
    let (kind, text) = match (dword, qword()) {
        (Some(n), _) => ("SZ_DWORD", n.to_string().into()),
        (None, Some(n)) => ("SZ_QWORD", n.to_string().into()),
        (None, None) if details == "Binary Data" => ("REG_BINARY", details),
        (None, None) => ("REG_SZ", details),
    };
    document.text("registry.data.type", kind);
    document.set("registry.data.strings", one(text));
}
