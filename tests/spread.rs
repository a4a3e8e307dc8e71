//! Random hunts spread over files, stores and every server that runs, under the shipped template: the same answers wherever
//! records lie, with equal records counted and with all read one by one.

use crate::differential::{EACH, Form, number};
use crate::hostile::SERVERS;
use crate::hostile::attempt::{Place, Tried, attempt};
use crate::hostile::mappings::Mapping;
use crate::support::random::Rng;
use crate::support::servers::running;

/// `HUNTC_SPREAD_HUNTS` says how many in all, `HUNTC_SPREAD_SEED` which ones.
#[test]
fn random_hunts_find_the_same_wherever_records_lie() {
    let (hunts, first) = (number("HUNTC_SPREAD_HUNTS", 24) as usize, number("HUNTC_SPREAD_SEED", 1));
    let (servers, shipped) = (running(SERVERS), Mapping::shipped());
    servers.iter().for_each(crate::support::servers::TestServer::make_room);
    let mut places = vec![Place::Local(Form::Ndjson), Place::Local(Form::Store(1)), Place::Local(Form::Store(4))];
    places.extend(servers.iter().map(|server| Place::Server(server, &shipped)));
    let share = hunts.div_ceil(places.len());
    let in_place = |(number, place): (usize, Place<'_>)| {
        let (mut tried, mut seeds) = (Tried::default(), Rng::new(first * 1_000 + number as u64));
        for begun in (0..share).step_by(EACH) {
            attempt(place, "spread", seeds.next() >> 40, EACH.min(share - begun), &mut tried);
        }
        eprintln!("{}: {} runs, {} requests counted", place.name(), tried.runs, tried.counted);
        tried
    };
    let all: Vec<Tried> = std::thread::scope(|scope| {
        let each: Vec<_> = places.into_iter().enumerate().map(|one| scope.spawn(move || in_place(one))).collect();
        each.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let failures: Vec<String> = all.iter().flat_map(|tried| tried.failures.clone()).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    // Under the template OpenSearch cannot say which records have longer values than it indexes.
    assert!(all.iter().filter(|tried| tried.counted > 0).count() >= 3, "files and stores count, and Elasticsearch does");
}
