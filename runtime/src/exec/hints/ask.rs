//! The few requests that hints send: bounded, counted, and never a reason for a hunt to fail.

use super::super::bind::{self, Fill};
use super::super::{Run, locked};
use crate::matching::Ladder;
use crate::report::model::RequestStatus;
use crate::source::Sample;
use crate::table::Key;
use huntc_compiler::catalog::EntityId;
use huntc_compiler::diag::Diagnostic;
use huntc_compiler::plan::{Node, NodeId};
use huntc_compiler::request::{Exactness, Query, RequestTemplate};
use std::cell::{Cell, RefCell};
use std::sync::atomic::Ordering;
use std::time::Instant;

/// The most requests for one statement that found nothing.
const MOST_REQUESTS: u32 = 3;
/// The most records of a request whose values are examined.
pub(super) const MANY: usize = 1_000;
/// The most records of a request that only asks whether anything is there.
pub(super) const FEW: usize = 50;
/// Hints number their requests from here, so that they sort behind the chunks of the node's own request.
const FIRST_NUMBER: u32 = u32::MAX - MOST_REQUESTS;

/// Sends the hint requests of one node.
pub(super) struct Asker<'r> {
    run: &'r Run<'r>,
    id: NodeId,
    sent: Cell<u32>,
    /// Whether a source left out values that are longer than its index keeps.
    gaps: Cell<bool>,
    /// Where processes of the records that came last are told apart by the ladder.
    ladder: RefCell<Ladder>,
}

impl<'r> Asker<'r> {
    pub(super) fn new(run: &'r Run<'r>, id: NodeId) -> Self {
        Self { run, id, sent: Cell::new(0), gaps: Cell::new(false), ladder: RefCell::default() }
    }

    /// Where processes of the records that came last are told apart by the ladder.
    pub(super) fn ladder(&self) -> Ladder {
        self.ladder.borrow().clone()
    }

    /// The hint, with a note when the requests could not see long values.
    pub(super) fn with_gap_note(&self, hint: Diagnostic) -> Diagnostic {
        if self.gaps.get() { hint.note("values longer than the index keeps were not looked at") } else { hint }
    }

    /// The records of a request for `node`, which takes the place of the asker's own node. `None` when the hunt or this
    /// statement has no request left, or the request fails.
    pub(super) fn ask(&self, node: &Node, keys: Option<(&[&Key], EntityId)>, most: usize, why: &str) -> Option<Sample> {
        let template = (self.run.job.request_of)(self.id, node)?;
        self.send(node, &template, keys, most, why)
    }

    /// As [`Self::ask`], without the records of `known` where its request says exactly which these are.
    pub(super) fn ask_beyond(
        &self,
        node: &Node,
        known: &Node,
        keys: Option<(&[&Key], EntityId)>,
        most: usize,
        why: &str,
    ) -> Option<Sample> {
        let mut template = (self.run.job.request_of)(self.id, node)?;
        let known = (self.run.job.request_of)(self.id, known)?.form;
        if known.exactness == Exactness::Exact {
            template.form.query = Query::all_but(template.form.query, known.query);
        }
        self.send(node, &template, keys, most, why)
    }

    fn send(
        &self,
        node: &Node,
        template: &RequestTemplate,
        keys: Option<(&[&Key], EntityId)>,
        most: usize,
        why: &str,
    ) -> Option<Sample> {
        let (run, number) = (self.run, self.sent.get());
        let options = run.options;
        let spent = options.max_requests.is_some_and(|most| run.sent.load(Ordering::Relaxed) >= most);
        if number >= MOST_REQUESTS || spent || options.allowance.check().is_err() {
            return None;
        }
        let form = &template.form;
        let columns = run.hole_values(&form.query).ok()?;
        let fill = Fill {
            keys: keys.map(|(keys, _)| keys).unwrap_or_default(),
            entity: keys.map(|(_, entity)| entity),
            catalog: run.job.catalog,
            columns: &columns,
            any: false,
        };
        let request = bind::request(template, form, &fill);
        let source = run.open(node, template.source).ok()?;
        self.sent.set(number + 1);
        run.sent.fetch_add(1, Ordering::Relaxed);
        let mut report = run.request_report(self.id, number, template, Exactness::Superset, &request);
        report.id = format!("{:?}.hint{number}", self.id);
        report.purpose = format!("statement {}: hint, {why}", node.statement);
        let context = run.context(&report.id);
        let begun = Instant::now();
        let answer = source.sample(&request, most, &context);
        report.elapsed = begun.elapsed();
        report.pages = context.stats.pages.load(Ordering::Relaxed);
        report.retries = context.stats.retries.load(Ordering::Relaxed);
        report.records = answer.as_ref().map_or(0, |sample| sample.records.len() as u64);
        if answer.as_ref().is_ok_and(|sample| sample.gaps) {
            self.gaps.set(true);
        }
        if answer.is_err() {
            (report.status, report.complete) = (RequestStatus::Failed, false);
        }
        locked(&run.requests).push((self.id, FIRST_NUMBER + number, report));
        let sample = answer.ok()?;
        if template.ladder {
            *self.ladder.borrow_mut() = run.ladder(node, template.source, &sample.records).ok()?;
        }
        Some(sample)
    }
}
