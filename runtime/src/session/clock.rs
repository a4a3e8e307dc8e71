//! The clock: the present instant of a hunt, and ids of runs.

use huntc_compiler::time::Instant;

/// The present instant.
pub fn now() -> Instant {
    Instant::from_millis(jiff::Timestamp::now().as_millisecond())
}

/// An id that differs between the runs of one machine, for the logs of servers: `huntc-18c2f3a9e41-3039`.
pub fn run_id(program: &str) -> String {
    let millis = jiff::Timestamp::now().as_millisecond();
    format!("{program}-{millis:x}-{:x}", std::process::id())
}
