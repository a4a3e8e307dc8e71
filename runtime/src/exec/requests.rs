//! Sending requests: those of nodes, bound in chunks, and those that find out how a source identifies processes.

use super::bind::{self, Fill};
use super::{Failure, Run, failed, locked};
use crate::matching::{HostName, Hosts, Ladder, References, host_pids};
use crate::report::model::{RequestReport, RequestStatus};
use crate::report::text::count;
use crate::source::{DataSource, FetchContext, FetchStats, Mended, NAMED_MENDED, RECORD_IDS, Records, Scalar, Sink, SourceError};
use crate::table::Key;
use foldhash::HashSet;
use huntc_compiler::catalog::EntityId;
use huntc_compiler::diag::Diagnostic;
use huntc_compiler::diag::codes;
use huntc_compiler::plan::{Attr, Node, NodeId, Op, Operand, ProcessIdentity, SourceRef, TestOp};
use huntc_compiler::request::{BoundRequest, Exactness, Hole, HolePart, Query, RequestTemplate};
use huntc_compiler::value::Value;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Looking for a key takes a source about as long as reading so many records.
const RECORDS_OF_A_KEY: u64 = 10;

/// Records of one look at which hosts have entity ids.
const SHOWING_HOSTS: usize = 1_000;

/// Takes the records of the requests of a node as they come.
pub(super) trait Visitor {
    /// A reading begins, perhaps anew: what came since the last whole one does not count.
    fn begin(&mut self);

    /// Takes records of the request.
    fn take(&mut self, records: &Records) -> Result<(), Failure>;

    /// All records of the reading were taken.
    fn whole(&mut self);
}

/// Gives what a source answers to a visitor.
struct Batches<'a, 'r> {
    run: &'a Run<'r>,
    node: &'a Node,
    place: SourceRef,
    visit: &'a mut dyn Visitor,
    /// How many records came in whole readings, and in all.
    before: u64,
    records: u64,
    /// How long the visitor took.
    elapsed: Duration,
    /// Why the visitor takes no more.
    failure: Option<Failure>,
}

impl Sink for Batches<'_, '_> {
    fn begin(&mut self) {
        self.records = self.before;
        self.visit.begin();
    }

    fn take(&mut self, mut records: Records) -> Result<(), SourceError> {
        let begun = Instant::now();
        self.run.remember_mended(self.place, &records.mended);
        apart(&mut records, self.place);
        self.records += records.len() as u64;
        let taken = self.run.counted(self.node, &records, self.visit);
        self.elapsed += begun.elapsed();
        // The source only learns that no more records are wanted.
        taken.map_err(|failure| {
            self.failure = Some(failure);
            SourceError::cancelled()
        })
    }

    fn end(&mut self) -> Result<(), SourceError> {
        self.before = self.records;
        self.visit.whole();
        Ok(())
    }
}

impl Run<'_> {
    /// The source of a node, opened on first use.
    pub(super) fn open(&self, node: &Node, source: SourceRef) -> Result<Arc<dyn DataSource>, Failure> {
        let (Some(state), Some(named)) = (self.source(source), self.job.plan.source(source)) else {
            return Err(Failure::Skipped);
        };
        let opened = state.opened.get_or_init(|| (self.options.open)(&named.name, &|| self.field_demand(source)));
        opened.clone().map_err(|e| failed(node, e))
    }

    /// Where the processes of records that came are told apart by the ladder (semantics.md §2). What they show of their hosts
    /// is kept; the source is asked only of hosts that have processes without entity id and nothing else.
    pub(super) fn ladder(&self, node: &Node, source: SourceRef, records: &Records) -> Result<Ladder, Failure> {
        match self.job.plan.identity {
            ProcessIdentity::EntityId => return Ok(Ladder::Nowhere),
            ProcessIdentity::Ladder => return Ok(Ladder::Everywhere),
            ProcessIdentity::Auto => {}
        }
        let Some(state) = self.source(source) else { return Err(Failure::Skipped) };
        let mut hosts = locked(&state.hosts);
        hosts.learn(records);
        let undecided = hosts.undecided(self.job.catalog, records);
        if undecided.is_empty() {
            return Ok(hosts.ladder());
        }
        let opened = self.open(node, source)?;
        let look = |hosts: &mut Hosts, asked: &[HostName], enough: Option<usize>| {
            let request = self.job.requests.with_ids_of(asked, enough);
            let ask = || opened.fetch(&request, &self.context("hosts"));
            let found = self.in_one_moment(source, opened.as_ref(), ask).map_err(|e| failed(node, e))?;
            hosts.learn(&found);
            Ok(found.is_empty())
        };
        for chunk in undecided.chunks(bind::CHUNK) {
            let mut left = chunk.to_vec();
            // A few records show most hosts that have entity ids; the last look finds none of the others.
            while !left.is_empty() && !look(&mut hosts, &left, Some(SHOWING_HOSTS))? {
                let open = hosts.open(&left);
                if open.len() == left.len() {
                    // What comes first says nothing of these hosts: all that there is has to be looked at.
                    look(&mut hosts, &left, None)?;
                    left = hosts.open(&left);
                    break;
                }
                left = open;
            }
            hosts.settle(left);
        }
        Ok(hosts.ladder())
    }

    pub(super) fn context(&self, id: &str) -> FetchContext {
        FetchContext {
            allowance: Arc::clone(&self.options.allowance),
            read: self.options.read.clone(),
            waiting: Arc::clone(&self.options.waiting),
            request_id: format!("{}/{id}", self.options.run_id),
            allow_partial: self.options.allow_partial,
            keep_sent: self.options.evidence,
            stats: Arc::new(FetchStats::default()),
        }
    }

    /// Sends the request of a node chunk by chunk and gives the records of each to `visit`. Answers whether all chunks
    /// were complete.
    pub(super) fn ask(
        &self,
        id: NodeId,
        template: &RequestTemplate,
        keys: Option<(&[&Key], EntityId)>,
        visit: &mut dyn Visitor,
    ) -> Result<bool, Failure> {
        let (node, form) = (self.job.plan.node(id), &template.form);
        let columns = self.hole_values(&form.query)?;
        let opened = self.open(node, template.source)?;
        let any = match keys {
            Some(keys) => self.is_less_for_any(node, template, keys, (&columns, opened.as_ref()))?,
            None => false,
        };
        let key_chunks: Vec<&[&Key]> = match keys {
            Some((keys, _)) => keys.chunks(if any { keys.len() } else { bind::CHUNK }).collect(),
            None => vec![&[]],
        };
        let exactness = if any { Exactness::Superset } else { form.exactness };
        let mut number = 0;
        let mut whole = true;
        for keys_of_chunk in key_chunks {
            for columns in chunked(&columns) {
                let (entity, catalog) = (keys.map(|(_, entity)| entity), self.job.catalog);
                let fill = Fill { keys: keys_of_chunk, entity, catalog, columns: &columns, any };
                let request = bind::request(template, form, &fill);
                let report = self.request_report(id, number, template, exactness, &request);
                whole &= self.send(id, number, report, (template.source, opened.as_ref()), &request, visit)?;
                number += 1;
            }
        }
        Ok(whole)
    }

    /// Asks a source. An error when what it showed before in this hunt does not belong to what it answers.
    pub(super) fn in_one_moment<T>(
        &self,
        place: SourceRef,
        source: &dyn DataSource,
        ask: impl FnOnce() -> Result<T, SourceError>,
    ) -> Result<T, SourceError> {
        let moment = self.source(place).map(|state| *state.moment.get_or_init(|| source.moment()));
        let answer = ask()?;
        if moment.is_some_and(|moment| moment != source.moment()) {
            return Err(changed(self.job.plan.source(place).map_or("", |named| &named.uri)));
        }
        Ok(answer)
    }

    /// Whether one request for records of any entity at all is less work than one for each chunk of the keys. Whoever reads
    /// its records leaves out those of other entities.
    fn is_less_for_any(
        &self,
        node: &Node,
        template: &RequestTemplate,
        (keys, entity): (&[&Key], EntityId),
        (columns, source): (&Columns, &dyn DataSource),
    ) -> Result<bool, Failure> {
        if keys.len() <= bind::MANY {
            return Ok(false);
        }
        let fill = Fill { keys, entity: Some(entity), catalog: self.job.catalog, columns, any: true };
        let request = bind::request(template, &template.form, &fill);
        self.budget(node)?;
        // A source that cannot count says why when it is asked for the records.
        let count = source.count(&request, &self.context("count")).ok();
        Ok(count.is_some_and(|count| count <= (keys.len() as u64).saturating_mul(RECORDS_OF_A_KEY)))
    }

    fn send(
        &self,
        id: NodeId,
        number: u32,
        mut report: RequestReport,
        (place, source): (SourceRef, &dyn DataSource),
        request: &BoundRequest,
        visit: &mut dyn Visitor,
    ) -> Result<bool, Failure> {
        let node = self.job.plan.node(id);
        if request.query == Query::MatchNone || request.window.is_some_and(|w| w.start >= w.stop) {
            report.status = RequestStatus::Skipped;
            locked(&self.requests).push((id, number, report));
            return Ok(true);
        }
        self.budget(node)?;
        let context = self.context(&report.id);
        let begun = Instant::now();
        let (before, elapsed) = (0, Duration::ZERO);
        let mut batches = Batches { run: self, node, place, visit, before, records: 0, elapsed, failure: None };
        let answer = self.in_one_moment(place, source, || source.stream(request, &context, &mut batches));
        let Batches { records, elapsed, failure, .. } = batches;
        report.elapsed = begun.elapsed().saturating_sub(elapsed);
        report.pages = context.stats.pages.load(Ordering::Relaxed);
        report.retries = context.stats.retries.load(Ordering::Relaxed);
        report.sent = context.stats.sent();
        let partial = context.stats.partial.load(Ordering::Relaxed);
        report.records = records;
        match (answer, failure) {
            (Ok(()), None) => {
                report.complete = !partial;
                report.status = RequestStatus::Ok;
                locked(&self.requests).push((id, number, report));
                Ok(!partial)
            }
            // The records came; what was done with them failed.
            (_, Some(failure)) => {
                report.complete = !partial;
                report.status = RequestStatus::Ok;
                locked(&self.requests).push((id, number, report));
                Err(failure)
            }
            (Err(error), None) => {
                report.status = RequestStatus::Failed;
                report.records = 0;
                report.complete = false;
                locked(&self.requests).push((id, number, report));
                Err(failed(node, error))
            }
        }
    }

    /// Remembers the records of a source of which a value was mended. Other requests may have them too.
    pub(super) fn remember_mended(&self, place: SourceRef, mended: &Mended) {
        let Some(source) = self.source(place).filter(|_| !mended.ids.is_empty()) else { return };
        let mut known = locked(&source.mended);
        known.0.extend(&mended.ids);
        for what in &mended.named {
            if known.1.len() < NAMED_MENDED && !known.1.contains(what) {
                known.1.push(what.clone());
            }
        }
    }

    /// Visits records, which take memory meanwhile; the texts that a table keeps of them take it until the hunt ends.
    pub(super) fn counted(&self, node: &Node, records: &Records, visit: &mut dyn Visitor) -> Result<(), Failure> {
        let allowance = &self.options.allowance;
        let mut memory = allowance.lend("the records of a request");
        memory.grow(records.bytes()).map_err(|spent| failed(node, spent))?;
        let texts = || {
            let scalars = records.columns.iter().flat_map(|(_, column)| &column.dictionary);
            scalars.filter_map(|scalar| if let Scalar::Text(text) = scalar { Some(text) } else { None })
        };
        let holders: Vec<usize> = texts().map(Arc::strong_count).collect();
        visit.take(records)?;
        let kept = texts().zip(holders).filter(|(text, before)| Arc::strong_count(text) > *before);
        let bytes: usize = kept.map(|(text, _)| text.len()).sum();
        allowance.take(bytes as u64, "what a statement finds").map_err(|spent| failed(node, spent))
    }

    pub(super) fn request_report(
        &self,
        id: NodeId,
        number: u32,
        template: &RequestTemplate,
        exactness: Exactness,
        request: &BoundRequest,
    ) -> RequestReport {
        RequestReport {
            id: format!("{id:?}.{number}"),
            statement: self.job.plan.node(id).statement,
            source: self.job.plan.source(template.source).map_or_else(String::new, |s| s.uri.clone()),
            purpose: template.purpose.clone(),
            window: template.window,
            place: None,
            sent: Vec::new(),
            query: serde_json::to_value(&request.query).unwrap_or_default(),
            fields: request.fields.clone(),
            exact: exactness == Exactness::Exact,
            status: RequestStatus::Ok,
            records: 0,
            pages: 0,
            retries: 0,
            tuples: None,
            uncounted: locked(&self.uncounted).get(&id).cloned(),
            elapsed: Duration::ZERO,
            complete: true,
        }
    }

    /// The failure of a hunt that has used up its requests or records.
    pub(super) fn budget(&self, node: &Node) -> Result<(), Failure> {
        let sent = self.sent.fetch_add(1, Ordering::Relaxed) + 1;
        let over = |what: String| {
            let diagnostic = Diagnostic::new(&codes::run::BUDGET, node.origin, what)
                .help("raise the limit under [run] in huntc.toml, or narrow the hunt");
            Err(Failure::Failed(Box::new(diagnostic)))
        };
        if let Some(most) = self.options.max_requests.filter(|most| sent > *most) {
            return over(format!("the hunt needs more than the {} that it may send", count(most, "request")));
        }
        let read = self.options.read.load(Ordering::Relaxed);
        if let Some(most) = self.options.max_records.filter(|most| read > *most) {
            return over(format!("the hunt reads more than the {} that it may read", count(most, "record")));
        }
        Ok(())
    }

    /// Lets the ladder know the lives of every pid in the records where it holds.
    pub(super) fn learn_lives(&self, node: &Node, source: SourceRef, records: &Records, ladder: &Ladder) -> Result<(), Failure> {
        let Some(state) = self.source(source) else { return Ok(()) };
        let mut lives = locked(&state.lives);
        let mut pids: Vec<i64> = host_pids(records, ladder).into_iter().filter(|p| !lives.known.contains(p)).collect();
        pids.sort_unstable();
        if pids.is_empty() {
            return Ok(());
        }
        let opened = self.open(node, source)?;
        for chunk in pids.chunks(bind::CHUNK) {
            let request = self.job.requests.lives(chunk.iter().map(|p| Value::Int(*p)).collect());
            let context = self.context("lives");
            let ask = || opened.fetch(&request, &context);
            let found = self.in_one_moment(source, opened.as_ref(), ask).map_err(|e| failed(node, e))?;
            Arc::make_mut(&mut lives).add(chunk, &found);
        }
        Ok(())
    }

    /// The values of every column that the holes of a query name.
    pub(super) fn hole_values(&self, query: &Query<Hole>) -> Result<Columns, Failure> {
        let mut holes = Vec::new();
        collect_holes(query, &mut holes);
        let mut columns = Vec::new();
        for hole in holes {
            let HolePart::Column(attr, _) = &hole.part else { continue };
            if columns.iter().any(|(h, _)| *h == hole) {
                continue;
            }
            let table = self.table(hole.node).map_err(|_| Failure::Skipped)?;
            let values = bind::column_values(&table, attr, self.job.catalog);
            columns.push((hole, Arc::new(values)));
        }
        Ok(columns)
    }

    /// The values that the references of a node's predicate stand for.
    pub(super) fn references(&self, node: &Node) -> Result<References, Failure> {
        let predicate = match &node.op {
            Op::Scan(scan) => &scan.predicate,
            Op::Pivot(pivot) => &pivot.filter,
            Op::Filter { predicate, .. } => predicate,
            _ => return Ok(References::default()),
        };
        let mut references = References::default();
        for test in predicate.tests() {
            let TestOp::OneOf(operands) = &test.op else { continue };
            for operand in operands {
                let Operand::Reference(var, attr) = operand else { continue };
                if references.contains_key(&(*var, attr.clone())) {
                    continue;
                }
                let Some((_, input)) = node.references.iter().find(|(v, _)| v == var) else { continue };
                let table = self.table(*input).map_err(|_| Failure::Skipped)?;
                references.insert((*var, attr.clone()), row_values(&table, attr));
            }
        }
        Ok(references)
    }
}

/// The error of a hunt whose statements would see different records.
fn changed(source: &str) -> SourceError {
    SourceError::new(&codes::elastic::RECORDS_CHANGED, "records or indices changed while the hunt read them")
        .note(format!("in `{source}`: the server lost what was read, and has other records now"))
        .help("run it again, or over a time range that ends before records still come")
}

/// What is added to the ids of a source's records.
pub(super) fn of_source(source: SourceRef) -> u64 {
    u64::from(source.0) << 48
}

/// Makes record ids differ between sources: each source numbers its own records from 0.
pub(super) fn apart(records: &mut Records, source: SourceRef) {
    for id in &mut records.ids {
        *id = id.wrapping_add(of_source(source)) % RECORD_IDS;
    }
}

fn row_values(table: &crate::table::Table, attr: &Attr) -> HashSet<Value> {
    table.column(attr).iter().flatten().flat_map(Value::each).cloned().collect()
}

fn collect_holes(query: &Query<Hole>, holes: &mut Vec<Hole>) {
    match query {
        Query::Terms(q) => holes.extend(q.holes.iter().cloned()),
        Query::Bool(q) => q.filter.iter().chain(&q.must_not).chain(&q.should).for_each(|q| collect_holes(q, holes)),
        _ => {}
    }
}

pub(super) type Columns = Vec<(Hole, Arc<Vec<Value>>)>;

/// The columns in parts that fit into one request each. Only the longest column is cut: each of its values is asked for once.
pub(super) fn chunked(columns: &Columns) -> Vec<Columns> {
    let longest = columns.iter().enumerate().max_by_key(|(_, (_, v))| v.len()).filter(|(_, (_, v))| v.len() > bind::CHUNK);
    let Some((at, (_, values))) = longest else { return vec![columns.clone()] };
    let part = |values: &[Value]| {
        let mut columns = columns.clone();
        if let Some((_, column)) = columns.get_mut(at) {
            *column = Arc::new(values.to_vec());
        }
        columns
    };
    values.chunks(bind::CHUNK).map(part).collect()
}
