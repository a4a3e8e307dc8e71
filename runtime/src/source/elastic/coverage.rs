//! Whether a point in time covers all that its index expression stands for. A remote cluster that cannot be reached is left out
//! of an opening without a word, and a search under it does not miss the cluster. So may be indices whose records the credentials
//! may not read, where the server does not say what they may.

use super::answer::Answer;
use super::client::Call;
use super::connection::Connection;
use super::expression;
use super::fault::{Fault, FaultKind};
use super::mapping::Mappings;
use super::privileges::ticked;
use crate::source::FetchContext;
use crate::source::repair::Repaired;
use serde_json::json;

/// The most indices that a fault names.
const NAMED: usize = 5;

/// How many shards a search goes to.
pub(super) struct Searched {
    shards: u64,
    /// The fault where some of them, or a cluster, did not answer and a part may do.
    whole: Result<(), Fault>,
}

/// Whether it is asked where a search by the index expression goes: where that names remote clusters.
pub(super) fn is_asked_for(connection: &Connection) -> bool {
    expression::remote(&connection.config.indices).is_some()
}

/// Where a search by the index expression goes. It is asked beside the opening. `lenient`: a part may do.
pub(super) fn of_expression(connection: &Connection, context: &FetchContext, lenient: bool) -> Result<Searched, Fault> {
    searched(connection, context, &connection.search(lenient, &json!({"size": 0}))?, lenient)
}

/// The fault where a point in time covers fewer shards than a search by its expression goes to, or where that is a part. `opened`:
/// the number of shards that the opening told.
pub(super) fn check(
    connection: &Connection,
    context: &FetchContext,
    (pit, opened): (&str, Option<u64>),
    all: Searched,
    lenient: bool,
) -> Result<(), Fault> {
    let covered = if let Some(opened) = opened {
        opened
    } else {
        // Old servers do not tell when they open one.
        let body = json!({"size": 0, "pit": {"id": pit}});
        searched(connection, context, &connection.search_under(lenient, &body)?, lenient)?.shards
    };
    all.whole?;
    if covered >= all.shards { Ok(()) } else { Err(uncovered(covered, all.shards, &[])) }
}

/// The fault where a search goes to fewer shards than the open indices of the expression have, as far as that is known.
pub(super) fn of_indices(mappings: &Mappings, searched: Option<u64>) -> Result<(), Fault> {
    match searched.and_then(|searched| Some((searched, mappings.beyond(searched)?))) {
        Some((searched, (all, unseen))) => Err(uncovered(searched, all, &unseen)),
        None => Ok(()),
    }
}

fn uncovered(covered: u64, all: u64, unseen: &[String]) -> Fault {
    let what = format!("the search covers {covered} of {all} shards");
    let what = match unseen.len() {
        0 => what,
        1..=NAMED => format!("{what}: it lacks {}", ticked(unseen)),
        more => format!("{what}: it lacks {} and {} more", ticked(unseen.get(..NAMED).unwrap_or_default()), more - NAMED),
    };
    Fault::new(FaultKind::Uncovered, what)
}

fn searched(connection: &Connection, context: &FetchContext, call: &Call, lenient: bool) -> Result<Searched, Fault> {
    connection.send(call, context, |reply| {
        let mut mended = Repaired::default();
        let answer = Answer::read(&reply.body, &mut mended)?;
        let whole = match answer.whole() {
            Err(fault) if lenient && fault.leaves_a_part() => Err(fault),
            verdict => Ok(verdict?),
        };
        let shards =
            answer.shard_count().ok_or_else(|| Fault::new(FaultKind::Malformed, "the answer does not say which shards it has"))?;
        Ok(Searched { shards, whole })
    })
}
