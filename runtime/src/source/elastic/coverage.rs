//! Whether a point in time covers all that its index expression stands for. A remote cluster that cannot be reached is left out
//! of an opening without a word, and a search under it does not miss the cluster.

use super::answer::Answer;
use super::client::Call;
use super::connection::Connection;
use super::expression;
use super::fault::{Fault, FaultKind};
use crate::source::FetchContext;
use crate::source::repair::Repaired;
use serde_json::json;
use std::sync::atomic::Ordering;

/// Compares the shards under a point in time with those of the index expression, where it names remote clusters. `opened` is the
/// number that the opening told; old servers tell none.
pub(super) fn check(connection: &Connection, context: &FetchContext, pit: &str, opened: Option<u64>) -> Result<(), Fault> {
    if expression::remote(&connection.config.indices).is_none() {
        return Ok(());
    }
    let lenient = context.allow_partial;
    let all = shards(connection, context, &connection.search(lenient, &json!({"size": 0}))?)?;
    let covered = match opened {
        Some(opened) => opened,
        None => shards(connection, context, &connection.search_under(lenient, &json!({"size": 0, "pit": {"id": pit}}))?)?,
    };
    if covered >= all {
        Ok(())
    } else if context.allow_partial {
        context.stats.partial.store(true, Ordering::Relaxed);
        Ok(())
    } else {
        Err(Fault::new(FaultKind::Miscounted, format!("the point in time covers {covered} of {all} shards")))
    }
}

/// The number of shards that a search goes to.
fn shards(connection: &Connection, context: &FetchContext, call: &Call) -> Result<u64, Fault> {
    connection.send(call, context, |reply| {
        let mut mended = Repaired::default();
        let answer = Answer::read(&reply.body, &mut mended)?;
        answer.usable(context)?;
        answer.shard_count().ok_or_else(|| Fault::new(FaultKind::Malformed, "the answer does not say which shards it has"))
    })
}
