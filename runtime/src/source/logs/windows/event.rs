//! A Windows event, whatever it was wrapped in.

use super::json::Json;
use huntc_compiler::time::Instant;
use std::borrow::Cow;

/// An event as Windows logged it. What a wrapping does not say is absent.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct WindowsEvent<'a> {
    pub(super) provider: Cow<'a, str>,
    pub(super) provider_guid: Option<Cow<'a, str>>,
    pub(super) channel: Option<Cow<'a, str>>,
    pub(super) event_id: u64,
    pub(super) version: Option<i64>,
    /// As Windows counts them: 2 is an error, 4 an information; 0 always logged.
    pub(super) level: Option<u64>,
    /// The number of the task, or what it is called.
    pub(super) task: Option<Cow<'a, str>>,
    pub(super) task_name: Option<Cow<'a, str>>,
    pub(super) opcode: Option<Cow<'a, str>>,
    /// The bits of the keywords.
    pub(super) keywords: Option<u64>,
    pub(super) computer: Option<Cow<'a, str>>,
    pub(super) record_id: Option<Cow<'a, str>>,
    /// When Windows logged it.
    pub(super) created: Option<Instant>,
    /// The process and the thread that logged it.
    pub(super) process_id: Option<i64>,
    pub(super) thread_id: Option<i64>,
    pub(super) activity_id: Option<Cow<'a, str>>,
    pub(super) related_activity_id: Option<Cow<'a, str>>,
    /// The account that logged it.
    pub(super) user: EventUser<'a>,
    /// `EventData`, in order.
    pub(super) data: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// Values that cannot be told from those of a stranger, by the names that they seem to have. They become no fields of ECS.
    pub(super) unclear: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// `UserData`: the name of its element, if known, and its values.
    pub(super) user_data: Vec<(Cow<'a, str>, Json<'a>)>,
    /// The message that Windows makes of it.
    pub(super) message: Option<Cow<'a, str>>,
    /// What else the document around it has, by path; it stays as it is.
    pub(super) around: Vec<(String, Json<'a>)>,
}

/// An account.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct EventUser<'a> {
    pub(super) sid: Option<Cow<'a, str>>,
    pub(super) name: Option<Cow<'a, str>>,
    pub(super) domain: Option<Cow<'a, str>>,
    pub(super) kind: Option<Cow<'a, str>>,
}

impl WindowsEvent<'_> {
    /// The first value of `EventData` with this name.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.data.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_ref())
    }
}

/// Keywords of the Security log.
pub(super) const AUDIT_FAILURE: u64 = 1 << 52;
/// As above.
pub(super) const AUDIT_SUCCESS: u64 = 1 << 53;

/// A number as Windows writes it: decimal, or hexadecimal with `0x`.
pub(super) fn number(text: &str) -> Option<i64> {
    let text = text.trim();
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16).ok().and_then(|n| i64::try_from(n).ok()),
        None => text.parse().ok(),
    }
}

/// Bits as Windows writes them: hexadecimal, or a number that may be negative.
pub(super) fn bits(text: &str) -> Option<u64> {
    let text = text.trim();
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok().or_else(|| text.parse::<i64>().ok().map(i64::cast_unsigned)),
    }
}
