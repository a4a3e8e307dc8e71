//! The envelope of a search answer, read without copying, and the test that the answer is complete.

use super::fault::{Fault, FaultKind};
use crate::source::FetchContext;
use crate::source::repair::{self, Flaw, Repaired};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

/// The parts of an answer that are requested; always with the flags that show whether it is complete.
pub(super) const FILTER: &str = "filter_path=pit_id,_scroll_id,timed_out,terminated_early,_shards,_clusters,hits.total,hits.hits._index,\
hits.hits._id,hits.hits.sort,hits.hits._source,hits.hits.fields,hits.hits._ignored,\
hits.hits.ignored_field_values,aggregations,error,status";

#[derive(Deserialize)]
pub(super) struct Answer<'a> {
    pub(super) pit_id: Option<String>,
    /// Id of the next page; only in answers of a scroll.
    #[serde(rename = "_scroll_id")]
    pub(super) scroll_id: Option<String>,
    timed_out: Option<bool>,
    terminated_early: Option<bool>,
    #[serde(rename = "_shards")]
    shards: Option<Shards>,
    #[serde(rename = "_clusters")]
    clusters: Option<Clusters>,
    #[serde(borrow, default)]
    pub(super) hits: Hits<'a>,
    #[serde(borrow)]
    pub(super) aggregations: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

/// Servers leave empty parts out.
#[derive(Deserialize, Default)]
pub(super) struct Hits<'a> {
    pub(super) total: Option<Total>,
    #[serde(borrow, default)]
    pub(super) hits: Vec<Hit<'a>>,
}

impl Hits<'_> {
    /// How many records match; `None` unless the server counted them all.
    pub(super) fn exact_total(&self) -> Option<u64> {
        self.total.as_ref().filter(|t| t.relation == "eq").map(|t| t.value)
    }
}

/// How many records match, exactly or at least.
#[derive(Deserialize)]
pub(super) struct Total {
    value: u64,
    relation: String,
}

#[derive(Deserialize)]
pub(super) struct Hit<'a> {
    #[serde(borrow, rename = "_index")]
    pub(super) index: Cow<'a, str>,
    #[serde(borrow, rename = "_id")]
    pub(super) id: Cow<'a, str>,
    #[serde(borrow, rename = "_source")]
    pub(super) source: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) sort: Option<&'a RawValue>,
    /// Values from the index, requested when the document's own form of them cannot be read.
    #[serde(borrow)]
    pub(super) fields: Option<&'a RawValue>,
    /// Names of fields with values that the index has not.
    #[serde(borrow, rename = "_ignored")]
    pub(super) ignored: Option<&'a RawValue>,
    /// Values that were asked for and that the index has not.
    #[serde(borrow, rename = "ignored_field_values")]
    pub(super) ignored_values: Option<&'a RawValue>,
    /// The first flaw of the document, where the answer had to be written anew.
    #[serde(skip)]
    pub(super) flaw: Option<Flaw>,
}

/// How many shards of the indices answered.
#[derive(Deserialize)]
pub(super) struct Shards {
    total: u64,
    successful: u64,
    #[serde(default)]
    skipped: u64,
    failed: u64,
    #[serde(default)]
    failures: Vec<Failure>,
}

#[derive(Deserialize)]
struct Failure {
    index: Option<String>,
    reason: Option<Reason>,
}

#[derive(Deserialize)]
struct Reason {
    #[serde(rename = "type")]
    kind: Option<String>,
    reason: Option<String>,
}

/// How many clusters answered a search over several clusters.
#[derive(Deserialize)]
pub(super) struct Clusters {
    #[serde(default)]
    skipped: u64,
    #[serde(default)]
    partial: u64,
    #[serde(default)]
    failed: u64,
    #[serde(default)]
    running: u64,
    #[serde(default)]
    details: BTreeMap<String, ClusterDetail>,
}

/// What became of the search in one cluster.
#[derive(Deserialize)]
struct ClusterDetail {
    #[serde(default)]
    status: String,
    #[serde(default)]
    failures: Vec<Failure>,
}

impl Clusters {
    /// The error where one of them did not answer with all that it has.
    pub(super) fn whole(&self) -> Result<(), Fault> {
        self.lacking().map_or(Ok(()), |lacking| Err(Fault::new(FaultKind::Incomplete, lacking)))
    }

    /// Which clusters did not answer with all that they have, and why; `None` when all did.
    fn lacking(&self) -> Option<String> {
        if [self.skipped, self.partial, self.failed, self.running].iter().all(|clusters| *clusters == 0) {
            return None;
        }
        let named: Vec<String> = self
            .details
            .iter()
            .filter(|(_, d)| d.status != "successful")
            .map(|(name, detail)| {
                let reason = detail.failures.first().and_then(|f| f.reason.as_ref()).and_then(|r| r.reason.as_deref());
                format!("remote cluster `{name}`: {}: {}", detail.status, reason.unwrap_or("no reason given"))
            })
            .collect();
        Some(if named.is_empty() { "a remote cluster was skipped or gave a part only".to_owned() } else { named.join("; ") })
    }
}

impl<'a> Answer<'a> {
    /// Parses an answer. One that is no JSON because of values in its documents is written anew into `mended`.
    pub(super) fn read(body: &'a [u8], mended: &'a mut Repaired) -> Result<Self, Fault> {
        let error = match serde_json::from_slice(body) {
            Ok(answer) => return Ok(answer),
            Err(error) => Fault::new(FaultKind::Malformed, format!("the answer is no valid JSON: {error}")),
        };
        *mended = repair::json(body).filter(|r| !r.flaws.is_empty()).ok_or(error.clone())?;
        let mended: &'a Repaired = mended;
        let mut answer: Self = serde_json::from_str(&mended.json).map_err(|_| error)?;
        for hit in &mut answer.hits.hits {
            hit.flaw = hit.source.and_then(|source| mended.flaw_in(source.get()));
        }
        Ok(answer)
    }

    /// An answer to a composite aggregation, of which OpenSearch always says that it ended early.
    pub(super) fn of_composite(self) -> Self {
        Self { terminated_early: None, ..self }
    }

    /// The error of an answer that is not complete: every shard of every cluster must have answered with all it has.
    pub(super) fn whole(&self) -> Result<(), Fault> {
        if let Some(error) = self.error {
            return Err(Fault::new(FaultKind::Troubled, error.get()));
        }
        let Some(shards) = &self.shards else {
            return Err(Fault::new(FaultKind::Malformed, "the answer does not say which shards it has"));
        };
        let Some(timed_out) = self.timed_out else {
            return Err(Fault::new(FaultKind::Malformed, "the answer does not say whether it timed out"));
        };
        if timed_out {
            return Err(Fault::new(FaultKind::OutOfTime, "the server stopped the search at a time limit"));
        }
        if self.terminated_early == Some(true) {
            return Err(Fault::new(FaultKind::Incomplete, "the server stopped the search early"));
        }
        shards.whole()?;
        self.clusters.as_ref().map_or(Ok(()), Clusters::whole)
    }

    /// Whether the answer may be used: it is whole, or a part is allowed, which is marked.
    pub(super) fn usable(&self, context: &FetchContext) -> Result<(), Fault> {
        match self.whole() {
            Err(fault) if context.allow_partial && fault.leaves_a_part() => {
                context.stats.partial.store(true, Ordering::Relaxed);
                Ok(())
            }
            verdict => verdict,
        }
    }

    /// How many records match; an error unless the server counted them all.
    pub(super) fn total(&self) -> Result<u64, Fault> {
        self.hits.exact_total().ok_or_else(|| Fault::new(FaultKind::Malformed, "the answer has no total"))
    }

    /// The number of shards that the search went to.
    pub(super) fn shard_count(&self) -> Option<u64> {
        self.shards.as_ref().map(Shards::count)
    }
}

impl Shards {
    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.total
    }

    /// As [`Answer::whole`], for shards. A shard that the time range excludes counts as skipped, which is no error.
    pub(super) fn whole(&self) -> Result<(), Fault> {
        let answered = self.successful.saturating_add(self.skipped);
        if self.failed == 0 && answered >= self.total {
            return Ok(());
        }
        let missing = self.failed.max(self.total.saturating_sub(answered));
        let mut text = format!("{missing} of {} shards failed", self.total);
        let mut kind = FaultKind::Incomplete;
        if let Some(failure) = self.failures.first() {
            let reason = failure.reason.as_ref();
            let what = reason.and_then(|r| r.kind.as_deref()).unwrap_or("no reason given");
            let why = reason.and_then(|r| r.reason.as_deref()).unwrap_or("");
            text = format!("{text}: {}: {what}: {why}", failure.index.as_deref().unwrap_or("?"));
            // A query that a shard cannot run fails on every try.
            kind = if what == "query_shard_exception" { FaultKind::MappingClash } else { kind };
        }
        Err(Fault::new(kind, text))
    }
}

/// What an answer calls what it opened, also where the rest of it cannot be read: so that it can be closed.
pub(super) fn opened(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct OpenedName {
        #[serde(rename = "_scroll_id")]
        scroll: Option<String>,
        #[serde(alias = "pit_id")]
        id: Option<String>,
    }
    let opened = serde_json::Deserializer::from_slice(body).into_iter::<OpenedName>().next()?.ok()?;
    opened.scroll.or(opened.id).filter(|id| !id.is_empty())
}

/// Reads a part of an answer. Values of records stand in it as keys of buckets: what is no JSON in them is mended.
pub(super) fn part<T: DeserializeOwned>(part: &RawValue) -> serde_json::Result<T> {
    serde_json::from_str(part.get()).or_else(|error| match repair::json(part.get().as_bytes()) {
        Some(repaired) if !repaired.flaws.is_empty() => serde_json::from_str(&repaired.json),
        _ => Err(error),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn verdict(json: &str) -> Result<(), FaultKind> {
        Answer::read(json.as_bytes(), &mut Repaired::default()).and_then(|a| a.whole()).map_err(|f| f.kind)
    }

    #[test]
    fn only_whole_answers_pass() {
        let ok = r#"{"timed_out":false,"_shards":{"total":3,"successful":1,"skipped":2,"failed":0}}"#;
        assert_eq!(verdict(ok), Ok(()));
        let faults = [
            (r#"{"timed_out":true,"_shards":{"total":1,"successful":1,"failed":0}}"#, FaultKind::OutOfTime),
            (
                r#"{"timed_out":false,"terminated_early":true,"_shards":{"total":1,"successful":1,"failed":0}}"#,
                FaultKind::Incomplete,
            ),
            (r#"{"timed_out":false,"_shards":{"total":2,"successful":1,"failed":0}}"#, FaultKind::Incomplete),
            (
                r#"{"timed_out":false,"_shards":{"total":2,"successful":1,"failed":1,"failures":[{"index":"a","reason":{"type":"query_shard_exception"}}]}}"#,
                FaultKind::MappingClash,
            ),
            (
                r#"{"timed_out":false,"_shards":{"total":1,"successful":1,"failed":0},"_clusters":{"total":2,"successful":1,"skipped":1}}"#,
                FaultKind::Incomplete,
            ),
            (
                r#"{"timed_out":false,"_shards":{"total":1,"successful":18446744073709551615,"skipped":9,"failed":18446744073709551615},"_clusters":{"skipped":18446744073709551615,"partial":1}}"#,
                FaultKind::Incomplete,
            ),
            (
                r#"{"timed_out":false,"_shards":{"total":1,"successful":1,"failed":0},"_clusters":{"skipped":18446744073709551615,"partial":1}}"#,
                FaultKind::Incomplete,
            ),
            (r#"{"timed_out":false}"#, FaultKind::Malformed),
            (r#"{"_shards":{"total":1,"successful":1,"failed":0}}"#, FaultKind::Malformed),
            (r#"{"timed_out":false,"_shards":{"total":1,"succ"#, FaultKind::Malformed),
            ("<html>", FaultKind::Malformed),
        ];
        for (json, kind) in faults {
            assert_eq!(verdict(json), Err(kind), "{json}");
        }
    }

    #[test]
    fn values_that_are_no_json_hide_no_hit() {
        let hit = |id: &str, value: &[u8]| {
            [format!("{{\"_index\":\"i\",\"_id\":\"{id}\",\"_source\":{{\"a\":\"").as_bytes(), value, b"\"}}"].concat()
        };
        let hits = [hit("1", b"x"), hit("2", b"\xff"), hit("3", b"y"), hit("4", b"\x01")].join(&b","[..]);
        let body = [&br#"{"timed_out":false,"_shards":{"total":1,"successful":1,"failed":0},"hits":{"hits":["#[..], &hits, b"]}}"]
            .concat();
        let mut mended = Repaired::default();
        let answer = Answer::read(&body, &mut mended).unwrap();
        let flaws: Vec<_> = answer.hits.hits.iter().map(|hit| (&*hit.id, hit.flaw)).collect();
        assert_eq!(flaws, [("1", None), ("2", Some(Flaw::NoCharacter)), ("3", None), ("4", Some(Flaw::Control))]);
        assert_eq!(answer.hits.hits[1].source.unwrap().get(), "{\"a\":\"\u{fffd}\"}");
    }

    #[test]
    fn keys_of_buckets_are_mended() {
        let keys: Vec<String> = part(&RawValue::from_string(r#"["a\ud800","b"]"#.to_owned()).unwrap()).unwrap();
        assert_eq!(keys, ["a\u{fffd}", "b"]);
        assert!(part::<Vec<String>>(&RawValue::from_string("[1]".to_owned()).unwrap()).is_err());
    }

    #[test]
    fn what_was_opened_is_known_by_its_name_in_a_broken_answer() {
        let id = |body: &str| opened(body.as_bytes());
        assert_eq!(id(r#"{"_shards":1,"_shards":2,"_scroll_id":"a"}{}"#).as_deref(), Some("a"));
        assert_eq!(id(r#"{"pit_id":"b"}"#).as_deref(), Some("b"));
        assert_eq!((id(r#"{"id":""}"#), id(r#"{"id":"a""#), id("<html>")), (None, None, None));
    }

    #[test]
    fn hits_are_borrowed() {
        let body = br#"{"timed_out":false,"_shards":{"total":1,"successful":1,"failed":0},"hits":{"total":{"value":1,"relation":"eq"},"hits":[{"_index":"i","_id":"1","_source":{"a":1},"sort":[7]}]}}"#;
        let mut mended = Repaired::default();
        let answer = Answer::read(body, &mut mended).unwrap();
        let hit = &answer.hits.hits[0];
        assert!(matches!(hit.index, Cow::Borrowed("i")) && matches!(hit.id, Cow::Borrowed("1")));
        assert_eq!((hit.source.unwrap().get(), hit.sort.unwrap().get()), (r#"{"a":1}"#, "[7]"));
    }
}
