//! Retries: for which faults, how often, after which pause, and how many requests run at the same time.

use super::client::{Call, Client, Reply};
use super::config::ElasticConfig;
use super::fault::{Fault, FaultKind, Repeat};
use crate::source::FetchContext;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The longest pause between two tries, also when the server asks for a longer one.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// The longest pause between two looks at a server that is away.
const LONGEST_WAIT: Duration = Duration::from_secs(3);
/// This many retries are always allowed, so that a short run survives a server in trouble.
const FREE_RETRIES: u64 = 40;

/// How the requests of a source are retried.
pub(super) struct Retries {
    source: String,
    most: u32,
    base: Duration,
    patience: Duration,
    sent: AtomicU64,
    retried: AtomicU64,
    /// Set when the server was waited for in vain. It is not waited for again before it has answered.
    weary: AtomicBool,
}

impl Retries {
    pub(super) fn new(config: &ElasticConfig) -> Self {
        Self {
            source: config.name.clone(),
            most: config.retries,
            base: config.backoff,
            patience: config.patience,
            sent: AtomicU64::new(0),
            retried: AtomicU64::new(0),
            weary: AtomicBool::new(false),
        }
    }

    /// Sends a request until `check` accepts the answer, the fault is final, or the tries are used up.
    pub(super) fn send<T>(
        &self,
        client: &Client,
        gate: &Gate,
        call: &Call,
        context: &FetchContext,
        mut check: impl FnMut(Reply) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let mut tries = 0;
        let mut wait = Wait { begun: None, looks: 0, context };
        loop {
            self.sent.fetch_add(1, Ordering::Relaxed);
            let result = gate.enter(context).and_then(|pass| {
                let reply = client.send(call, context);
                pass.leave(&reply);
                reply.and_then(&mut check)
            });
            let fault = match result {
                Ok(done) => {
                    self.weary.fetch_and(false, Ordering::Relaxed);
                    return Ok(done);
                }
                Err(fault) => fault,
            };
            let again = match fault.again(client.is_known()) {
                Repeat::Some if call.shrinks && fault.asks_for_less() => Repeat::Once,
                // The records of the other sources may be all that is asked for then.
                Repeat::Never if context.allow_partial && !self.weary.load(Ordering::Relaxed) => fault.again_for_a_part(),
                again => again,
            };
            let pause_for = match again {
                Repeat::Long if !self.weary.load(Ordering::Relaxed) => {
                    let waited = wait.begun.get_or_insert_with(Instant::now).elapsed();
                    if waited >= self.patience {
                        self.weary.store(true, Ordering::Relaxed);
                        return Err(Fault { waited: Some(waited), ..fault });
                    }
                    wait.tell(&self.source, &fault);
                    wait.looks += 1;
                    self.pause(wait.looks - 1, fault.wait).min(LONGEST_WAIT.max(fault.wait.unwrap_or_default())).min(LONGEST_PAUSE)
                }
                Repeat::Never => return Err(fault),
                Repeat::Once if tries >= 1 => return Err(fault),
                _ if tries >= self.most || !self.within_budget() => {
                    self.weary.fetch_or(fault.again_for_a_part() != Repeat::Never, Ordering::Relaxed);
                    return Err(fault);
                }
                _ => {
                    self.retried.fetch_add(1, Ordering::Relaxed);
                    tries += 1;
                    self.pause(tries - 1, fault.wait)
                }
            };
            context.stats.retries.fetch_add(1, Ordering::Relaxed);
            pause(pause_for, context)?;
        }
    }

    /// At most one request in five may be a retry, so that a server in trouble gets less work and not more.
    fn within_budget(&self) -> bool {
        let (sent, retried) = (self.sent.load(Ordering::Relaxed), self.retried.load(Ordering::Relaxed));
        retried < FREE_RETRIES || retried * 5 < sent
    }

    /// The pause after a try: it doubles with each try and is shortened at random by up to a half. It is at least what
    /// the server asks for, and at most [`LONGEST_PAUSE`].
    fn pause(&self, tries: u32, asked: Option<Duration>) -> Duration {
        let ceiling = self.base.saturating_mul(1 << tries.min(16)).min(LONGEST_PAUSE);
        let random = RandomState::new().build_hasher().finish();
        let jittered = ceiling.mul_f64(0.5 + (random >> 11) as f64 / (1_u64 << 54) as f64);
        jittered.max(asked.unwrap_or_default()).min(LONGEST_PAUSE)
    }
}

/// The wait for a server that is away.
struct Wait<'a> {
    begun: Option<Instant>,
    looks: u32,
    context: &'a FetchContext,
}

impl Wait<'_> {
    /// Says in the progress what is waited for.
    fn tell(&self, source: &str, fault: &Fault) {
        self.context.waiting.set(Some(format!("waiting for `{source}` to answer again: {}", fault.reason)));
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        if self.begun.is_some() {
            self.context.waiting.set(None);
        }
    }
}

/// Sleeps until the time is over; an error when the hunt may not go on.
fn pause(time: Duration, context: &FetchContext) -> Result<(), Fault> {
    let end = Instant::now() + time;
    loop {
        context.allowance.check().map_err(Fault::spent)?;
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        std::thread::sleep(left.min(Duration::from_millis(50)));
    }
}

/// Limits how many requests run at the same time: fewer after the server was busy, slowly more again after successes.
pub(super) struct Gate {
    state: Mutex<GateState>,
    changed: Condvar,
    most: f64,
}

struct GateState {
    limit: f64,
    inside: usize,
}

impl Gate {
    pub(super) fn new(most: usize) -> Self {
        let most = most.max(1) as f64;
        Self { state: Mutex::new(GateState { limit: most, inside: 0 }), changed: Condvar::new(), most }
    }

    fn enter(&self, context: &FetchContext) -> Result<Pass<'_>, Fault> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while state.inside >= (state.limit as usize).max(1) {
            context.allowance.check().map_err(Fault::spent)?;
            let waited = self.changed.wait_timeout(state, Duration::from_millis(100));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.inside += 1;
        Ok(Pass(self))
    }
}

/// Permission to have one request running.
struct Pass<'a>(&'a Gate);

impl Pass<'_> {
    /// Adapts the limit to the result of the request.
    fn leave<T>(self, result: &Result<T, Fault>) {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        match result {
            Ok(_) => state.limit = (state.limit + 0.05).min(self.0.most),
            Err(fault) if matches!(fault.kind, FaultKind::Overloaded | FaultKind::ShortOfMemory { .. }) => {
                state.limit = (state.limit / 2.0).max(1.0);
            }
            Err(_) => {}
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner).inside -= 1;
        self.0.changed.notify_one();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_obey_the_server() {
        let config = ElasticConfig::from_address("a", "http://host/i").unwrap();
        let retries = Retries::new(&config);
        for tries in 0..40 {
            let ceiling = Duration::from_millis(250 << tries.min(16)).min(LONGEST_PAUSE);
            let pause = retries.pause(tries, None);
            assert!(pause >= ceiling / 2 && pause <= ceiling, "{tries}: {pause:?}");
        }
        assert!(retries.pause(0, Some(Duration::from_secs(7))) >= Duration::from_secs(7));
        assert_eq!(retries.pause(0, Some(Duration::from_secs(700))), LONGEST_PAUSE);
    }

    #[test]
    fn the_gate_narrows_when_the_server_is_busy_and_widens_again() {
        let gate = Gate::new(8);
        let context = FetchContext::default();
        gate.enter(&context).unwrap().leave::<()>(&Err(Fault::new(FaultKind::Overloaded, "")));
        assert!((gate.state.lock().unwrap().limit - 4.0).abs() < 1e-9);
        for _ in 0..20 {
            gate.enter(&context).unwrap().leave(&Ok(()));
        }
        let state = gate.state.lock().unwrap();
        assert!((state.limit - 5.0).abs() < 1e-9 && state.inside == 0);
    }
}
