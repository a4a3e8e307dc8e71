//! Texts that must be read without any diagnostic.

use super::{good, parse};
use crate::program::{Command, print};
use crate::syntax::ast::{Length, Moment, Observation, Pattern, TimeSpan};

const SEED_1: &str = r"
ip200 = GET ipv4-addr FROM stixshifter://host101
        WHERE [ipv4-addr:value = '72.21.81.200']
        START t'2021-04-01T00:00:00Z' STOP t'2021-04-06T00:00:00Z'

# obtain network traffic that has ip200 as the destination IP
ip200nt = FIND network-traffic ACCEPTED BY ip200
DISP ip200nt ATTR src_ref.value, src_port, dst_ref.value, dst_port

# obtain processes creating the network traffic
p = FIND process CREATED ip200nt
DISP p ATTR pid, name, command_line
bgdownloads = GET process FROM p WHERE [process:name = 'BackgroundDownload.exe']
bgdp = FIND process CREATED bgdownloads
# next let's apply the analytics to all entities in `ient`.
APPLY docker://enrichdomain ON ient

# print out all attributes including the ones added/enriched by `enrichdomain`
INFO ient
DISP ient ATTR dst_ref.value, dst_port, x_domain_name, x_domain_organization
";

const SEED_2: &str = r"
# first GET going through STIX shifter
svchost = GET process FROM stixshifter://host101
WHERE [process:name = 'svchost.exe']
START t'2021-04-03T00:00:00Z' STOP t'2021-04-04T00:00:00Z'
# second GET running locally against the returned/cached data from the first command
scheduler = GET process
FROM svchost
WHERE [process:command_line = 'C:\Windows\system32\svchost.exe -k netsvcs -p -s Schedule']
tasks = FIND process CREATED BY scheduler
DISP tasks ATTR name, command_line
amcet_f = FIND file LINKED amcet_child
DISP amcet_f ATTR name, parent_directory_ref.path
";

#[test]
fn the_seeds() {
    assert_eq!(good(SEED_1).statements.len(), 10);
    let program = good(SEED_2);
    assert_eq!(program.statements.len(), 6);
    let Command::Get(get) = &program.statements[0].command else { panic!("{program:?}") };
    assert!(matches!(
        get.span,
        Some(TimeSpan::Between { start: Moment { at: Some(_), .. }, stop: Moment { at: Some(_), .. }, .. })
    ));
    assert!(matches!(get.pattern, Some(Observation::One { pattern: Pattern::Compare(_), bracketed: true })));
}

/// A text, and the text in which it prints: that shows what was understood.
const READ: &[(&str, &str)] = &[
    // Layout, case, glue.
    ("", ""),
    ("# nothing", ""),
    ("\u{feff}x\u{a0}=\u{a0}y", "x = y"),
    ("x = y DISP x INFO x", "x = y\nDISP x\nINFO x"),
    (
        "X=get process\r\nfrom\nstixshifter://h # c\nwhere # c\n[process:name='x']#c\nlast 5d",
        "X = GET process FROM stixshifter://h WHERE [process:name = 'x'] LAST 5d",
    ),
    ("x = y WHERE pid=3AND name='x'AND a LIKE'b'OR c IN(1)", "x = y WHERE pid = 3 AND name = 'x' AND a LIKE 'b' OR c IN (1)"),
    ("_ = y", "_ = y"),
    // Names that are keywords elsewhere.
    (
        "where = GET process FROM s WHERE pid = 1\nDISP where WHERE pid = 2",
        "where = GET process FROM s WHERE pid = 1\nDISP where WHERE pid = 2",
    ),
    ("x = FIND process CREATED by BY\nBY = x", "x = FIND process CREATED BY BY\nBY = x"),
    ("name = y\nDISP name\ndepth = y\nDISP depth", "name = y\nDISP name\ndepth = y\nDISP depth"),
    ("y = x limit = x", "y = x\nlimit = x"),
    (
        "x = y WHERE start > 3 AND last = 4 OR count IN (1) ATTR start, end, last SORT BY start ASC LIMIT 3",
        "x = y WHERE start > 3 AND last = 4 OR count IN (1) ATTR start, end, last SORT BY start ASC LIMIT 3",
    ),
    (
        "x = y WHERE method IN (GET, put) AND m = get AND flag = true AND n = null",
        "x = y WHERE method IN (GET, put) AND m = get AND flag = true AND n = null",
    ),
    // Attributes.
    (
        "DISP x ATTR hashes.'SHA-256', hashes.SHA-1, protocols[*], values[*].name, @timestamp",
        "DISP x ATTR hashes.'SHA-256', hashes.SHA-1, protocols[*], values[*].name, @timestamp",
    ),
    (
        "x = y WHERE x-oca-asset:extensions.'windows-service-ext'.service_name = 1",
        "x = y WHERE x-oca-asset:extensions.'windows-service-ext'.service_name = 1",
    ),
    // Values.
    (
        "x = y WHERE a = -3 AND b = .5 AND c = 3. AND d = 1e5 AND e = 007",
        "x = y WHERE a = -3 AND b = 0.5 AND c = 3.0 AND d = 100000.0 AND e = 7",
    ),
    (
        "x = y WHERE a = '' AND b = \"it's\" AND c = r'C:\\Users\\x' AND d = 'caf\u{e9} #'",
        "x = y WHERE a = '' AND b = 'it\\'s' AND c = 'C:\\\\Users\\\\x' AND d = 'caf\u{e9} #'",
    ),
    ("x = y WHERE a = 'C:\\Windows\\system32'", "x = y WHERE a = 'C:\\\\Windows\\\\system32'"),
    (
        "x = y WHERE a = p.pid AND b = p . pid AND c = p .pid AND d IN (1, q-r.binary_ref.name)",
        "x = y WHERE a = p.pid AND b = p.pid AND c = p.pid AND d IN (1, q-r.binary_ref.name)",
    ),
    (
        "x = y WHERE a IN [1, (2, ['b', c]), d.e] AND f = [3] AND g IN 4",
        "x = y WHERE a IN (1, 2, 'b', c, d.e) AND f = (3) AND g IN 4",
    ),
    ("x = y WHERE a > t'2021-04-01T00:00:00.5Z'", "x = y WHERE a > t'2021-04-01T00:00:00.5Z'"),
    // Patterns.
    (
        "x = y WHERE a == 1 AND b != 2 OR c < 3 AND (d <= 4 OR e > 5) AND ((f >= 6))",
        "x = y WHERE a = 1 AND b != 2 OR c < 3 AND (d <= 4 OR e > 5) AND f >= 6",
    ),
    ("x = y WHERE a = 1 AND (b = 2 AND c = 3)", "x = y WHERE a = 1 AND (b = 2 AND c = 3)"),
    (
        "x = y WHERE a IS NULL AND b is not null AND c NOT IN (1) AND d not like 'e' AND f NOT MATCHES 'g' AND h ISSUBSET '::/0' AND i NOT ISSUPERSET '1.2.3.4'",
        "x = y WHERE a IS NULL AND b IS NOT NULL AND c NOT IN (1) AND d NOT LIKE 'e' AND f NOT MATCHES 'g' AND h ISSUBSET '::/0' AND i NOT ISSUPERSET '1.2.3.4'",
    ),
    ("x = y WHERE [(a = 1 OR b = 2) AND c = 3]", "x = y WHERE [(a = 1 OR b = 2) AND c = 3]"),
    // Observation expressions.
    (
        "x = GET process FROM s WHERE [a = 1] AND [b = 2] OR [c = 3] FOLLOWEDBY [d = 4] WITHIN 5 SECONDS REPEATS 2 TIMES LIMIT 1",
        "x = GET process FROM s WHERE [a = 1] AND [b = 2] OR [c = 3] FOLLOWEDBY ([d = 4] WITHIN 5 SECONDS REPEATS 2 TIMES) LIMIT 1",
    ),
    (
        "x = GET process FROM s WHERE ([a = 1] FOLLOWEDBY [b = 2] without [c=3] within 5 seconds by d , e) by f within 2 seconds START 2020-01-01T00:00:00Z STOP 2020-01-02T00:00:00Z",
        "x = GET process FROM s WHERE ([a = 1] FOLLOWEDBY [b = 2] WITHOUT [c = 3] WITHIN 5 SECONDS BY d, e) BY f WITHIN 2 SECONDS START t'2020-01-01T00:00:00Z' STOP t'2020-01-02T00:00:00Z'",
    ),
    (
        "x = GET process FROM s WHERE ([a = 1] FOLLOWEDBY [b = 2]) WITHIN 0.25 SECONDS",
        "x = GET process FROM s WHERE ([a = 1] FOLLOWEDBY [b = 2]) WITHIN 0.25 SECONDS",
    ),
    ("x = GET process FROM s WHERE ([a = 1])", "x = GET process FROM s WHERE [a = 1]"),
    (
        "x = GET process FROM s WHERE ([a = 1] START t'2021-01-01T00:00:00Z' STOP t'2021-01-02T00:00:00Z')",
        "x = GET process FROM s WHERE ([a = 1] START t'2021-01-01T00:00:00Z' STOP t'2021-01-02T00:00:00Z')",
    ),
    (
        "x = GET process FROM s WHERE [a = 1] START '2021-01-01T00:00:00Z' STOP '2021-01-02T00:00:00Z' OR [b = 2] START 2021-01-03T00:00:00Z STOP \"2021-01-04T00:00:00Z\"",
        "x = GET process FROM s WHERE ([a = 1] START t'2021-01-01T00:00:00Z' STOP t'2021-01-02T00:00:00Z') OR [b = 2] START t'2021-01-03T00:00:00Z' STOP t'2021-01-04T00:00:00Z'",
    ),
    // Commands.
    ("GET process FROM a", "GET process FROM a"),
    ("x = GET process WHERE pid = 1", "x = GET process WHERE pid = 1"),
    (
        "x = GET process.parent FROM stixshifter://a,stixshifter://b-c_1.2 WHERE pid = 1 LAST 90 MINUTES LIMIT 0",
        "x = GET process.parent FROM stixshifter://a,stixshifter://b-c_1.2 WHERE pid = 1 LAST 90m LIMIT 0",
    ),
    ("x = GET process FROM 'http://h:1/?a=b,c' WHERE pid = 1", "x = GET process FROM 'http://h:1/?a=b,c' WHERE pid = 1"),
    ("find process created by x depth * where a = 1 last 24h", "FIND process created BY x DEPTH * WHERE a = 1 LAST 1d"),
    ("x = GET process WHERE a = 1 LAST 15 min y = x", "x = GET process WHERE a = 1 LAST 15m\ny = x"),
    ("x = GET process WHERE a = 1 LAST 2weeks LIMIT 1", "x = GET process WHERE a = 1 LAST 14d LIMIT 1"),
    ("x = FIND process CREATED y DEPTH 3 LIMIT 2", "x = FIND process CREATED y DEPTH 3 LIMIT 2"),
    ("x = y OFFSET 3", "x = y OFFSET 3"),
    ("x = timestamped(y) SORT BY a", "x = TIMESTAMPED(y) SORT BY a"),
    (
        "x = y WHERE a =~ 'b' and c in~ (1) AND d not in~ (2) AND e!~'f'",
        "x = y WHERE a =~ 'b' AND c IN~ (1) AND d NOT IN~ (2) AND e !~ 'f'",
    ),
    ("x = y WHERE not a = 1 AND NOT NOT b = 2 OR not (c = 3 or d = 4)", "x = y WHERE NOT a = 1 AND b = 2 OR NOT (c = 3 OR d = 4)"),
    ("x = GET process WHERE [NOT EXISTS a AND exists b:c]", "x = GET process WHERE [NOT a IS NOT NULL AND b:c IS NOT NULL]"),
    ("x = GET process WHERE NOT [a = 1]", "x = GET process WHERE NOT a = 1"),
    ("été = größe WHERE a = été.b", "été = größe WHERE a = été.b"),
    ("x = a+b + c", "x = a + b + c"),
    ("x = NEW ['a', \"b\\/c\"]", "x = NEW [\"a\", \"b/c\"]"),
    (
        "NEW process [{'a':-1,\"b\":true,'c':NULL,'d':1.5e3,'e':\"\\u00e9\"}]",
        "NEW process [{\"a\": -1, \"b\": true, \"c\": null, \"d\": 1500.0, \"e\": \"\u{e9}\"}]",
    ),
    ("LOAD /tmp/x.parquet.gz AS process SAVE x TO 'a b.csv'", "LOAD /tmp/x.parquet.gz AS process\nSAVE x TO 'a b.csv'"),
    ("x = LOAD 2021.csv", "x = LOAD 2021.csv"),
    (
        "g = GROUP x BY BIN(first_observed, 300 s), BIN(pid, 10), a WITH COUNT(b) AS n, nunique(c)",
        "g = GROUP x BY BIN(first_observed, 5m), BIN(pid, 10), a WITH COUNT(b) AS n, NUNIQUE(c)",
    ),
    ("JOIN a, b BY c.d, e SORT x BY y asc", "JOIN a, b BY c.d, e\nSORT x BY y ASC"),
    (
        "APPLY python://plot ON c, d WITH XPARAM=first_observed, limit = 'x.y', L=(1,2)",
        "APPLY python://plot ON c, d WITH XPARAM=first_observed, limit='x.y', L=(1, 2)",
    ),
    ("DESCRIBE x.pid DESCRIBE x . a.b EXPLAIN x", "DESCRIBE x.pid\nDESCRIBE x.a.b\nEXPLAIN x"),
];

#[test]
fn everything_in_the_language() {
    for (text, printed) in READ {
        assert_eq!(print::program(&good(text)).trim_end(), *printed, "{text}");
    }
}

#[test]
fn a_duration_keeps_what_was_said() {
    let Command::Get(get) = &good("GET process FROM s WHERE a = 1 LAST 2 h").statements[0].command else { panic!() };
    assert!(matches!(get.span, Some(TimeSpan::Last(Length { nanos: Some(7_200_000_000_000), .. }))));
}

#[test]
fn places_are_exact() {
    let text = "x = GET process FROM s  WHERE  [process:name = 'a']  # c\n";
    let program = good(text);
    let statement = &program.statements[0];
    assert_eq!((statement.span.start, statement.span.end), (0, 51));
    let Command::Get(get) = &statement.command else { panic!() };
    let Some(Observation::One { pattern: Pattern::Compare(one), .. }) = &get.pattern else { panic!() };
    let under = |span: crate::source::Span| &text[span.start as usize..span.end as usize];
    assert_eq!(under(one.span), "process:name = 'a'");
    assert_eq!(under(one.attribute.span), "name");
    assert_eq!(under(one.attribute.entity.as_ref().unwrap().span), "process");
    assert_eq!(under(one.operator_span), "=");
}

#[test]
fn a_warning_leaves_the_value() {
    let (program, found) = parse(r"x = y WHERE a = 'C:\Users\x'");
    assert_eq!((found.len(), found[0].code.id), (1, "K0005"));
    assert_eq!(print::program(&program), "x = y WHERE a = 'C:\\\\Users\\\\x'\n");
}

#[test]
fn tokens_are_listed() {
    use crate::source::SourceSet;
    let mut sources = SourceSet::default();
    let id = sources.add_text("a.hf", "x = GET process FROM s WHERE [a = 1] LAST 5d");
    assert!(crate::syntax::lexer::listing(&sources, id).starts_with(
        "0..1         Word                 x\n2..3         Eq                   =\n4..7         Keyword(GET)         GET\n"
    ));
}

#[test]
fn trees_are_short() {
    let text = format!("{:#?}", good("x = GET process FROM s WHERE [a = 1] LAST 5d").statements[0]);
    assert_eq!(
        text.split_whitespace().collect::<Vec<_>>().join(" "),
        "Statement { target: Some( x 0..1, ), command: Get( Get { entity: process 8..15, from: Some( s 21..22, ), pattern: Some( \
         One { pattern: Compare( a = 1 30..35, ), bracketed: true, }, ), span: Some( Last( 5d 37..44, ), ), \
         limit: None, }, ), span: 0..44, }"
    );
}
