//! System calls by their numbers on each architecture, with what they are in ECS and in Auditbeat: `data/audit_syscalls.csv`, whose
//! numbers are those of the kernel's headers. The names of errors are in `data/audit_errors.csv`.

use foldhash::HashMap;
use std::sync::LazyLock;

/// A system call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Syscall {
    pub(super) name: &'static str,
    /// Empty where nothing is known but the name.
    pub(super) category: &'static str,
    /// Words of `event.type`.
    pub(super) types: &'static str,
    /// What Auditbeat calls it; empty where that has no word.
    pub(super) action: &'static str,
}

/// Architectures as `arch` has them, in the order of the table's columns, and others that have names.
const ARCHITECTURES: [(&str, &str); 8] = [
    ("c000003e", "x86_64"),
    ("c00000b7", "aarch64"),
    ("40000003", "i386"),
    ("40000028", "arm"),
    ("c0000015", "ppc64le"),
    ("80000015", "ppc64"),
    ("80000016", "s390x"),
    ("c00000f3", "riscv64"),
];

struct Table {
    by_number: HashMap<(usize, &'static str), Syscall>,
    by_name: HashMap<&'static str, Syscall>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table { by_number: HashMap::default(), by_name: HashMap::default() };
    for row in include_str!("../data/audit_syscalls.csv").lines().skip(1) {
        let cells: Vec<&'static str> = row.split(',').collect();
        let [numbers @ .., name, category, types, action] = cells.as_slice() else { continue };
        let syscall = Syscall { name, category, types, action };
        for (architecture, number) in numbers.iter().enumerate().filter(|(_, number)| !number.is_empty()) {
            table.by_number.insert((architecture, number), syscall);
        }
        table.by_name.insert(name, syscall);
    }
    table
});

static ERRORS: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let rows = include_str!("../data/audit_errors.csv").lines().skip(1);
    rows.filter_map(|row| row.split_once(',')).collect()
});

/// The call of a number, or of a name.
pub(super) fn of(arch: &str, syscall: &str) -> Option<Syscall> {
    let architecture = ARCHITECTURES.iter().position(|(code, name)| *code == arch || *name == arch);
    let numbered = architecture.and_then(|at| TABLE.by_number.get(&(at, syscall)));
    numbered.or_else(|| TABLE.by_name.get(syscall)).copied()
}

/// The name of an architecture, or its code.
pub(super) fn architecture(code: &str) -> &str {
    ARCHITECTURES.iter().find(|(own, _)| *own == code).map_or(code, |(_, name)| name)
}

/// What a call returned: the name of an error, or the number.
pub(super) fn exit(code: &str) -> &str {
    code.strip_prefix('-').and_then(|number| ERRORS.get(number)).copied().unwrap_or(code)
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
        assert_eq!(name("40000003", "11"), Some("execve"));
        assert_eq!(name("x86_64", "connect"), Some("connect"));
        assert_eq!(name("c000003e", "262"), Some("newfstatat"));
        assert_eq!(name("80000016", "59"), None);
    }

    #[test]
    fn codes_have_names() {
        assert_eq!((architecture("c000003e"), architecture("c0ffee")), ("x86_64", "c0ffee"));
        assert_eq!((exit("-13"), exit("-11"), exit("3"), exit("-99999")), ("EACCES", "EAGAIN", "3", "-99999"));
    }
}
