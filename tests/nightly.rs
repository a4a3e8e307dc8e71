//! Nights on telemetry: thirty nights of the compiler, the executor and the embedded store, the program itself, and budgets.

mod budgets;
mod program;
mod telemetry;
