//! Child processes in a process group of their own, so that the end of their time ends everything that they started too.

use std::process::{Child, Command};

/// Makes the command the leader of a process group.
pub fn lead(command: &mut Command) -> &mut Command {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    command
}

/// Kills a child that leads its group, with all processes of the group, and waits for the child.
///
/// The child must not have been waited for: its number belongs to it until then.
pub fn kill(child: &mut Child) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}
