//! The steps of a night. The process may be killed between any two of them; tests do that after each.

use crate::source::SourceError;

/// A step that was just completed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum NightStep {
    /// No other run works on the state.
    Locked,
    /// Nights that killed runs left unfinished were completed or discarded.
    Recovered,
    /// The night and its hunts are in the state.
    NightOpened,
    /// What is known of the sources, and what hunts are due for, is in the state.
    SourcesSurveyed,
    /// A hunt has run over a window; the state has nothing of it yet.
    WindowLooked,
    /// The end of the window and its findings are in the state, in one transaction.
    WindowCommitted,
    /// The state contains what the report says.
    Prepared,
    /// The report is written, under a hidden name.
    FolderWritten,
    /// The report has its name: it is published.
    FolderInPlace,
    /// The state has its findings as reported, and its notifications as waiting.
    Published,
    /// A notification was delivered; the state does not know it yet.
    NotificationSent,
    /// The state knows that the notification was delivered.
    NotificationSettled,
    /// Everything that is too old was removed.
    Pruned,
    /// The state has a copy.
    Copied,
}

impl NightStep {
    /// All steps, in their order.
    pub const ALL: [Self; 14] = [
        Self::Locked,
        Self::Recovered,
        Self::NightOpened,
        Self::SourcesSurveyed,
        Self::WindowLooked,
        Self::WindowCommitted,
        Self::Prepared,
        Self::FolderWritten,
        Self::FolderInPlace,
        Self::Published,
        Self::NotificationSent,
        Self::NotificationSettled,
        Self::Pruned,
        Self::Copied,
    ];
}

/// Why a night ends early.
#[derive(Clone, Debug)]
pub enum Stop {
    /// An error, after which it cannot go on.
    Problem(Box<SourceError>),
    /// A watcher ends it here, as a kill would.
    Killed,
}

impl From<SourceError> for Stop {
    fn from(error: SourceError) -> Self {
        Self::Problem(Box::new(error))
    }
}

/// Called after every step.
pub type Watch<'a> = dyn Fn(NightStep) -> Result<(), Stop> + Sync + 'a;
