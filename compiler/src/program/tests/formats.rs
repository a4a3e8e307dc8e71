//! The layout that the formatter gives.

use crate::program::format::text;
use crate::source::SourceId;

fn formats(before: &str, after: &str) {
    let out = text(SourceId(0), before).unwrap();
    assert_eq!(out, after);
    assert_eq!(text(SourceId(0), &out).unwrap(), after, "not stable");
}

#[test]
fn keywords_are_upper_case_and_names_stay() {
    formats(
        "x=get process from stixshifter://a,b where name='get'and start>3 limit 5\ndisp x attr start,end sort by start asc\nfind process created by x depth *",
        "x = GET process FROM stixshifter://a,b WHERE name = 'get' AND start > 3 LIMIT 5\nDISP x ATTR start, end SORT BY start ASC\nFIND process CREATED BY x DEPTH *\n",
    );
}

#[test]
fn long_statements_are_broken_at_clauses() {
    formats(
        "ip200 = GET ipv4-addr FROM stixshifter://host101 WHERE [ipv4-addr:value == '72.21.81.200'] START t'2021-04-01T00:00:00Z' STOP t'2021-04-06T00:00:00Z' LIMIT 5",
        "ip200 = GET ipv4-addr FROM stixshifter://host101\n    WHERE [ipv4-addr:value = '72.21.81.200']\n    START t'2021-04-01T00:00:00Z' STOP t'2021-04-06T00:00:00Z'\n    LIMIT 5\n",
    );
}

#[test]
fn long_patterns_are_filled() {
    let text = "x = y WHERE name IN ('aaaaaaaaaaaaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', 'cccccccccccccccccccccccccc', 'd') AND pid = 3 AND (a = 1 OR b = 2)";
    formats(
        text,
        "x = y\n    WHERE name IN ('aaaaaaaaaaaaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',\n        'cccccccccccccccccccccccccc', 'd') AND pid = 3 AND (a = 1 OR b = 2)\n",
    );
}

#[test]
fn comments_and_single_blank_lines_stay() {
    formats(
        "# head\n\n\n\nx = y   # why\n  # before\nDISP x INFO x # both\n\nz = x # first\n where # second\n  # own\n pid = 3\n# end",
        "# head\n\nx = y  # why\n# before\nDISP x\nINFO x  # both\n\nz = x  # first\n    WHERE  # second\n        # own\n        pid = 3\n# end\n",
    );
}

#[test]
fn functions_units_and_rows() {
    formats(
        "g = group TIMESTAMPED by bin ( first_observed , 5 M ) , a with count ( b ) as n\nx = timestamped ( y )\nn = new process [ { 'name' : 'a' , 'x' : NULL , 'y' : TRUE } ]\nget process from s where pid = p . pid last 5 DAYS\napply a on b with c = 1 , d = (1,2)\ndescribe x . pid",
        "g = GROUP TIMESTAMPED BY BIN(first_observed, 5m), a WITH COUNT(b) AS n\nx = TIMESTAMPED(y)\nn = NEW process [{'name': 'a', 'x': null, 'y': true}]\nGET process FROM s WHERE pid = p.pid LAST 5 days\nAPPLY a ON b WITH c=1, d=(1, 2)\nDESCRIBE x.pid\n",
    );
}

#[test]
fn nothing_stays_nothing() {
    formats("", "");
    formats("\n\n", "");
}

#[test]
fn what_cannot_be_read_is_not_formatted() {
    assert_eq!(text(SourceId(0), "x = GET").unwrap_err().len(), 1);
}
