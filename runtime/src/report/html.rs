//! `report.html`: one page with all that a run found, what was asked, and what stands behind it.

mod hunt;
mod statement;

use super::model::RunReport;
use super::page::{self, Html, PageContent, PageTemplate};
use super::text::{count, seconds};
use hunt::HuntView;
use serde::Serialize;
use std::io::{Result, Write};

const TEMPLATE: PageTemplate = ("report.html", include_str!("page/report.html"));
const HUNT: PageTemplate = ("hunt.html", include_str!("page/hunt.html"));

/// What the template shows.
#[derive(Serialize)]
struct RunPage {
    hunts: Vec<HuntView>,
    now: String,
    elapsed: String,
}

/// Writes the page.
pub fn write(run: &RunReport, out: &mut dyn Write) -> Result<()> {
    let hunts: Vec<HuntView> = (0..run.hunts.len()).filter_map(|at| HuntView::of(run, at)).collect();
    let title = match hunts.as_slice() {
        [hunt] => hunt.title().to_owned(),
        hunts => count(hunts.len() as u64, "hunt"),
    };
    let rules = Html(hunts.iter().map(HuntView::rules).collect());
    let page = RunPage { hunts, now: run.now.to_string(), elapsed: seconds(run.elapsed) };
    page::write(TEMPLATE, &[HUNT], &PageContent { title, rules, page }, out)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
