//! The faults of requests, and which of them may go away when the request is sent again.

use super::server::Product;
use crate::allowance::Spent;
use huntc_compiler::diag::is_unsafe;
use serde_json::Value;
use std::time::Duration;

/// The kinds of faults. Each kind has its own message and treatment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum FaultKind {
    /// The hunt may not go on.
    Spent(Spent),
    /// Another part of the same reading has failed.
    Stopped,
    /// Nothing listens at the address.
    Refused,
    /// The connection ended before any byte of an answer, and no answer ever came from there.
    Closed,
    /// The connection to a server that has answered before ended before any byte of an answer.
    Dropped,
    /// The name of the host cannot be resolved.
    UnknownHost,
    /// The host did not answer a connection in time.
    ConnectTimeout,
    /// There is no trusted TLS connection.
    Tls,
    /// The server does not speak TLS.
    NoTls,
    /// No answer came in time, or the server gave up.
    Timeout,
    /// The connection ended before the answer did.
    Cut,
    /// The answer is no valid JSON, or breaks the protocol.
    Malformed,
    /// A redirect, a web page, or another service.
    NotASearchServer,
    /// Status 401.
    Unauthorized,
    /// Status 403.
    Forbidden,
    /// An index, alias or pattern that matches nothing.
    NoSuchIndex,
    /// A closed index was named.
    IndexClosed,
    /// The server is busy.
    Overloaded,
    /// The server lacks the memory for the request. `lasting`: it says that it will lack it on the next try too.
    ShortOfMemory { lasting: bool },
    /// The server, or what stands before it, cannot answer now: it starts, or what should answer is down.
    Unavailable,
    /// The server failed at the request for no reason that is known here.
    Troubled,
    /// The server has too many open points in time.
    PitLimit,
    /// The point in time or the scroll no longer exists.
    ContextLost,
    /// The server refuses a pattern, or the number of clauses.
    TooComplex,
    /// A body or an answer that is too long.
    TooLarge,
    /// The path of a request is too long, which has the index expression.
    PathTooLong,
    /// A page that is larger than the index allows.
    PageTooLarge,
    /// The mapping is not what the query was made for.
    MappingClash,
    /// A part of the answer is missing, and may be there on the next try.
    Incomplete,
    /// The server stopped a search at a time limit of its own, and answers what it found until then.
    OutOfTime,
    /// The server searches fewer shards than the indices have for which the expression stands.
    Uncovered,
    /// The records are not as many as the server counted, or one came twice: the whole reading is wrong.
    Miscounted,
    /// The index does not keep `_source`.
    NoDocuments,
    /// The index keeps documents without a field, and its values nowhere else as they were sent.
    LeftOut,
    /// The credentials see a part of the indices only.
    Narrowed,
    /// Any other refusal.
    Rejected,
}

/// A fault of one request.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) kind: FaultKind,
    /// HTTP status of the answer; `None` when there was none.
    pub(super) status: Option<u16>,
    /// The reason given by the server or the system, without control characters and shortened.
    pub(super) reason: String,
    /// How long the server asks to wait before the next try.
    pub(super) wait: Option<Duration>,
    /// How long the server was waited for in vain.
    pub(super) waited: Option<Duration>,
    /// The product that refused, when the answer's headers name it.
    pub(super) product: Option<Product>,
}

/// How often a request is sent again after a fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Repeat {
    Never,
    Once,
    /// As often as the source may try.
    Some,
    /// As long as the source has patience: the server is there, and will answer when it has started.
    Long,
}

impl Fault {
    pub(super) fn new(kind: FaultKind, reason: impl AsRef<str>) -> Self {
        Self { kind, status: None, reason: clean(reason.as_ref()), wait: None, waited: None, product: None }
    }

    /// The fault of a request whose hunt may not go on.
    pub(super) fn spent(spent: Spent) -> Self {
        Self::new(FaultKind::Spent(spent), "")
    }

    /// How often the same request is sent again. `known`: the server has answered before, so that what looks like a wrong address
    /// is a server that restarts.
    pub(super) fn again(&self, known: bool) -> Repeat {
        match self.kind {
            FaultKind::Refused | FaultKind::ConnectTimeout | FaultKind::UnknownHost | FaultKind::Unavailable if known => {
                Repeat::Long
            }
            FaultKind::Incomplete if known && self.status == Some(503) => Repeat::Long,
            // Proxies accept connections for a server that is away.
            FaultKind::Dropped => Repeat::Long,
            FaultKind::Overloaded
            | FaultKind::ShortOfMemory { lasting: false }
            | FaultKind::Unavailable
            | FaultKind::Troubled
            | FaultKind::Cut
            | FaultKind::Malformed
            | FaultKind::Incomplete
            | FaultKind::OutOfTime
            | FaultKind::PitLimit => Repeat::Some,
            // A second try of what timed out takes the same long time; where nothing answered yet, the protocol may be wrong.
            FaultKind::Timeout | FaultKind::Closed => Repeat::Once,
            // What stands before the server answered for it.
            FaultKind::NotASearchServer if known => Repeat::Once,
            _ => Repeat::Never,
        }
    }

    /// How often a server is looked for that never answered, before a hunt goes on without it.
    pub(super) fn again_for_a_part(&self) -> Repeat {
        match self.kind {
            FaultKind::Refused | FaultKind::UnknownHost => Repeat::Some,
            FaultKind::ConnectTimeout => Repeat::Once,
            _ => Repeat::Never,
        }
    }

    /// Whether the server, or what stands before it, may answer where less is asked for at once.
    pub(super) fn asks_for_less(&self) -> bool {
        matches!(self.kind, FaultKind::PageTooLarge | FaultKind::ShortOfMemory { .. })
            || (self.kind == FaultKind::TooLarge && self.status.is_none())
    }

    /// Whether the body of the request was too long for the server, or for what stands before it.
    pub(super) fn refuses_length(&self) -> bool {
        self.kind == FaultKind::TooLarge && self.status == Some(413)
    }

    /// Whether the server, or a proxy before it, had no time for an answer. Where that was to look at all records at once, it may
    /// have the time to give them page by page.
    pub(super) fn is_of_time(&self) -> bool {
        matches!(self.kind, FaultKind::Timeout | FaultKind::OutOfTime)
            || (self.kind == FaultKind::Unavailable && self.status == Some(504))
    }

    /// Whether it may be the counting that the server does not manage, so that it is asked for the records themselves.
    pub(super) fn is_of_counting(&self) -> bool {
        self.is_of_time()
            || matches!(
                self.kind,
                FaultKind::Rejected
                    | FaultKind::MappingClash
                    | FaultKind::TooComplex
                    | FaultKind::ContextLost
                    | FaultKind::Miscounted
                    | FaultKind::Malformed
                    | FaultKind::PageTooLarge
                    | FaultKind::TooLarge
                    | FaultKind::ShortOfMemory { .. }
                    | FaultKind::NoDocuments
                    | FaultKind::LeftOut
            )
    }

    /// Whether a part of the records may be all that can be had.
    pub(super) fn leaves_a_part(&self) -> bool {
        matches!(
            self.kind,
            FaultKind::Incomplete | FaultKind::OutOfTime | FaultKind::Uncovered | FaultKind::MappingClash | FaultKind::Unavailable
        )
    }
}

/// A text of a server for people: without unsafe characters, one line, at most 300 characters.
pub(super) fn clean(text: &str) -> String {
    let spaced = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| !is_unsafe(*c));
    let mut out = String::new();
    for (count, c) in spaced.enumerate() {
        if count == 300 {
            out.push('…');
            break;
        }
        if !(c == ' ' && (out.ends_with(' ') || out.is_empty())) {
            out.push(c);
        }
    }
    out.trim_end().to_owned()
}

/// The fault of a request that was answered with an error status.
pub(super) fn of_answer(status: u16, wait: Option<Duration>, body: &[u8]) -> Fault {
    let json: Option<Value> = serde_json::from_slice(body).ok();
    let error = json.as_ref().and_then(|j| j.get("error"));
    let mut types = Vec::new();
    let mut reasons = Vec::new();
    if let Some(error) = error {
        collect(error, &mut types, &mut reasons, 0);
    }
    let reason = reason_text(status, &types, &reasons, json.is_some(), body);
    let kind = match kind_of(status, &types, &reasons, json.is_some()) {
        FaultKind::ShortOfMemory { .. } => FaultKind::ShortOfMemory { lasting: error.is_some_and(|error| lasts(error, 0)) },
        kind => kind,
    };
    Fault { kind, status: Some(status), reason: clean(&reason), wait, waited: None, product: None }
}

/// The first reason with its type, or the bare status when the answer is no error of a search server.
fn reason_text(status: u16, types: &[String], reasons: &[String], json: bool, body: &[u8]) -> String {
    match (types.first(), reasons.first()) {
        (Some(kind), Some(reason)) => format!("{kind}: {reason}"),
        (None, Some(reason)) => reason.clone(),
        (Some(kind), None) => kind.clone(),
        (None, None) if json => format!("status {status} without a reason"),
        (None, None) => {
            let text = String::from_utf8_lossy(body.get(..200).unwrap_or(body)).into_owned();
            if text.trim().is_empty() { format!("status {status}") } else { format!("status {status}: {text}") }
        }
    }
}

/// All types and reasons of an error, root causes first. Servers put them in any of these places.
fn collect(error: &Value, types: &mut Vec<String>, reasons: &mut Vec<String>, depth: usize) {
    if depth > 8 {
        return;
    }
    if let Some(text) = error.as_str() {
        reasons.push(text.to_owned());
    }
    for part in error.get("root_cause").and_then(Value::as_array).into_iter().flatten() {
        collect(part, types, reasons, depth + 1);
    }
    for part in error.get("failed_shards").and_then(Value::as_array).into_iter().flatten() {
        if let Some(reason) = part.get("reason") {
            collect(reason, types, reasons, depth + 1);
        }
    }
    if let Some(cause) = error.get("caused_by") {
        collect(cause, types, reasons, depth + 1);
    }
    types.extend(error.get("type").and_then(Value::as_str).map(str::to_owned));
    reasons.extend(error.get("reason").and_then(Value::as_str).map(str::to_owned));
}

/// Whether an error says that it will last.
fn lasts(error: &Value, depth: usize) -> bool {
    let causes = ["root_cause", "failed_shards"].iter().filter_map(|key| error.get(key)?.as_array()).flatten();
    depth < 8
        && (error.get("durability").and_then(Value::as_str) == Some("PERMANENT")
            || causes.chain(error.get("caused_by")).chain(error.get("reason")).any(|cause| lasts(cause, depth + 1)))
}

/// The type of the error decides before its status: servers send the same fault with 400, 429, 500 or 503.
fn kind_of(status: u16, types: &[String], reasons: &[String], json: bool) -> FaultKind {
    let any_of = |wanted: &[&str]| types.iter().any(|t| wanted.contains(&t.as_str()));
    let says = |part: &str| reasons.iter().any(|r| r.contains(part));
    if status == 401 {
        return FaultKind::Unauthorized;
    }
    if status == 403 {
        return FaultKind::Forbidden;
    }
    if says("Too many") && says("Point In Time") || says("too many Point In Time") {
        return FaultKind::PitLimit;
    }
    if any_of(&["search_context_missing_exception"]) || says("No search context found") {
        return FaultKind::ContextLost;
    }
    if any_of(&["index_not_found_exception"]) {
        return FaultKind::NoSuchIndex;
    }
    if any_of(&["index_closed_exception"]) {
        return FaultKind::IndexClosed;
    }
    if says("Result window is too large") || says("Batch size is too large") {
        return FaultKind::PageTooLarge;
    }
    if too_complex(&any_of, &says) {
        return FaultKind::TooComplex;
    }
    if any_of(&["search_timeout_exception", "time_exceeded_exception", "task_cancelled_exception"]) || says("Time exceeded") {
        return FaultKind::Timeout;
    }
    if matches!(status, 414 | 431) || any_of(&["too_long_http_line_exception", "too_long_http_header_exception"]) {
        return FaultKind::PathTooLong;
    }
    if status == 413 || any_of(&["content_too_long_exception"]) {
        return FaultKind::TooLarge;
    }
    if any_of(&["too_many_buckets_exception"]) {
        return FaultKind::PageTooLarge;
    }
    // A remote cluster that cannot be reached, which comes with 502.
    if any_of(&["connect_transport_exception", "no_such_remote_cluster_exception"]) {
        return FaultKind::Incomplete;
    }
    if any_of(&["circuit_breaking_exception"]) {
        return FaultKind::ShortOfMemory { lasting: false };
    }
    if any_of(&["es_rejected_execution_exception", "rejected_execution_exception"]) || status == 429 {
        return FaultKind::Overloaded;
    }
    if any_of(&[
        "no_shard_available_action_exception",
        "node_not_connected_exception",
        "node_disconnected_exception",
        "cluster_block_exception",
    ]) {
        return FaultKind::Incomplete;
    }
    if any_of(&["query_shard_exception"]) {
        return FaultKind::MappingClash;
    }
    if matches!(status, 502..=504) {
        return FaultKind::Unavailable;
    }
    if status >= 500 || status == 408 {
        return FaultKind::Troubled;
    }
    if (300..400).contains(&status) || !json {
        return FaultKind::NotASearchServer;
    }
    FaultKind::Rejected
}

fn too_complex(any_of: &dyn Fn(&[&str]) -> bool, says: &dyn Fn(&str) -> bool) -> bool {
    any_of(&["too_complex_to_determinize_exception", "too_many_clauses", "too_many_nested_clauses"])
        || says("Determinizing")
        || says("input automaton is too large")
        || says("maxClauseCount")
        || says("The length of regex")
        || says("search.allow_expensive_queries")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(status: u16, body: &[u8]) -> Fault {
        of_answer(status, None, body)
    }

    fn kind(status: u16, body: &str) -> FaultKind {
        fault(status, body.as_bytes()).kind
    }

    #[test]
    fn types_decide_before_the_status() {
        let rejected = r#"{"error":{"root_cause":[{"type":"es_rejected_execution_exception","reason":"queue full"}],"type":"search_phase_execution_exception"},"status":500}"#;
        assert_eq!(kind(500, rejected), FaultKind::Overloaded);
        assert_eq!(
            kind(429, r#"{"error":{"root_cause":[],"caused_by":{"type":"search_timeout_exception","reason":"Time exceeded"}}}"#),
            FaultKind::Timeout
        );
        assert_eq!(
            kind(
                429,
                r#"{"error":{"type":"rejected_execution_exception","reason":"Trying to create too many Point In Time contexts. Must be less than or equal to: [300]."}}"#
            ),
            FaultKind::PitLimit
        );
        assert_eq!(
            kind(
                500,
                r#"{"error":{"root_cause":[],"type":"search_phase_execution_exception","failed_shards":[{"reason":{"type":"query_shard_exception","reason":"x","caused_by":{"type":"too_many_nested_clauses"}}}]}}"#
            ),
            FaultKind::TooComplex
        );
        assert_eq!(
            kind(
                404,
                r#"{"error":{"root_cause":[{"type":"search_context_missing_exception","reason":"No search context found for id [1]"}]}}"#
            ),
            FaultKind::ContextLost
        );
        assert_eq!(
            kind(404, r#"{"error":{"type":"index_not_found_exception","reason":"no such index [x]"}}"#),
            FaultKind::NoSuchIndex
        );
        assert_eq!(kind(302, "<html>moved</html>"), FaultKind::NotASearchServer);
        assert_eq!(kind(503, "upstream"), FaultKind::Unavailable);
        assert_eq!(kind(500, "<html>oops"), FaultKind::Troubled);
        assert_eq!(kind(500, r#"{"error":{"type":"null_pointer_exception"}}"#), FaultKind::Troubled);
        assert_eq!(kind(408, ""), FaultKind::Troubled);
        assert_eq!(kind(503, r#"{"error":{"type":"no_shard_available_action_exception"}}"#), FaultKind::Incomplete);
        assert_eq!(kind(503, r#"{"error":{"type":"too_many_buckets_exception"}}"#), FaultKind::PageTooLarge);
        assert_eq!(kind(400, r#"{"error":"no handler found"}"#), FaultKind::Rejected);
    }

    #[test]
    fn a_server_says_whether_it_will_lack_memory_again() {
        let short = |durability: &str| {
            format!(
                r#"{{"error":{{"root_cause":[],"type":"search_phase_execution_exception","failed_shards":[{{"reason":{{"type":"circuit_breaking_exception","reason":"x","durability":"{durability}"}}}}]}}}}"#
            )
        };
        assert_eq!(kind(429, &short("TRANSIENT")), FaultKind::ShortOfMemory { lasting: false });
        assert_eq!(kind(503, &short("PERMANENT")), FaultKind::ShortOfMemory { lasting: true });
        assert_eq!(of_answer(429, None, short("PERMANENT").as_bytes()).again(true), Repeat::Never);
    }

    #[test]
    fn only_a_server_that_answered_before_is_waited_for() {
        for kind in [FaultKind::Refused, FaultKind::ConnectTimeout, FaultKind::UnknownHost] {
            assert_eq!((Fault::new(kind, "").again(false), Fault::new(kind, "").again(true)), (Repeat::Never, Repeat::Long));
        }
        let away = of_answer(503, None, b"all shards failed");
        assert_eq!((away.again(false), away.again(true)), (Repeat::Some, Repeat::Long));
        let busy = of_answer(503, None, br#"{"error":{"type":"circuit_breaking_exception"}}"#);
        assert_eq!(busy.again(true), Repeat::Some);
        assert_eq!(of_answer(302, None, b"").again(true), Repeat::Once);
        assert_eq!(of_answer(401, None, b"").again(true), Repeat::Never);
    }

    #[test]
    fn a_server_without_the_time_to_count_may_have_it_to_give_records() {
        let of_time =
            [fault(504, b"<html>gateway timeout</html>"), fault(429, br#"{"error":{"type":"search_timeout_exception"}}"#)];
        assert!(of_time.iter().chain([&Fault::new(FaultKind::OutOfTime, "")]).all(|f| f.is_of_time() && f.is_of_counting()));
        let other = [fault(503, b""), fault(502, b""), Fault::new(FaultKind::Incomplete, ""), Fault::new(FaultKind::Refused, "")];
        assert!(other.iter().all(|f| !f.is_of_time() && !f.is_of_counting()));
    }

    #[test]
    fn reasons_are_cleaned_and_shortened() {
        let hostile = format!("a\u{1b}[31m\nb\u{202e}c\u{0}{}", "x".repeat(1000));
        let text = clean(&hostile);
        assert!(text.starts_with("a[31m bc") || text.starts_with("a[31m"), "{text}");
        assert!(text.chars().count() <= 301 && !text.contains(['\u{1b}', '\n', '\u{202e}', '\0']));
    }
}
