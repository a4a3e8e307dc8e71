//! Nights on telemetry: thirty nights of the compiler, the executor and the embedded store, the program itself, real
//! servers, and the hunts worth running.

mod budgets;
mod findings;
mod flags;
mod health;
mod hunts;
mod program;
mod servers;
mod setup;
mod telemetry;
mod tour;
