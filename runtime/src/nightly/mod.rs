//! Nightly hunts: runs the huntflows of a folder over all telemetry that arrived since the last night, remembers what
//! they found, and reports what is new and what could not be searched.
//!
//! Everything that must survive is in one database. A night consists of the steps of [`step::NightStep`]. The process
//! may be killed between any two of them; the next run continues from the state of the database and the report folder.

pub mod baggage;
pub mod cache;
pub mod discover;
pub mod engine;
pub mod face;
pub mod finding;
pub mod health;
pub mod install;
pub mod lock;
pub mod model;
pub mod news;
pub mod night;
pub mod notify;
pub mod openmetrics;
pub(crate) mod output;
pub mod overview;
pub mod preview;
mod prune;
mod publish;
pub mod record;
mod shell;
pub mod state;
pub mod status;
pub mod step;
pub mod suppress;
pub mod test_hunt;
pub mod window;
mod work;

#[cfg(test)]
mod tests;
