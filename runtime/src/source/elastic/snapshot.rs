//! Points in time: the records that are read under one do not change meanwhile.

use super::answer::{self, Answer, Clusters, Shards};
use super::client::Call;
use super::connection::Connection;
use super::coverage;
use super::fault::{Fault, FaultKind};
use super::server::Product;
use crate::source::FetchContext;
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// How long the server keeps it unused; each page renews that time.
pub(super) const KEEP_ALIVE: &str = "5m";

/// An open point in time.
pub(super) struct Snapshot {
    product: Product,
    /// The latest id: servers may change it with any answer.
    id: Mutex<String>,
    /// Set when shards are missing in it.
    partial: AtomicBool,
    /// Set when it was seen to cover the indices that there were when it was opened.
    covers: AtomicBool,
    /// Over how many shards it was opened; old servers do not say.
    pub(super) shards: Option<u64>,
}

#[derive(Deserialize)]
struct Opened {
    #[serde(alias = "pit_id")]
    id: Option<String>,
    #[serde(rename = "_shards")]
    shards: Option<Shards>,
    /// New servers tell which remote clusters they left out.
    #[serde(rename = "_clusters")]
    clusters: Option<Clusters>,
}

impl Snapshot {
    /// Opens a point in time over the indices of the source. A pattern that matches nothing is an error, not an empty answer.
    /// `lenient`: shards may be missing.
    pub(super) fn open(connection: &Connection, context: &FetchContext, lenient: bool) -> Result<Self, Fault> {
        let server = connection.server(context)?;
        let product = server.product;
        let common = format!("keep_alive={KEEP_ALIVE}&allow_no_indices=false&ignore_unavailable=false");
        let path = match product {
            // Elasticsearch refuses missing shards by itself, and its old versions have no parameter for that.
            Product::Elasticsearch if lenient && server.has_partial_opening() => {
                format!("{}/_pit?{common}&allow_partial_search_results=true", connection.indices())
            }
            Product::Elasticsearch => format!("{}/_pit?{common}", connection.indices()),
            Product::OpenSearch => {
                format!("{}/_search/point_in_time?{common}&allow_partial_pit_creation={lenient}", connection.indices())
            }
        };
        let call = Call { method: Method::POST, ..connection.get(path) };
        // Neither needs the other.
        let (opened, all) = thread::scope(|scope| {
            let beside = || coverage::of_expression(connection, context, lenient);
            let all = coverage::is_asked_for(connection).then(|| scope.spawn(beside));
            let opened = connection.send(&call, context, |reply| Self::read(&reply.body, product, connection, context, lenient));
            let lost = |_| Err(Fault::new(FaultKind::Rejected, "a thread that asked ended early"));
            (opened, all.map(|all| all.join().unwrap_or_else(lost)))
        });
        let snapshot = opened?;
        let covers = all
            .map(|all| all.and_then(|all| coverage::check(connection, context, (&snapshot.id(), snapshot.shards), all, lenient)));
        match covers {
            Some(Err(fault)) if lenient && fault.leaves_a_part() => snapshot.set_partial(),
            Some(Err(fault)) => {
                snapshot.close(connection, context);
                return Err(fault);
            }
            Some(Ok(())) | None => {}
        }
        Ok(snapshot)
    }

    /// Reads the answer to an opening. What was opened and cannot be used is closed.
    fn read(body: &[u8], product: Product, connection: &Connection, context: &FetchContext, lenient: bool) -> Result<Self, Fault> {
        let opened = serde_json::from_slice(body).map_err(|e| {
            if let Some(id) = answer::opened(body) {
                Self { product, id: Mutex::new(id), partial: true.into(), covers: false.into(), shards: None }
                    .close(connection, context);
            }
            Fault::new(FaultKind::Malformed, format!("no point in time: {e}"))
        });
        let opened: Opened = opened?;
        let Some(id) = opened.id.filter(|id| !id.is_empty()) else {
            return Err(Fault::new(FaultKind::NoSuchIndex, "the point in time covers no index"));
        };
        let whole = opened.shards.as_ref().map_or(Ok(()), Shards::whole);
        let whole = whole.and_then(|()| opened.clusters.as_ref().map_or(Ok(()), Clusters::whole));
        let shards = opened.shards.as_ref().map(Shards::count);
        let snapshot = Self { product, id: Mutex::new(id), partial: whole.is_err().into(), covers: false.into(), shards };
        match whole {
            Err(fault) if !lenient => {
                // It was opened all the same, and stays so until it is closed.
                snapshot.close(connection, context);
                Err(fault)
            }
            _ => Ok(snapshot),
        }
    }

    /// Whether shards are missing in it.
    pub(super) fn is_partial(&self) -> bool {
        self.partial.load(Ordering::Relaxed)
    }

    /// Shards are missing in it, and a part may do.
    pub(super) fn set_partial(&self) {
        self.partial.store(true, Ordering::Relaxed);
    }

    /// Whether it was seen to cover the indices that there were when it was opened.
    pub(super) fn is_seen_to_cover(&self) -> bool {
        self.covers.load(Ordering::Relaxed)
    }

    /// It covers the indices that there were when it was opened, or a part may do.
    pub(super) fn see_that_it_covers(&self) {
        self.covers.store(true, Ordering::Relaxed);
    }

    /// The id for the next request.
    pub(super) fn id(&self) -> String {
        self.id.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes the id of an answer, if it has one.
    pub(super) fn renew(&self, id: Option<String>) {
        if let Some(id) = id.filter(|id| !id.is_empty()) {
            *self.id.lock().unwrap_or_else(PoisonError::into_inner) = id;
        }
    }

    /// The error when a search under it went to fewer shards than it was opened over.
    pub(super) fn covers(&self, answer: &Answer<'_>) -> Result<(), Fault> {
        match (self.shards, answer.shard_count()) {
            (Some(opened), Some(searched)) if searched < opened => {
                let what = format!("the point in time was opened over {opened} shards, and a search under it went to {searched}");
                Err(Fault::new(FaultKind::Incomplete, what))
            }
            _ => Ok(()),
        }
    }

    /// Closes it, even when the run was interrupted. A fault has no effect: the server closes it later by itself.
    pub(super) fn close(&self, connection: &Connection, context: &FetchContext) {
        let id = self.id();
        let (path, body) = match self.product {
            Product::Elasticsearch => ("_pit", json!({ "id": id })),
            Product::OpenSearch => ("_search/point_in_time", json!({ "pit_id": [id] })),
        };
        connection.let_go(path, &body, context);
    }
}
