//! A brute-force evaluator of whole hunts: plain loops over decoded documents, sharing nothing with the product but
//! the parser. What semantics.md says stands here once more, as directly as can be written.

pub(crate) mod apply;
mod attributes;
mod compare;
mod computed;
pub(crate) mod document;
mod facts;
mod files;
mod find;
pub(crate) mod generate;
mod get;
mod group;
mod identity;
mod new;
mod observe;
mod parameters;
mod pattern;
mod record_fields;
mod relations;
pub(crate) mod report;
mod rows;
pub(crate) mod sha256;
pub(crate) mod shared;
mod slots;
mod text;
mod value;
mod variable;

use document::Record;
use huntc_compiler::diag::{Severity, Sink};
use huntc_compiler::program::{Command, Program, Statement, parse};
use huntc_compiler::source::SourceSet;
use huntc_compiler::syntax::ast::TimeSpan;
use identity::Identities;
pub(crate) use identity::Mode;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use variable::{RecordId, Shape, Var, Window};

/// What a run depends on besides the records.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Options {
    /// The one "now", in nanoseconds.
    pub(crate) now: i64,
    /// `--window`, in nanoseconds.
    pub(crate) window: Option<i64>,
    /// `--process-identity`; `None` is auto.
    pub(crate) identity: Option<Mode>,
    /// `--ignore-case`
    pub(crate) ignore_case: bool,
}

/// The data sources of a run.
#[derive(Debug)]
pub(crate) struct World {
    sources: Vec<(String, Arc<Vec<Record>>, Identities)>,
    options: Options,
}

/// One binding of a name, as `report.json` has it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Binding {
    pub(crate) name: String,
    pub(crate) version: usize,
    pub(crate) entity: String,
    pub(crate) entities: usize,
    /// Absent for GROUP results.
    pub(crate) records: Option<usize>,
    pub(crate) unidentified: u64,
    /// Absent for GROUP and JOIN results.
    pub(crate) undecided: Option<u64>,
    /// Sorted; absent for GROUP results.
    pub(crate) keys: Option<Vec<Json>>,
}

/// One DISP, INFO or DESCRIBE.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Display {
    /// Number of the statement, from 1.
    pub(crate) statement: usize,
    pub(crate) variable: String,
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<Json>>,
    /// Whether the order of rows is the engine's: events are told apart by ids that are its own.
    pub(crate) unordered: bool,
}

impl Display {
    /// Takes away what the engine calls its records.
    pub(crate) fn hide_observations(&mut self) {
        let at = self.columns.iter().position(|c| c == "observation_id");
        for row in &mut self.rows {
            if let Some(cell) = at.and_then(|at| row.get_mut(at)) {
                *cell = Json::Null;
            }
        }
    }
}

/// What a hunt gives.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) bindings: Vec<Binding>,
    pub(crate) displays: Vec<Display>,
}

impl World {
    pub(crate) fn new(sources: Vec<(String, Arc<Vec<Record>>)>, options: Options) -> Self {
        let known = |(source, (name, records)): (usize, (String, Arc<Vec<Record>>))| {
            let identities = Identities::of(source, &records, options.identity);
            (name, records, identities)
        };
        Self { sources: sources.into_iter().enumerate().map(known).collect(), options }
    }

    pub(crate) fn record(&self, id: RecordId) -> &Record {
        &self.sources[id.0].1[id.1]
    }

    fn identities(&self, source: usize) -> &Identities {
        &self.sources[source].2
    }

    /// The records of sources in a window.
    fn records(&self, sources: &[usize], window: Window) -> impl Iterator<Item = (RecordId, &Record)> {
        let all = sources.iter().flat_map(|s| self.sources[*s].1.iter().enumerate().map(|(i, r)| ((*s, i), r)));
        all.filter(move |(_, r)| window.is_none_or(|(start, stop)| start <= r.time && r.time < stop))
    }

    /// The window of statements that say none.
    fn default_window(&self) -> Window {
        self.options.window.map(|nanos| (self.options.now - nanos, self.options.now))
    }

    fn explicit(&self, span: Option<&TimeSpan>) -> Result<Option<(i64, i64)>, String> {
        let unreadable = || "an unreadable time".to_owned();
        Ok(match span {
            None => None,
            Some(TimeSpan::Between { start, stop, .. }) => {
                Some((start.at.ok_or_else(unreadable)?.0, stop.at.ok_or_else(unreadable)?.0))
            }
            Some(TimeSpan::Last(last)) => Some((self.options.now - last.nanos.ok_or_else(unreadable)?, self.options.now)),
        })
    }

    /// Runs a hunt. `Err`: it says something that the oracle does not know, or that is an error.
    pub(crate) fn run(&self, program: &Program) -> Result<Outcome, String> {
        let mut hunt = Hunt { world: self, vars: BTreeMap::new(), last: None, files: BTreeMap::new(), outcome: Outcome::default() };
        for (index, statement) in program.statements.iter().enumerate() {
            hunt.statement(index + 1, statement).map_err(|e| format!("statement {}: {e}", index + 1))?;
        }
        Ok(hunt.outcome)
    }
}

/// A run on its way.
struct Hunt<'a> {
    world: &'a World,
    vars: BTreeMap<String, Rc<Var>>,
    /// The source named last.
    last: Option<Vec<usize>>,
    /// What was saved.
    files: BTreeMap<String, files::Saved>,
    outcome: Outcome,
}

impl Hunt<'_> {
    fn var(&self, name: &str) -> Result<Rc<Var>, String> {
        self.vars.get(name).cloned().ok_or_else(|| format!("no variable {name}"))
    }

    fn statement(&mut self, number: usize, statement: &Statement) -> Result<(), String> {
        let var = match &statement.command {
            Command::Get(get) => self.get(get)?,
            Command::Find(find) => self.find(find)?,
            Command::New(new) => self.new_rows(new)?,
            Command::Merge(merge) => self.merge(merge)?,
            Command::Assign(assign) => self.assign(&assign.expression)?,
            Command::Sort(sort) => self.sorted(&sort.variable.text, &sort.by)?,
            Command::Group(group) => self.group(group)?,
            Command::Join(join) => self.join(join)?,
            Command::Disp(disp) => {
                if let Some(display) = self.disp(number, &disp.expression)? {
                    self.outcome.displays.push(display);
                }
                return Ok(());
            }
            Command::Info(info) => {
                let display = self.info(number, info)?;
                self.outcome.displays.push(display);
                return Ok(());
            }
            Command::Describe(describe) => {
                let display = self.describe(number, describe)?;
                self.outcome.displays.push(display);
                return Ok(());
            }
            Command::Save(save) => return self.save(save),
            Command::Apply(apply) => return self.apply(apply),
            Command::Load(load) => self.load(load)?,
            Command::Explain(_) => return Ok(()),
            Command::Error => return Err("not a statement of the oracle".to_owned()),
        };
        let name = statement.target.as_ref().map_or("_", |t| &t.text);
        self.bind(name, var);
        Ok(())
    }

    fn bind(&mut self, name: &str, var: Var) {
        let version = self.outcome.bindings.iter().filter(|b| b.name == name).count() + 1;
        let table = if let Shape::Table(rows, _) = &var.shape { Some(rows.len()) } else { None };
        let idents = var.idents();
        self.outcome.bindings.push(Binding {
            name: name.to_owned(),
            version,
            entity: var.entity.clone(),
            entities: table.unwrap_or(idents.len()),
            records: table.is_none().then(|| var.records().len()),
            unidentified: var.unidentified,
            undecided: var.undecided(),
            keys: table.is_none().then(|| idents.iter().map(identity::Ident::json).collect()),
        });
        self.vars.insert(name.to_owned(), Rc::new(var));
    }
}

/// Parses a hunt with the product's parser and runs it.
pub(crate) fn run_text(world: &World, text: &str) -> Result<Outcome, String> {
    let mut sources = SourceSet::default();
    let id = sources.add_text("hunt.hf", parameters::filled(text));
    let mut sink = Sink::default();
    let program = parse(&sources, id, &mut sink);
    match sink.finish().into_iter().find(|d| d.severity == Severity::Error) {
        Some(error) => Err(format!("{} {}", error.code.id, error.message)),
        None => world.run(&program),
    }
}
