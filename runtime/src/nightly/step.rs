//! The steps of a night. Between any two of them the process may be killed; the tests walk this list.

use crate::source::SourceError;

/// A step that was just done.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum NightStep {
    /// No other run works with the state.
    Locked,
    /// What a killed run left was finished or given up.
    Recovered,
    /// The night and its hunts are in the state.
    NightOpened,
    /// A hunt looked at a window; nothing of it is in the state yet.
    WindowLooked,
    /// The window's end and its findings are in the state, in one transaction.
    WindowCommitted,
    /// What the report will say is in the state.
    Prepared,
    /// The report is written, under a name that nobody reads.
    FolderWritten,
    /// The report has its name: from here on it was given out.
    FolderInPlace,
    /// Its findings are old news, and its notifications wait to be sent.
    Published,
    /// A notification was delivered; the state does not know yet.
    NotificationSent,
    /// The state knows that it was.
    NotificationSettled,
    /// What is past its time is gone.
    Pruned,
}

impl NightStep {
    /// All, in order.
    pub const ALL: [Self; 12] = [
        Self::Locked,
        Self::Recovered,
        Self::NightOpened,
        Self::WindowLooked,
        Self::WindowCommitted,
        Self::Prepared,
        Self::FolderWritten,
        Self::FolderInPlace,
        Self::Published,
        Self::NotificationSent,
        Self::NotificationSettled,
        Self::Pruned,
    ];
}

/// Why a night ends early.
#[derive(Clone, Debug)]
pub enum Stop {
    /// It cannot go on.
    Problem(Box<SourceError>),
    /// A watcher wants it to end here, as a kill would.
    Killed,
}

impl From<SourceError> for Stop {
    fn from(error: SourceError) -> Self {
        Self::Problem(Box::new(error))
    }
}

/// Told of every step as it is done.
pub type Watch<'a> = dyn Fn(NightStep) -> Result<(), Stop> + Sync + 'a;
