//! What a value of an event becomes: the rules that `data/fields.csv` names.

use super::command_line;
use super::compound::{account, file};
use super::document::{EcsDocument, FieldValue, RelatedList};
use super::event::number;
use super::event_time;
use super::field_path::under;
use super::network;
use super::powershell;
use super::tables::{FieldRule, word};
use std::borrow::Cow;

/// The names of all rules.
#[cfg(test)]
pub(super) const HOWS: [&str; 43] = [
    "text",
    "whole text",
    "known text",
    "number",
    "time",
    "program",
    "file",
    "base name",
    "Defender path",
    "command",
    "quoted command",
    "account",
    "user name",
    "other user name",
    "related user",
    "principal",
    "list",
    "text if no other",
    "member",
    "hashes",
    "related hashes",
    "address",
    "client address",
    "is IPv6",
    "initiated",
    "direction",
    "protocol number",
    "signature",
    "registry",
    "registry object",
    "registry data",
    "question",
    "answers",
    "DNS status",
    "yes or no",
    "logon type",
    "service type",
    "failure reason",
    "logon status",
    "name",
    "nothing",
    "PowerShell context",
    "PowerShell invocations",
];

/// Applies a rule. Gives the value back where it is not of that kind; it stays in `winlog.event_data` then.
pub(super) fn apply<'a>(rule: &FieldRule, text: Cow<'a, str>, document: &mut EcsDocument<'a>) -> Option<Cow<'a, str>> {
    let to = rule.to;
    match rule.how {
        "text" | "whole text" => document.text(to, text),
        "known text" if text == "-" => {}
        "known text" => document.text(to, text),
        "number" => match number(&text) {
            Some(number) => document.number(to, number),
            None => return Some(text),
        },
        "time" => match event_time::parse(&text) {
            Some(time) => document.text(to, event_time::format(time)),
            None => return Some(text),
        },
        "program" => program(to, text, document),
        "file" => file(to, text, document),
        "base name" => document.text(to, last_part(&text)),
        "Defender path" => defender_path(to, &text, document),
        "command" => command_line::command(to, text, document),
        "quoted command" => command_line::quoted_command(to, text, document),
        "account" => account(to, &text, document),
        "user name" => user_name(to, text, document),
        "other user name" | "related user" if text == "-" => {}
        "other user name" => user_name(to, text, document),
        "related user" => document.relate(RelatedList::User, text),
        "principal" => user_name(to, Cow::Owned(text.split('@').next().unwrap_or(&text).to_owned()), document),
        "list" => text.split_whitespace().for_each(|part| document.leave(Cow::Borrowed(to), Cow::Owned(part.to_owned()))),
        "text if no other" => document.text_if_no_other(to, text),
        "member" => member(to, &text, document),
        "hashes" => hashes(to, &text, document),
        "related hashes" => related_hashes(&text, document),
        "address" => return network::address(to, text, document),
        // Of a session at the machine itself.
        "client address" if text == "LOCAL" => return network::address(to, Cow::Borrowed("127.0.0.1"), document),
        "client address" => return network::address(to, text, document),
        "is IPv6" => document.text(to, if text == "true" { "ipv6" } else { "ipv4" }),
        "initiated" => document.text(to, if text == "true" { "egress" } else { "ingress" }),
        "direction" => document.set(to, one(word("direction", &text).unwrap_or("unknown").into())),
        "protocol number" => network::protocol_number(to, text, document),
        "signature" => signature(to, text, document),
        "registry" => registry(text, document),
        "registry object" => registry_object(&text, document),
        "registry data" => registry_data(text, document),
        "question" => network::question(to, text, document),
        "answers" => network::answers(to, &text, document),
        "DNS status" => document.text(to, word("DNS status", &text).map_or(text, Cow::Borrowed)),
        "yes or no" => document.set(to, FieldValue::Bool(text.eq_ignore_ascii_case("true"))),
        "failure reason" => document.text(to, word(rule.how, &text).map_or(text, Cow::Borrowed)),
        "logon type" | "service type" | "logon status" => {
            if let Some(name) = word(rule.how, &text.to_ascii_lowercase()) {
                document.text(to, name);
            }
        }
        "name" => document.leave(Cow::Borrowed(to), text),
        "PowerShell context" => powershell::context(&text, document),
        "PowerShell invocations" => powershell::invocations(to, &text, document),
        // "nothing": another value says the same.
        _ => {}
    }
    None
}

fn one(text: Cow<'_, str>) -> FieldValue<'_> {
    FieldValue::Texts(vec![text])
}

/// What follows the last backslash (or slash, where there is none).
fn last_part(path: &str) -> String {
    path.rsplit('\\').next().unwrap_or(path).to_owned()
}

/// `.executable`, and `.name` where the path has a backslash, or is `-`.
fn program<'a>(to: &'static str, path: Cow<'a, str>, document: &mut EcsDocument<'a>) {
    if let Some((_, name)) = path.rsplit_once('\\').filter(|(_, name)| !name.is_empty()) {
        document.text(under(to, "name"), name.to_owned());
    } else if path == "-" {
        document.text(under(to, "name"), "-");
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
