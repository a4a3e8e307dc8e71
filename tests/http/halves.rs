//! Requests that a server, or the proxy before it, refuses for their length.

use super::code;
use super::fake::{Fake, Product, asking, context, error};
use crate::support::cli::Huntc;
use crate::support::stub::{Request, Response};
use huntc_compiler::request::{BoundRequest, Query};
use huntc_compiler::value::Value as Literal;
use huntc_runtime::source::{DataSource, Records, Sink, SourceError};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

/// A server behind a proxy that takes bodies of so many bytes.
fn behind_a_proxy(product: Product, documents: usize, most: usize) -> Fake {
    Fake::start(product, documents, move |request: &Request, right, _| {
        if request.text.len() > most { Response::text(413, "<html>413 Request Entity Too Large</html>") } else { right }
    })
}

/// Those of the first 400 documents that an odd number names.
fn odd(most: i64) -> BoundRequest {
    asking(Query::terms("n", (0..most).filter(|n| n % 2 == 1).map(Literal::Int).collect()))
}

fn found(records: &Records) -> Vec<i64> {
    let mut found: Vec<i64> = super::numbers(records).into_iter().collect();
    assert_eq!(found.len(), records.len(), "each once");
    found.sort_unstable();
    found
}

/// Keeps the records of whole readings.
#[derive(Default)]
struct Kept {
    whole: Vec<Records>,
    current: Vec<Records>,
}

impl Sink for Kept {
    fn begin(&mut self) {
        self.current.clear();
    }

    fn take(&mut self, records: Records) -> Result<(), SourceError> {
        self.current.push(records);
        Ok(())
    }

    fn end(&mut self) -> Result<(), SourceError> {
        self.whole.append(&mut self.current);
        Ok(())
    }
}

#[test]
fn a_request_that_is_too_long_is_read_in_halves() {
    let wanted: Vec<i64> = (0..400).filter(|n| n % 2 == 1).collect();
    for product in [Product::Elasticsearch, Product::OpenSearch, Product::OldOpenSearch] {
        let fake = behind_a_proxy(product, 600, 700);
        let source = fake.source(|_| ());
        let request = odd(400);
        assert_eq!(found(&source.fetch(&request, &context()).expect("it comes in parts")), wanted, "{product:?}");
        let mut kept = Kept::default();
        source.stream(&request, &context(), &mut kept).expect("it comes in parts");
        assert!(kept.whole.len() > 1, "{product:?}: in several readings");
        let numbers: BTreeSet<i64> = kept.whole.iter().filter(|part| !part.is_empty()).flat_map(found).collect();
        assert_eq!(numbers.into_iter().collect::<Vec<_>>(), wanted);
        assert_eq!(kept.whole.iter().map(Records::len).sum::<usize>(), wanted.len(), "{product:?}: each once");
        assert_eq!(source.count(&request, &context()).expect("it is counted in parts"), wanted.len() as u64);
        let first = BoundRequest { enough: Some(1), ..request };
        assert!(!source.fetch(&first, &context()).expect("a record").is_empty());
        drop(source);
        assert_eq!(fake.open.load(Ordering::SeqCst), 0);
    }
}

/// Records of both halves come once: of these each is asked for by its number and by its name.
#[test]
fn what_two_halves_find_comes_once() {
    let names = Query::terms("process.name", (0..90).map(|n| Literal::text(format!("p{n}"))).collect());
    let numbers = Query::terms("n", (0..90).map(Literal::Int).collect());
    // The server here looks at numbers only, so the half with names finds all.
    let request = asking(Query::any([names, numbers]));
    let fake = behind_a_proxy(Product::Elasticsearch, 90, 900);
    let source = fake.source(|_| ());
    assert_eq!(found(&source.fetch(&request, &context()).expect("it comes in parts")).len(), 90);
    let mut kept = Kept::default();
    source.stream(&request, &context(), &mut kept).expect("it comes in parts");
    assert_eq!(kept.whole.iter().map(Records::len).sum::<usize>(), 90, "each once");
    assert!(kept.whole.len() > 1);
}

#[test]
fn what_cannot_be_halved_is_told() {
    let none = Fake::with(10, |_, _, _| Response::text(413, "too large"));
    assert_eq!(code(none.source(|_| ()).fetch(&odd(400), &context())), "K0715");
    assert!(none.pages().len() < 12, "{} tries", none.pages().len());
    let path = Fake::with(10, |_, _, _| error(400, "too_long_http_line_exception", "An HTTP line is larger than 4096 bytes."));
    assert_eq!(code(path.source(|_| ()).fetch(&odd(400), &context())), "K0715");
    assert_eq!(path.pages().len(), 1, "its body is not what is too long");
}

/// Through the program: a long list.
#[test]
fn a_hunt_goes_on_behind_a_proxy_with_a_small_limit() {
    let names: Vec<String> = (0..200).map(|n| format!("'p{n}'")).collect();
    let window = "START t'2023-08-16T00:00:00Z' STOP t'2023-08-17T00:00:00Z'";
    let hunt = format!("a = GET process FROM stixshifter://lab WHERE name IN ({}) {window}\nDISP a ATTR name\n", names.join(", "));
    let huntc = Huntc::new().file("hunt.hf", hunt);
    let run = |most: usize| {
        let fake = behind_a_proxy(Product::Elasticsearch, 300, most);
        let ran = huntc.run(&format!("run hunt.hf --no-hints --source lab={}/logs-* --format json", fake.url()));
        assert_eq!(ran.code, Some(0), "{}", ran.text());
        let report: Value = serde_json::from_str(&ran.stdout).expect("a report");
        let mut variable = report["hunts"][0]["variables"][0].clone();
        assert_eq!(variable["unidentified"], 300, "all are found");
        drop(variable.as_object_mut().map(|variable| variable.remove("elapsed_ms")));
        (variable, fake.requests().iter().filter(|request| request.text.len() > most).count())
    };
    let ((whole, none), (parts, refused)) = (run(usize::MAX), run(2_000));
    assert_eq!((whole, none), (parts, 0));
    assert!(refused > 0, "the proxy refused some");
}
