//! How many places the system's allocator takes memory from.
#![cfg_attr(
    all(target_os = "linux", target_env = "gnu"),
    expect(unsafe_code, reason = "the C library's settings of its allocator are set by a call that takes two numbers")
)]

/// As many arenas as there are processors. By default the C library has eight times as many, and each reader of a server's answers
/// gets one: what was freed in the arena of one reader is of no use to the others, which doubles what a long reading takes.
pub(super) fn limit() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let most = libc::c_int::try_from(processors).unwrap_or(libc::c_int::MAX);
        // Where it refuses, more memory is taken.
        let _taken = unsafe { libc::mallopt(libc::M_ARENA_MAX, most) };
    }
}
