//! The mappings of a source's indices, for the fields that requests use.

mod ask;
mod capabilities;
mod extent;
mod kept;
mod kinds;
mod parameters;
mod read;
mod together;

use ask::Questioner;
use extent::Extent;
pub(super) use kinds::{FieldKind, FieldMapping, Indices, ValuesKept};
pub(super) use read::MappingAnswers;

use super::connection::Connection;
use super::fault::{Fault, FaultKind};
use super::privileges::Privileges;
use crate::source::FetchContext;
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// The mappings that were read so far. Each field is asked for once.
#[derive(Default)]
pub(super) struct Mappings {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    known: BTreeSet<String>,
    indices: Arc<Indices>,
    /// The parts of the expression that did not answer.
    silent: Vec<String>,
    extent: Extent,
    privileges: Option<Privileges>,
}

impl Mappings {
    /// The mappings of these fields, and possibly of others. An error when the source cannot be seen whole; where a part of it
    /// is allowed, that is marked.
    pub(super) fn of(
        &self,
        connection: &Connection,
        context: &FetchContext,
        fields: &BTreeSet<String>,
    ) -> Result<Arc<Indices>, Fault> {
        // The lock is held during the request, because requests that start together need the same mappings.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let state = &mut *state;
        connection.server(context)?;
        if !state.silent.is_empty() && !context.allow_partial {
            // They may answer now, and must.
            *state = State { privileges: state.privileges.take(), ..State::default() };
        }
        let missing: BTreeSet<String> = fields.difference(&state.known).cloned().collect();
        if !missing.is_empty() {
            state.add(connection, context, missing)?;
        }
        state.privileges.iter().try_for_each(|p| p.check(context))?;
        if !state.silent.is_empty() {
            context.stats.partial.store(true, Ordering::Relaxed);
        }
        Ok(Arc::clone(&state.indices))
    }

    /// The indices of which something was read.
    pub(super) fn known(&self) -> BTreeSet<String> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).indices.keys().cloned().collect()
    }

    /// The indices that there are now.
    pub(super) fn indices(&self, connection: &Connection, context: &FetchContext) -> Result<BTreeSet<String>, Fault> {
        let unmapped = self.state.lock().unwrap_or_else(PoisonError::into_inner).is_unmapped();
        let questioner = Questioner { connection, context, patient: true };
        Ok(questioner.ask(&BTreeSet::from(["@timestamp".to_owned()]), unmapped)?.indices.into_keys().collect())
    }

    /// The parts of the source that did not answer when its mappings were asked for.
    pub(super) fn silent(&self) -> Vec<String> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).silent.clone()
    }

    /// The indices that searches pass over without a word, each with why.
    pub(super) fn passed_over(&self) -> Vec<(String, &'static str)> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.extent.passed_over.iter().map(|(index, why)| (index.clone(), *why)).collect()
    }

    /// Where a search that goes to so many shards cannot reach all open indices of the expression: how many shards these have, and
    /// which of them have no mappings here.
    pub(super) fn beyond(&self, searched: u64) -> Option<(u64, Vec<String>)> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.extent.beyond(searched, |index| state.indices.contains_key(index))
    }

    /// Forgets everything, after the mappings changed.
    pub(super) fn forget(&self) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = State::default();
    }
}

impl State {
    /// Whether mappings may not be seen.
    fn is_unmapped(&self) -> bool {
        self.privileges.as_ref().is_some_and(|p| !p.unmapped.is_empty())
    }

    /// Asks for these fields, and for what the credentials may see when that is not known yet.
    fn add(&mut self, connection: &Connection, context: &FetchContext, mut missing: BTreeSet<String>) -> Result<(), Fault> {
        let unmapped = self.is_unmapped();
        let questioner = Questioner { connection, context, patient: self.silent.is_empty() };
        let (mut found, privileges) = match &self.privileges {
            Some(_) => (questioner.ask(&missing, unmapped), None),
            None => thread::scope(|scope| {
                let privileges = scope.spawn(|| Privileges::ask(connection, context, false));
                let found = questioner.ask(&missing, unmapped);
                (found, Some(privileges.join().unwrap_or_else(|_| Err(Fault::new(FaultKind::Stopped, "")))))
            }),
        };
        if let Some(privileges) = privileges.transpose()? {
            if !privileges.unmapped.is_empty() {
                // The server told of those mappings only that may be seen.
                found = questioner.ask(&missing, true);
            }
            self.privileges.insert(privileges).check(context)?;
        }
        let unmapped = self.is_unmapped();
        let mut found = found?;
        if !self.known.is_empty() && !found.indices.keys().eq(self.indices.keys()) {
            // An index was added or removed since the last time.
            missing.extend(self.known.iter().cloned());
            found = questioner.ask(&missing, unmapped)?;
            self.indices = Arc::default();
        }
        let mut indices = (*self.indices).clone();
        for (index, fields) in found.indices {
            indices.entry(index).or_default().extend(fields);
        }
        (self.silent, self.extent) = (found.silent, found.extent);
        self.known.extend(missing);
        self.indices = Arc::new(indices);
        Ok(())
    }
}
