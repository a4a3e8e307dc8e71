//! On which hosts of a source processes have entity ids, and where they are told apart otherwise (semantics.md §2).

use super::values::{first_text, typed};
use super::view::View;
use crate::source::{Column, Records};
use foldhash::HashSet;
use huntc_compiler::catalog::{Catalog, EntityId, SlotId, ValueType};
use std::collections::BTreeSet;
use std::sync::Arc;

/// `host.name`; records without one are a host of their own.
pub type HostName = Option<Arc<str>>;

/// Where processes without entity id are told apart by host, pid and life.
#[derive(Clone, Debug, Default)]
pub enum Ladder {
    /// Nowhere: they are unidentified.
    #[default]
    Nowhere,
    /// On every host.
    Everywhere,
    /// On every host but these, which have entity ids.
    AllBut(Arc<HashSet<HostName>>),
}

impl Ladder {
    /// Whether it holds on a host.
    pub(crate) fn holds(&self, host: &HostName) -> bool {
        match self {
            Self::Nowhere => false,
            Self::Everywhere => true,
            Self::AllBut(hosts) => !hosts.contains(host),
        }
    }
}

/// What is known of the hosts of a source.
#[derive(Debug, Default)]
pub struct Hosts {
    with_ids: Arc<HashSet<HostName>>,
    without_ids: HashSet<HostName>,
}

impl Hosts {
    /// Takes in what records show: where one has an entity id and a pid, its host has entity ids.
    pub fn learn(&mut self, records: &Records) {
        let (ids, pids) = (records.column("process.entity_id"), records.column("process.pid"));
        let (Some(ids), Some(pids)) = (ids, pids) else { return };
        let (is_id, is_pid) = (readable(ids, ValueType::EntityId), readable(pids, ValueType::Integer));
        let has = |column: &Column, readable: &[bool], record: usize| {
            column.codes(record).iter().any(|code| readable.get(*code as usize).copied().unwrap_or(false))
        };
        let hosts = HostCodes::new(records);
        let mut seen = vec![false; hosts.count()];
        for record in 0..records.len() {
            let seen = &mut seen[hosts.code(record)];
            if !*seen && has(ids, &is_id, record) && has(pids, &is_pid, record) {
                *seen = true;
                let host = hosts.name(record);
                if !self.with_ids.contains(&host) {
                    Arc::make_mut(&mut self.with_ids).insert(host);
                }
            }
        }
    }

    /// Hosts of processes without entity id, of which nothing is known yet.
    pub fn undecided(&self, catalog: &Catalog, records: &Records) -> Vec<HostName> {
        let hosts = HostCodes::new(records);
        let mut known = vec![None; hosts.count()];
        let mut is_known = |record| {
            *known[hosts.code(record)].get_or_insert_with(|| {
                let host = hosts.name(record);
                self.with_ids.contains(&host) || self.without_ids.contains(&host)
            })
        };
        let unknown: Vec<usize> = (0..records.len()).filter(|record| !is_known(*record)).collect();
        if unknown.is_empty() {
            // As of most answers: the slots need not be looked at.
            return Vec::new();
        }
        let kinds = (0u16..).map(EntityId).zip(&catalog.entities).filter(|(_, kind)| kind.identity.ladder);
        let slots = kinds.flat_map(|(id, kind)| (0u8..).map(SlotId).zip(&kind.slots).map(move |(slot, _)| (id, slot)));
        let views: Vec<View<'_>> = slots.map(|(entity, slot)| View::new(catalog, entity, slot, records, [])).collect();
        let mut done = vec![false; hosts.count()];
        let mut found = BTreeSet::new();
        for record in unknown {
            let done = &mut done[hosts.code(record)];
            if !*done && views.iter().any(|view| view.lacks_identity(record)) {
                *done = true;
                found.insert(hosts.name(record));
            }
        }
        found.into_iter().collect()
    }

    /// Of some hosts those that are not known to have entity ids.
    pub fn open(&self, hosts: &[HostName]) -> Vec<HostName> {
        hosts.iter().filter(|host| !self.with_ids.contains(*host)).cloned().collect()
    }

    /// No record of these has an entity id.
    pub fn settle(&mut self, hosts: Vec<HostName>) {
        self.without_ids.extend(hosts);
    }

    /// Where processes without entity id are told apart.
    pub fn ladder(&self) -> Ladder {
        Ladder::AllBut(Arc::clone(&self.with_ids))
    }
}

/// For each value of a dictionary whether it is one of a type.
fn readable(column: &Column, ty: ValueType) -> Vec<bool> {
    column.dictionary.iter().map(|scalar| typed(scalar, ty).is_some()).collect()
}

/// The hosts of records by number, so that each is looked at once.
pub(super) struct HostCodes<'r>(Option<&'r Column>);

impl<'r> HostCodes<'r> {
    pub(super) fn new(records: &'r Records) -> Self {
        Self(records.column("host.name"))
    }

    /// One more than the largest number.
    pub(super) fn count(&self) -> usize {
        1 + self.0.map_or(0, |column| column.dictionary.len())
    }

    /// 0 where a record names no host.
    pub(super) fn code(&self, record: usize) -> usize {
        self.0.and_then(|column| column.codes(record).first()).map_or(0, |code| 1 + *code as usize)
    }

    pub(super) fn name(&self, record: usize) -> HostName {
        first_text(self.0, record)
    }
}
