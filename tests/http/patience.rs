//! Faults that pass, faults that stay, and servers that go away for a while: all records come, or the reading fails and says so.

use super::fake::{Fake, NOT_WAITED, Product, allowed, changed, context, error, everything};
use super::front::Front;
use super::{all, code, numbers};
use crate::support::stub::{Request, Response};
use huntc_runtime::source::{DataSource, FetchContext};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// A server that forgets its point in time when it restarts.
fn restarting(documents: usize) -> (Fake, Arc<AtomicBool>) {
    let lost = Arc::new(AtomicBool::new(false));
    let forgets = Arc::clone(&lost);
    let fake = Fake::start(Product::Elasticsearch, documents, move |request: &Request, right: Response, _| {
        let opens = request.path.ends_with("/_pit") && request.method == "POST";
        if opens {
            forgets.store(false, Ordering::SeqCst);
        }
        if request.path.ends_with("/_search") && forgets.load(Ordering::SeqCst) {
            return error(404, "search_context_missing_exception", "No search context found for id [1]");
        }
        right
    });
    (fake, lost)
}

#[test]
fn a_server_that_restarts_costs_time_and_no_record() {
    let (fake, lost) = restarting(2_000);
    let front = Front::before(fake.url());
    let source = fake.source(|c| {
        c.url = front.url().parse().expect("an address");
        c.concurrency = 2;
        c.patience = Duration::from_mins(1);
    });
    let context = context();
    let waited = Arc::clone(&context.waiting);
    let begun = Instant::now();
    let read = thread::scope(|scope| {
        let reading = scope.spawn(|| source.fetch(&everything(), &context));
        while fake.pages().len() < 8 {
            thread::sleep(Duration::from_millis(1));
        }
        front.go();
        lost.store(true, Ordering::SeqCst);
        thread::sleep(Duration::from_secs(2));
        // On a busy machine it notices later that the server is away.
        while waited.get().is_none() && begun.elapsed() < NOT_WAITED {
            thread::sleep(Duration::from_millis(1));
        }
        assert!(waited.get().is_some_and(|what| what.contains("`stub`")), "the progress says what is waited for");
        front.come();
        reading.join().expect("no panic")
    });
    assert_eq!(numbers(&read.expect("all records come")), all(2_000));
    assert!(begun.elapsed() < NOT_WAITED, "{:?}", begun.elapsed());
    assert!(context.waiting.get().is_none());
    assert!(context.stats.retries.load(Ordering::Relaxed) > 6, "more than a few tries");
}

#[test]
fn patience_has_an_end() {
    let fake = Fake::with(250, |_, right, _| right);
    let front = Front::before(fake.url());
    let source = fake.source(|c| {
        c.url = front.url().parse().expect("an address");
        c.patience = Duration::from_millis(400);
    });
    source.fetch(&everything(), &context()).expect("records come");
    front.go();
    let begun = Instant::now();
    let error = source.fetch(&everything(), &context()).expect_err("it is away");
    assert_eq!(error.code.id, "K0702");
    assert!(error.message.contains("no answer for 0 s"), "{}", error.message);
    assert!(begun.elapsed() < NOT_WAITED, "{:?}", begun.elapsed());
    // It was waited for in vain, so it is not waited for again.
    let error = source.fetch(&everything(), &context()).expect_err("it is away");
    assert_eq!(error.code.id, "K0702");
    front.come();
    let unavailable = Fake::with(10, |_, _, _| Response::text(503, "<html>upstream</html>"));
    let error = unavailable.source(|c| c.patience = Duration::from_millis(300)).fetch(&everything(), &context());
    let error = error.expect_err("it is never there");
    assert!(error.code.id == "K0708" && error.message.contains("unavailable (503), still after"), "{}", error.message);
    assert!(unavailable.pages().len() > 6, "more than a few tries");
}

#[test]
fn the_time_of_a_hunt_ends_the_wait_for_a_server() {
    let fake = Fake::with(10, |_, _, _| Response::text(503, "upstream"));
    let begun = Instant::now();
    assert_eq!(
        code(
            fake.source(|c| c.patience = Duration::from_mins(1)).fetch(&everything(), &allowed(Some(Duration::from_secs(1)), None))
        ),
        "K1008"
    );
    assert!(begun.elapsed() < NOT_WAITED, "{:?}", begun.elapsed());
}

#[test]
fn what_goes_wrong_once_is_asked_again() {
    type Once = fn(Response) -> Response;
    let unsorted = |j: &mut Value| j["hits"]["hits"].as_array_mut().expect("hits").iter_mut().for_each(|h| h["sort"] = json!(null));
    let faults: [Once; 6] = [
        |_| Response::text(408, "timeout"),
        |_| Response::text(500, "<html>oops</html>"),
        |_| error(500, "null_pointer_exception", "x"),
        |_| Response::text(302, "").with("Location", "https://login.example.org/"),
        |right| changed(right, |j| j["error"] = json!({"type": "x", "reason": "y"})),
        |_| Response::text(200, "<html>login</html>"),
    ];
    for fault in faults {
        let once = Fake::with(250, move |_, right, before| if before == 1 { fault(right) } else { right });
        assert_eq!(numbers(&once.read().expect("the second try is right")), all(250));
    }
    let once = Fake::with(250, move |_, right, before| if before == 1 { changed(right, unsorted) } else { right });
    assert_eq!(numbers(&once.read().expect("the second try is right")), all(250));
}

/// A cache that does not look at bodies, and a server whose sort values stand still.
#[test]
fn a_page_that_comes_again_and_again_ends_the_reading() {
    for product in [Product::Elasticsearch, Product::OpenSearch] {
        let first: Arc<Mutex<Option<Response>>> = Arc::default();
        let cached = Fake::start(product, 100_000, move |request, right, _| {
            if !request.path.ends_with("/_search") || request.body["aggs"].is_object() {
                return right;
            }
            first.lock().expect("no thread panicked").get_or_insert(right).clone()
        });
        let error = cached.source(|c| c.concurrency = 1).fetch(&everything(), &context()).expect_err("it never ends");
        assert_eq!(error.code.id, "K0710", "{error:?}");
        assert!(cached.pages().len() < 40, "{}", cached.pages().len());
    }
    let still = Fake::with(700, |_, right, _| {
        changed(right, |j| {
            for hit in j["hits"]["hits"].as_array_mut().expect("hits") {
                hit["sort"] = json!([7]);
            }
        })
    });
    let error = still.source(|c| c.concurrency = 1).fetch(&everything(), &context()).expect_err("it never ends");
    assert_eq!(error.code.id, "K0710", "{error:?}");
    assert!(still.pages().len() <= 9, "{}", still.pages().len());
}

#[test]
fn only_what_is_in_flight_is_read_again() {
    for product in [Product::Elasticsearch, Product::OpenSearch] {
        for concurrency in [1, 4] {
            let once = AtomicBool::new(true);
            let fake = Fake::start(product, 4_000, move |request, right, before| {
                let late = before > 25 && request.path.ends_with("/_search");
                if late && once.swap(false, Ordering::SeqCst) {
                    return error(404, "search_context_missing_exception", "No search context found for id [1]");
                }
                right
            });
            let source = fake.source(|c| c.concurrency = concurrency);
            assert_eq!(numbers(&source.fetch(&everything(), &context()).expect("all records come")), all(4_000));
            // 22 units of two pages, the first page, two figures, and what was in flight.
            assert!(fake.pages().len() < 44 + 1 + 2 + 6 * concurrency, "{} pages", fake.pages().len());
            drop(source);
            assert_eq!(fake.open.load(Ordering::SeqCst), 0);
        }
    }
}

#[test]
fn what_was_read_is_read_again_when_the_records_changed() {
    let documents = Arc::new(Mutex::new(None::<Arc<AtomicUsize>>));
    let (known, once) = (Arc::clone(&documents), AtomicBool::new(true));
    let fake = Fake::start(Product::Elasticsearch, 4_000, move |request, right, before| {
        if before > 25 && request.path.ends_with("/_search") && once.swap(false, Ordering::SeqCst) {
            known.lock().expect("no thread panicked").as_ref().expect("set").store(4_100, Ordering::SeqCst);
            return error(404, "search_context_missing_exception", "No search context found for id [1]");
        }
        right
    });
    *documents.lock().expect("no thread panicked") = Some(Arc::clone(&fake.documents));
    let source = fake.source(|c| c.concurrency = 1);
    assert_eq!(numbers(&source.fetch(&everything(), &context()).expect("all records come")), all(4_100));
    assert_eq!(source.moment(), 0, "nothing else was read before");
}

#[test]
fn statements_share_a_point_in_time_and_notice_when_it_is_another() {
    let lost = Arc::new(AtomicBool::new(false));
    let once = Arc::clone(&lost);
    let fake = Fake::with(250, move |_, right, _| {
        if once.swap(false, Ordering::SeqCst) {
            return error(404, "search_context_missing_exception", "No search context found for id [1]");
        }
        right
    });
    let opened = || fake.requests().iter().filter(|r| r.path.ends_with("_pit") && r.method == "POST").count();
    let source = fake.source(|_| ());
    for _ in 0..3 {
        source.fetch(&everything(), &context()).expect("records come");
    }
    assert_eq!((opened(), fake.open.load(Ordering::SeqCst)), (1, 1), "one for all");
    lost.store(true, Ordering::SeqCst);
    source.fetch(&everything(), &context()).expect("records come");
    assert_eq!((opened(), source.moment()), (2, 0), "the records are the same");
    fake.documents.store(251, Ordering::SeqCst);
    lost.store(true, Ordering::SeqCst);
    assert_eq!(source.fetch(&everything(), &context()).expect("records come").len(), 251);
    assert_eq!((opened(), source.moment()), (3, 1), "what was read before does not belong to these");
    drop(source);
    assert_eq!(fake.open.load(Ordering::SeqCst), 0, "closed with the source");
}

#[test]
fn a_failed_opening_is_closed() {
    for product in [Product::Elasticsearch, Product::OpenSearch] {
        let fake = Fake::start(product, 10, |request, right, _| {
            let opens = request.method == "POST" && (request.path.ends_with("/_pit") || request.path.ends_with("/point_in_time"));
            if opens { changed(right, |j| j["_shards"] = json!({"total": 3, "successful": 2, "failed": 1})) } else { right }
        });
        assert_eq!(code(fake.read()), "K0710");
        assert_eq!(fake.open.load(Ordering::SeqCst), 0);
        let context = FetchContext { allow_partial: true, ..context() };
        fake.source(|_| ()).fetch(&everything(), &context).expect("a part comes");
        assert!(context.stats.partial.load(Ordering::Relaxed), "and says so");
        assert_eq!(fake.open.load(Ordering::SeqCst), 0);
    }
}

#[test]
fn a_part_is_taken_only_after_the_whole_was_tried_again() {
    let failing = |j: &mut Value| j["_shards"] = json!({"total": 3, "successful": 2, "failed": 1});
    let once = Fake::with(250, move |_, right, before| if before == 1 { changed(right, failing) } else { right });
    let context = FetchContext { allow_partial: true, ..context() };
    assert_eq!(numbers(&once.source(|_| ()).fetch(&everything(), &context).expect("records come")), all(250));
    assert!(!context.stats.partial.load(Ordering::Relaxed), "the second try was whole");
    assert!(once.pages().iter().all(|page| page.query.contains("allow_partial_search_results=false")));
}

/// OpenSearch before 3.3 is read by scrolls: each reading is followed by counts of all that was read.
#[test]
fn without_a_point_in_time_changes_between_statements_are_noticed() {
    let fake = Fake::start(Product::OldOpenSearch, 50, |_, right, _| right);
    let source = fake.source(|_| ());
    for _ in 0..2 {
        assert_eq!(numbers(&source.fetch(&everything(), &context()).expect("records come")), all(50));
    }
    assert_eq!((source.moment(), fake.open.load(Ordering::SeqCst)), (0, 0), "nothing changed, and nothing was opened");
    fake.documents.store(51, Ordering::SeqCst);
    let other = super::fake::asking(huntc_compiler::request::Query::exists("process.name"));
    assert_eq!(source.fetch(&other, &context()).expect("records come").len(), 51);
    assert_eq!(source.moment(), 1, "the first statement would find more now");
}

/// A point in time that lost shards says so by their number only.
#[test]
fn a_search_of_fewer_shards_than_were_opened_is_a_part() {
    let fewer = |j: &mut Value| j["_shards"] = json!({"total": 2, "successful": 2, "skipped": 0, "failed": 0});
    let always = Fake::with(250, move |_, right, _| changed(right, fewer));
    assert_eq!(code(always.read()), "K0710");
    let once = Fake::with(250, move |_, right, before| if before == 1 { changed(right, fewer) } else { right });
    assert_eq!(numbers(&once.read().expect("the second try is whole")), all(250));
}

/// Where a part may do, a server that never answered is looked for again; without that it is a wrong address.
#[test]
fn a_source_that_never_answered_is_looked_for_again_before_a_part_is_taken() {
    let fake = Fake::with(250, |_, right, _| right);
    let read = |allow_partial: bool, comes: bool| {
        let front = Front::before(fake.url());
        front.go();
        // Nothing listens now.
        while std::net::TcpStream::connect(front.url().trim_start_matches("http://")).is_ok() {
            thread::sleep(Duration::from_millis(1));
        }
        let source = fake.source(|c| {
            c.url = front.url().parse().expect("an address");
            c.backoff = Duration::from_millis(50);
        });
        let context = FetchContext { allow_partial, ..context() };
        let read = thread::scope(|scope| {
            let reading = scope.spawn(|| source.fetch(&everything(), &context));
            if comes {
                while context.stats.retries.load(Ordering::Relaxed) == 0 && !reading.is_finished() {
                    thread::sleep(Duration::from_millis(1));
                }
                front.come();
            }
            reading.join().expect("no panic")
        });
        let again = source.fetch(&everything(), &context).map(drop).map_err(|error| error.code.id);
        let retries = context.stats.retries.load(Ordering::Relaxed);
        (read.map(|records| records.len()).map_err(|error| error.code.id), again, retries)
    };
    assert_eq!(read(false, false), (Err("K0702"), Err("K0702"), 0));
    let (came, _, retries) = read(true, true);
    assert!(came == Ok(250) && retries > 0, "{came:?} after {retries}");
    // The second request of a run does not look again for what the first one looked for in vain.
    assert_eq!(read(true, false), (Err("K0702"), Err("K0702"), 5));
}
