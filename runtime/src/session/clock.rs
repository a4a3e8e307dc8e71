//! What the clock says, for the meaning of a hunt and for the names of runs.

use huntc_compiler::time::Instant;

/// The present instant.
pub fn now() -> Instant {
    Instant::from_millis(jiff::Timestamp::now().as_millisecond())
}

/// Tells the runs of one machine apart in a server's log: `huntc-18c2f3a9e41-3039`.
pub fn run_id(program: &str) -> String {
    let millis = jiff::Timestamp::now().as_millisecond();
    format!("{program}-{millis:x}-{:x}", std::process::id())
}
