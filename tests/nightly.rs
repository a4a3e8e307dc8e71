//! Nights on telemetry: thirty nights of the compiler, the executor and the embedded store, the program itself, real
//! servers, and the hunts worth running.

mod budgets;
mod findings;
mod flags;
mod health;
mod hunts;
mod installed;
mod lab;
mod part;
mod program;
mod servers;
mod setup;
mod standing;
mod telemetry;
mod tested;
mod told;
mod tour;
