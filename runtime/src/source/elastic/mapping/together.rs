//! Questions that do not need each other's answers, asked side by side.

use crate::source::elastic::fault::{Fault, FaultKind};
use std::thread;

/// What `ask` answers for each of these, in their order; the first fault ends it. The first one is asked by this thread.
pub(super) fn together<Q: Sync, A: Send>(questions: &[Q], ask: impl Fn(&Q) -> Result<A, Fault> + Sync) -> Result<Vec<A>, Fault> {
    let Some((first, others)) = questions.split_first() else { return Ok(Vec::new()) };
    let lost = |_| Err(Fault::new(FaultKind::Rejected, "a thread that asked ended early"));
    thread::scope(|scope| {
        let asked: Vec<_> = others.iter().map(|question| scope.spawn(|| ask(question))).collect();
        let first = ask(first);
        std::iter::once(first).chain(asked.into_iter().map(|thread| thread.join().unwrap_or_else(lost))).collect()
    })
}
