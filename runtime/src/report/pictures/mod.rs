//! Pictures of a hunt, written from its own figures: the plan as a graph, a timeline, a matrix, trees of processes. Each is
//! inline SVG or HTML without anything that loads, and has a text form beside it.
//!
//! The classes are those of `pictures.css`, in light and in dark. `brush.js` makes the timeline choose rows of tables.

mod folding_list;
mod layout;
mod matrix;
mod plan;
mod processes;
mod svg;
mod timeline;
mod tree;

pub use matrix::matrix;
pub use plan::{plan, plan_of_dry_run};
pub use processes::processes;
pub use timeline::{timeline, timeline_as_file};
pub use tree::tree;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests;

/// The style of all pictures.
pub const STYLE: &str = include_str!("pictures.css");

/// Lets readers choose a part of a timeline, and hides the rows of tables that lie outside: `<tr data-time="MILLISECONDS"
/// data-host="NAME">`. A page that hides rows itself listens for `huntc-brush` and prevents the default.
pub const SCRIPT: &str = include_str!("brush.js");

/// A picture for a page: HTML that may stand anywhere in a body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Picture {
    /// What is seen.
    pub image: String,
    /// The same as a table or list.
    pub text: String,
}
