//! Windows events in whatever wrapping they come, as ECS documents.
//!
//! Lines are judged one by one: each wrapping recognises its own, and makes a [`event::WindowsEvent`] of it; [`ecs`] makes the document,
//! by the tables of `data/`. What is ECS already, and what nothing recognises, stays as it is.

mod command_line;
mod document;
mod ecs;
mod event;
mod event_time;
mod json;
mod network;
mod nxlog;
mod powershell;
mod tables;
mod values;

use json::Json;
use memchr::memmem::Finder;
use std::sync::LazyLock;

/// A key that only wrapped events have.
static MARK: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"EventID\""));

/// The ECS document of a line that is a Windows event in a wrapping.
pub(crate) fn ecs_of(line: &[u8]) -> Option<Vec<u8>> {
    MARK.find(line)?;
    let document = Json::read(line)?;
    let event = if nxlog::is(&document) { nxlog::event(document)? } else { return None };
    ecs::document(event)
}

#[cfg(test)]
mod tests;
