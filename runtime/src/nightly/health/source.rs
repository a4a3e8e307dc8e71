//! The health of one source, as reports and the state have it.

use super::feeds::Few;
use crate::nightly::record::Span;
use crate::report::text::count;
use huntc_compiler::time::{Instant, SECOND, duration};
use serde::{Deserialize, Serialize};

/// The health of a source in a night. Instants are nanoseconds since the epoch.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SourceHealth {
    /// Its name.
    pub source: String,
    /// Files of the hunts that ask it.
    pub hunts: Vec<String>,
    /// Why it does not answer.
    pub fault: Option<String>,
    /// The time of its newest record.
    pub newest: Option<i64>,
    /// Whether a hunt looks in vain for records that are newer than those of its last look.
    pub silent: bool,
    /// The number of records in the 24 hours before the night; `None`: not known.
    pub records: Option<u64>,
    /// The median of that number over the last seven nights.
    pub usual: Option<u64>,
    /// The feeds that have far fewer records than usual.
    pub few: Vec<Few>,
    /// Hosts that sent in the last seven nights and do not now; the first ten by name.
    pub hosts_gone: Vec<HostGone>,
    /// The number of such hosts.
    pub hosts_gone_total: u64,
    /// What could not be read: lines, files.
    pub unread: Vec<String>,
    /// Windows of earlier nights into which records came late, which are searched again.
    pub late: Vec<Span>,
    /// What is not known of it, and why.
    pub unknown: Vec<String>,
}

/// A host that does not send any more.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the other fields are what they are called")]
pub struct HostGone {
    pub host: String,
    /// The time of its newest record.
    pub newest: i64,
}

/// `2021-04-06 09:12`
fn minute(nanos: i64) -> String {
    let text = Instant(nanos).to_seconds_text();
    text.get(..16).map_or(text.clone(), |minute| minute.replace('T', " "))
}

/// `14 days`, `3 h 20 min`
fn age(nanos: i64) -> String {
    let days = nanos / (86_400 * SECOND);
    if days >= 2 { format!("{days} days") } else { duration::rough(nanos) }
}

impl SourceHealth {
    /// Whether nothing needs to be looked after.
    pub fn is_well(&self) -> bool {
        let whole = self.fault.is_none() && !self.silent && self.unread.is_empty() && self.unknown.is_empty();
        whole && self.few.is_empty() && self.hosts_gone_total == 0
    }

    /// Up to when it has records, when that is why hunts did not look at it.
    pub fn silence(&self, now: i64) -> String {
        match self.newest {
            Some(newest) => format!("no record since {} ({})", minute(newest), age(now.saturating_sub(newest))),
            None => "no record at all".to_owned(),
        }
    }

    /// What is not as usual, as lines for people.
    pub fn lines(&self, now: i64) -> Vec<String> {
        let mut facts = Vec::new();
        if let Some(fault) = &self.fault {
            facts.push(format!("does not answer: {fault}"));
        }
        if self.silent {
            facts.push(self.silence(now));
        }
        facts.extend(self.few.iter().map(few));
        facts.extend(self.hosts_gone());
        facts.extend(self.unread.iter().cloned());
        facts.extend(
            self.late
                .iter()
                .map(|span| format!("records came late into {} to {}, which is looked at again", minute(span.0), minute(span.1))),
        );
        facts.extend(self.unknown.iter().cloned());
        facts.into_iter().map(|fact| format!("source `{}`: {fact}", self.source)).collect()
    }

    fn hosts_gone(&self) -> Option<String> {
        let named: Vec<String> =
            self.hosts_gone.iter().map(|gone| format!("`{}` (last {})", gone.host, minute(gone.newest))).collect();
        let more = self.hosts_gone_total.saturating_sub(named.len() as u64);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let hosts = count(self.hosts_gone_total, "host");
        let verb = if self.hosts_gone_total == 1 { "sends" } else { "send" };
        (!named.is_empty()).then(|| format!("{hosts} no longer {verb}: {}{more}", named.join(", ")))
    }
}

fn few(few: &Few) -> String {
    let records = if few.records == 0 { "no record".to_owned() } else { format!("only {}", count(few.records, "record")) };
    let of = match few.dataset.as_deref() {
        None => String::new(),
        Some("") => " without `event.dataset`".to_owned(),
        Some(dataset) => format!(" of `{dataset}`"),
    };
    format!("{records}{of} in 24 h, {} are usual", few.usual)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nightly::window::DAY;

    #[test]
    fn each_fact_is_a_line_that_names_its_source() {
        let day = |n: i64| n * DAY;
        let health = SourceHealth {
            source: "windows".to_owned(),
            fault: Some("gone [K0901]".to_owned()),
            newest: Some(day(18_723)),
            silent: true,
            few: vec![
                Few { dataset: Some("sysmon".to_owned()), records: 0, usual: 900 },
                Few { dataset: Some(String::new()), records: 1, usual: 900 },
                Few { dataset: None, records: 2, usual: 900 },
            ],
            hosts_gone: vec![HostGone { host: "a".to_owned(), newest: day(18_722) }],
            hosts_gone_total: 3,
            late: vec![Span(day(18_720), day(18_721))],
            unread: vec!["2 lines skipped as unreadable".to_owned()],
            ..SourceHealth::default()
        };
        let lines = health.lines(day(18_737));
        let wanted = [
            "does not answer: gone [K0901]",
            "no record since 2021-04-06 00:00 (14 days)",
            "no record of `sysmon` in 24 h, 900 are usual",
            "only 1 record without `event.dataset` in 24 h, 900 are usual",
            "only 2 records in 24 h, 900 are usual",
            "3 hosts no longer send: `a` (last 2021-04-05 00:00) and 2 more",
            "2 lines skipped as unreadable",
            "records came late into 2021-04-03 00:00 to 2021-04-04 00:00, which is looked at again",
        ];
        assert_eq!(lines, wanted.map(|fact| format!("source `windows`: {fact}")));
        assert!(!health.is_well() && SourceHealth::default().is_well() && SourceHealth::default().lines(0).is_empty());
        assert_eq!(SourceHealth::default().silence(0), "no record at all");
    }
}
