//! Text patterns: LIKE and MATCHES, matched locally and printed for Lucene.
//!
//! Sources: SQL's LIKE without an escape character; the PCRE2 pattern syntax (`man 3 pcre2pattern`), of which MATCHES takes
//! the part that Python's `re` with DOTALL and ASCII has too; Lucene's `WildcardQuery` and `RegExp` class documentation, and
//! what servers of three kinds were measured to do with them.

pub mod like;
pub mod regex;
mod wildcard;

/// The settings of a property test. Every run has another seed; it is printed, and `PROPTEST_RNG_SEED` repeats it.
#[cfg(test)]
#[allow(clippy::print_stdout)]
fn property(cases: u32) -> proptest::test_runner::Config {
    use proptest::test_runner::{Config, RngSeed};
    use std::hash::{BuildHasher, RandomState};
    let default = Config::default();
    let seed = match default.rng_seed {
        RngSeed::Fixed(seed) => seed,
        RngSeed::Random => RandomState::new().hash_one(cases),
    };
    println!("PROPTEST_RNG_SEED={seed}");
    Config { cases, failure_persistence: None, rng_seed: RngSeed::Fixed(seed), ..default }
}
