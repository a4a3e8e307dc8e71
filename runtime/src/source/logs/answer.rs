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
    /// What else it says why it is a part.
    pub(crate) cut: Option<&'static str>,
    /// Remote clusters that did not answer.
    pub(crate) skipped: u64,
    /// Whether it is the only page of its search.
    pub(crate) alone: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Shell {
    timed_out: bool,
    terminated_early: bool,
    #[serde(alias = "isPartial")]
    is_partial: bool,
    #[serde(alias = "isRunning")]
    is_running: bool,
    #[serde(rename = "_shards")]
    shards: Shards,
    #[serde(rename = "_clusters")]
    clusters: Clusters,
    hits: Hits,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Clusters {
    skipped: u64,
    partial: u64,
    failed: u64,
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
        let Ok(Shell { timed_out, terminated_early, is_partial, is_running, shards, clusters, hits: Hits { total } }) = read else {
            return Self { hits, ..Self::default() };
        };
        let cut = [
            (timed_out, "the search timed out"),
            (terminated_early, "the search was ended early"),
            (is_running, "the search was still running"),
            (is_partial, "the search was not done"),
        ];
        let cut = cut.into_iter().find_map(|(said, what)| said.then_some(what));
        let skipped = clusters.skipped + clusters.partial + clusters.failed;
        let total = total.map(|total| match total {
            Total::Number(value) | Total::Counted { value } => value,
        });
        Self { hits, total, failed: shards.failed, cut, skipped, alone: false }
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
        match facts.total {
            Some(total) if facts.alone => {
                let short = total > facts.hits;
                self.fault = self.fault.take().or_else(|| short.then(|| too_few(file, facts.hits, total)));
            }
            Some(total) => self.searches.entry(total).or_insert_with(|| (0, file.to_owned())).0 += facts.hits,
            None => {}
        }
        let several = |count: u64, what: &str| if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") };
        let why = match (facts.failed, facts.cut, facts.skipped) {
            (1.., _, _) => format!("{} failed", several(facts.failed, "shard")),
            (_, Some(cut), _) => cut.to_owned(),
            (_, _, 1..) => format!("{} did not answer", several(facts.skipped, "remote cluster")),
            _ => return,
        };
        self.fault = self.fault.take().or_else(|| Some(format!("{file} is a part of an answer: {why}")));
    }

    /// Why they are a part of what was found only; none where nothing says so.
    pub(crate) fn part(&self) -> Option<String> {
        let mut short = self.searches.iter().filter(|(total, (hits, _))| hits < total);
        self.fault.clone().or_else(|| short.next().map(|(total, (hits, file))| too_few(file, *hits, *total)))
    }
}

fn too_few(file: &str, hits: u64, total: u64) -> String {
    format!("{file} is a part of an answer: {hits} of {total} hits")
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
        for (shell, why) in [
            (r#"{"is_partial":true,"is_running":true,"response":null}"#, "the search was still running"),
            (r#"{"isPartial":true,"isRunning":false,"rawResponse":null}"#, "the search was not done"),
            (r#"{"terminated_early":true,"hits":{"hits":[]}}"#, "the search was ended early"),
            (r#"{"_clusters":{"total":3,"successful":2,"skipped":1},"hits":{"hits":[]}}"#, "1 remote cluster did not answer"),
        ] {
            assert_eq!(part(&[(shell, 1)]).unwrap_or_default(), format!("f is a part of an answer: {why}"));
        }
    }

    #[test]
    fn searches_of_one_file_are_no_pages_of_each_other() {
        let mut saved = SavedAnswers::default();
        for hits in [6, 0] {
            saved.push(AnswerFacts { hits, total: Some(3), alone: true, ..AnswerFacts::default() }, "f");
        }
        assert_eq!(saved.part().unwrap_or_default(), "f is a part of an answer: 0 of 3 hits");
    }
}
