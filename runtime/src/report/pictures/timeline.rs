//! A timeline of sightings: a lane for each host and variable, with controls by which a script chooses rows of tables.

use super::Picture;
use super::svg::{cut, number, standing_alone, text, title};
use crate::report::sanitize::{html, terminal};
use crate::report::sightings::{BINS, Lane, LaneHost, SightingsReport};
use crate::report::text::count;
use huntc_compiler::time::{Instant, MILLISECOND, SECOND};
use std::fmt::Write;

const WIDTH: i32 = 1_168;
/// Where the axis begins and ends.
const LEFT: i32 = 290;
const RIGHT: i32 = 1_120;
const LANE: i32 = 18;
/// Above the lanes, for the axis.
const TOP: i32 = 36;
/// More lanes than this are told of, and not drawn.
const MOST: usize = 120;
/// More rows than this are not in the text form.
const MOST_ROWS: usize = 500;
/// The most marks on the axis.
const TICKS: i128 = 8;

const DAY: i64 = 86_400 * SECOND;
/// Distances between marks on the axis.
const STEPS: [i64; 29] = [
    MILLISECOND,
    2 * MILLISECOND,
    5 * MILLISECOND,
    10 * MILLISECOND,
    50 * MILLISECOND,
    100 * MILLISECOND,
    500 * MILLISECOND,
    SECOND,
    2 * SECOND,
    5 * SECOND,
    10 * SECOND,
    30 * SECOND,
    60 * SECOND,
    120 * SECOND,
    300 * SECOND,
    600 * SECOND,
    1_800 * SECOND,
    3_600 * SECOND,
    7_200 * SECOND,
    10_800 * SECOND,
    21_600 * SECOND,
    43_200 * SECOND,
    DAY,
    2 * DAY,
    7 * DAY,
    30 * DAY,
    91 * DAY,
    365 * DAY,
    3_650 * DAY,
];

/// The timeline; `None` where no sighting has a time and nothing kept it from being drawn.
pub fn timeline(sightings: &SightingsReport) -> Option<Picture> {
    if let Some(why) = &sightings.missing {
        let image = format!("<p class=\"picture-note\">No timeline: {}.</p>", html(why));
        return Some(Picture { image, text: String::new() });
    }
    let span = sightings.span?;
    let lanes: Vec<&Lane> = sightings.lanes.iter().filter(|lane| !lane.bins.is_empty()).collect();
    let image = format!("{}{}{}", image(&lanes, span, ""), controls(&lanes), notes(sightings, lanes.len()));
    Some(Picture { image, text: table(sightings) })
}

/// The timeline as a file of its own, and a line for each of its lanes; `None` where there is none to draw.
pub fn timeline_as_file(sightings: &SightingsReport) -> Option<(String, String)> {
    let span = sightings.span.filter(|_| sightings.missing.is_none())?;
    let lanes: Vec<&Lane> = sightings.lanes.iter().filter(|lane| !lane.bins.is_empty()).collect();
    let lines: Vec<String> = lanes.iter().map(|lane| terminal(&sentence(lane)).into_owned()).collect();
    (!lanes.is_empty()).then(|| (image(&lanes, span, super::STYLE), lines.join("\n")))
}

/// The lanes. With a style the picture stands alone.
fn image(lanes: &[&Lane], span: (Instant, Instant), style: &str) -> String {
    let drawn = lanes.get(..MOST).unwrap_or(lanes);
    let height = TOP + drawn.len() as i32 * LANE + 6;
    let label = format!(
        "Timeline: {} from {} to {}.",
        count(lanes.len() as u64, "lane"),
        span.0.to_seconds_text(),
        span.1.to_seconds_text()
    );
    let (space, style) = standing_alone(style);
    let mut out = format!(
        "<svg{space} class=\"picture timeline\" role=\"img\" aria-label=\"{label}\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\" data-start=\"{}\" data-stop=\"{}\" data-left=\"{LEFT}\" data-right=\"{RIGHT}\">\
         <desc>{label}</desc>{style}",
        span.0.millis_floor(),
        span.1.millis_ceil(),
    );
    draw_axis(&mut out, span, height);
    let most = drawn.iter().flat_map(|lane| &lane.bins).map(|(_, n)| *n).max().unwrap_or(1);
    let mut before: Option<&LaneHost> = None;
    for (place, lane) in drawn.iter().enumerate() {
        let y = TOP + place as i32 * LANE;
        let first = before != Some(&lane.host);
        before = Some(&lane.host);
        draw_lane(&mut out, lane, (y, first), most);
    }
    // The chosen part; the script gives it a width.
    let _ = write!(out, "<rect class=\"brush\" x=\"{LEFT}\" y=\"{TOP}\" width=\"0\" height=\"{}\"/></svg>", height - TOP);
    out
}

fn draw_lane(out: &mut String, lane: &Lane, (y, first): (i32, bool), most: u64) {
    let host = lane.host.text();
    let _ = write!(out, "<g class=\"lane\" data-host=\"{}\">", named(&lane.host));
    title(out, &sentence(lane));
    let _ = write!(out, "<path class=\"rule\" d=\"M{} {y}H{RIGHT}\"/>", if first { 0 } else { 150 });
    let base = y + LANE - 3;
    if first {
        text(out, (0, base - 1), "name", &host, 21);
    }
    text(out, (150, base - 1), "action", &lane.variable, 20);
    out.push_str("<path class=\"bars\" d=\"");
    for (bin, sightings) in &lane.bins {
        let tenths = i64::from(LEFT) * 10 + (2 * i64::from(*bin) + 1) * i64::from(RIGHT - LEFT) * 5 / i64::from(BINS);
        // Few beside many can still be seen.
        let share = (*sightings as f64 / most.max(1) as f64).sqrt();
        let tall = 2 + (share * f64::from(LANE - 7)).round() as i32;
        let _ = write!(out, "M{}.{} {base}v-{tall}", tenths / 10, tenths % 10);
    }
    out.push_str("\"/></g>");
}

/// The name of a host for scripts; empty for what is no host.
fn named(host: &LaneHost) -> String {
    if let LaneHost::Named(name) = host { html(name).into_owned() } else { String::new() }
}

fn sentence(lane: &Lane) -> String {
    let span = lane.span.map_or_else(String::new, |(first, last)| format!(" · {first} – {last}"));
    let (entities, sightings) = (number(lane.entities), number(lane.sightings));
    format!("{} · {} · entities: {entities} · sightings: {sightings}{span}", lane.host.text(), lane.variable)
}

/// The marks of the axis: an instant, its time, and its date where another day begins.
fn ticks((first, last): (Instant, Instant)) -> Vec<(Instant, String, String)> {
    let whole = i128::from(last.0) - i128::from(first.0);
    let step = STEPS.into_iter().find(|step| whole / i128::from(*step) <= TICKS).unwrap_or(3_650 * DAY);
    let mut at = i128::from(first.0.div_euclid(step)) * i128::from(step);
    let mut ticks = Vec::new();
    let mut day = String::new();
    while at <= i128::from(last.0) {
        if let Some(instant) = i64::try_from(at).ok().map(Instant).filter(|instant| *instant >= first) {
            let stamp = instant.to_string();
            let part = |range: std::ops::Range<usize>| stamp.get(range).unwrap_or_default().to_owned();
            let (date, time) = match step {
                _ if step >= DAY => (part(0..10), String::new()),
                _ if step >= 60 * SECOND => (part(0..10), part(11..16)),
                _ if step >= SECOND => (part(0..10), part(11..19)),
                _ => (part(0..10), part(11..23)),
            };
            let new_day = if date == day { String::new() } else { date.clone() };
            day = date;
            ticks.push((instant, time, new_day));
        }
        at += i128::from(step);
    }
    ticks
}

fn draw_axis(out: &mut String, (first, last): (Instant, Instant), height: i32) {
    let whole = (i128::from(last.0) - i128::from(first.0)).max(1);
    for (instant, time, date) in ticks((first, last)) {
        let along = (i128::from(instant.0) - i128::from(first.0)) * i128::from(RIGHT - LEFT) / whole;
        let x = LEFT + i32::try_from(along).unwrap_or(0);
        let _ = write!(out, "<path class=\"tick\" d=\"M{x} {}V{height}\"/>", TOP - 6);
        text(out, (x, 12), "date", &date, 12);
        text(out, (x, 26), "time", &time, 14);
    }
}

/// What a script needs to choose rows by keyboard and pointer; hidden without one.
fn controls(lanes: &[&Lane]) -> String {
    let mut out = format!(
        "<form class=\"brush-controls\" hidden aria-label=\"Choose rows of the tables by time and host\">\
         <label>from <input type=\"range\" name=\"from\" min=\"0\" max=\"{BINS}\" value=\"0\"></label> \
         <label>to <input type=\"range\" name=\"to\" min=\"0\" max=\"{BINS}\" value=\"{BINS}\"></label> \
         <label>host <select name=\"host\"><option value=\"\">all hosts</option>"
    );
    let mut before: Option<&LaneHost> = None;
    for lane in lanes {
        if before != Some(&lane.host) && matches!(lane.host, LaneHost::Named(_)) {
            let _ = write!(out, "<option>{}</option>", named(&lane.host));
        }
        before = Some(&lane.host);
    }
    out.push_str("</select></label> <button type=\"reset\">all rows</button> <output aria-live=\"polite\"></output></form>");
    out
}

/// What the picture does not show.
fn notes(sightings: &SightingsReport, lanes: usize) -> String {
    let mut notes = Vec::new();
    if lanes > MOST {
        notes.push(format!("{} more lanes are not drawn.", number((lanes - MOST) as u64)));
    }
    if sightings.without_time > 0 {
        notes.push(format!("{} without a time.", count(sightings.without_time, "sighting")));
    }
    if sightings.counted {
        notes.push("Equal records that the source counted stand at the first and the last time of their kind.".to_owned());
    }
    if sightings.lanes.iter().any(|lane| lane.host == LaneHost::Unread) {
        notes.push("The hunt read no host for some of these; `DISP … ATTR host.name` reads it.".to_owned());
    }
    if notes.is_empty() { String::new() } else { format!("<p class=\"picture-note\">{}</p>", html(&notes.join(" "))) }
}

/// The lanes as a table.
fn table(sightings: &SightingsReport) -> String {
    let mut out = "<table class=\"picture-text\"><thead><tr><th scope=\"col\">host</th><th scope=\"col\">variable</th>\
        <th scope=\"col\">entities</th><th scope=\"col\">sightings</th><th scope=\"col\">first</th><th scope=\"col\">last</th>\
        </tr></thead><tbody>"
        .to_owned();
    for lane in sightings.lanes.iter().take(MOST_ROWS) {
        let (first, last) = lane.span.map(|(a, b)| (a.to_string(), b.to_string())).unwrap_or_default();
        let _ = write!(
            out,
            "<tr><td>{}</td><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td>{first}</td><td>{last}</td></tr>",
            cut(&lane.host.text(), 200),
            html(&lane.variable),
            number(lane.entities),
            number(lane.sightings),
        );
    }
    out.push_str("</tbody></table>");
    if sightings.lanes.len() > MOST_ROWS {
        let _ = write!(out, "<p>{MOST_ROWS} of {} rows</p>", sightings.lanes.len());
    }
    out
}
