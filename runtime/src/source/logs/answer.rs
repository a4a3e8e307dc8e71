//! What saved search answers say of themselves: whether they are all that their search found.

use crate::source::repair;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What an answer says of itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct AnswerFacts {
    /// Documents in it.
    pub(crate) hits: u64,
    /// Documents that the search found, as far as they were counted.
    pub(crate) total: Option<u64>,
    /// Shards that failed.
    pub(crate) failed: u64,
    /// Whether time ran out before all was looked at.
    pub(crate) timed_out: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Shell {
    timed_out: bool,
    #[serde(rename = "_shards")]
    shards: Shards,
    hits: Hits,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Shards {
    failed: u64,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Hits {
    total: Option<Total>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Total {
    Number(u64),
    Counted { value: u64 },
}

impl AnswerFacts {
    /// Reads an answer whose documents were taken out. What is not JSON says nothing here: its parser counts it.
    pub(super) fn read(shell: &[u8], hits: u64) -> Self {
        let read = serde_json::from_slice(shell);
        let read = read.or_else(|e| repair::json(shell).map_or(Err(e), |mended| serde_json::from_str(&mended.json)));
        let Ok(Shell { timed_out, shards, hits: Hits { total } }) = read else {
            return Self { hits, ..Self::default() };
        };
        let total = total.map(|total| match total {
            Total::Number(value) | Total::Counted { value } => value,
        });
        Self { hits, total, failed: shards.failed, timed_out }
    }
}

/// The answers of a source. Pages of one search have one total, in whatever files they are.
#[derive(Debug, Default)]
pub(crate) struct SavedAnswers {
    /// For each total how many documents came, and the first file.
    searches: BTreeMap<u64, (u64, String)>,
    /// The first fault that an answer tells of.
    fault: Option<String>,
}

impl SavedAnswers {
    /// Takes an answer of a file.
    pub(crate) fn push(&mut self, facts: AnswerFacts, file: &str) {
        if let Some(total) = facts.total {
            self.searches.entry(total).or_insert_with(|| (0, file.to_owned())).0 += facts.hits;
        }
        if self.fault.is_none() && facts.failed > 0 {
            let shards = if facts.failed == 1 { "1 shard".to_owned() } else { format!("{} shards", facts.failed) };
            self.fault = Some(format!("{file} is a part of an answer: {shards} failed"));
        } else if self.fault.is_none() && facts.timed_out {
            self.fault = Some(format!("{file} is a part of an answer: the search timed out"));
        }
    }

    /// Why they are a part of what was found only; none where nothing says so.
    pub(crate) fn part(&self) -> Option<String> {
        let mut short = self.searches.iter().filter(|(total, (hits, _))| hits < total);
        let too_few =
            |(total, (hits, file)): (&u64, &(u64, String))| format!("{file} is a part of an answer: {hits} of {total} hits");
        self.fault.clone().or_else(|| short.next().map(too_few))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_say_whether_they_are_whole() {
        let part = |answers: &[(&str, u64)]| {
            let mut saved = SavedAnswers::default();
            for (shell, hits) in answers {
                saved.push(AnswerFacts::read(shell.as_bytes(), *hits), "f");
            }
            saved.part()
        };
        let old = r#"{"hits":{"total":3,"hits":[]}}"#;
        let new = r#"{"_shards":{"total":2,"failed":0},"hits":{"total":{"value":3,"relation":"eq"},"hits":[]}}"#;
        for whole in [&[(old, 3)][..], &[(new, 2), (new, 1)], &[(r#"{"hits":{"hits":[]}}"#, 9)], &[("oops", 1)], &[]] {
            assert_eq!(part(whole), None);
        }
        assert_eq!(part(&[(new, 2)]).unwrap_or_default(), "f is a part of an answer: 2 of 3 hits");
        let failed = r#"{"_shards":{"failed":1},"hits":{"hits":[]}}"#;
        assert_eq!(part(&[(failed, 2)]).unwrap_or_default(), "f is a part of an answer: 1 shard failed");
        let slow = r#"{"timed_out":true,"hits":{"total":1,"hits":[]}}"#;
        assert_eq!(part(&[(old, 3), (slow, 1)]).unwrap_or_default(), "f is a part of an answer: the search timed out");
    }
}
