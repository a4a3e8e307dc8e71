//! Exit statuses: a contract that scripts and schedulers rely on.

use crate::report::model::{HuntReport, Status};

/// How the command ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExitCode {
    /// All is well.
    Ok,
    /// A huntflow has errors.
    HuntErrors,
    /// The command line, the configuration or a file it names is wrong.
    Usage,
    /// A hunt failed at run time.
    Failed,
    /// Results are incomplete, and `--allow-partial` allowed it.
    Partial,
    /// Something was found, and `--fail-on-findings` was given.
    Findings,
    /// Ctrl-C.
    Interrupted,
}

impl ExitCode {
    /// The number that the process ends with.
    pub fn number(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::HuntErrors => 1,
            Self::Usage => 2,
            Self::Failed => 3,
            Self::Partial => 4,
            Self::Findings => 5,
            Self::Interrupted => 130,
        }
    }

    /// How bad it is: 130, 3, 2, 1, 4, 5, 0 (semantics.md §7, with usage and interruption put in their places).
    fn rank(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Findings => 1,
            Self::Partial => 2,
            Self::HuntErrors => 3,
            Self::Usage => 4,
            Self::Failed => 5,
            Self::Interrupted => 6,
        }
    }

    /// The worse of two.
    #[must_use]
    pub fn worst(self, other: Self) -> Self {
        if other.rank() > self.rank() { other } else { self }
    }

    /// What one hunt's report makes of it.
    pub fn of_report(report: &HuntReport, fail_on_findings: bool) -> Self {
        match report.status {
            Status::Error => Self::HuntErrors,
            Status::Failed => Self::Failed,
            Status::Partial => Self::Partial,
            Status::Interrupted => Self::Interrupted,
            Status::Ok if fail_on_findings && report.has_findings() => Self::Findings,
            Status::Ok => Self::Ok,
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.number())
    }
}

#[cfg(test)]
mod tests {
    use super::ExitCode::{self, *};

    const ALL: [ExitCode; 7] = [Ok, HuntErrors, Usage, Failed, Partial, Findings, Interrupted];

    #[test]
    fn numbers_are_the_documented_ones() {
        assert_eq!(ALL.map(ExitCode::number), [0, 1, 2, 3, 4, 5, 130]);
    }

    #[test]
    fn several_files_end_with_the_worst_of_3_1_4_5_0() {
        let worst = |codes: &[ExitCode]| codes.iter().fold(Ok, |a, b| a.worst(*b));
        assert_eq!(worst(&[]), Ok);
        assert_eq!(worst(&[Findings, Ok]), Findings);
        assert_eq!(worst(&[Findings, Partial]), Partial);
        assert_eq!(worst(&[Partial, HuntErrors, Findings]), HuntErrors);
        assert_eq!(worst(&[HuntErrors, Failed, Partial]), Failed);
        for a in ALL {
            for b in ALL {
                assert_eq!(a.worst(b), b.worst(a));
            }
        }
    }
}
