//! What lies beside the reports: the link `latest` to the newest one, and a page with a line for each night.

use super::chart::Chart;
use super::names::{INDEX, LATEST};
use super::nights;
use crate::nightly::model::HuntStatus;
use crate::nightly::record::{HuntNight, NightRecord};
use crate::own_files;
use crate::report::page::{self, Html, PageContent, PageTemplate};
use crate::report::text::count;
use huntc_compiler::time::Instant;
use serde::Serialize;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::Path;

const TEMPLATE: PageTemplate = ("nights.html", include_str!("page/nights.html"));

/// Brings link and page up to date; `newest` is the night that was just reported. Returns what did not succeed: the report
/// is there all the same.
pub(in crate::nightly) fn overview(known: &[(String, NightRecord)], out: &Path, newest: &str) -> Vec<String> {
    let told = |what: &str, done: io::Result<()>| done.err().map(|e| format!("{what} in `{}` was not written: {e}", out.display()));
    let page = replace(out, INDEX, |place| {
        own_files::replace(place, |file| {
            let mut page = BufWriter::new(file);
            write_index(known, &nights(out), &mut page).and_then(|()| page.flush())
        })
    });
    let link = replace(out, LATEST, |place| own_files::replace_link(place, newest));
    [told("the page of all nights", page), told("the link to the newest report", link)].into_iter().flatten().collect()
}

/// Puts something under a name. What is not ours stays.
fn replace(out: &Path, name: &str, put: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    let place = out.join(name);
    let foreign = |found: fs::Metadata| if name == LATEST { !found.is_symlink() } else { !found.is_file() };
    if fs::symlink_metadata(&place).is_ok_and(foreign) {
        return Err(io::Error::other(format!("something else is called `{name}`")));
    }
    put(&place)
}

/// What the template shows.
#[derive(Serialize)]
struct NightsPage {
    count: String,
    chart: Option<Chart>,
    /// The newest first.
    nights: Vec<NightLine>,
}

#[derive(Serialize)]
struct NightLine {
    link: String,
    at: String,
    missed: Vec<String>,
    /// New, back, continuing, gone and suppressed; `None` where the state does not know the night.
    counts: Option<[u64; 5]>,
    records: String,
}

/// Writes the page.
fn write_index(known: &[(String, NightRecord)], reports: &[String], out: &mut dyn Write) -> io::Result<()> {
    let night = |id: &String| known.iter().find(|(name, _)| name == id).map(|(_, night)| night);
    let line = |id: &String| {
        let Some(night) = night(id) else {
            return NightLine { link: id.clone(), at: id.clone(), missed: Vec::new(), counts: None, records: String::new() };
        };
        let missed = night.hunts.iter().filter(|hunt| hunt.status != HuntStatus::Ok.word());
        let sum = |of: &dyn Fn(&HuntNight) -> u64| night.hunts.iter().map(of).sum::<u64>();
        NightLine {
            link: id.clone(),
            at: Instant(night.at).to_seconds_text(),
            missed: missed.map(|hunt| hunt.hunt.clone()).collect(),
            counts: Some([sum(&|h| h.new), sum(&|h| h.again), sum(&|h| h.continuing), sum(&|h| h.gone), sum(&|h| h.suppressed)]),
            records: night.records.map_or_else(String::new, page::grouped),
        }
    };
    let page = NightsPage {
        count: count(reports.len() as u64, "report"),
        chart: Chart::of(&reports.iter().filter_map(night).collect::<Vec<_>>()),
        nights: reports.iter().rev().map(line).collect(),
    };
    page::write(TEMPLATE, &[], &PageContent { title: "Nightly hunts".to_owned(), rules: Html::default(), page }, out)
}
