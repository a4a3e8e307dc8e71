//! Random hunts over indices whose mappings make it hard to say what documents say: they find what the oracle finds, whether the
//! server counts equal records or gives each.

pub(crate) mod attempt;
mod held;
pub(crate) mod mappings;

use crate::differential::{EACH, number};
use crate::support::random::Rng;
use crate::support::servers::{TestServer, running};
use attempt::{Place, Tried, attempt};
use mappings::mappings;

pub(crate) const SERVERS: &[&str] = &["elasticsearch-7", "elasticsearch-8", "elasticsearch-9", "opensearch-2", "opensearch-3"];

/// All mappings on one server.
fn under_every_mapping(server: &TestServer) -> Vec<String> {
    let (hunts, first) = (number("HUNTC_HOSTILE_HUNTS", 4), number("HUNTC_HOSTILE_SEED", 1));
    let only = std::env::var("HUNTC_HOSTILE_MAPPING").unwrap_or_default();
    let mut failures = Vec::new();
    server.make_room();
    for (place, mapping) in mappings().iter().enumerate().filter(|(_, m)| m.is_on(server.name) && m.name.contains(&only)) {
        let mut tried = Tried::default();
        let mut left = usize::try_from(hunts).unwrap();
        let mut seeds = Rng::new(first * 1_000 + place as u64);
        while left > 0 {
            let now = left.min(EACH);
            attempt(Place::Server(server, mapping), "hostile", seeds.next() >> 40, now, &mut tried);
            left -= now;
        }
        let Tried { runs, refused, counted, records: [taken, given], .. } = tried;
        let about = format!(
            "{} of {}: {runs} runs, {refused} refused, {counted} requests counted, {taken} of {given} records",
            mapping.name, server.name
        );
        eprintln!("{about}");
        if refused * 2 > runs || taken * 4 < given {
            failures.push(about);
        }
        failures.extend(tried.failures);
    }
    failures
}

/// `HUNTC_HOSTILE_HUNTS` says how many under each mapping, `HUNTC_HOSTILE_SEED` which ones, `HUNTC_HOSTILE_MAPPING` a part of the
/// name of the mappings to try; `HUNTC_HOSTILE_MINIMISE=0` leaves what fails as it is.
#[test]
fn no_mapping_changes_what_random_hunts_find() {
    let servers = running(SERVERS);
    let failures: Vec<String> = std::thread::scope(|scope| {
        let each: Vec<_> = servers.iter().map(|server| scope.spawn(|| under_every_mapping(server))).collect();
        each.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
