//! Where the records of a reading go: on to whoever asked, part by part while others are read, or all together.

use super::columns::RecordsBuilder;
use super::fault::{Fault, FaultKind};
use crate::allowance::Spent;
use crate::source::{Sink, SourceError};

/// Takes the records of a reading.
pub(super) enum Outlet<'s> {
    /// Gives them on.
    Parts(PartByPart<'s>),
    /// Keeps them.
    Together(RecordsBuilder),
}

pub(super) struct PartByPart<'s> {
    sink: &'s mut dyn Sink,
    /// The names of the columns that are given on.
    names: Vec<String>,
    /// The ids of all records so far: none may come twice.
    ids: Vec<u64>,
    /// Why no more are wanted.
    refused: Option<SourceError>,
}

impl<'s> Outlet<'s> {
    /// Gives records on whose columns have these names.
    pub(super) fn parts(sink: &'s mut dyn Sink, names: Vec<String>) -> Self {
        Self::Parts(PartByPart { sink, names, ids: Vec::new(), refused: None })
    }

    /// A reading begins, perhaps anew: what came so far does not count. `empty` has the columns of the records.
    pub(super) fn begin(&mut self, empty: RecordsBuilder) {
        match self {
            Self::Parts(parts) => {
                parts.ids.clear();
                parts.sink.begin();
            }
            Self::Together(all) => *all = empty,
        }
    }

    /// Takes records.
    pub(super) fn take(&mut self, records: RecordsBuilder) -> Result<(), Fault> {
        match self {
            Self::Parts(parts) => {
                parts.ids.extend(records.ids());
                let records = records.finish(parts.names.iter().map(String::as_str));
                parts.sink.take(records).map_err(|refused| {
                    parts.refused = Some(refused);
                    Fault::new(FaultKind::Spent(Spent::Cancelled), "")
                })
            }
            Self::Together(all) => {
                all.append(records);
                Ok(())
            }
        }
    }

    /// Whether no record came twice.
    pub(super) fn distinct(&mut self) -> bool {
        match self {
            Self::Parts(parts) => {
                parts.ids.sort_unstable();
                parts.ids.windows(2).all(|pair| pair[0] != pair[1])
            }
            Self::Together(all) => all.distinct(),
        }
    }

    /// Roughly how many bytes of what it took it keeps.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Parts(parts) => size_of_val(parts.ids.as_slice()),
            Self::Together(all) => all.bytes(),
        }
    }

    /// Why whoever asked wants no more records.
    pub(super) fn refused(self) -> Option<SourceError> {
        if let Self::Parts(parts) = self { parts.refused } else { None }
    }
}
