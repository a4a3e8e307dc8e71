//! Which variables have entities on which hosts, as a table with shades.

use super::Picture;
use super::svg::{cut, number};
use crate::report::sanitize::html;
use crate::report::sightings::{Lane, LaneHost, SightingsReport};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The most variables side by side.
const MOST: usize = 16;
/// Shades, from few entities to many.
const SHADES: u32 = 5;

/// The matrix of hosts and variables; `None` where it would have one cell, or no host is known.
pub fn matrix(sightings: &SightingsReport) -> Option<Picture> {
    let mut variables: Vec<&str> = Vec::new();
    let mut hosts: Vec<&LaneHost> = Vec::new();
    let mut cells: BTreeMap<(usize, usize), &Lane> = BTreeMap::new();
    for lane in &sightings.lanes {
        let host = place(&mut hosts, &lane.host);
        let variable = place(&mut variables, lane.variable.as_str());
        cells.insert((host, variable), lane);
    }
    if cells.len() < 2 || hosts.iter().all(|host| **host == LaneHost::Unread) {
        return None;
    }
    let shown = variables.get(..MOST).unwrap_or(&variables);
    let most = sightings.lanes.iter().map(|lane| lane.entities).max().unwrap_or(0);
    let mut out = "<table class=\"picture matrix\"><caption>Entities by host and variable; sightings below</caption>\
        <thead><tr><th scope=\"col\">host</th>"
        .to_owned();
    for variable in shown {
        let _ = write!(out, "<th scope=\"col\">{}</th>", html(variable));
    }
    out.push_str("</tr></thead><tbody>");
    for (row, host) in hosts.iter().enumerate() {
        let _ = write!(out, "<tr><th scope=\"row\">{}</th>", cut(&host.text(), 200));
        for column in 0..shown.len() {
            let _ = match cells.get(&(row, column)) {
                None => write!(out, "<td></td>"),
                Some(lane) => write!(
                    out,
                    "<td class=\"shade-{}\">{}<small>{}</small></td>",
                    shade(lane.entities, most),
                    number(lane.entities),
                    number(lane.sightings)
                ),
            };
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table>");
    let more = variables.get(MOST..).unwrap_or_default();
    if !more.is_empty() {
        let _ = write!(out, "<p class=\"picture-note\">Not shown: {}.</p>", cut(&more.join(", "), 2_000));
    }
    Some(Picture { image: out, text: String::new() })
}

/// The place of an item in a list, to which it is added where it is not there.
fn place<T: PartialEq>(list: &mut Vec<T>, item: T) -> usize {
    list.iter().position(|known| *known == item).unwrap_or_else(|| {
        list.push(item);
        list.len() - 1
    })
}

/// The shade of a number, on a scale of its digits.
fn shade(n: u64, most: u64) -> u32 {
    let scale = |n: u64| (n as f64 + 1.0).ln();
    let share = scale(n) / scale(most.max(1));
    ((share * f64::from(SHADES)).ceil() as u32).clamp(1, SHADES)
}
