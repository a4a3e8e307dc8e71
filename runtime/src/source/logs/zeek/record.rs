//! A record of one of Zeek's logs, as Filebeat's module makes it of it: `data/zeek.csv`, and what is computed of several fields.

use crate::source::logs::field_table::FieldTable;
use crate::source::logs::flat_record::FlatRecord;
use crate::source::logs::{distinguished_name, url_parts};
use serde_json::Value;
use std::sync::LazyLock;

static TABLE: LazyLock<FieldTable> = LazyLock::new(|| FieldTable::read(include_str!("../data/zeek.csv")));

/// States of connections, with their types and what they mean.
static STATES: LazyLock<Vec<[&str; 3]>> = LazyLock::new(|| {
    let rows = include_str!("../data/zeek_states.tsv").lines().skip(1);
    rows.filter_map(|row| row.split('\t').collect::<Vec<_>>().try_into().ok()).collect()
});

/// A record of a log. Its own names stand below `zeek.LOG`.
pub(super) fn record(log: &str, values: Vec<(String, Value)>) -> FlatRecord {
    let mut record = FlatRecord::default();
    let own = if log == "conn" { "connection" } else { log };
    let plain = own.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let own = if plain { own } else { "log" };
    // What stands in the place of ports is no port then.
    let is_icmp = log == "conn" && values.iter().any(|(field, value)| field == "proto" && *value == "icmp");
    for (field, value) in values {
        let kind = if is_icmp && field.starts_with("id.") { "icmp" } else { log };
        if !TABLE.put(kind, &field, &value, &mut record) {
            record.put(&format!("zeek.{own}.{field}"), value);
        }
    }
    record.put("event.dataset", format!("zeek.{own}"));
    TABLE.put_constants(log, &mut record);
    match log {
        "conn" => connection(&mut record),
        "dns" => resolution(&mut record),
        "http" => request(&mut record),
        "ssl" => ["server", "client"].into_iter().for_each(|side| certificate(side, &mut record)),
        "x509" => {
            for name in ["subject", "issuer"] {
                let whole = format!("file.x509.{name}.distinguished_name");
                let own = format!("zeek.x509.certificate.{name}");
                distinguished_name::put(&whole, &[&format!("file.x509.{name}"), &own], &mut record);
            }
        }
        "files" => {
            if let Some(session) = record.first("zeek.files.session_ids").cloned() {
                record.put("zeek.session_id", session.clone());
                record.put("event.id", session);
            }
        }
        "notice" => notice(&mut record),
        "smb_files" => shared_file(&mut record),
        "ntlm" | "kerberos" => outcome(&format!("zeek.{log}.success"), &mut record),
        "ssh" => outcome("zeek.ssh.auth_success", &mut record),
        _ => {}
    }
    record.sum_directions();
    record
}

fn text<'r>(record: &'r FlatRecord, field: &str) -> Option<&'r str> {
    record.first(field).and_then(Value::as_str)
}

fn is(record: &FlatRecord, field: &str) -> Option<bool> {
    record.first(field).and_then(Value::as_bool)
}

fn connection(record: &mut FlatRecord) {
    let state = text(record, "zeek.connection.state").and_then(|state| STATES.iter().find(|[own, ..]| *own == state));
    if let Some([_, types, message]) = state {
        types.split(' ').for_each(|word| record.put("event.type", word));
        record.put("zeek.connection.state_message", *message);
    }
    let local = (is(record, "zeek.connection.local_orig"), is(record, "zeek.connection.local_resp"));
    if let (Some(from), Some(to)) = local {
        let direction = match (from, to) {
            (true, true) => "internal",
            (true, false) => "outbound",
            (false, true) => "inbound",
            (false, false) => "external",
        };
        record.put("network.direction", direction);
    }
}

fn resolution(record: &mut FlatRecord) {
    let answered = record.first("dns.response_code").is_some() || record.first("dns.answers.data").is_some();
    record.put("dns.type", if answered { "answer" } else { "query" });
    record.put("event.outcome", "success");
    record.part_question();
    for flag in ["AA", "TC", "RD", "RA"] {
        if is(record, &format!("zeek.dns.{flag}")) == Some(true) {
            record.put("dns.header_flags", flag);
        }
    }
    let class = match record.number("zeek.dns.qclass") {
        Some(1) => "IN",
        Some(3) => "CH",
        Some(4) => "HS",
        Some(254) => "NONE",
        Some(255) => "ANY",
        _ => return,
    };
    record.put_first("dns.question.class", class);
}

fn request(record: &mut FlatRecord) {
    if let Some(uri) = text(record, "url.original").map(str::to_owned) {
        url_parts::put(&uri, record);
    }
    if let Some(status) = record.number("http.response.status_code") {
        record.put("event.outcome", if status < 400 { "success" } else { "failure" });
    }
}

/// The parts of the names in a certificate that one side of a connection showed.
fn certificate(side: &str, record: &mut FlatRecord) {
    for name in ["subject", "issuer"] {
        let (x509, own) = (format!("tls.{side}.x509.{name}"), format!("zeek.ssl.{side}.{name}"));
        distinguished_name::put(&format!("tls.{side}.{name}"), &[&x509, &own], record);
    }
}

/// Where a notice is about no connection it names addresses itself.
fn notice(record: &mut FlatRecord) {
    for (own, end) in [("src", "source"), ("dst", "destination")] {
        let address = text(record, &format!("zeek.notice.{own}")).map(str::to_owned);
        if let Some(address) = address.filter(|_| record.first(&format!("{end}.address")).is_none()) {
            if address.parse::<std::net::IpAddr>().is_ok() {
                record.put(&format!("{end}.ip"), address.as_str());
            }
            record.put(&format!("{end}.address"), address);
        }
    }
    let port = record.number("zeek.notice.p");
    if let Some(port) = port.filter(|_| record.first("destination.port").is_none()) {
        record.put("destination.port", port);
    }
    if let Some(dropped) = is(record, "zeek.notice.dropped") {
        record.put("event.type", if dropped { "denied" } else { "allowed" });
    }
}

fn shared_file(record: &mut FlatRecord) {
    let (share, name) = (text(record, "zeek.smb_files.path"), text(record, "file.name"));
    if let (Some(share), Some(name)) = (share, name) {
        let path = format!("{}\\{name}", share.trim_end_matches('\\'));
        record.put("file.path", path);
    }
    let ty = match text(record, "event.action") {
        Some("SMB::FILE_DELETE") => "deletion",
        Some("SMB::FILE_RENAME" | "SMB::FILE_SET_ATTRIBUTE") => "change",
        _ => "",
    };
    record.put("event.type", ty);
}

fn outcome(field: &str, record: &mut FlatRecord) {
    if let Some(success) = is(record, field) {
        record.put("event.outcome", if success { "success" } else { "failure" });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_read() {
        assert_eq!(STATES.len(), include_str!("../data/zeek_states.tsv").lines().count() - 1);
    }
}
