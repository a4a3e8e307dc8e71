//! Keeps a mapped file that another program cuts from ending the process.
//!
//! Reading a page that the file no longer has raises the signal SIGBUS. Its handler puts zeros in the place of what is gone, so
//! that whoever reads goes on. What comes of that does not count: the length of the file is looked at after each use.
#![expect(
    unsafe_code,
    reason = "a handler of signals: it uses atomic variables, memory that is never freed, and the system calls mmap, sigaction and \
              raise, all of which a handler may use. It replaces pages only inside of mappings that are watched, which whoever \
              reads them keeps alive"
)]

use crate::damage::bytes_have_changed;
use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr::null_mut;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};

/// A part of the memory that is watched, as long as this is there.
pub(super) struct CutGuard(&'static Place);

/// A place in the list of what is watched. Places are used again, and never freed.
struct Place {
    taken: AtomicBool,
    begin: AtomicUsize,
    /// Zero while it is not in use.
    end: AtomicUsize,
    next: AtomicPtr<Place>,
}

static FIRST: AtomicPtr<Place> = AtomicPtr::new(null_mut());
/// What was done about the signal before.
static BEFORE: OnceLock<libc::sigaction> = OnceLock::new();
static PAGE: AtomicUsize = AtomicUsize::new(0);

impl CutGuard {
    /// Watches a mapping, which must outlive this.
    pub(super) fn over(map: &[u8]) -> Self {
        install();
        let place = places().find(|place| !place.taken.swap(true, Ordering::AcqRel)).unwrap_or_else(new_place);
        let begin = map.as_ptr() as usize;
        place.begin.store(begin, Ordering::Release);
        place.end.store(begin + map.len(), Ordering::Release);
        Self(place)
    }
}

impl Drop for CutGuard {
    fn drop(&mut self) {
        self.0.end.store(0, Ordering::Release);
        self.0.taken.store(false, Ordering::Release);
    }
}

fn places() -> impl Iterator<Item = &'static Place> {
    let at = |place: &AtomicPtr<Place>| unsafe { place.load(Ordering::Acquire).as_ref() };
    std::iter::successors(at(&FIRST), move |place| at(&place.next))
}

/// A place that is taken, at the beginning of the list.
fn new_place() -> &'static Place {
    let place: &'static Place = Box::leak(Box::new(Place {
        taken: AtomicBool::new(true),
        begin: AtomicUsize::new(0),
        end: AtomicUsize::new(0),
        next: AtomicPtr::new(null_mut()),
    }));
    let mut first = FIRST.load(Ordering::Acquire);
    loop {
        place.next.store(first, Ordering::Relaxed);
        let new = std::ptr::from_ref(place).cast_mut();
        match FIRST.compare_exchange(first, new, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => return place,
            Err(other) => first = other,
        }
    }
}

fn install() {
    BEFORE.get_or_init(|| unsafe {
        PAGE.store(usize::try_from(libc::sysconf(libc::_SC_PAGESIZE)).unwrap_or(4_096), Ordering::Release);
        let mut before = MaybeUninit::<libc::sigaction>::zeroed();
        let mut ours: libc::sigaction = MaybeUninit::zeroed().assume_init();
        let handler: extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) = replace_what_is_gone;
        ours.sa_sigaction = handler as usize;
        ours.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        libc::sigemptyset(&raw mut ours.sa_mask);
        libc::sigaction(libc::SIGBUS, &raw const ours, before.as_mut_ptr());
        before.assume_init()
    });
}

extern "C" fn replace_what_is_gone(signal: c_int, info: *mut libc::siginfo_t, _: *mut c_void) {
    // Signals that somebody sent have no address.
    let sent = unsafe { (*info).si_code } <= 0;
    let address = if sent { 0 } else { (unsafe { (*info).si_addr() }) as usize };
    let watched = places().find_map(|place| {
        let end = place.end.load(Ordering::Acquire);
        let inside = (place.begin.load(Ordering::Acquire)..end).contains(&address);
        // Where the place is just given to another mapping, begin and end are of two.
        (inside && place.end.load(Ordering::Acquire) == end).then_some(end)
    });
    if let Some(end) = watched {
        bytes_have_changed();
        let from = address - address % PAGE.load(Ordering::Relaxed);
        let flags = libc::MAP_FIXED | libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let zeros = unsafe { libc::mmap(from as *mut c_void, end - from, libc::PROT_READ, flags, -1, 0) };
        if zeros != libc::MAP_FAILED {
            return;
        }
    }
    // The signal comes again, and what was done about it before is done.
    if let Some(before) = BEFORE.get() {
        unsafe { libc::sigaction(signal, before, null_mut()) };
    }
    if sent {
        unsafe { libc::raise(signal) };
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::map::Mapping;

    #[test]
    fn what_was_cut_off_a_mapped_file_reads_as_zeros() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("mapped");
        for length in [20_000_usize, 300_000] {
            std::fs::write(&path, vec![7; length]).unwrap();
            let file = std::fs::File::open(&path).unwrap();
            let mapping = Mapping::of(&file, &path).unwrap().unwrap();
            assert!(mapping.is_whole() && mapping.as_ref().iter().all(|byte| *byte == 7));
            std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(5_000).unwrap();
            // As if the question had been asked just before.
            let sum: usize = mapping.as_ref().iter().map(|byte| usize::from(*byte)).sum();
            assert_eq!(sum, 5_000 * 7);
            assert!(!mapping.is_whole());
        }
    }
}
