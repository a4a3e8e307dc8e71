//! Which query is sent for each kind of mapping; it never finds less than is meant.

use super::*;
use huntc_compiler::catalog::Catalog;
use huntc_compiler::request::Limit;
use huntc_compiler::time::Instant;
use serde_json::{Value as Json, json};

const FIELD: &str = "process.command_line";

fn server(product: Product) -> Server {
    Server { product, version: None }
}

fn keyword(limit: Option<usize>) -> FieldKind {
    FieldKind::Keyword { limit, normalized: false, text: None }
}

fn adapter<'a>(fields: &'a BTreeMap<String, FieldMapping>, kinds: &'a FieldKinds, product: Product) -> Adapter<'a> {
    const ELASTICSEARCH: &Server = &Server { product: Es, version: None };
    const OPENSEARCH: &Server = &Server { product: Os, version: None };
    Adapter::new(fields, kinds, if product == Es { ELASTICSEARCH } else { OPENSEARCH }, false, false)
}

fn approx(kind: FieldKind, product: Product, query: &BoundQuery) -> BoundApprox {
    let field = fields_in(query).unwrap_or(FIELD).to_owned();
    let fields = BTreeMap::from([(field, FieldMapping::of(kind))]);
    adapter(&fields, &kinds_of(query), product).approx(query)
}

fn kinds_of(query: &BoundQuery) -> FieldKinds {
    FieldKinds::of(Catalog::builtin(), query, [])
}

fn fields_in(query: &BoundQuery) -> Option<&str> {
    match query {
        Query::Term(q) => Some(&q.field),
        Query::Terms(q) => Some(&q.field),
        Query::Range(q) => Some(&q.field),
        Query::Bool(b) => b.filter.iter().chain(&b.must_not).chain(&b.should).find_map(fields_in),
        _ => None,
    }
}

fn at_least(kind: FieldKind, product: Product, query: &BoundQuery) -> Json {
    serde_json::to_value(approx(kind, product, query).at_least).expect("queries are JSON")
}

fn at_most(kind: FieldKind, product: Product, query: &BoundQuery) -> Json {
    serde_json::to_value(approx(kind, product, query).at_most).expect("queries are JSON")
}

fn term(text: &str) -> BoundQuery {
    Query::term(FIELD, Value::text(text))
}

fn pattern(pattern: &str, case_insensitive: bool) -> BoundQuery {
    Query::Wildcard(Wildcard { field: FIELD.to_owned(), pattern: pattern.to_owned(), case_insensitive })
}

fn regexp(pattern: &str) -> BoundQuery {
    Query::Regexp(Regexp { field: FIELD.to_owned(), pattern: pattern.to_owned() })
}

fn between(field: &str, from: Option<(Value, bool)>, to: Option<(Value, bool)>) -> BoundQuery {
    let limit = |l: Option<(Value, bool)>| l.map(|(value, inclusive)| Limit { value, inclusive });
    Query::Range(Range { field: field.to_owned(), lower: limit(from), upper: limit(to) })
}

use Product::{Elasticsearch as Es, OpenSearch as Os};

#[test]
fn values_beyond_a_limit_are_not_lost() {
    let ignored = json!({"term": {"_ignored": {"value": FIELD}}});
    let absent = json!({"bool": {"must_not": [{"exists": {"field": FIELD}}]}});
    for query in [pattern("*a*", true), regexp(".*a.*"), Query::exists(FIELD), between(FIELD, Some((Value::text("a"), true)), None)]
    {
        let plain = serde_json::to_value(&query).expect("JSON");
        assert_eq!(
            at_least(keyword(Some(1024)), Es, &query),
            json!({"bool": {"should": [plain, ignored], "minimum_should_match": 1}})
        );
        assert_eq!(
            at_least(keyword(Some(1024)), Os, &query),
            json!({"bool": {"should": [plain, absent], "minimum_should_match": 1}})
        );
        // What the index finds is a true match, so NOT may exclude it.
        assert_eq!(at_most(keyword(Some(1024)), Es, &query), plain);
        assert!(approx(keyword(None), Os, &query).is_exact());
    }
    // A document may have one value that the index has and one that it lacks.
    let words = FieldKind::Text { keyword: Some((format!("{FIELD}.keyword"), Some(12))) };
    for query in [pattern("*a*", true), term("powershell.exe")] {
        assert_eq!(at_least(keyword(Some(12)), Os, &query), json!({"match_all": {}}));
        assert_eq!(at_least(words.clone(), Os, &query)["bool"]["should"][1], json!({"exists": {"field": FIELD}}));
    }
    // No value that equals a short literal is missing from the index. Lengths are counted in UTF-16 units.
    assert!(approx(keyword(Some(10)), Es, &term("ü".repeat(10).as_str())).is_exact());
    assert!(!approx(keyword(Some(10)), Es, &term("😀".repeat(6).as_str())).is_exact());
    let long = Query::terms(FIELD, vec![Value::text("short"), Value::text("x".repeat(11))]);
    assert_eq!(at_least(keyword(Some(10)), Es, &long)["bool"]["should"][1], ignored);
}

#[test]
fn numbers_and_addresses_have_spellings_beyond_any_limit() {
    for (field, value) in
        [("process.pid", Value::Int(4)), ("source.ip", Value::text("10.0.0.1")), ("event.duration", Value::Int(1000))]
    {
        let ignored = json!({"term": {"_ignored": {"value": field}}});
        let sent = at_least(keyword(Some(3)), Es, &Query::terms(field, vec![value]));
        assert_eq!(sent["bool"]["should"].as_array().and_then(|parts| parts.last()), Some(&ignored), "{field}: {sent}");
    }
}

#[test]
fn what_an_index_takes_for_a_float_may_be_none_in_the_document() {
    for query in [Query::exists(FIELD), Query::term(FIELD, Value::Int(80)), between(FIELD, Some((Value::Int(1), true)), None)] {
        for exact in [true, false] {
            // `" 80"` and `80d` are there in the index, and may not be excluded by it.
            assert_eq!(at_most(FieldKind::Float { exact }, Es, &query), json!({"match_none": {}}), "{query:?}");
            assert_eq!(at_least(FieldKind::Float { exact }, Es, &query), serde_json::to_value(&query).expect("JSON"));
        }
    }
}

#[test]
fn an_empty_text_is_the_same_in_either_case() {
    let any_case = |text: &str| Query::Term(Term { field: FIELD.to_owned(), value: Value::text(text), case_insensitive: true });
    assert_eq!(at_least(keyword(None), Os, &any_case("")), json!({"term": {FIELD: {"value": ""}}}));
    assert_eq!(at_least(keyword(None), Os, &any_case("a"))["term"][FIELD]["case_insensitive"], json!(true));
}

#[test]
fn an_ipv4_address_has_other_spellings_in_the_clothes_of_ipv6() {
    let address = || Query::terms("source.ip", vec![Value::text("10.0.0.1")]);
    let plain = json!({"term": {"source.ip": {"value": "10.0.0.1"}}});
    let clothed = json!({"regexp": {"source.ip": {"value": ".*[fF]{4}:.*", "flags": "NONE"}}});
    assert_eq!(at_least(keyword(None), Es, &address())["bool"]["should"], json!([plain, clothed]));
    assert_eq!(at_most(keyword(None), Es, &address()), plain);
    let clothed = json!({"wildcard": {"source.ip": {"value": "*ffff:*", "case_insensitive": true}}});
    assert_eq!(at_least(FieldKind::Wildcard { limit: None }, Os, &address())["bool"]["should"][1], clothed);
    let normalized = FieldKind::Keyword { limit: None, normalized: true, text: None };
    assert_eq!(at_least(normalized, Es, &address()), json!({"exists": {"field": "source.ip"}}));
    assert_eq!(at_least(FieldKind::Ip, Es, &address()), plain, "a field of addresses knows them all");
}

#[test]
fn what_only_the_index_has_is_no_reason_to_leave_a_record_out() {
    let invented = FieldMapping { invented: true, ..FieldMapping::of(keyword(None)) };
    let server = server(Es);
    let absent = Query::all_but(Query::MatchAll, Query::exists(FIELD));
    assert_eq!(of_mapping(invented.clone(), &server, &absent)[0], json!({"match_all": {}}));
    assert_eq!(of_mapping(invented, &server, &term("a"))[0], json!({"term": {FIELD: {"value": "a"}}}));
}

#[test]
fn not_is_sent_only_where_it_loses_nothing() {
    let not = |inner: BoundQuery| Query::all_but(Query::exists(FIELD), inner);
    // The positive part is widened; the exclusion stays exact.
    let sent = at_least(keyword(Some(5)), Es, &not(pattern("*a*", false)));
    assert_eq!(sent["bool"]["must_not"], json!([{"wildcard": {FIELD: {"value": "*a*"}}}]));
    assert_eq!(sent["bool"]["filter"][0]["bool"]["should"][1], json!({"term": {"_ignored": {"value": FIELD}}}));
    // An index of words cannot tell whether a whole value is excluded, so only the positive part is sent.
    let text = FieldKind::Text { keyword: None };
    assert_eq!(at_least(text.clone(), Es, &not(term("a"))), json!({"exists": {"field": FIELD}}));
    assert_eq!(at_least(text, Es, &term("a")), json!({"exists": {"field": FIELD}}));
    // NOT applied twice is a superset again.
    let twice = Query::all_but(Query::MatchAll, not(pattern("*a*", false)));
    assert!(!approx(keyword(Some(5)), Es, &twice).is_exact());
}

#[test]
fn a_text_field_is_asked_by_its_keyword() {
    let kind = || FieldKind::Text { keyword: Some((format!("{FIELD}.keyword"), Some(256))) };
    assert_eq!(at_least(kind(), Es, &term("a")), json!({"term": {"process.command_line.keyword": {"value": "a"}}}));
    assert_eq!(at_least(kind(), Es, &Query::exists(FIELD)), json!({"exists": {"field": FIELD}}));
    let sent = at_least(kind(), Os, &pattern("*a*", true));
    let beyond = json!({"bool": {"filter": [{"exists": {"field": FIELD}}],
        "must_not": [{"exists": {"field": "process.command_line.keyword"}}]}});
    assert_eq!(sent["bool"]["should"][1], beyond);
    assert_eq!(
        at_least(kind(), Es, &pattern("*a*", true))["bool"]["should"][1],
        json!({"term": {"_ignored": {"value": "process.command_line.keyword"}}})
    );
}

#[test]
fn the_catalog_knows_a_field_by_its_own_name() {
    // An address in a text field with a keyword, the mapping that servers guess; also behind an alias.
    let addresses = Query::terms("source.ip", vec![Value::text("fe80::1"), Value::text("10.0.0.0/8")]);
    let guessed = FieldKind::Text { keyword: Some(("source.ip.keyword".to_owned(), Some(256))) };
    assert_eq!(at_least(guessed, Es, &addresses), json!({"exists": {"field": "source.ip.keyword"}}));
    let alias = FieldMapping { target: Some("client".to_owned()), ..FieldMapping::of(keyword(None)) };
    let fields = BTreeMap::from([("source.ip".to_owned(), alias)]);
    assert_eq!(adapter(&fields, &kinds_of(&addresses), Es).approx(&addresses).at_least, Query::exists("source.ip"));
}

#[test]
fn lists_on_opensearch_may_lack_one_value_and_be_there() {
    let query = Query::Wildcard(Wildcard { field: "process.args".to_owned(), pattern: "*a*".to_owned(), case_insensitive: false });
    let fields = BTreeMap::from([("process.args".to_owned(), FieldMapping::of(keyword(Some(1024))))]);
    assert_eq!(adapter(&fields, &kinds_of(&query), Os).approx(&query).at_least, Query::MatchAll);
    assert_ne!(adapter(&fields, &kinds_of(&query), Es).approx(&query).at_least, Query::MatchAll);
}

/// Servers make an automaton of a range of texts, which may have 1,000 states (8.19, measured).
#[test]
fn ranges_with_long_bounds_ask_for_the_field() {
    let keyword = FieldKind::Keyword { limit: None, normalized: false, text: None };
    let range = |length: usize| between(FIELD, Some((Value::text("a".repeat(length)), true)), None);
    let at_least = |length| at_least(keyword.clone(), Es, &range(length));
    assert_eq!(at_least(900)["range"][FIELD]["gte"], json!("a".repeat(900)));
    assert_eq!(at_least(901), json!({"exists": {"field": FIELD}}));
}

#[test]
fn long_literals_that_fold_case_begin_with_a_star() {
    let long = "a*".repeat(600);
    let query = Query::Term(Term { field: FIELD.to_owned(), value: Value::text(&*long), case_insensitive: true });
    let sent = at_least(keyword(None), Es, &query);
    let value = sent["wildcard"][FIELD]["value"].as_str().expect("a pattern");
    assert!(value.starts_with("*a\\*a\\*") && value.len() == 1 + 600 * 3);
    assert_eq!(
        at_least(keyword(None), Es, &pattern(&"ab".repeat(600), true))["wildcard"][FIELD]["value"]
            .as_str()
            .map(|v| v.starts_with("*ab")),
        Some(true)
    );
    // No server indexes such a long value.
    let giant = Query::terms(FIELD, vec![Value::text("g".repeat(40_000)), Value::text("x")]);
    assert_eq!(at_least(keyword(None), Es, &giant), json!({"term": {FIELD: {"value": "x"}}}));
}

#[test]
fn opensearch_wildcard_fields_have_traps() {
    let wild = || FieldKind::Wildcard { limit: None };
    let present = json!({"exists": {"field": FIELD}});
    for query in [term(""), regexp("a\\#b"), between(FIELD, Some((Value::text("a"), true)), None), pattern(&"x".repeat(900), false)]
    {
        assert_eq!(at_least(wild(), Os, &query), present, "{query:?}");
        assert_eq!(at_most(wild(), Os, &query), json!({"match_none": {}}));
    }
    for query in [term("cmd.exe"), regexp(".*a.*"), pattern("*a*", true), Query::exists(FIELD)] {
        assert!(approx(wild(), Os, &query).is_exact(), "{query:?}");
    }
    let many = Query::terms(FIELD, (0..64).map(|i| Value::text(format!("C:\\Windows\\System32\\thing{i}.exe"))).collect());
    assert_eq!(at_least(wild(), Os, &many), present);
    assert_eq!(
        at_least(wild(), Os, &term(&"k".repeat(500))),
        json!({"wildcard": {FIELD: {"value": format!("{}*", "k".repeat(120))}}})
    );
    assert!(approx(wild(), Es, &many).is_exact());
}

#[test]
fn other_types_answer_what_they_can() {
    let present = |f: &str| json!({"exists": {"field": f}});
    let none = json!({"match_none": {}});
    let long = || FieldKind::Integer { least: i64::MIN, most: i64::MAX };
    let code = |v: Value| Query::term("event.code", v);
    assert_eq!(at_least(long(), Es, &code(Value::text("1"))), json!({"term": {"event.code": {"value": 1}}}));
    assert_eq!(at_most(long(), Es, &code(Value::text("1"))), none);
    assert_eq!(at_least(long(), Es, &code(Value::text("abc"))), none);
    assert_eq!(at_least(long(), Es, &code(Value::text("1.5"))), present("event.code"));
    assert_eq!(at_least(FieldKind::Integer { least: -128, most: 127 }, Es, &code(Value::Int(300))), none);
    assert_eq!(at_least(FieldKind::Ip, Es, &Query::term("host.name", Value::text("not an address"))), none);
    assert_eq!(at_least(FieldKind::Ip, Es, &Query::term("source.ip", Value::text("::ffff:0:0/96"))), present("source.ip"));
    assert!(approx(FieldKind::Ip, Es, &Query::term("source.ip", Value::text("10.0.0.0/8"))).is_exact());
    // In a keyword field an IPv6 address has many spellings, and a network none.
    let addresses = |v: &str| Query::term("source.ip", Value::text(v));
    assert_eq!(at_least(keyword(None), Es, &addresses("::1")), present("source.ip"));
    assert_eq!(at_least(keyword(None), Es, &addresses("10.0.0.0/8")), present("source.ip"));
    assert_eq!(at_least(keyword(None), Es, &Query::term("source.port", Value::Int(4))), present("source.port"));
    assert_eq!(at_least(FieldKind::Boolean, Es, &code(Value::text("true"))), json!({"term": {"event.code": {"value": true}}}));
    assert_eq!(at_least(FieldKind::Missing, Es, &code(Value::text("1"))), none);
    assert_eq!(at_least(FieldKind::Hidden, Es, &code(Value::text("1"))), json!({"match_all": {}}));
    assert_eq!(at_least(FieldKind::Hidden, Es, &Query::all_but(Query::MatchAll, code(Value::text("1")))), json!({"match_all": {}}));
    let constant = || FieldKind::Constant(Some("1".to_owned()));
    assert_eq!(at_least(constant(), Es, &code(Value::text("1"))), json!({"match_all": {}}));
    assert_eq!(at_least(constant(), Es, &code(Value::text("2"))), none);
}

#[test]
fn times_are_rounded_outwards_to_milliseconds() {
    let at = |nanos: i64| Value::Time(Instant(nanos));
    let range = between("event.created", Some((at(1_500_000), false)), Some((at(7_300_000), false)));
    let bounds = |lower: &str, upper: &str| json!({"range": {"event.created": {"gte": format!("1970-01-01T00:00:00.{lower}Z"), "lt": format!("1970-01-01T00:00:00.{upper}Z"), "format": "strict_date_optional_time"}}});
    let date = || FieldKind::Date { plain: true };
    assert_eq!(at_least(date(), Es, &range), bounds("001", "008"));
    assert_eq!(at_most(date(), Es, &range), bounds("002", "007"));
    let whole = between("event.created", Some((at(1_000_000), true)), Some((at(7_000_000), false)));
    assert!(approx(date(), Es, &whole).is_exact());
    let one = Query::term("event.created", at(1_500_000));
    assert_eq!(at_least(date(), Es, &one), bounds("001", "002"));
}

fn of_mapping(mapping: FieldMapping, server: &Server, query: &BoundQuery) -> [Json; 2] {
    let fields = BTreeMap::from([(fields_in(query).unwrap_or(FIELD).to_owned(), mapping)]);
    let found = Adapter::new(&fields, &kinds_of(query), server, false, false).approx(query);
    [found.at_least, found.at_most].map(|q| serde_json::to_value(q).expect("queries are JSON"))
}

/// Beyond the limit of fields a document names the field, or the object that holds it.
#[test]
fn fields_that_documents_name_as_ignored_are_found() {
    let missing = FieldMapping { ignorable: true, ..FieldMapping::of(FieldKind::Missing) };
    let named = json!({"terms": {"_ignored": ["process", FIELD]}});
    assert_eq!(of_mapping(missing, &server(Es), &term("x")), [named.clone(), json!({"match_none": {}})]);
    let open = FieldMapping { ignorable: true, ..FieldMapping::of(keyword(None)) };
    let plain = serde_json::to_value(term("x")).expect("JSON");
    let either = json!({"bool": {"should": [plain, named], "minimum_should_match": 1}});
    assert_eq!(of_mapping(open, &server(Es), &term("x")), [either, plain]);
}

#[test]
fn of_a_type_alone_nothing_is_exact() {
    let exists = json!({"exists": {"field": FIELD}});
    let beyond = |query: Json| json!({"bool": {"should": [query, {"exists": {"field": "_ignored"}}], "minimum_should_match": 1}});
    let none = json!({"match_none": {}});
    let of = |query: &BoundQuery| {
        of_mapping(FieldMapping { type_only: true, ..FieldMapping::of(keyword(Some(256))) }, &server(Es), query)
    };
    let json = |query: BoundQuery| serde_json::to_value(query).expect("JSON");
    assert_eq!(of(&term("x")), [json(term("x")), none.clone()]);
    assert_eq!(of(&pattern(r"a?b\?*", true)), [beyond(json(pattern(r"a*b\?*", true))), none.clone()]);
    assert_eq!(of(&regexp("A.*")), [beyond(exists.clone()), none]);
    assert_eq!(of(&Query::exists(FIELD)), [beyond(exists.clone()), exists]);
}

#[test]
fn doc_values_alone_are_searched_as_the_server_can() {
    let unindexed = || FieldMapping { unindexed: true, ..FieldMapping::of(keyword(None)) };
    let version = |product, number: &str| Server { product, version: Some(number.to_owned()) };
    let (folded, exact) = (pattern("*a*", true), pattern("*a*", false));
    let plain = |query: &BoundQuery| serde_json::to_value(query).expect("JSON");
    let exists = json!({"exists": {"field": FIELD}});
    for old in [version(Es, "7.17.29"), version(Es, "8.0.1")] {
        for query in [&folded, &exact, &term("x")] {
            assert_eq!(of_mapping(unindexed(), &old, query)[0], exists);
        }
    }
    assert_eq!(of_mapping(unindexed(), &version(Es, "8.1.0"), &folded)[0], plain(&folded));
    assert_eq!(of_mapping(unindexed(), &version(Os, "3.8.0"), &folded)[0], exists);
    assert_eq!(of_mapping(unindexed(), &version(Os, "3.8.0"), &exact)[0], plain(&exact));
}

#[test]
fn networks_in_wildcard_fields_and_old_flat_objects_are_left_to_us() {
    let wildcard = || FieldMapping::of(FieldKind::Wildcard { limit: None });
    let network = Query::term("source.ip", Value::text("172.18.0.0/16"));
    for server in [server(Es), server(Os)] {
        assert_eq!(of_mapping(wildcard(), &server, &network)[0], json!({"exists": {"field": "source.ip"}}));
    }
    let one = Query::term("source.ip", Value::text("172.18.0.1"));
    assert_eq!(of_mapping(wildcard(), &server(Os), &one)[0]["bool"]["should"][0], serde_json::to_value(&one).expect("JSON"));
    let version = |number: &str| Server { product: Os, version: Some(number.to_owned()) };
    let flat = || FieldMapping::of(FieldKind::Flattened);
    assert_eq!(of_mapping(flat(), &version("2.19.1"), &term("x"))[0], json!({"match_all": {}}));
    assert_eq!(of_mapping(flat(), &version("3.8.0"), &term("x"))[0], serde_json::to_value(term("x")).expect("JSON"));
}
