//! The plan of a hunt: a box for each node with the variables that it is called by, its records and its time.

use super::Picture;
use super::layout::{GraphLayout, Line, Measures, layout};
use super::svg::{cut, number, standing_alone, text, title};
use crate::report::model::{NodeReport, NodeStatus};
use crate::report::sanitize::html;
use crate::report::text::{count, seconds};
use huntc_compiler::plan::graph::GraphNode;
use std::fmt::Write;
use std::time::Duration;

const WIDTH: i32 = 1_168;
const BOX: i32 = 256;
/// From line to line in a box.
const PITCH: i32 = 14;
/// Around the picture.
const MARGIN: i32 = 16;
/// The most characters of a line in a box.
const COLUMNS: usize = 36;
/// Plans with more nodes are listed only: a picture of them says nothing.
const MOST: usize = 200;

/// A node with what came of it; a dry run has no figures.
struct Drawn<'a> {
    node: &'a GraphNode,
    ran: Option<&'a NodeReport>,
    critical: bool,
}

/// The plan as it ran; `None` for a hunt without nodes.
pub fn plan(nodes: &[NodeReport]) -> Option<Picture> {
    let critical = critical_path(nodes);
    let drawn: Vec<Drawn<'_>> = (nodes.iter().enumerate())
        .map(|(at, ran)| Drawn { node: &ran.node, ran: Some(ran), critical: critical.contains(&at) })
        .collect();
    (!drawn.is_empty()).then(|| Picture { image: image(&drawn, ""), text: table(&drawn) })
}

/// The plan of a hunt that did not run, as a file of its own.
pub fn plan_of_dry_run(nodes: &[GraphNode]) -> String {
    let drawn: Vec<Drawn<'_>> = nodes.iter().map(|node| Drawn { node, ran: None, critical: false }).collect();
    image(&drawn, super::STYLE)
}

/// The nodes that the others waited for: the one that was done last, of its inputs the one that was done last, and so on.
fn critical_path(nodes: &[NodeReport]) -> Vec<usize> {
    let done = |at: usize| nodes.get(at).and_then(|node| node.time).map(|(_, done)| done);
    let mut path = Vec::new();
    let mut next = (0..nodes.len()).filter(|at| done(*at).is_some()).max_by_key(|at| done(*at));
    while let Some(at) = next {
        path.push(at);
        let inputs = nodes.get(at).map(|node| node.node.inputs.as_slice()).unwrap_or_default();
        // Inputs have smaller numbers, so this ends.
        let inputs = inputs.iter().map(|id| id.0 as usize).filter(|input| *input < at && done(*input).is_some());
        next = inputs.max_by_key(|input| done(*input));
    }
    path.reverse();
    path
}

impl Drawn<'_> {
    fn status(&self) -> NodeStatus {
        self.ran.map_or(NodeStatus::Ok, |ran| ran.status)
    }

    /// How long it took.
    fn took(&self) -> Option<Duration> {
        let (begun, done) = self.ran?.time?;
        Some(done.saturating_sub(begun))
    }

    /// `34 entities · 1,200 records`
    fn figures(&self) -> String {
        let Some(ran) = self.ran else { return String::new() };
        let mut figures: Vec<String> = Vec::new();
        match ran.status {
            NodeStatus::Ok => {}
            NodeStatus::Partial => figures.push("partial".to_owned()),
            NodeStatus::Failed => return "failed".to_owned(),
            NodeStatus::Skipped => return "not computed".to_owned(),
        }
        figures.extend(ran.entities.map(|n| if n == 1 { "1 entity".to_owned() } else { format!("{} entities", number(n)) }));
        figures.extend(ran.records.map(|n| if n == 1 { "1 record".to_owned() } else { format!("{} records", number(n)) }));
        figures.join(" · ")
    }

    /// The lines in its box, each with its class.
    fn lines(&self) -> Vec<(&'static str, String)> {
        let Self { node, .. } = self;
        let shown = node.shown.join(", ");
        let (name, shown) = if node.names.is_empty() { (shown, String::new()) } else { (node.names.join(", "), shown) };
        let others =
            [("action", node.action()), ("condition", node.condition.clone()), ("shown", shown), ("figures", self.figures())];
        // The first line has the id too.
        [("name", name)].into_iter().chain(others.into_iter().filter(|(_, line)| !line.is_empty())).collect()
    }

    fn class(&self) -> String {
        let mut class = "node".to_owned();
        for (word, is) in [("asks", self.node.asks()), ("named", !self.node.names.is_empty()), ("critical", self.critical)] {
            if is {
                let _ = write!(class, " {word}");
            }
        }
        if self.status() != NodeStatus::Ok {
            let _ = write!(class, " {}", self.status().word());
        }
        class
    }
}

fn image(nodes: &[Drawn<'_>], style: &str) -> String {
    if nodes.len() > MOST {
        return too_many(nodes.len(), style);
    }
    let needs: Vec<Vec<usize>> = nodes.iter().map(|drawn| drawn.node.inputs.iter().map(|id| id.0 as usize).collect()).collect();
    let lines = nodes.iter().map(|drawn| drawn.lines().len()).max().unwrap_or(0) as i32;
    let measures = Measures { width: WIDTH, box_width: BOX, box_height: lines * PITCH + 12, beside: 16, between: 38 };
    let layout = layout(&needs, measures);
    let mut out = begin((layout.width, layout.height), &label(nodes), style);
    // Lines of the critical path lie on top of the others.
    for critical in [false, true] {
        for line in layout.lines.iter().filter(|line| is_critical(nodes, line) == critical) {
            draw_line(&mut out, line, critical);
        }
    }
    draw_boxes(&mut out, nodes, (&layout, measures));
    out.push_str("</g></svg>");
    out
}

/// Whether a line is a part of the critical path: it leads from a node of the path to the next one.
fn is_critical(nodes: &[Drawn<'_>], line: &Line) -> bool {
    let critical = |at: usize| nodes.get(at).is_some_and(|drawn| drawn.critical);
    critical(line.from) && critical(line.to) && !(line.from + 1..line.to).any(critical)
}

fn begin((width, height): (i32, i32), label: &str, style: &str) -> String {
    let (width, height) = (width + 2 * MARGIN, height + 2 * MARGIN);
    let (space, style) = standing_alone(style);
    format!(
        "<svg{space} class=\"picture plan\" role=\"img\" aria-label=\"{label}\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\"><desc>{label}</desc>{style}<g transform=\"translate({MARGIN} {MARGIN})\">"
    )
}

/// What the picture says in a sentence.
fn label(nodes: &[Drawn<'_>]) -> String {
    let asks = nodes.iter().filter(|drawn| drawn.node.asks()).count() as u64;
    let mut label = format!("The plan: {}, of which {asks} ask sources.", count(nodes.len() as u64, "node"));
    let critical: Vec<String> = nodes.iter().filter(|drawn| drawn.critical).map(|drawn| drawn.node.title()).collect();
    if critical.len() > 1 {
        let _ = write!(label, " The others waited for {}.", critical.join(", then "));
    }
    cut(&label, 2_000)
}

fn too_many(nodes: usize, style: &str) -> String {
    let words = format!("{} nodes are too many for a picture of the plan.", number(nodes as u64));
    let mut out = begin((WIDTH, 30), &html(&words), style);
    text(&mut out, (0, 18), "figures", &words, 160);
    out.push_str("</g></svg>");
    out
}

fn draw_line(out: &mut String, line: &Line, critical: bool) {
    let class = if critical { "line critical" } else { "line" };
    let _ = write!(out, "<path class=\"{class}\" d=\"");
    for (place, (x, y)) in line.points.iter().enumerate() {
        let before = place.checked_sub(1).and_then(|before| line.points.get(before));
        let _ = match before {
            None => write!(out, "M{x} {y}"),
            // A bend between two layers.
            Some((from, top)) if place % 2 == 1 => {
                let middle = (top + y) / 2;
                write!(out, "C{from} {middle} {x} {middle} {x} {y}")
            }
            Some(_) => write!(out, "V{y}"),
        };
    }
    out.push_str("\"/>");
}

fn draw_boxes(out: &mut String, nodes: &[Drawn<'_>], (layout, measures): (&GraphLayout, Measures)) {
    let Measures { box_width, box_height, .. } = measures;
    for (drawn, (x, y)) in nodes.iter().zip(&layout.boxes) {
        let _ = write!(out, "<g class=\"{}\" transform=\"translate({x} {y})\">", drawn.class());
        title(out, &whole(drawn));
        let _ = write!(out, "<rect width=\"{box_width}\" height=\"{box_height}\" rx=\"5\"/>");
        let took = drawn.took().map_or_else(String::new, |took| format!("{} ", seconds(took)));
        let id = format!("{took}{:?}", drawn.node.id);
        let mut columns = COLUMNS.saturating_sub(id.len() + 2);
        for ((class, line), place) in drawn.lines().iter().zip(1..) {
            text(out, (8, place * PITCH + 3), class, line, columns);
            columns = COLUMNS;
        }
        text(out, (box_width - 8, PITCH + 3), "id", &id, COLUMNS);
        out.push_str("</g>");
    }
}

/// All that is known of a node, for a pointer on it.
fn whole(drawn: &Drawn<'_>) -> String {
    let node = drawn.node;
    let window = node.window.map_or_else(String::new, |w| format!("{} – {}", w.start, w.stop));
    let statement = format!("statement {}", node.statement);
    let shown = node.shown.join(", ");
    let took = drawn.took().map_or_else(String::new, seconds);
    let parts = [node.title(), node.action(), node.condition.clone(), window, statement, shown, drawn.figures(), took];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// The plan as a table.
fn table(nodes: &[Drawn<'_>]) -> String {
    let mut out = "<table class=\"picture-text\"><thead><tr><th scope=\"col\">node</th><th scope=\"col\">variables</th>\
        <th scope=\"col\">statement</th><th scope=\"col\">what it does</th><th scope=\"col\">of</th><th scope=\"col\">entities</th>\
        <th scope=\"col\">records</th><th scope=\"col\">time</th></tr></thead><tbody>"
        .to_owned();
    for drawn in nodes {
        let node = drawn.node;
        let ran = drawn.ran;
        let status = drawn.status();
        let inputs: Vec<String> = node.inputs.iter().map(|id| format!("{id:?}")).collect();
        let figure = |figure: Option<u64>| figure.map_or_else(String::new, number);
        let does = format!("{} {}", node.action(), node.condition);
        let entities = if status == NodeStatus::Ok { String::new() } else { format!(" {}", status.word()) };
        let _ = write!(
            out,
            "<tr><td>{:?}{}</td><td>{}</td><td class=\"n\">{}</td><td>{}</td><td>{}</td><td class=\"n\">{}{entities}</td>\
             <td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
            node.id,
            if drawn.critical { " (waited for)" } else { "" },
            html(&node.names.join(", ")),
            node.statement,
            cut(does.trim_end(), 400),
            html(&inputs.join(", ")),
            figure(ran.and_then(|ran| ran.entities)),
            figure(ran.and_then(|ran| ran.records)),
            drawn.took().map_or_else(String::new, seconds),
        );
    }
    out.push_str("</tbody></table>");
    out
}
