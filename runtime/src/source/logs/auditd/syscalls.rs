//! System calls by their numbers on each architecture, with the categories and types of ECS: `data/audit_syscalls.csv`.

use foldhash::HashMap;
use std::sync::LazyLock;

/// A system call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Syscall {
    pub(super) name: &'static str,
    pub(super) category: &'static str,
    pub(super) ty: &'static str,
}

/// 64-bit x86 and ARM, as `arch` has them.
const ARCHITECTURES: [&str; 2] = ["c000003e", "c00000b7"];

struct Table {
    by_number: HashMap<(usize, &'static str), Syscall>,
    by_name: HashMap<&'static str, Syscall>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table { by_number: HashMap::default(), by_name: HashMap::default() };
    for row in include_str!("../data/audit_syscalls.csv").lines().skip(1) {
        let cells: Vec<&'static str> = row.split(',').collect();
        let [x86, arm, name, category, ty] = cells.as_slice() else { continue };
        let syscall = Syscall { name, category, ty };
        for (architecture, number) in [x86, arm].into_iter().enumerate().filter(|(_, number)| !number.is_empty()) {
            table.by_number.insert((architecture, number), syscall);
        }
        table.by_name.insert(name, syscall);
    }
    table
});

/// The call of a number, or of a name.
pub(super) fn of(arch: &str, syscall: &str) -> Option<Syscall> {
    let architecture = ARCHITECTURES.iter().position(|known| *known == arch);
    let numbered = architecture.and_then(|at| TABLE.by_number.get(&(at, syscall)));
    numbered.or_else(|| TABLE.by_name.get(syscall)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_have_numbers_of_their_architecture() {
        assert_eq!(TABLE.by_name.len(), include_str!("../data/audit_syscalls.csv").lines().count() - 1);
        let name = |arch: &str, number: &str| of(arch, number).map(|call| call.name);
        assert_eq!(name("c000003e", "59"), Some("execve"));
        assert_eq!(name("c00000b7", "221"), Some("execve"));
        assert_eq!(name("x86_64", "connect"), Some("connect"));
        assert_eq!(name("40000003", "59"), None);
    }
}
