//! A plan as a graph: what each node is called and does, as Graphviz (`--emit dot`) and Mermaid (`--emit mermaid`) print it, and
//! as pictures draw it.

use super::{NodeId, Op, Plan, show};
use crate::catalog::Catalog;
use crate::time::Window;
use std::fmt::Write;

/// Most characters of a line of a label; the plan's text form is not cut.
const LINE: usize = 44;

/// A node as graphs show it.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct GraphNode {
    pub id: NodeId,
    /// The variables whose figures count its table: `p`, and `p #2` for the second binding of a name.
    pub names: Vec<String>,
    /// What it does: `pivot CREATED BY`.
    pub does: String,
    /// The condition: `where name = 'cmd.exe'`. Often empty.
    pub condition: String,
    /// Name of the source that it asks.
    pub source: Option<String>,
    /// The window in which it asks.
    pub window: Window,
    /// What is shown or written of it: `DISP p`, `SAVE p`.
    pub shown: Vec<String>,
    /// The nodes that it needs, each once.
    pub inputs: Vec<NodeId>,
    /// Number of the statement that first asked for it.
    pub statement: u32,
}

/// The nodes of a plan. The inputs of each come before it.
pub fn nodes(plan: &Plan, catalog: &Catalog) -> Vec<GraphNode> {
    let mut nodes: Vec<GraphNode> = plan.iter().map(|(id, _)| node(id, plan, catalog)).collect();
    for variable in plan.vars.iter().filter(|variable| variable.var.binding) {
        let Some(node) = variable.node.and_then(|NodeId(at)| nodes.get_mut(at as usize)) else { continue };
        let var = &variable.var;
        node.names.push(if var.version > 1 { format!("{} #{}", var.name, var.version) } else { var.name.clone() });
    }
    for output in &plan.outputs {
        let Some(node) = output.node.and_then(|NodeId(at)| nodes.get_mut(at as usize)) else { continue };
        let name = plan.var(output.var).map_or("", |variable| variable.var.name.as_str());
        let shown = format!("{} {name}", output.kind.word());
        if !node.shown.contains(&shown) {
            node.shown.push(shown);
        }
    }
    nodes
}

fn node(id: NodeId, plan: &Plan, catalog: &Catalog) -> GraphNode {
    let node = plan.node(id);
    let (source, window) = match &node.op {
        Op::Scan(scan) => (Some(scan.source), scan.window),
        Op::Pivot(pivot) => (Some(pivot.source), pivot.window),
        Op::CreationRecords { source, window } => (Some(*source), *window),
        _ => (None, None),
    };
    let (does, condition) = show::in_short(node, plan, catalog);
    let mut inputs = node.inputs.clone();
    inputs.sort_unstable();
    inputs.dedup();
    GraphNode {
        id,
        names: Vec::new(),
        does,
        condition,
        source: source.and_then(|source| plan.source(source)).map(|source| source.name.clone()),
        window,
        shown: Vec::new(),
        inputs,
        statement: node.statement,
    }
}

impl GraphNode {
    /// Whether it asks a source.
    pub fn asks(&self) -> bool {
        self.source.is_some()
    }

    /// Its id, and the variables that it is called by: `n3 p, q`.
    pub fn title(&self) -> String {
        if self.names.is_empty() { format!("{:?}", self.id) } else { format!("{:?} {}", self.id, self.names.join(", ")) }
    }

    /// What it does, and in which source: `pivot CREATED BY in host101`.
    pub fn action(&self) -> String {
        match &self.source {
            Some(source) => format!("{} in {source}", self.does),
            None => self.does.clone(),
        }
    }

    /// The lines of its label, cut.
    fn lines(&self) -> Vec<String> {
        let shown = self.shown.join(", ");
        let lines = [&self.title(), &self.action(), &self.condition, &shown];
        lines.into_iter().filter(|line| !line.is_empty()).map(|line| short(line)).collect()
    }
}

/// The plan in the DOT language of Graphviz.
pub fn dot(plan: &Plan, catalog: &Catalog) -> String {
    let mut out = "digraph hunt {\n  rankdir=TB;\n  node [shape=box, fontname=\"monospace\", fontsize=10];\n".to_owned();
    for node in nodes(plan, catalog) {
        let style = if node.asks() { ", style=bold" } else { "" };
        let quoted = |line: &String| line.replace('\\', "\\\\").replace('"', "\\\"");
        let label = node.lines().iter().map(quoted).collect::<Vec<_>>().join("\\n");
        let _ = writeln!(out, "  {:?} [label=\"{label}\"{style}];", node.id);
        for input in &node.inputs {
            let _ = writeln!(out, "  {input:?} -> {:?};", node.id);
        }
    }
    out.push_str("}\n");
    out
}

/// The plan as a flowchart of Mermaid.
pub fn mermaid(plan: &Plan, catalog: &Catalog) -> String {
    let mut out = "flowchart TB\n".to_owned();
    for node in nodes(plan, catalog) {
        let label = node.lines().iter().map(|line| escaped(line)).collect::<Vec<_>>().join("<br>");
        let (open, close) = if node.asks() { ("[[", "]]") } else { ("[", "]") };
        let _ = writeln!(out, "  {:?}{open}\"{label}\"{close}", node.id);
        for input in &node.inputs {
            let _ = writeln!(out, "  {input:?} --> {:?}", node.id);
        }
    }
    out
}

fn short(text: &str) -> String {
    if text.chars().count() <= LINE {
        return text.to_owned();
    }
    text.chars().take(LINE - 1).chain(['…']).collect()
}

/// A label for Mermaid, which reads character entities: everything special is written as one.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '<' | '>' | '&' | '#' | '`' | '\\' => {
                let _ = write!(out, "#{};", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}
