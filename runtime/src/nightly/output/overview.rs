//! What lies beside the reports: the link `latest` to the newest one, and a page with a line for each night.

use super::names::{INDEX, LATEST};
use super::nights;
use crate::nightly::model::HuntStatus;
use crate::nightly::record::{HuntNight, NightRecord};
use crate::own_files;
use crate::report::page::begin;
use crate::report::sanitize::html as escape;
use crate::report::text::count;
use huntc_compiler::time::Instant;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::Path;

const STYLE: &str = "\
:root{color-scheme:light dark;font:15px/1.45 system-ui,sans-serif}\
body{margin:2rem auto;max-width:70rem;padding:0 1rem}h1{font-size:1.4rem}\
table{border-collapse:collapse}th,td{border:1px solid #8886;padding:.2rem .5rem;text-align:left;vertical-align:top}\
th{background:#8882}td{overflow-wrap:anywhere}.t{white-space:nowrap}.n{text-align:right}.bad{color:#cf222e}";

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

/// Writes the page: the newest night first.
fn write_index(known: &[(String, NightRecord)], reports: &[String], out: &mut dyn Write) -> io::Result<()> {
    begin("Nightly hunts", STYLE, "Nightly hunts", out)?;
    writeln!(out, "<p>{}</p>", count(reports.len() as u64, "report"))?;
    writeln!(out, "<table><tr><th>night<th>not looked at<th>new<th>back<th>continuing<th>gone<th>suppressed</tr>")?;
    for id in reports.iter().rev() {
        let link = escape(id);
        let Some((_, night)) = known.iter().find(|(name, _)| name == id) else {
            writeln!(out, "<tr><td class=\"t\"><a href=\"{link}/summary.html\">{link}</a><td colspan=\"6\">not in the state</tr>")?;
            continue;
        };
        let at = Instant(night.at).to_seconds_text();
        write!(out, "<tr><td class=\"t\"><a href=\"{link}/summary.html\">{at}</a>")?;
        let missed = night.hunts.iter().filter(|hunt| hunt.status != HuntStatus::Ok.word());
        let missed: Vec<&str> = missed.map(|hunt| hunt.hunt.as_str()).collect();
        write!(out, "<td class=\"bad\">{}", escape(&missed.join(", ")))?;
        let sum = |of: &dyn Fn(&HuntNight) -> u64| night.hunts.iter().map(of).sum::<u64>();
        for n in [sum(&|h| h.new), sum(&|h| h.again), sum(&|h| h.continuing), sum(&|h| h.gone), sum(&|h| h.suppressed)] {
            write!(out, "<td class=\"n\">{n}")?;
        }
        writeln!(out, "</tr>")?;
    }
    writeln!(out, "</table>")
}
