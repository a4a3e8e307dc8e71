//! What may go wrong with a server, as data: each line of the table is a fault of a kind that was measured on servers and proxies.

use super::fake::{changed, error};
use super::reading::At;
use crate::support::stub::{Request, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use huntc_runtime::source::elastic::ElasticConfig;
use serde_json::{Value, json};
use std::io::Write;
use std::time::Duration;

/// What must come of a reading.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wanted {
    /// All records, or right figures.
    Exact,
    /// An error with one of these codes.
    Fails(&'static [&'static str]),
    /// Either, by where it happens.
    ExactOrFails(&'static [&'static str]),
}

use Wanted::{Exact, ExactOrFails, Fails};

/// A fault.
#[derive(Clone, Copy)]
pub(super) struct Trouble {
    /// The fault of the list F1 to F25 that it is; more of them where they are one.
    pub(super) of: &'static str,
    pub(super) what: &'static str,
    pub(super) at: At,
    /// What becomes of a right answer.
    pub(super) fault: fn(&Request, Response) -> Response,
    /// What must come of it where it happens once.
    pub(super) once: Wanted,
    /// And where it happens ever.
    pub(super) ever: Wanted,
    /// The same for scrolls, where it differs.
    pub(super) scroll: Option<Wanted>,
    /// The same for a server that counts.
    pub(super) counted: Option<Wanted>,
    /// What the source is told.
    pub(super) set: fn(&mut ElasticConfig),
    /// Whether each case takes seconds.
    pub(super) slow: bool,
    /// Whether it is a number that is wrong, which a second wrong number may hide. Counts of values hide it alone: nothing adds up
    /// to them.
    pub(super) lies: bool,
}

const PLAIN: Trouble = Trouble {
    of: "",
    what: "",
    at: At::Search,
    fault: |_, right| right,
    once: Exact,
    ever: Exact,
    scroll: None,
    counted: None,
    set: |_| (),
    slow: false,
    lies: false,
};

/// A fault of searches that fails with these codes where it stays.
const fn search(
    of: &'static str,
    what: &'static str,
    codes: &'static [&'static str],
    fault: fn(&Request, Response) -> Response,
) -> Trouble {
    Trouble { of, what, fault, ever: Fails(codes), ..PLAIN }
}

/// The same of any request, the first ones too.
const fn any(
    of: &'static str,
    what: &'static str,
    codes: &'static [&'static str],
    fault: fn(&Request, Response) -> Response,
) -> Trouble {
    Trouble { at: At::Any, ..search(of, what, codes, fault) }
}

/// A refusal that is final, but where what is refused can be done without.
const fn refusal(
    of: &'static str,
    what: &'static str,
    codes: &'static [&'static str],
    fault: fn(&Request, Response) -> Response,
) -> Trouble {
    Trouble { once: ExactOrFails(codes), ..search(of, what, codes, fault) }
}

/// A fault of what is counted: then the records are read.
const fn count(what: &'static str, fault: fn(&Request, Response) -> Response) -> Trouble {
    Trouble { of: "counts", what, at: At::Count, fault, ..PLAIN }
}

/// An answer with a part of its JSON changed, where it has this part.
fn with(right: Response, pointer: &str, change: impl FnOnce(&mut Value)) -> Response {
    changed(right, |json| {
        if let Some(part) = json.pointer_mut(pointer) {
            change(part);
        }
    })
}

fn shards(right: Response, shards: Value) -> Response {
    with(right, "/_shards", |part| *part = shards)
}

fn failure(kind: &str) -> Value {
    let reason = json!({"type": kind, "reason": "x"});
    json!({"total": 3, "successful": 2, "skipped": 0, "failed": 1, "failures": [{"index": "logs-1", "reason": reason}]})
}

fn total(right: Response, change: impl FnOnce(u64) -> Value) -> Response {
    with(right, "/hits/total/value", |total| *total = change(total.as_u64().unwrap_or(0)))
}

fn hits(right: Response, change: impl FnOnce(&mut Vec<Value>)) -> Response {
    with(right, "/hits/hits", |hits| hits.as_array_mut().into_iter().for_each(change_once(change)))
}

/// A change that is made to the first of some only.
fn change_once<T>(change: impl FnOnce(&mut T)) -> impl FnMut(&mut T) {
    let mut change = Some(change);
    move |value| {
        if let Some(change) = change.take() {
            change(value);
        }
    }
}

fn buckets(right: Response, change: impl FnOnce(&mut Vec<Value>)) -> Response {
    with(right, "/aggregations/tuples/buckets", |all| all.as_array_mut().into_iter().for_each(change_once(change)))
}

fn body(right: Response, change: impl FnOnce(String) -> String) -> Response {
    Response { body: change(String::from_utf8_lossy(&right.body).into_owned()).into_bytes(), ..right }
}

fn packed(right: Response, break_it: impl FnOnce(&mut Vec<u8>)) -> Response {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&right.body).expect("it is written to memory");
    let mut body = encoder.finish().expect("it is written to memory");
    break_it(&mut body);
    Response { body, ..right }.with("Content-Encoding", "gzip")
}

fn breaker(durability: &str) -> Response {
    let cause = json!({"type": "circuit_breaking_exception", "reason": "[parent] Data too large", "durability": durability});
    Response::json(429, &json!({"error": {"root_cause": [cause], "type": "circuit_breaking_exception", "reason": "x"}}))
}

fn short(c: &mut ElasticConfig) {
    c.timeout = Duration::from_secs(1);
}

/// Little memory for answers, and pages that can become smaller.
fn small(c: &mut ElasticConfig) {
    c.answer_limit = 1 << 20;
    c.page_size = 400;
}

const OVERLOADED: &[&str] = &["K0708"];
const PART: &[&str] = &["K0710"];
const BROKEN: &[&str] = &["K0711"];
const REFUSED: &[&str] = &["K0701"];
const LONG: &[&str] = &["K0715"];
const LOST: &[&str] = &["K0714"];

/// The table.
pub(super) const TROUBLES: &[Trouble] = &[
    any("F1 F2", "429", OVERLOADED, |_, _| error(429, "es_rejected_execution_exception", "busy")),
    any("F1 F2", "429 with a date to come again at", OVERLOADED, |_, _| {
        error(429, "es_rejected_execution_exception", "busy").with("Retry-After", "Wed, 21 Oct 2026 07:28:00 GMT")
    }),
    any("F1 F2", "429 of a proxy", OVERLOADED, |_, _| Response::text(429, "slow down").with("Retry-After", "0")),
    any("F3", "503 rejected", OVERLOADED, |_, _| error(503, "es_rejected_execution_exception", "busy")),
    any("F3", "500 rejected", OVERLOADED, |_, _| error(500, "rejected_execution_exception", "busy")),
    Trouble { of: "F4", ..count("503 too many buckets", |_, _| error(503, "too_many_buckets_exception", "x")) },
    Trouble { of: "F4", ..count("400 too many buckets", |_, _| error(400, "too_many_buckets_exception", "x")) },
    search("F4", "500 too many clauses", REFUSED, |_, _| error(500, "too_many_nested_clauses", "x")),
    search("F5", "breaker, for now", OVERLOADED, |_, _| breaker("TRANSIENT")),
    Trouble {
        set: small,
        once: ExactOrFails(OVERLOADED),
        ..search("F5", "breaker, lasting", OVERLOADED, |_, _| breaker("PERMANENT"))
    },
    Trouble {
        set: small,
        ever: Exact,
        ..search("F5", "breaker for large pages", &[], |request, right| {
            if request.body["size"].as_u64() > Some(100) { breaker("PERMANENT") } else { right }
        })
    },
    search("F6", "timed out", PART, |_, right| with(right, "/timed_out", |j| *j = json!(true))),
    search("F6", "terminated early", PART, |_, right| changed(right, |j| j["terminated_early"] = json!(true))),
    search("F6", "search timeout", &["K0709"], |_, _| error(429, "search_timeout_exception", "Time exceeded")),
    Trouble { of: "F6", ..count("timed out while it counts", |_, right| with(right, "/timed_out", |j| *j = json!(true))) },
    Trouble { of: "F6", ..count("search timeout while it counts", |_, _| error(429, "search_timeout_exception", "Time exceeded")) },
    Trouble { of: "F6 F17", ..count("504 of a proxy while it counts", |_, _| Response::text(504, "<html>gateway timeout</html>")) },
    search("F7", "a shard cannot run the query", REFUSED, |_, right| shards(right, failure("query_shard_exception"))),
    search("F7", "400 a shard cannot run the query", REFUSED, |_, _| error(400, "query_shard_exception", "x")),
    search("F8", "a shard is away", PART, |_, right| shards(right, failure("node_not_connected_exception"))),
    search("F8", "503 no shard", PART, |_, _| error(503, "no_shard_available_action_exception", "x")),
    Trouble {
        scroll: Some(Exact),
        ..search("F8", "fewer shards", PART, |_, right| shards(right, json!({"total": 2, "successful": 2, "failed": 0})))
    },
    search("F8", "no word about shards", BROKEN, |_, right| changed(right, |j| j["_shards"] = json!(null))),
    search("F9", "a cluster is skipped", PART, |_, right| {
        changed(right, |j| j["_clusters"] = json!({"total": 2, "successful": 1, "skipped": 1}))
    }),
    search("F9", "a cluster gives a part", PART, |_, right| {
        changed(right, |j| j["_clusters"] = json!({"total": 2, "successful": 1, "partial": 1}))
    }),
    search("F10", "point in time lost", LOST, |_, _| {
        error(404, "search_context_missing_exception", "No search context found for id [1]")
    }),
    Trouble { ever: Exact, ..search("F11", "other id", &[], |_, right| changed(right, |j| j["pit_id"] = json!("pit-2"))) },
    Trouble {
        ever: Exact,
        ..search("F12", "all records at one instant", &[], |_, right| {
            with(right, "/aggregations/cuts/values", |cuts| {
                let first = cuts[0]["value"].clone();
                cuts.as_array_mut().into_iter().flatten().for_each(|cut| cut["value"] = first.clone());
            })
        })
    },
    any("F15", "connection ends without an answer", &["K0702"], |_, _| Response::none()),
    Trouble {
        set: short,
        slow: true,
        ..search("F15", "no byte", &["K0709"], |_, right| Response { delay: Duration::from_mins(2), ..right })
    },
    Trouble {
        set: short,
        slow: true,
        ..search("F15", "a byte now and then", &["K0709"], |_, right| Response {
            body: b" ".to_vec(),
            endless: Some(Duration::from_millis(200)),
            ..right
        })
    },
    any("F14 F16", "cut", BROKEN, |_, right| Response { cut: Some(right.body.len() / 2), ..right }),
    any("F14 F16", "cut before the body", BROKEN, |_, right| Response { cut: Some(0), ..right }),
    search("F16", "half of the JSON", BROKEN, |_, right| body(right, |text| text[..text.len() / 2].to_owned())),
    search("F16", "bytes behind the JSON", BROKEN, |_, right| body(right, |text| format!("{text}{{}}"))),
    search("F16", "a key twice", BROKEN, |_, right| body(right, |text| text.replacen('{', "{\"timed_out\":false,", 1))),
    search("F16", "no UTF-8", BROKEN, |_, right| Response { body: [b"{\xff".as_slice(), &right.body[1..]].concat(), ..right }),
    Trouble {
        ever: Exact,
        ..search("F16", "something nested deeply", &[], |_, right| {
            let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
            body(right, |text| text.replacen('{', &format!("{{\"deep\":{deep},"), 1))
        })
    },
    any("F16", "packed with a wrong checksum", BROKEN, |_, right| {
        packed(right, |body| {
            let at = body.len() - 8;
            body[at] ^= 1;
        })
    }),
    any("F16", "not packed as it says", BROKEN, |_, right| right.with("Content-Encoding", "gzip")),
    search("F16", "a length that is too short", BROKEN, |_, right| Response { length: Some(right.body.len() - 5), ..right }),
    any("F16", "a length that is too long", BROKEN, |_, right| Response {
        length: Some(right.body.len() + 5),
        cut: Some(right.body.len()),
        ..right
    }),
    Trouble {
        set: small,
        once: ExactOrFails(LONG),
        ..search("F16", "a bomb", LONG, |_, right| Response { body: vec![b' '; 2 << 20], gzip: true, ..right })
    },
    Trouble {
        set: small,
        once: ExactOrFails(LONG),
        ..search("F16", "a flood", &["K0715", "K0709"], |_, right| Response {
            body: vec![b' '; 1 << 16],
            endless: Some(Duration::ZERO),
            ..right
        })
    },
    any("F17", "502 of a proxy", OVERLOADED, |_, _| Response::text(502, "<html>bad gateway</html>")),
    any("F17", "503 of a proxy", OVERLOADED, |_, _| Response::text(503, "<html>upstream</html>")),
    any("F17", "504 of a proxy", OVERLOADED, |_, _| Response::text(504, "")),
    refusal("F18", "an index was deleted", &["K0706"], |_, _| error(404, "index_not_found_exception", "no such index [logs-1]")),
    search("F18", "an index was deleted, and the rest comes", PART, |_, right| shards(right, failure("index_not_found_exception"))),
    Trouble {
        set: small,
        ever: Exact,
        ..search("F21", "pages of 100 only", &[], |request, right| {
            let reason = "Result window is too large, from + size must be less than or equal to: [100]";
            if request.body["size"].as_u64() > Some(100) { error(400, "illegal_argument_exception", reason) } else { right }
        })
    },
    search("F21", "no expensive queries", REFUSED, |_, _| {
        error(400, "exception", "[regexp] queries cannot be executed when 'search.allow_expensive_queries' is set to false.")
    }),
    Trouble { once: ExactOrFails(LONG), ..search("F22", "413", LONG, |_, _| Response::text(413, "<html>too large</html>")) },
    Trouble {
        once: ExactOrFails(LONG),
        ..search("F22", "a path that is too long", LONG, |_, _| error(400, "too_long_http_line_exception", "more than 4096 bytes"))
    },
    Trouble {
        once: ExactOrFails(LONG),
        ..search("F22", "414 of a proxy", LONG, |_, _| Response::text(414, "<html>too long</html>"))
    },
    refusal("F24", "401", &["K0704"], |_, _| error(401, "security_exception", "the token expired")),
    refusal("F24", "403", &["K0705"], |_, _| error(403, "security_exception", "action [indices:data/read/search] is unauthorized")),
    search("total", "a record too many", PART, |_, right| total(right, |n| json!(n + 1))),
    Trouble { lies: true, ..search("total", "a record too few", PART, |_, right| total(right, |n| json!(n.saturating_sub(1)))) },
    Trouble { lies: true, ..search("total", "half of them", PART, |_, right| total(right, |n| json!(n / 2))) },
    Trouble { lies: true, ..search("total", "zero", PART, |_, right| total(right, |_| json!(0))) },
    search("total", "absent", BROKEN, |_, right| {
        with(right, "/hits", |hits| drop(hits.as_object_mut().map(|h| h.remove("total"))))
    }),
    search("total", "at least", BROKEN, |_, right| with(right, "/hits/total/relation", |relation| *relation = json!("gte"))),
    Trouble {
        counted: Some(ExactOrFails(PART)),
        ..search("hits", "one twice", PART, |_, right| {
            hits(right, |all| {
                if all.len() > 1 {
                    all[0] = all[1].clone();
                }
            })
        })
    },
    Trouble {
        counted: Some(ExactOrFails(PART)),
        ..search("hits", "one lost", PART, |_, right| hits(right, |all| drop((all.len() > 1).then(|| all.pop()))))
    },
    Trouble {
        counted: Some(ExactOrFails(PART)),
        ..search("hits", "an empty page", PART, |_, right| {
            hits(right, |all| {
                if all.len() > 1 {
                    all.clear();
                }
            })
        })
    },
    Trouble {
        counted: Some(Exact),
        ..search("hits", "one more than was asked for", BROKEN, |request, right| {
            let full = request.body["size"].as_u64().unwrap_or(100) as usize;
            hits(right, |all| {
                if all.len() == full {
                    all.extend(all.first().cloned());
                }
            })
        })
    },
    Trouble {
        scroll: Some(Exact),
        counted: Some(Exact),
        ..search("hits", "no sort values", BROKEN, |_, right| {
            hits(right, |all| all.iter_mut().for_each(|hit| hit["sort"] = json!(null)))
        })
    },
    Trouble {
        scroll: Some(Exact),
        counted: Some(Exact),
        ..search("endless", "sort values that stand", PART, |_, right| {
            hits(right, |all| all.iter_mut().for_each(|hit| hit["sort"] = json!([7])))
        })
    },
    Trouble {
        once: ExactOrFails(&["K0712"]),
        ..any("html", "302", &["K0712"], |_, _| Response::text(302, "").with("Location", "https://login.example.org/"))
    },
    Trouble {
        once: ExactOrFails(&["K0712"]),
        ..any("html", "login page", &["K0711", "K0712", "K0714"], |_, _| Response::text(200, "<html>login</html>"))
    },
    search("troubled", "an error with 200", REFUSED, |_, right| {
        changed(right, |j| j["error"] = json!({"type": "x", "reason": "y"}))
    }),
    any("troubled", "408", REFUSED, |_, _| Response::text(408, "")),
    any("troubled", "500 of a proxy", REFUSED, |_, _| Response::text(500, "<html>oops</html>")),
    any("troubled", "500 of a type that is not known", REFUSED, |_, _| error(500, "null_pointer_exception", "x")),
    Trouble {
        at: At::Opening,
        ..search("opening", "too many", &["K0713"], |_, _| {
            error(429, "rejected_execution_exception", "Trying to create too many Point In Time contexts")
        })
    },
    Trouble {
        at: At::Opening,
        ..search("opening", "a part of the shards", PART, |_, right| shards(right, failure("node_not_connected_exception")))
    },
    Trouble { at: At::Closing, ever: Exact, ..search("closing", "503", &[], |_, _| Response::text(503, "")) },
    Trouble { at: At::Closing, ever: Exact, ..search("closing", "no answer", &[], |_, _| Response::none()) },
    count("nothing is counted", |_, right| with(right, "/aggregations", |all| *all = json!(null))),
    count("a tuple lost", |_, right| buckets(right, |all| drop(all.pop()))),
    count("a tuple twice", |_, right| buckets(right, |all| all.extend(all.first().cloned()))),
    Trouble {
        lies: true,
        ..count("a record too many", |_, right| {
            with(right, "/aggregations/tuples/buckets/0/doc_count", |n| *n = json!(n.as_u64().unwrap_or(0) + 1))
        })
    },
    Trouble {
        lies: true,
        ..count("a record too few", |_, right| {
            with(right, "/aggregations/tuples/buckets/0/doc_count", |n| *n = json!(n.as_u64().unwrap_or(0) - 1))
        })
    },
    count("the first page again and again", |_, right| {
        with(right, "/aggregations/tuples/after_key", |key| *key = json!({"0": ""}))
    }),
    count("no page behind the first", |_, right| {
        with(right, "/aggregations/tuples", |all| drop(all.as_object_mut().map(|all| all.remove("after_key"))))
    }),
    count("no time", |_, right| with(right, "/aggregations/tuples/buckets/1/first", |first| *first = json!({"value": null}))),
    count("a key of another kind", |_, right| with(right, "/aggregations/tuples/buckets/1/key", |key| *key = json!({"0": true}))),
    count("more times than records", |_, right| {
        with(right, "/aggregations/stamps/value", |n| *n = json!(n.as_u64().unwrap_or(0) + 1))
    }),
    count("no word about times", |_, right| {
        with(right, "/aggregations", |all| drop(all.as_object_mut().map(|all| all.remove("stamps"))))
    }),
    Trouble {
        at: At::Search,
        ..count("no word about what is read one by one", |_, right| {
            with(right, "/aggregations", |all| drop(all.as_object_mut().map(|all| all.remove("single"))))
        })
    },
];
