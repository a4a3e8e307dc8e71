//! The connection to one server: its client, its product and version, retries, and faults as messages.

use super::answer::FILTER;
use super::client::{Call, Client, Reply};
use super::config::ElasticConfig;
use super::detect::{self, Answered};
use super::fault::{Fault, FaultKind, Repeat};
use super::message;
use super::retry::{Gate, Retries};
use super::server::Server;
use crate::source::{FetchContext, SourceError};
use reqwest::Method;
use serde::Serialize;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// How long a server may take to let go of something, while the hunt goes on and when its time is over.
const LETTING_GO: Duration = Duration::from_secs(5);
const LETTING_GO_LATE: Duration = Duration::from_millis(300);

/// The most of what a server was not reached with that is told later.
const MOST_KEPT: usize = 100;

/// The connection to one server.
pub(super) struct Connection {
    pub(super) config: ElasticConfig,
    client: Client,
    retries: Retries,
    gate: Gate,
    server: OnceLock<Server>,
    /// Held while the server is asked what it is: statements that start together need one answer.
    detecting: Mutex<()>,
    /// What the server was not reached with that it need not keep.
    kept: Mutex<Vec<Call>>,
}

impl Connection {
    pub(super) fn new(config: ElasticConfig) -> Result<Self, SourceError> {
        let client = Client::new(&config)?;
        let (retries, gate) = (Retries::new(&config), Gate::new(config.concurrency));
        Ok(Self { config, client, retries, gate, server: OnceLock::new(), detecting: Mutex::new(()), kept: Mutex::default() })
    }

    /// Sends a request until `check` accepts the answer, the fault is final, or the tries are used up.
    pub(super) fn send<T>(
        &self,
        call: &Call,
        context: &FetchContext,
        check: impl FnMut(Reply) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        self.retries.send(&self.client, &self.gate, call, context, check)
    }

    /// Tells the server what it need not keep, also when the hunt may not go on. What does not get through is told again, with the
    /// next thing that does too. A fault has no effect, and nobody waits for long: the server lets go by itself later.
    pub(super) fn let_go(&self, path: &str, body: &serde_json::Value, context: &FetchContext) {
        let timeout = if context.allowance.check().is_ok() { LETTING_GO } else { LETTING_GO_LATE };
        let context = FetchContext { request_id: context.request_id.clone(), ..FetchContext::default() };
        let body = Some(body.to_string().into_bytes());
        let call = Call { method: Method::DELETE, path: path.to_owned(), body, timeout, shrinks: false };
        if self.lets_go(&call, &context) {
            return self.let_go_of_kept(&context);
        }
        std::thread::sleep(self.config.backoff.min(LETTING_GO_LATE));
        if !self.lets_go(&call, &context) {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() < MOST_KEPT {
                kept.push(call);
            }
        }
    }

    /// Tells the server once more what it was not reached with.
    pub(super) fn let_go_of_kept(&self, context: &FetchContext) {
        let kept = std::mem::take(&mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner));
        for call in kept {
            if !self.lets_go(&Call { timeout: LETTING_GO_LATE, ..call }, context) {
                return;
            }
        }
    }

    /// Tells the server what it need not keep. False where it may be reached with that later.
    fn lets_go(&self, call: &Call, context: &FetchContext) -> bool {
        match self.send_once(call, context) {
            Ok(_) => true,
            Err(fault) => fault.kind == FaultKind::Timeout || fault.again(true) == Repeat::Never,
        }
    }

    /// One try, without waiting for other requests.
    pub(super) fn send_once(&self, call: &Call, context: &FetchContext) -> Result<Reply, Fault> {
        self.client.send(call, context)
    }

    /// A POST with a JSON body.
    pub(super) fn post(&self, path: String, body: &impl Serialize) -> Result<Call, Fault> {
        let body = serde_json::to_vec(body).map_err(|e| Fault::new(FaultKind::Rejected, e.to_string()))?;
        Ok(Call { method: Method::POST, path, body: Some(body), timeout: self.config.timeout, shrinks: false })
    }

    /// A search over the indices of the source. `lenient`: a part of the answer may do.
    pub(super) fn search(&self, lenient: bool, body: &impl Serialize) -> Result<Call, Fault> {
        let options = format!("allow_partial_search_results={lenient}&allow_no_indices=false&ignore_unavailable=false");
        self.post(format!("{}/_search?{options}&{FILTER}", self.indices()), body)
    }

    /// A search under the point in time that the body names. `lenient`: a part of the answer may do.
    pub(super) fn search_under(&self, lenient: bool, body: &impl Serialize) -> Result<Call, Fault> {
        self.post(format!("_search?allow_partial_search_results={lenient}&{FILTER}"), body)
    }

    pub(super) fn get(&self, path: String) -> Call {
        Call { method: Method::GET, path, body: None, timeout: self.config.timeout, shrinks: false }
    }

    /// The product and the version of the server, which is asked once.
    pub(super) fn server(&self, context: &FetchContext) -> Result<&Server, Fault> {
        if let Some(server) = self.server.get() {
            return Ok(server);
        }
        let _detecting = self.detecting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = self.server.get() {
            return Ok(server);
        }
        let send = |call: Call| match self.send(&call, context, Ok) {
            Ok(reply) => Ok(Answered::reply(reply)),
            Err(fault) => Answered::refusal(fault),
        };
        let mut server = detect::detect(self.config.timeout, send)?;
        // A server may repeat what it was sent.
        server.version = server.version.map(|version| self.config.auth.hide(&version));
        Ok(self.server.get_or_init(|| server))
    }

    /// The index expression as part of a path.
    pub(super) fn indices(&self) -> String {
        encode(&self.config.indices)
    }

    /// A fault as an error for the user.
    pub(super) fn explain(&self, fault: &Fault) -> SourceError {
        message::of(&self.config, fault)
    }
}

/// Names of indices and fields as parts of a path.
pub(super) use huntc_compiler::index_name::in_path as encode;
