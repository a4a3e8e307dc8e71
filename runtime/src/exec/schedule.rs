//! Computes each node as soon as its inputs are there, several at the same time.
//!
//! The threads are not those of the rayon pool. Sources work in that pool, and a thread of the pool that waits for such
//! work takes up other work of the pool meanwhile. If that were another node, it could wait forever for a lock that the
//! first node holds.

use super::locked;
use huntc_compiler::plan::{NodeId, Plan};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

/// Calls `work` for each of the `needed` nodes, never before its inputs are done, on at most `threads` threads.
pub(super) fn schedule(plan: &Plan, needed: &[bool], threads: usize, work: &(dyn Fn(NodeId) + Sync)) {
    let queue = Queue::new(plan, needed);
    let threads = threads.min(locked(&queue.state).left);
    std::thread::scope(|scope| {
        for number in 1..threads {
            // When the system refuses a thread, those that exist do all the work.
            let _ = std::thread::Builder::new().name(format!("hunt-{number}")).spawn_scoped(scope, || queue.serve(work));
        }
        queue.serve(work);
    });
}

/// What `work` makes of each of these, in their order, on at most `threads` threads.
pub(super) fn side_by_side<Q: Sync, A: Send>(these: &[Q], threads: usize, work: &(dyn Fn(&Q) -> A + Sync)) -> Vec<A> {
    let answers: Vec<Mutex<Option<A>>> = these.iter().map(|_| Mutex::new(None)).collect();
    let next = AtomicUsize::new(0);
    let serve = || {
        while let Some((this, answer)) = these.iter().zip(&answers).nth(next.fetch_add(1, Ordering::Relaxed)) {
            *locked(answer) = Some(work(this));
        }
    };
    std::thread::scope(|scope| {
        for number in 1..threads.min(these.len()) {
            let _ = std::thread::Builder::new().name(format!("hunt-{number}")).spawn_scoped(scope, serve);
        }
        serve();
    });
    answers.into_iter().filter_map(|answer| answer.into_inner().unwrap_or_else(PoisonError::into_inner)).collect()
}

struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    /// For each node, the nodes that have it as an input.
    dependants: Vec<Vec<NodeId>>,
}

struct State {
    ready: VecDeque<NodeId>,
    /// For each node, how many of its inputs are not done.
    waiting: Vec<usize>,
    /// Nodes that are not done.
    left: usize,
}

impl Queue {
    fn new(plan: &Plan, needed: &[bool]) -> Self {
        let mut state = State { ready: VecDeque::new(), waiting: Vec::with_capacity(needed.len()), left: 0 };
        let mut dependants: Vec<Vec<NodeId>> = vec![Vec::new(); needed.len()];
        for ((id, node), needed) in plan.iter().zip(needed) {
            let mut inputs = node.inputs.clone();
            inputs.sort_unstable();
            inputs.dedup();
            state.waiting.push(inputs.len());
            if !needed {
                continue;
            }
            state.left += 1;
            if inputs.is_empty() {
                state.ready.push_back(id);
            }
            for input in inputs {
                if let Some(list) = dependants.get_mut(input.0 as usize) {
                    list.push(id);
                }
            }
        }
        Self { state: Mutex::new(state), changed: Condvar::new(), dependants }
    }

    /// Works until all nodes are done.
    fn serve(&self, work: &(dyn Fn(NodeId) + Sync)) {
        while let Some(id) = self.next() {
            let done = Done { queue: self, id };
            work(id);
            drop(done);
        }
    }

    /// Waits for a node that is ready; `None` when all are done.
    fn next(&self) -> Option<NodeId> {
        let mut state = locked(&self.state);
        loop {
            if state.left == 0 {
                return None;
            }
            if let Some(id) = state.ready.pop_front() {
                return Some(id);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Marks a node as done when dropped. When its work panicked, all work ends: otherwise other threads would wait forever.
struct Done<'a> {
    queue: &'a Queue,
    id: NodeId,
}

impl Drop for Done<'_> {
    fn drop(&mut self) {
        let mut state = locked(&self.queue.state);
        if std::thread::panicking() {
            state.left = 0;
        } else {
            state.left -= 1;
            for dependant in self.queue.dependants.get(self.id.0 as usize).into_iter().flatten() {
                let Some(waiting) = state.waiting.get_mut(dependant.0 as usize) else { continue };
                *waiting -= 1;
                if *waiting == 0 {
                    state.ready.push_back(*dependant);
                }
            }
        }
        self.queue.changed.notify_all();
    }
}

#[cfg(test)]
#[allow(clippy::panic, clippy::unwrap_used)]
mod tests {
    use super::*;
    use huntc_compiler::catalog::Catalog;
    use huntc_compiler::compile::compile;
    use huntc_compiler::options::Options;
    use huntc_compiler::source::SourceSet;
    use huntc_compiler::time::Instant;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Barrier;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    fn plan() -> Plan {
        let mut sources = SourceSet::default();
        let text: String = (0..6).fold(String::new(), |text, n| {
            text + &format!("p{n} = GET process FROM stixshifter://s WHERE pid = {n}\nc{n} = FIND process CREATED BY p{n}\n")
        }) + "all = c0 + c1 + c2 + c3 + c4 + c5\nagain = all + all\n";
        let id = sources.add_text("h.hf", text);
        compile(&sources, id, Catalog::builtin(), &Options::at(Instant(0))).compiled.unwrap().plan
    }

    #[test]
    fn every_needed_node_comes_once_and_behind_its_inputs() {
        let plan = plan();
        for threads in [1, 2, 8, 100] {
            for kept in [plan.nodes.len(), plan.nodes.len() - 2, 1, 0] {
                // A node's inputs have smaller ids, so the first `kept` nodes need no other node.
                let needed: Vec<bool> = (0..plan.nodes.len()).map(|n| n < kept).collect();
                let order = Mutex::new(Vec::new());
                schedule(&plan, &needed, threads, &|id| {
                    let mut order = locked(&order);
                    assert!(plan.node(id).inputs.iter().all(|input| order.contains(input)), "{id:?} before its inputs");
                    order.push(id);
                });
                let mut order = order.into_inner().unwrap();
                order.sort_unstable();
                assert_eq!(order, (0..kept as u32).map(NodeId).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn nodes_that_wait_for_none_run_at_the_same_time() {
        let plan = plan();
        let together = Barrier::new(6);
        let scans: Vec<bool> = plan.nodes.iter().map(|node| node.inputs.is_empty()).collect();
        schedule(&plan, &scans, 6, &|_| {
            together.wait();
        });
    }

    #[test]
    fn answers_come_in_the_order_of_questions_that_are_asked_at_the_same_time() {
        let together = Barrier::new(4);
        let answers = side_by_side(&[1, 2, 3, 4], 9, &|n| {
            together.wait();
            n * 10
        });
        assert_eq!(answers, [10, 20, 30, 40]);
        assert_eq!(side_by_side(&[1, 2, 3], 0, &|n| n + 1), [2, 3, 4]);
        assert!(side_by_side(&[], 4, &|n: &u8| *n).is_empty());
    }

    #[test]
    fn a_panic_ends_all_and_is_passed_on() {
        let (sender, receiver) = channel();
        std::thread::spawn(move || {
            let plan = plan();
            let needed = vec![true; plan.nodes.len()];
            let result = catch_unwind(AssertUnwindSafe(|| {
                schedule(&plan, &needed, 4, &|id| assert!(id != NodeId(3), "on purpose"));
            }));
            sender.send(result.is_err())
        });
        assert_eq!(receiver.recv_timeout(Duration::from_mins(1)), Ok(true));
    }
}
