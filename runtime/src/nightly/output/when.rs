//! When and where the findings of a night were seen, for the timeline of its page: a lane for each host and hunt.

use crate::nightly::model::Night;
use crate::nightly::record::KeyRecord;
use crate::report::sightings::{BINS, Lane, LaneHost, MOST_HOSTS, SightingsReport};
use huntc_compiler::time::Instant;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The first and the last time of something.
type Times = (i64, i64);

/// The findings that the night tells, by the times of their first and last records.
pub(super) fn sightings(night: &Night) -> SightingsReport {
    let told = || night.hunts.iter().flat_map(|hunt| hunt.news.told().map(move |(_, finding)| (hunt.title.as_str(), finding)));
    let Some(all) = told().filter_map(|(_, finding)| times(finding)).reduce(hull) else { return SightingsReport::default() };
    let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
    for host in told().flat_map(|(_, finding)| &finding.hosts) {
        *sizes.entry(host).or_default() += 1;
    }
    // Those with most findings have lanes of their own.
    let mut order: Vec<&str> = sizes.keys().copied().collect();
    order.sort_by_key(|host| (Reverse(sizes.get(host).copied()), *host));
    let others = order.split_off(order.len().min(MOST_HOSTS)).len() as u64;
    let mut lanes: BTreeMap<(usize, &str), Vec<&KeyRecord>> = BTreeMap::new();
    for (title, finding) in told() {
        let place = |host: &String| order.iter().position(|known| known == host).unwrap_or(MOST_HOSTS);
        let mut places: Vec<usize> = finding.hosts.iter().map(place).collect();
        places.extend(finding.hosts.is_empty().then_some(MOST_HOSTS + 1));
        places.sort_unstable();
        places.dedup();
        for place in places {
            lanes.entry((place, title)).or_default().push(finding);
        }
    }
    let host = |place: usize| match order.get(place) {
        Some(host) => LaneHost::Named((*host).into()),
        None if place == MOST_HOSTS => LaneHost::More(others),
        None => LaneHost::Nameless,
    };
    let lane = |((place, title), findings): ((usize, &str), Vec<&KeyRecord>)| {
        let spans = || findings.iter().filter_map(|finding| times(finding));
        let mut bins: BTreeMap<u16, u64> = BTreeMap::new();
        for (first, last) in spans() {
            let (first, last) = (bin(all, first), bin(all, last));
            *bins.entry(first).or_default() += 1;
            if first != last {
                *bins.entry(last).or_default() += 1;
            }
        }
        Lane {
            host: host(place),
            variable: title.to_owned(),
            entities: findings.len() as u64,
            sightings: findings.len() as u64,
            span: spans().reduce(hull).map(instants),
            bins: bins.into_iter().collect(),
        }
    };
    let lanes = lanes.into_iter().map(lane).collect();
    let without_time = told().filter(|(_, finding)| times(finding).is_none()).count() as u64;
    SightingsReport { span: Some(instants(all)), lanes, without_time, ..SightingsReport::default() }
}

/// When a finding was seen first and last; groups have no times of their own.
fn times(finding: &KeyRecord) -> Option<Times> {
    let first = finding.first_event?;
    Some((first, finding.last_event.unwrap_or(first).max(first)))
}

fn hull(a: Times, b: Times) -> Times {
    (a.0.min(b.0), a.1.max(b.1))
}

fn instants((first, last): Times) -> (Instant, Instant) {
    (Instant(first), Instant(last))
}

/// The part of the whole time in which an instant lies.
fn bin(all: Times, time: i64) -> u16 {
    let whole = i128::from(all.1) - i128::from(all.0) + 1;
    u16::try_from((i128::from(time) - i128::from(all.0)) * i128::from(BINS) / whole).unwrap_or(0)
}
