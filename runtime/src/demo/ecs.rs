//! A Sysmon event as winlogbeat 8 indexes it. It is typed, so that no field can be misspelled in one place.

use serde::{Serialize, Serializer};
use std::fmt;

/// Milliseconds since 1970, printed in the form of `@timestamp`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Stamp(pub i64);

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = jiff::Timestamp::from_millisecond(self.0).unwrap_or_default();
        write!(f, "{time:.3}")
    }
}

impl Serialize for Stamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_string())
    }
}

/// One document. Absent fields are not written, as in real documents.
#[derive(Serialize)]
pub(super) struct Record<'a> {
    #[serde(rename = "@timestamp")]
    pub(super) time: Stamp,
    pub(super) agent: Agent,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) destination: Option<Endpoint<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dns: Option<Dns<'a>>,
    pub(super) ecs: Version,
    pub(super) event: EventFields<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<File<'a>>,
    pub(super) host: Host<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) network: Option<Network<'a>>,
    pub(super) process: ProcessFields<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) registry: Option<Registry<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) related: Option<Related<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) source: Option<Endpoint<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sysmon: Option<Sysmon>,
    pub(super) user: User<'a>,
    pub(super) winlog: Winlog<'a>,
}

#[derive(Serialize)]
pub(super) struct Agent {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) version: &'static str,
}

#[derive(Serialize)]
pub(super) struct Version {
    pub(super) version: &'static str,
}

#[derive(Serialize)]
pub(super) struct EventFields<'a> {
    pub(super) action: &'a str,
    pub(super) category: &'a [&'a str],
    pub(super) code: &'a str,
    pub(super) created: Stamp,
    pub(super) kind: &'static str,
    pub(super) module: &'static str,
    pub(super) provider: &'static str,
    #[serde(rename = "type")]
    pub(super) kinds: &'a [&'a str],
}

#[derive(Serialize)]
pub(super) struct Host<'a> {
    pub(super) name: &'a str,
    pub(super) os: Os,
}

#[derive(Serialize)]
pub(super) struct Os {
    pub(super) family: &'static str,
}

#[derive(Serialize)]
pub(super) struct Endpoint<'a> {
    pub(super) ip: &'a str,
    pub(super) port: u16,
}

#[derive(Serialize)]
pub(super) struct Network<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) direction: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) protocol: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) transport: Option<&'a str>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct Dns<'a> {
    pub(super) question: Question<'a>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(super) resolved_ip: &'a [&'a str],
}

#[derive(Serialize)]
pub(super) struct Question<'a> {
    pub(super) name: &'a str,
    pub(super) registered_domain: &'a str,
}

#[derive(Serialize)]
pub(super) struct File<'a> {
    pub(super) directory: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) extension: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hash: Option<Hash>,
    pub(super) name: &'a str,
    pub(super) path: &'a str,
}

#[derive(Serialize)]
pub(super) struct Hash {
    pub(super) md5: String,
    pub(super) sha256: String,
}

#[derive(Serialize, Default)]
pub(super) struct ProcessFields<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) args: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) args_count: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) command_line: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) entity_id: Option<&'a str>,
    pub(super) executable: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hash: Option<Hash>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) parent: Option<Box<ProcessFields<'a>>>,
    pub(super) pid: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) working_directory: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct Registry<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) data: Option<RegistryData<'a>>,
    pub(super) hive: &'a str,
    pub(super) key: &'a str,
    pub(super) path: &'a str,
    pub(super) value: &'a str,
}

#[derive(Serialize)]
pub(super) struct RegistryData<'a> {
    pub(super) strings: &'a [&'a str],
    #[serde(rename = "type")]
    pub(super) kind: &'a str,
}

#[derive(Serialize, Default)]
pub(super) struct Related<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) ip: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) user: Vec<&'a str>,
}

#[derive(Serialize)]
pub(super) struct Sysmon {
    pub(super) dns: DnsStatus,
}

#[derive(Serialize)]
pub(super) struct DnsStatus {
    pub(super) status: &'static str,
}

#[derive(Serialize)]
pub(super) struct User<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) domain: Option<&'a str>,
    pub(super) id: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct Winlog<'a> {
    pub(super) channel: &'static str,
    pub(super) computer_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) event_data: Option<EventData<'a>>,
    pub(super) event_id: &'a str,
}

/// The fields that the ingest pipeline leaves in `winlog.event_data`; always texts.
#[derive(Serialize, Default)]
#[serde(rename_all = "PascalCase")]
pub(super) struct EventData<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) event_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) granted_access: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) integrity_level: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) target_image: Option<&'a str>,
    #[serde(rename = "TargetProcessGUID", skip_serializing_if = "Option::is_none")]
    pub(super) target_process_guid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) target_process_id: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_print_milliseconds() {
        assert_eq!(Stamp(1_617_235_200_000).to_string(), "2021-04-01T00:00:00.000Z");
        assert_eq!(Stamp(1_617_235_200_007).to_string(), "2021-04-01T00:00:00.007Z");
    }
}
