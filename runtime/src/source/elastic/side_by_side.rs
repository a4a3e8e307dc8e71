//! Requests that are sent side by side.

use super::fault::{Fault, FaultKind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Does `work` for each of these, for at most `most` at once. The answers are in their order. When one fails, those that were not
/// begun are left out, and `stop` is set for those that are on their way.
pub(super) fn side_by_side<T: Sync, R: Send>(
    these: &[T],
    most: usize,
    stop: &AtomicBool,
    work: impl Fn(&T) -> Result<R, Fault> + Sync,
) -> Result<Vec<R>, Fault> {
    let answers: Vec<Mutex<Option<R>>> = these.iter().map(|_| Mutex::new(None)).collect();
    let next = AtomicUsize::new(0);
    let serve = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let (Some(this), Some(answer)) = (these.get(number), answers.get(number)) else { return Ok(()) };
            if stop.load(Ordering::Relaxed) {
                return Err(Fault::new(FaultKind::Stopped, ""));
            }
            match work(this) {
                Ok(done) => *locked(answer) = Some(done),
                Err(fault) => {
                    stop.store(true, Ordering::Relaxed);
                    return Err(fault);
                }
            }
        }
    };
    let lost = || Fault::new(FaultKind::Rejected, "a reading thread ended early");
    let ends: Vec<Result<(), Fault>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..most.clamp(1, these.len().max(1))).map(|_| scope.spawn(serve)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err(lost()))).collect()
    });
    cause(ends.into_iter().filter_map(Result::err))?;
    answers.into_iter().map(|answer| answer.into_inner().ok().flatten().ok_or_else(lost)).collect()
}

/// The fault that made several threads stop: not of those that were told to.
pub(super) fn cause(faults: impl Iterator<Item = Fault>) -> Result<(), Fault> {
    faults.min_by_key(|fault| fault.kind == FaultKind::Stopped).map_or(Ok(()), Err)
}

pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_in_order_and_the_first_cause_is_told() {
        let stop = AtomicBool::new(false);
        let numbers: Vec<u32> = (0..50).collect();
        assert_eq!(side_by_side(&numbers, 4, &stop, |n| Ok(n * 2)).unwrap(), (0..50).map(|n| n * 2).collect::<Vec<_>>());
        assert!(side_by_side(&[] as &[u32], 4, &stop, |n| Ok(*n)).unwrap().is_empty());
        let work = |n: &u32| if *n == 7 { Err(Fault::new(FaultKind::Malformed, "seven")) } else { Ok(*n) };
        let fault = side_by_side(&numbers, 3, &stop, work).unwrap_err();
        assert_eq!((fault.kind, stop.load(Ordering::Relaxed)), (FaultKind::Malformed, true));
    }
}
