//! The huntflows of the demo: the published ones, and those for every night.

/// File name and text of a huntflow.
pub type DemoHunt = (&'static str, &'static str);

macro_rules! nightly {
    ($($name:literal)*) => { &[$(($name, include_str!(concat!("../../../huntflows/nightly/", $name)))),*] };
}

/// The published hunts, in the order in which they are run.
pub const HUNTS: [DemoHunt; 2] = [
    ("scheduled-tasks.hf", include_str!("../../../huntflows/scheduled-tasks.hf")),
    ("backward-and-forward-tracking.hf", include_str!("../../../huntflows/backward-and-forward-tracking.hf")),
];

/// The hunts for every night.
pub const NIGHTLY: &[DemoHunt] = nightly! {
    "account-created.hf"
    "discovery-burst.hf"
    "dll-search-order-hijack.hf"
    "encoded-powershell.hf"
    "lsass-access.hf"
    "lsass-dump.hf"
    "rare-outbound-ports.hf"
    "run-keys.hf"
    "scheduled-task-created.hf"
    "scheduled-task-registered.hf"
    "service-created.hf"
    "signed-proxy-execution.hf"
    "suspicious-parents.hf"
    "winrm-lateral-movement.hf"
    "wmi-lateral-movement.hf"
};

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::NIGHTLY;

    #[test]
    fn every_hunt_of_the_folder_is_there() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../huntflows/nightly");
        let names = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        // Beside each lies its test.
        let mut names: Vec<String> = names.filter(|name| !name.contains(".test")).collect();
        names.sort();
        assert_eq!(NIGHTLY.iter().map(|(name, _)| *name).collect::<Vec<_>>(), names);
    }
}
