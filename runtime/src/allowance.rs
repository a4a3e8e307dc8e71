//! What a hunt may use of time and memory. It is handed down to whatever takes long or grows: sources, operators, files,
//! analytics. Memory is counted where it grows, a batch at a time; the figures are rough.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The memory of a hunt, when nothing is said.
pub const DEFAULT_MEMORY: u64 = 2 << 30;

/// What a hunt may still use.
#[derive(Debug)]
pub struct Allowance {
    cancel: Arc<AtomicBool>,
    /// When its time is over, and how long that is.
    end: Option<(Instant, Duration)>,
    most_memory: u64,
    held: AtomicU64,
}

/// What a hunt has nothing left of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Spent {
    /// Nothing, but the run was interrupted.
    Cancelled,
    /// The time that it had.
    Time(Duration),
    /// The bytes that it had, and what grew when they were used up.
    Memory(u64, &'static str),
}

impl Default for Allowance {
    fn default() -> Self {
        Self::new(Arc::default(), None, None)
    }
}

impl Allowance {
    /// The time begins now. Without limits of its own a hunt has any time and any memory. `cancel` is set on Ctrl-C.
    pub fn new(cancel: Arc<AtomicBool>, time: Option<Duration>, memory: Option<u64>) -> Self {
        let end = time.and_then(|time| Some((Instant::now().checked_add(time)?, time)));
        Self { cancel, end, most_memory: memory.unwrap_or(u64::MAX), held: AtomicU64::new(0) }
    }

    /// Refuses to go on when the run was interrupted or the time is over. Whatever loops for long asks often.
    pub fn check(&self) -> Result<(), Spent> {
        if self.cancel.load(Ordering::Relaxed) {
            return Err(Spent::Cancelled);
        }
        match self.end {
            Some((end, time)) if Instant::now() >= end => Err(Spent::Time(time)),
            _ => Ok(()),
        }
    }

    /// Whether the run was interrupted.
    pub fn cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }

    /// The time that is left; `None` without a limit.
    pub fn time_left(&self) -> Option<Duration> {
        self.end.map(|(end, _)| end.saturating_duration_since(Instant::now()))
    }

    /// All bytes that it may use.
    pub fn most_memory(&self) -> u64 {
        self.most_memory
    }

    /// The bytes that are left.
    pub fn memory_left(&self) -> usize {
        usize::try_from(self.most_memory.saturating_sub(self.held.load(Ordering::Relaxed))).unwrap_or(usize::MAX)
    }

    /// Takes memory that stays in use until the hunt ends. `what` grows, as in "the rows of a JOIN".
    pub fn take(&self, bytes: u64, what: &'static str) -> Result<(), Spent> {
        if self.held.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes) <= self.most_memory {
            return Ok(());
        }
        self.held.fetch_sub(bytes, Ordering::Relaxed);
        Err(Spent::Memory(self.most_memory, what))
    }

    /// Memory that is given back when the answer of this is dropped; at first none.
    pub fn lend(&self, what: &'static str) -> Lent<'_> {
        Lent { allowance: self, what, bytes: 0 }
    }
}

/// Memory that is in use for a while.
#[derive(Debug)]
pub struct Lent<'a> {
    allowance: &'a Allowance,
    what: &'static str,
    bytes: u64,
}

impl Lent<'_> {
    /// Takes more.
    pub fn grow(&mut self, bytes: usize) -> Result<(), Spent> {
        self.allowance.take(bytes as u64, self.what)?;
        self.bytes += bytes as u64;
        Ok(())
    }

    /// Gives a part back.
    pub fn shrink(&mut self, bytes: usize) {
        let bytes = self.bytes.min(bytes as u64);
        self.bytes -= bytes;
        self.allowance.held.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        self.allowance.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Spent {
    /// What the user reads, without what can be done about it.
    pub fn message(self) -> String {
        match self {
            Self::Cancelled => "the run was interrupted".to_owned(),
            Self::Time(time) => format!("the hunt takes more than the {} that it may take", in_words(time)),
            Self::Memory(most, _) => format!("the hunt needs more than the {} of memory that it may use", in_bytes(most)),
        }
    }

    /// What grew.
    pub fn note(self) -> Option<String> {
        if let Self::Memory(_, what) = self { Some(format!("what grew: {what}")) } else { None }
    }
}

/// Whole seconds, rounded up: what a night leaves to a hunt is seldom even.
fn in_words(time: Duration) -> String {
    match time.as_millis().div_ceil(1_000) {
        0 | 1 => "1 second".to_owned(),
        seconds => format!("{seconds} seconds"),
    }
}

/// `2 GiB`, `1536 MiB`: the largest unit of which it is a whole number.
fn in_bytes(bytes: u64) -> String {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    let unit = units.into_iter().find(|(shift, _)| bytes >> shift > 0 && bytes.trailing_zeros() >= *shift);
    unit.map_or_else(|| format!("{bytes} bytes"), |(shift, unit)| format!("{} {unit}", bytes >> shift))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_counted_and_given_back() {
        let hunt = Allowance::new(Arc::default(), None, Some(100));
        assert_eq!(hunt.take(60, "a"), Ok(()));
        let mut lent = hunt.lend("b");
        assert_eq!((lent.grow(30), lent.grow(20)), (Ok(()), Err(Spent::Memory(100, "b"))));
        assert_eq!(hunt.take(20, "c"), Err(Spent::Memory(100, "c")));
        lent.shrink(10);
        assert_eq!((hunt.take(20, "d"), hunt.take(1, "e")), (Ok(()), Err(Spent::Memory(100, "e"))));
        hunt.held.fetch_sub(20, Ordering::Relaxed);
        drop(lent);
        assert_eq!((hunt.take(40, "d"), hunt.take(1, "e")), (Ok(()), Err(Spent::Memory(100, "e"))));
    }

    #[test]
    fn time_ends_and_an_interruption_comes_first() {
        let cancel = Arc::new(AtomicBool::new(false));
        let hunt = Allowance::new(Arc::clone(&cancel), Some(Duration::from_millis(1)), None);
        std::thread::sleep(Duration::from_millis(2));
        assert_eq!(hunt.check(), Err(Spent::Time(Duration::from_millis(1))));
        cancel.store(true, Ordering::Relaxed);
        assert_eq!(hunt.check(), Err(Spent::Cancelled));
        assert_eq!(Allowance::new(Arc::default(), Some(Duration::MAX), None).check(), Ok(()));
    }

    #[test]
    fn the_message_says_how_much_and_the_note_what() {
        let spent = Spent::Memory(2 << 30, "the rows of a JOIN");
        assert_eq!(spent.message(), "the hunt needs more than the 2 GiB of memory that it may use");
        assert_eq!(spent.note().as_deref(), Some("what grew: the rows of a JOIN"));
        let sizes = [1536 << 20, 5 << 10, 1000].map(in_bytes);
        assert_eq!(sizes, ["1536 MiB", "5 KiB", "1000 bytes"]);
        assert_eq!(Spent::Time(Duration::from_secs(5)).message(), "the hunt takes more than the 5 seconds that it may take");
    }
}
