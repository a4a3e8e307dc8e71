//! Random hunts that mostly ask which values occur together and how often: what a source may answer without giving records.

use super::Rng;
use super::hunt::Env;
use crate::oracle::{World, run_text};

/// An instant as servers keep it: in milliseconds.
fn in_millis(time: &str) -> String {
    match time.trim_end_matches('Z').split_once('.') {
        Some((seconds, fraction)) => format!("{seconds}.{:0<3}Z", &fraction[..fraction.len().min(3)]),
        None => format!("{}.000Z", time.trim_end_matches('Z')),
    }
}

/// A random hunt: its statements, one a line.
pub(crate) fn counted_hunt(rng: Rng, world: &World) -> Vec<String> {
    let mut env = Env::new(rng, world);
    env.times = env.times.iter().map(|time| in_millis(time)).collect();
    env.times.dedup();
    let count = 3 + env.rng.below(4);
    let mut lines: Vec<String> = Vec::new();
    while lines.len() < count {
        let before = env.known.clone();
        let next = match env.rng.below(10) {
            _ if lines.is_empty() => Some(env.get_source()),
            0 => Some(env.get_source()),
            number => {
                let known = env.rng.pick(&env.known.clone()).clone();
                match number {
                    1..=2 => env.find(&known),
                    3..=5 => env.group(&known),
                    6 => env.merge(&known),
                    7 => Some(env.facts(&known)),
                    _ => Some(env.disp(&known)),
                }
            }
        };
        let Some(line) = next else { continue };
        lines.push(line);
        let outcome = run_text(world, &lines.join("\n"));
        let unknown = outcome.is_err();
        let empty = outcome.is_ok_and(|o| o.bindings.last().is_some_and(|b| b.entities == 0));
        if unknown || empty && env.rng.chance(95) {
            lines.pop();
            env.known = before;
        }
    }
    lines
}
