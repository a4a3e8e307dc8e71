//! `summary.html`: what a night could not see, what is new by severity, and where; with the parts of the pages of runs.

use super::health::{self, Cause};
use super::names::csv_name;
use super::table::{findings_table, folded};
use super::text::{all_looked, counts, newsworthy, nothing_new, told, traffic, windows};
use super::when;
use crate::nightly::model::{HuntOutcome, Night};
use crate::report::page::table::TableView;
use crate::report::page::{self, Html, PageContent, PageTemplate, PictureView};
use crate::report::pictures;
use crate::report::text::count;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{Result, Write};

/// The most hosts by hunts.
const HOSTS: usize = 200;

const TEMPLATE: PageTemplate = ("night.html", include_str!("page/night.html"));
const PARTS: PageTemplate = ("night-parts.html", include_str!("page/night-parts.html"));

/// What the template shows.
#[derive(Serialize)]
struct NightPage<'a> {
    part: Option<&'a str>,
    class: &'static str,
    verdict: String,
    figures: Vec<NightFigure>,
    health: Vec<String>,
    causes: Vec<CauseView>,
    troubled: usize,
    troubled_text: String,
    notices: Vec<&'a str>,
    all_looked: String,
    heading: String,
    /// When and where what is told was seen.
    timeline: Option<PictureView>,
    /// What is told, the most severe first.
    news: Vec<SeverityGroup>,
    hosts: Vec<HostLine>,
    /// The hunts whose findings have hosts.
    columns: Vec<String>,
    more_hosts: String,
    hunts: Vec<OutcomeView>,
    traffic: String,
}

#[derive(Serialize)]
struct NightFigure {
    label: &'static str,
    value: usize,
}

/// Why some hunts were not searched up to now.
#[derive(Serialize)]
struct CauseView {
    why: String,
    /// Where it is one hunt.
    hunt: Option<OutcomeView>,
    named: String,
}

/// Hunts of one severity.
#[derive(Serialize)]
struct SeverityGroup {
    word: &'static str,
    hunts: Vec<OutcomeView>,
}

/// A host, and how many findings each hunt has on it.
#[derive(Serialize)]
struct HostLine {
    name: String,
    counts: Vec<String>,
}

/// A hunt of the night.
#[derive(Default, Serialize)]
struct OutcomeView {
    id: String,
    title: String,
    file: String,
    severity: &'static str,
    attack: Vec<String>,
    remarks: Vec<String>,
    status: &'static str,
    entity: String,
    variable: String,
    counts: String,
    windows: String,
    told: usize,
    table: Option<TableView>,
    processes: Option<PictureView>,
    rest: Vec<FoldedList>,
}

/// Findings that are not told, folded away.
#[derive(Serialize)]
struct FoldedList {
    summary: String,
    table: TableView,
}

/// Writes the page.
pub(super) fn write(night: &Night, out: &mut dyn Write) -> Result<()> {
    let title = format!("Nightly hunts, {}", night.at.to_seconds_text());
    let news = news(night);
    let hunts: Vec<OutcomeView> = night.hunts.iter().enumerate().map(|(at, hunt)| with_rest(at, hunt)).collect();
    let tables = news.iter().flat_map(|group| &group.hunts).filter_map(|hunt| hunt.table.as_ref());
    let rest = hunts.iter().flat_map(|hunt| &hunt.rest).map(|list| &list.table);
    let rules = Html(tables.chain(rest).map(|table| table.rules.as_str()).collect());
    let (columns, mut hosts) = hosts(night);
    let more = hosts.len().saturating_sub(HOSTS);
    hosts.truncate(HOSTS);
    let newsworthy = newsworthy(night);
    let heading = if newsworthy.is_empty() { nothing_new(night).to_owned() } else { format!("New: {}", told(&newsworthy)) };
    let troubled = health::troubled(night);
    let (class, verdict) = match (troubled, newsworthy.is_empty()) {
        (0, true) if night.is_whole() => ("good", format!("{}.", nothing_new(night))),
        (0, _) if night.is_whole() => ("", format!("To look at: {}.", told(&newsworthy))),
        (_, true) => ("warn", format!("{}.", nothing_new(night))),
        (_, false) => ("warn", format!("To look at: {}. Not all could be seen.", told(&newsworthy))),
    };
    let page = NightPage {
        part: night.part.as_deref(),
        class,
        verdict,
        figures: figures(night, troubled),
        health: night.health.lines(night.at.0),
        causes: health::causes(night).iter().map(cause).collect(),
        troubled,
        troubled_text: count(troubled as u64, "hunt"),
        notices: night.notices.iter().chain(&night.suppressions).map(String::as_str).collect(),
        all_looked: if troubled == 0 { all_looked(night) } else { String::new() },
        heading,
        timeline: pictures::timeline(&when::sightings(night)).map(Into::into),
        news,
        hosts,
        columns,
        more_hosts: if more > 0 { format!("{} more in nightly.json", count(more as u64, "host")) } else { String::new() },
        hunts,
        traffic: traffic(night),
    };
    page::write(TEMPLATE, &[PARTS], &PageContent { title, rules, page }, out)
}

fn figures(night: &Night, troubled: usize) -> Vec<NightFigure> {
    let sum = |of: &dyn Fn(&HuntOutcome) -> usize| night.hunts.iter().map(of).sum::<usize>();
    let values = [
        ("hunts", night.hunts.len()),
        ("not looked at", troubled),
        ("new", sum(&|h| h.news.new.len())),
        ("back", sum(&|h| h.news.again.len())),
        ("continuing", sum(&|h| h.news.continuing.len())),
        ("gone", sum(&|h| h.news.gone.len())),
        ("suppressed", sum(&|h| h.news.suppressed.len())),
    ];
    values.into_iter().map(|(label, value)| NightFigure { label, value }).collect()
}

fn cause(cause: &Cause<'_>) -> CauseView {
    let (why, named) = (cause.why(), cause.named());
    let one = if let [hunt] = cause.hunts.as_slice() { Some(outcome(hunt)) } else { None };
    CauseView { why, hunt: one, named }
}

fn outcome(hunt: &HuntOutcome) -> OutcomeView {
    OutcomeView {
        title: hunt.title.clone(),
        file: hunt.file.clone(),
        severity: hunt.severity().word(),
        attack: hunt.front_matter.attack.clone(),
        remarks: hunt.front_matter.remarks.lines().map(str::to_owned).collect(),
        status: hunt.status.word(),
        entity: hunt.entity.clone(),
        variable: hunt.variable.clone(),
        counts: counts(hunt),
        windows: windows(&hunt.windows),
        told: hunt.news.told_count(),
        ..OutcomeView::default()
    }
}

/// What is told, in groups of one severity.
fn news(night: &Night) -> Vec<SeverityGroup> {
    let mut groups: Vec<SeverityGroup> = Vec::new();
    for hunt in newsworthy(night) {
        let at = night.hunts.iter().position(|h| h.name == hunt.name).unwrap_or(0);
        let id = format!("h{}", at + 1);
        let mut table = findings_table(format!("{id}-new"), hunt.news.told());
        table.heading = if hunt.variable.is_empty() { "findings".to_owned() } else { hunt.variable.clone() };
        table.variable.clone_from(&table.heading);
        table.csv = csv_name(at, &hunt.name);
        // Of several windows the last one that has a picture.
        let mut reports = night.run.hunts.iter().rev().filter(|report| report.file == hunt.file);
        let processes = reports.find_map(|report| pictures::processes(&report.displays)).map(Into::into);
        let view = OutcomeView { id, table: Some(table), processes, ..outcome(hunt) };
        match groups.last_mut().filter(|group| group.word == view.severity) {
            Some(group) => group.hunts.push(view),
            None => groups.push(SeverityGroup { word: view.severity, hunts: vec![view] }),
        }
    }
    groups
}

/// A hunt with its findings that are not told.
fn with_rest(at: usize, hunt: &HuntOutcome) -> OutcomeView {
    let lists = [(&hunt.news.continuing, "continuing"), (&hunt.news.gone, "gone"), (&hunt.news.suppressed, "suppressed")];
    let rest = lists.into_iter().filter(|(list, _)| !list.is_empty()).map(|(list, word)| {
        let table = folded(format!("h{}-{word}", at + 1), list, word);
        FoldedList { summary: format!("{} {word}", list.len()), table }
    });
    OutcomeView { rest: rest.collect(), ..outcome(hunt) }
}

/// The hosts of what was found, those with the most hunts first, with the numbers of findings.
fn hosts(night: &Night) -> (Vec<String>, Vec<HostLine>) {
    let found: Vec<(&HuntOutcome, BTreeMap<&str, u64>)> = night
        .hunts
        .iter()
        .map(|hunt| {
            let mut hosts: BTreeMap<&str, u64> = BTreeMap::new();
            for host in hunt.news.told().chain(&hunt.news.continuing).flat_map(|(_, finding)| &finding.hosts) {
                *hosts.entry(host).or_default() += 1;
            }
            (hunt, hosts)
        })
        .filter(|(_, hosts)| !hosts.is_empty())
        .collect();
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    for host in found.iter().flat_map(|(_, hosts)| hosts.keys()) {
        *names.entry(host).or_default() += 1;
    }
    let mut names: Vec<(&str, usize)> = names.into_iter().collect();
    names.sort_by_key(|(name, hunts)| (std::cmp::Reverse(*hunts), *name));
    let line = |(name, _): (&str, usize)| HostLine {
        name: name.to_owned(),
        counts: found.iter().map(|(_, hosts)| hosts.get(name).map_or_else(String::new, u64::to_string)).collect(),
    };
    (found.iter().map(|(hunt, _)| hunt.title.clone()).collect(), names.into_iter().map(line).collect())
}
