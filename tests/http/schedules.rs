//! Random schedules of all faults of the table: all records come, or the reading fails and says so; it ends, and leaves nothing open.

use super::fake::Product;
use super::reading::{Asked, At, Came, Way, allowing, read};
use super::trouble::{TROUBLES, Trouble};
use crate::support::random::Rng;
use crate::support::stub::{Request, Response};
use huntc_compiler::request::TupleTimes;
use huntc_runtime::source::elastic::ElasticConfig;
use std::sync::Mutex;

/// Reads while each answer goes wrong with a chance of `percent`. What came.
fn play(seed: u64) -> Came {
    let mut random = Rng::new(seed);
    let product = *random.pick(&[Product::Elasticsearch, Product::OpenSearch, Product::OldOpenSearch]);
    let ways: Vec<Way> = Way::ALL.into_iter().filter(|way| way.suits(product)).collect();
    let way = *random.pick(&ways);
    // One page, pages in order or slices, and units.
    let documents = *random.pick(&[60, 450, 700, 2_300]);
    let percent = *random.pick(&[3, 10, 30, 50]);
    let page_size = *random.pick(&[100, 100, 400]);
    let asked = Asked {
        single: random.chance(50),
        times: *random.pick(&[TupleTimes::None, TupleTimes::First, TupleTimes::FirstAndLast]),
        each: way == Way::Values,
    };
    let context = allowing(random.chance(25));
    let about = format!("seed {seed}: {product:?}, {way:?}, {documents} documents, {percent} %, pages of {page_size}");
    let set = move |c: &mut ElasticConfig| {
        c.answer_limit = 1 << 20;
        c.page_size = page_size;
    };
    // Two wrong numbers can agree, and so can wrong numbers of values.
    let faults: Vec<&'static Trouble> = TROUBLES.iter().filter(|trouble| !trouble.slow && !trouble.lies).collect();
    // Letting go is tried twice.
    let state = Mutex::new((random, false));
    let change = move |request: &Request, right: Response| {
        let mut state = state.lock().expect("no thread panicked");
        let (random, closing) = &mut *state;
        if !random.chance(percent) {
            return right;
        }
        let meets: Vec<&Trouble> = faults.iter().copied().filter(|trouble| trouble.at.meets(request)).collect();
        let counting: Vec<&Trouble> = meets.iter().copied().filter(|trouble| trouble.at == At::Count).collect();
        let trouble = if !counting.is_empty() && random.chance(40) { random.pick(&counting) } else { random.pick(&meets) };
        if At::Closing.meets(request) && std::mem::replace(closing, true) {
            return right;
        }
        let fault = trouble.fault;
        drop(state);
        fault(request, right)
    };
    let (came, _) = read((product, way, documents), asked, &context, &set, &about, change);
    came
}

#[test]
fn random_schedules_of_faults_lose_nothing_in_silence() {
    let cases = std::env::var("HUNTC_SCHEDULES").ok().and_then(|n| n.parse().ok()).unwrap_or(40);
    let first = std::env::var("HUNTC_SCHEDULES_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    let came: Vec<Came> = (first..first + cases).map(play).collect();
    let some = |wanted: Came| came.contains(&wanted);
    assert!(cases < 40 || (some(Came::All) && some(Came::Counted)), "some come in spite of all: {came:?}");
}
