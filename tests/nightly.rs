//! Nights on telemetry: thirty nights of the compiler, the executor and the embedded store, and the program itself.

mod program;
mod telemetry;
