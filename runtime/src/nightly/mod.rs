//! Nightly hunts: a folder of huntflows looks at every minute of telemetry once it is there, remembers what it found,
//! and reports what is new and what could not be looked at.
//!
//! All that must survive is in one database. A night goes through the steps of [`step::NightStep`]; between any two of
//! them the process may be killed, and the next run goes on from what the database and the report folder say.

pub mod cache;
pub mod discover;
pub mod engine;
pub mod finding;
pub mod install;
pub mod lock;
pub mod model;
pub mod news;
pub mod night;
pub mod notify;
pub(crate) mod output;
mod prune;
mod publish;
pub mod record;
pub mod state;
pub mod status;
pub mod step;
pub mod suppress;
pub mod window;
mod work;

#[cfg(test)]
mod tests;
