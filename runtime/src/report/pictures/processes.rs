//! The processes that a hunt shows, below their parents: a tree of what tables say of processes, host by host.
//!
//! A row names its parent by entity id where both are shown, else by host, pid and name. What is not among the rows, the row of a
//! child still tells, so that processes of one parent stand together.

use super::Picture;
use super::folding_list::{ListLine, folding_list};
use super::svg::cut;
use crate::report::model::Display;
use huntc_compiler::value::Value;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The most processes.
const MOST: usize = 2_000;
/// The most characters of a command line.
const VALUE: usize = 500;

/// A process as rows tell of it.
#[derive(Clone, Default, Debug)]
struct ShownProcess {
    host: String,
    id: Option<String>,
    pid: Option<String>,
    name: Option<String>,
    command_line: Option<String>,
    user: Option<String>,
    created: Option<Value>,
    /// The variables whose tables show it; none for a parent that only its children tell of.
    variables: Vec<String>,
    parent: Option<usize>,
}

/// What tells processes apart: the entity id, or host, pid, name and command line.
type Identity = (String, Option<String>, Option<String>, Option<String>, Option<String>);

/// The processes found so far.
#[derive(Default)]
struct Family {
    all: Vec<ShownProcess>,
    known: BTreeMap<Identity, usize>,
}

/// The tree of all displays that show processes with their parents; `None` where none does.
pub fn processes(displays: &[Display]) -> Option<Picture> {
    let mut family = Family::default();
    let mut parents: Vec<(usize, ShownProcess)> = Vec::new();
    let mut rows_left_out = 0;
    for display in displays.iter().filter(|display| display.command == "DISP") {
        let Some(columns) = Columns::of(display) else { continue };
        for row in &display.rows {
            let process = columns.process(row, &display.variable);
            let parent = columns.parent(row, &process.host);
            if process.pid.is_none() && process.id.is_none() {
                continue;
            }
            let place = family.add(process);
            rows_left_out += u64::from(place.is_none());
            parents.extend(place.zip(parent));
        }
    }
    for (child, parent) in parents {
        family.hang(child, parent);
    }
    let mut image = folding_list(&family.lines());
    if rows_left_out > 0 {
        let _ = write!(image, "<p class=\"picture-note\">The tables have {rows_left_out} more rows of processes.</p>");
    }
    (!family.all.is_empty()).then(|| Picture { image, text: String::new() })
}

/// The places of columns in a table.
struct Columns<'d>(BTreeMap<&'d str, usize>);

impl<'d> Columns<'d> {
    /// `None` where the rows are no processes with parents, or where pids of several hosts would be confused.
    fn of(display: &'d Display) -> Option<Self> {
        let columns = Self(display.columns.iter().map(String::as_str).zip(0..).collect());
        let has = |name: &str| columns.0.contains_key(name);
        let by_pid = has("host.name") && has("pid") && has("parent_ref.pid");
        let by_id = has("x_unique_id") && has("parent_ref.x_unique_id");
        (by_pid || by_id).then_some(columns)
    }

    fn value<'r>(&self, row: &'r [Option<Value>], name: &str) -> Option<&'r Value> {
        row.get(*self.0.get(name)?)?.as_ref()
    }

    fn text(&self, row: &[Option<Value>], name: &str) -> Option<String> {
        self.value(row, name).map(ToString::to_string)
    }

    fn process(&self, row: &[Option<Value>], variable: &str) -> ShownProcess {
        let text = |name: &str| self.text(row, name);
        ShownProcess {
            host: text("host.name").unwrap_or_default(),
            id: text("x_unique_id"),
            pid: text("pid"),
            name: text("name"),
            command_line: text("command_line"),
            user: text("creator_user_ref.user_id").or_else(|| text("user.name")),
            created: self.value(row, "created").cloned(),
            variables: vec![variable.to_owned()],
            parent: None,
        }
    }

    fn parent(&self, row: &[Option<Value>], host: &str) -> Option<ShownProcess> {
        let text = |name: &str| self.text(row, name);
        let parent = ShownProcess {
            host: host.to_owned(),
            id: text("parent_ref.x_unique_id"),
            pid: text("parent_ref.pid"),
            name: text("parent_ref.name"),
            command_line: text("parent_ref.command_line"),
            ..ShownProcess::default()
        };
        (parent.id.is_some() || parent.pid.is_some()).then_some(parent)
    }
}

impl ShownProcess {
    fn identity(&self) -> Identity {
        match &self.id {
            Some(id) => (String::new(), Some(id.clone()), None, None, None),
            None => (self.host.clone(), None, self.pid.clone(), self.name.clone(), self.command_line.clone()),
        }
    }

    /// Whether this may be the process that a row of `child` names as its parent.
    fn may_be(&self, named: &Self, child: &Self) -> bool {
        let equal = |a: &Option<String>, b: &Option<String>| match (a, b) {
            (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
            _ => true,
        };
        let older = match (&self.created, &child.created) {
            (Some(mine), Some(its)) => mine <= its,
            _ => true,
        };
        if self.id.is_some() && named.id.is_some() {
            return self.id == named.id;
        }
        self.host == named.host
            && self.pid == named.pid
            && older
            && equal(&self.name, &named.name)
            && equal(&self.command_line, &named.command_line)
    }

    fn html(&self, count: u64) -> String {
        let mut out = format!("<b>{}</b>", cut(self.name.as_deref().unwrap_or("?"), VALUE));
        if count > 1 {
            let _ = write!(out, " \u{d7}{count}");
        }
        for (column, value) in [("pid", &self.pid), ("user", &self.user)] {
            if let Some(value) = value.as_ref().filter(|_| count == 1 || column == "user") {
                let _ = write!(out, " <span><i>{column}</i> {}</span>", cut(value, 100));
            }
        }
        if let Some(command_line) = &self.command_line {
            let _ = write!(out, " <code>{}</code>", cut(command_line, VALUE));
        }
        for variable in &self.variables {
            let _ = write!(out, " <mark>{}</mark>", cut(variable, 60));
        }
        out
    }
}

impl Family {
    /// The place of a process; `None` where there are too many.
    fn add(&mut self, process: ShownProcess) -> Option<usize> {
        let place = match self.known.get(&process.identity()) {
            Some(place) => *place,
            None if self.all.len() >= MOST => return None,
            None => {
                self.known.insert(process.identity(), self.all.len());
                self.all.push(process);
                return Some(self.all.len() - 1);
            }
        };
        let known = self.all.get_mut(place)?;
        for variable in process.variables {
            if !known.variables.contains(&variable) {
                known.variables.push(variable);
            }
        }
        Some(place)
    }

    /// Hangs a process below its parent: the youngest that may be it, else what the row says of it.
    fn hang(&mut self, child: usize, named: ShownProcess) {
        let Some(own) = self.all.get(child).filter(|own| own.parent.is_none()).cloned() else { return };
        let candidates = self.all.iter().enumerate().filter(|(place, other)| *place != child && other.may_be(&named, &own));
        let youngest = candidates.max_by(|(_, a), (_, b)| a.created.cmp(&b.created)).map(|(place, _)| place);
        let parent = youngest.filter(|parent| !self.stands_below(*parent, child)).or_else(|| self.add(named));
        // Rows that contradict each other make no circle.
        if let Some(parent) = parent.filter(|parent| !self.stands_below(*parent, child))
            && let Some(own) = self.all.get_mut(child)
        {
            own.parent = Some(parent);
        }
    }

    /// Whether a process is `above`, or hangs below it.
    fn stands_below(&self, place: usize, above: usize) -> bool {
        let mut next = Some(place);
        while let Some(at) = next {
            if at == above {
                return true;
            }
            next = self.all.get(at).and_then(|process| process.parent);
        }
        false
    }

    /// The lines of the tree: hosts, and below them processes in the order of the rows.
    fn lines(&self) -> Vec<ListLine> {
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); self.all.len()];
        let mut hosts: Vec<(&str, Vec<usize>)> = Vec::new();
        for (place, process) in self.all.iter().enumerate() {
            let host = hosts.iter().position(|(host, _)| *host == process.host).unwrap_or_else(|| {
                hosts.push((&process.host, Vec::new()));
                hosts.len() - 1
            });
            let below = process.parent.and_then(|parent| children.get_mut(parent));
            if let Some(siblings) = below.or_else(|| hosts.get_mut(host).map(|(_, roots)| roots)) {
                siblings.push(place);
            }
        }
        let mut lines = Vec::with_capacity(self.all.len());
        for (host, roots) in &hosts {
            let name = if host.is_empty() { "(no host name)" } else { host };
            lines.push(ListLine { depth: 0, html: format!("<i>host</i> {}", cut(name, VALUE)) });
            let mut open: Vec<(usize, u64, usize)> = shared(roots, &children, &self.all, 1);
            while let Some((place, count, depth)) = open.pop() {
                let Some(process) = self.all.get(place) else { continue };
                lines.push(ListLine { depth, html: process.html(count) });
                let below = children.get(place).map(Vec::as_slice).unwrap_or_default();
                open.extend(shared(below, &children, &self.all, depth + 1));
            }
        }
        lines
    }
}

/// Siblings with how many share each line, the last first. Those share one that look the same but for their pids, and have no
/// children.
fn shared(siblings: &[usize], children: &[Vec<usize>], all: &[ShownProcess], depth: usize) -> Vec<(usize, u64, usize)> {
    let mut lines: Vec<(usize, u64, usize)> = Vec::new();
    let mut alike: BTreeMap<String, usize> = BTreeMap::new();
    for place in siblings {
        let leaf = children.get(*place).is_none_or(Vec::is_empty);
        let look = all.get(*place).filter(|_| leaf).map(|process| process.html(2));
        let line = look.map(|look| *alike.entry(look).or_insert(lines.len()));
        match line.and_then(|line| lines.get_mut(line)) {
            Some((_, count, _)) => *count += 1,
            None => lines.push((*place, 1, depth)),
        }
    }
    lines.reverse();
    lines
}
