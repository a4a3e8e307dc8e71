//! Tests of what is known of times and hosts: counts, folded hosts, hosts that nobody read.

use crate::exec::tests::{hunt_with, line};
use crate::report::sightings::{BINS, LaneHost, MOST_HOSTS, SightingsReport};
use huntc_compiler::options::Options;
use huntc_compiler::time::Instant;

fn seen(text: &str, lines: &[String], hosts: bool) -> SightingsReport {
    let options = Options { hosts, ..Options::at(Instant(0)) };
    let (report, _) = hunt_with(text, &lines.concat(), &options);
    report.sightings
}

/// Each lane as `host variable entities/sightings bins`.
fn lanes(report: &SightingsReport) -> Vec<String> {
    let lane = report.lanes.iter().map(|lane| {
        let bins: Vec<String> = lane.bins.iter().map(|(bin, n)| format!("{bin}:{n}")).collect();
        format!("{} {} {}/{} {}", lane.host.text(), lane.variable, lane.entities, lane.sightings, bins.join(" "))
    });
    lane.collect()
}

const TWO: &str = "p = GET process FROM stixshifter://s WHERE name = 'sh'\nq = p WHERE pid = 7\np = q\n";

#[test]
fn sightings_are_counted_by_host_and_variable() {
    let lines = [
        line("b", 0, Some("B"), 8, 3),
        line("a", 0, Some("A"), 7, 3),
        line("a", 30, Some("A"), 7, 3),
        line("a", 40, Some("A2"), 8, 3),
    ];
    let report = seen(TWO, &lines, true);
    assert_eq!(
        lanes(&report),
        ["a p 2/3 0:1 180:1 239:1", "a q 1/2 0:1 180:1", "a p #2 1/2 0:1 180:1", "b p 1/1 0:1"],
        "{BINS} parts of 40 seconds"
    );
    let (first, last) = report.span.unwrap();
    assert_eq!((first.to_seconds_text(), last.to_seconds_text()), ("2020-01-01T00:00:00Z".into(), "2020-01-01T00:00:40Z".into()));
    assert!(!report.counted && report.without_time == 0 && report.missing.is_none());
}

#[test]
fn hosts_with_fewest_sightings_are_one_lane() {
    let lines: Vec<String> = (0..40).map(|n| line(&format!("h{n:02}"), n, Some(&format!("E{n}")), 7, 3)).collect();
    let more = line("h39", 1, Some("E39"), 7, 3);
    let report = seen("p = GET process FROM stixshifter://s WHERE name = 'sh'\n", &[lines, vec![more]].concat(), true);
    let hosts: Vec<&LaneHost> = report.lanes.iter().map(|lane| &lane.host).collect();
    assert_eq!((hosts.len(), hosts[0], hosts[1]), (MOST_HOSTS, &LaneHost::Named("h39".into()), &LaneHost::Named("h00".into())));
    let rest = report.lanes.last().unwrap();
    assert_eq!((&rest.host, rest.entities, rest.sightings), (&LaneHost::More(17), 17, 17));
    assert_eq!(report.lanes.iter().map(|lane| lane.sightings).sum::<u64>(), 41, "none is lost");
}

#[test]
fn a_host_that_nobody_read_is_not_made_up() {
    let lines = [line("a", 0, Some("A"), 7, 3), line("b", 1, Some("B"), 8, 3)];
    let bare = lines[1].replace("\"host\":{\"name\":\"b\"},", "");
    let text = "x = GET process FROM stixshifter://s WHERE name = 'sh'\ny = x WHERE pid = 7\n";
    assert_eq!(lanes(&seen(&format!("{text}DISP x ATTR pid"), &lines, false)), Vec::<String>::new(), "nobody wants them");
    let report = seen(&format!("{text}DISP x ATTR pid"), &[lines[0].clone(), bare], true);
    assert_eq!(lanes(&report), ["a x 1/1 0:1", "a y 1/1 0:1", "(no host name) x 1/1 239:1"]);
    let addresses = "{\"@timestamp\":\"2020-01-01T00:00:00Z\",\"host\":{\"name\":\"a\"},\"source\":{\"ip\":\"10.0.0.1\"}}\n";
    let report = seen("x = GET ipv4-addr FROM stixshifter://s WHERE value = '10.0.0.1'\n", &[addresses.to_owned()], true);
    assert_eq!(lanes(&report), ["(host not read) x 1/1 0:1"], "DISP of an address shows no host, so none is read");
}
