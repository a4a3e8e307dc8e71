//! Servers that restart while they are read: it costs time, and no record.

use super::fake::{Fake, Product, context, error, opens};
use super::front::Front;
use super::reading::{Asked, At, Came, Way, come};
use crate::support::stub::{Request, Response};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How long a server is away: `HUNTC_RESTART_SECONDS`, which is up to a minute on real ones.
fn away() -> Duration {
    Duration::from_secs(std::env::var("HUNTC_RESTART_SECONDS").ok().and_then(|n| n.parse().ok()).unwrap_or(9))
}

/// Reads while the server is away. `keeps`: it knows afterwards what was open before.
fn read_over_a_restart(product: Product, way: Way, keeps: bool) {
    let about = format!("{product:?}, {way:?}, what is open is kept: {keeps}");
    let forgotten = Arc::new(AtomicBool::new(false));
    let forgets = Arc::clone(&forgotten);
    let fake = Fake::start(product, way.documents(), move |request: &Request, right: Response, _| {
        if opens(request) {
            forgets.store(false, Ordering::SeqCst);
        } else if At::Search.meets(request) && forgets.load(Ordering::SeqCst) {
            return error(404, "search_context_missing_exception", "No search context found for id [1]");
        }
        let delay = Duration::from_millis(if At::Search.meets(request) { 40 } else { 0 });
        Response { delay, ..right }
    });
    let front = Front::before(fake.url());
    let source = fake.source(|c| {
        c.url = front.url().parse().expect("an address");
        c.concurrency = way.readers();
        c.backoff = Duration::from_millis(250);
        // What it is unless it is set.
        c.patience = Duration::from_secs(90);
    });
    let (context, begun) = (context(), Instant::now());
    let came = thread::scope(|scope| {
        let reading = scope.spawn(|| come(&source, way, way.documents(), Asked::of(way), &context, &about));
        while fake.requests().iter().filter(|request| At::Search.meets(request)).count() < 2 {
            thread::sleep(Duration::from_millis(1));
        }
        front.go();
        forgotten.store(!keeps, Ordering::SeqCst);
        thread::sleep(away());
        front.come();
        reading.join().expect("no panic")
    });
    assert!(matches!(came, Came::All | Came::Counted), "{about}: {came:?}");
    assert!(begun.elapsed() >= away(), "{about}: it was away");
    assert!(context.stats.retries.load(Ordering::Relaxed) > 0, "{about}");
    drop(source);
    assert_eq!(fake.open.load(Ordering::SeqCst), 0, "{about}");
}

#[test]
fn a_restart_costs_time_in_every_way_of_reading() {
    thread::scope(|scope| {
        for product in [Product::Elasticsearch, Product::OpenSearch, Product::OldOpenSearch] {
            for way in Way::ALL.into_iter().filter(|way| way.suits(product)) {
                for keeps in [true, false] {
                    scope.spawn(move || read_over_a_restart(product, way, keeps));
                }
            }
        }
    });
}
