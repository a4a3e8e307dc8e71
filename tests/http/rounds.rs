//! How many round trips one after the other a client needs, whatever it sends side by side.

use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// Holds requests until no further one comes: what is sent meanwhile waits for no answer.
#[derive(Clone)]
pub(super) struct Rounds {
    state: Arc<(Mutex<State>, Condvar)>,
    /// How long nothing comes before those that came are answered.
    quiet: Duration,
}

struct State {
    /// What came, round by round.
    rounds: Vec<Vec<String>>,
    last: Instant,
    /// Whether the last round is answered.
    answered: bool,
}

impl Rounds {
    pub(super) fn new(quiet: Duration) -> Self {
        let state = State { rounds: Vec::new(), last: Instant::now(), answered: true };
        Self { state: Arc::new((Mutex::new(state), Condvar::new())), quiet }
    }

    /// A request has come. Returns when its round is answered.
    pub(super) fn wait(&self, request: String) {
        let (state, changed) = &*self.state;
        let mut state = state.lock().expect("no thread panicked");
        if state.answered {
            state.rounds.push(Vec::new());
            state.answered = false;
        }
        let number = state.rounds.len();
        state.rounds.last_mut().expect("there is one").push(request);
        state.last = Instant::now();
        while state.rounds.len() == number && !state.answered {
            let left = self.quiet.saturating_sub(state.last.elapsed());
            if left.is_zero() {
                state.answered = true;
                changed.notify_all();
                break;
            }
            state = changed.wait_timeout(state, left).expect("no thread panicked").0;
        }
    }

    /// What came, round by round.
    pub(super) fn take(&self) -> Vec<Vec<String>> {
        std::mem::take(&mut self.state.0.lock().expect("no thread panicked").rounds)
    }
}

/// The rounds of what `run` sends. A busy machine can make a request late, and so of one round two: then it is tried again with
/// more time.
pub(super) fn at_most(most: usize, run: impl Fn(&Rounds)) -> Vec<Vec<String>> {
    let mut rounds = Vec::new();
    for quiet in [200, 1_000, 4_000] {
        let held = Rounds::new(Duration::from_millis(quiet));
        run(&held);
        rounds = held.take();
        if rounds.len() <= most {
            return rounds;
        }
    }
    panic!("{} rounds, and not {most}: {rounds:#?}", rounds.len());
}
