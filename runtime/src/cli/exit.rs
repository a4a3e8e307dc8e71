//! Exit statuses. Scripts and schedulers rely on them.

use crate::report::model::{HuntReport, Status};

/// The result of a command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the other variants are what they are called")]
pub enum ExitCode {
    Ok,
    /// A huntflow has errors.
    HuntErrors,
    /// The command line, the configuration, or a file that one of them names is wrong.
    Usage,
    /// A hunt failed while running.
    Failed,
    /// Results are incomplete, as `--allow-partial` permits.
    Partial,
    /// Something was found, and `--fail-on-findings` was given.
    Findings,
    /// The command was interrupted by Ctrl-C.
    Interrupted,
}

impl ExitCode {
    /// The exit status of the process.
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

    /// The order of severity, worst first: 130, 3, 2, 1, 4, 5, 0 (semantics.md §7; usage and interruption are added here).
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

    /// The more severe of two.
    #[must_use]
    pub fn worst(self, other: Self) -> Self {
        if other.rank() > self.rank() { other } else { self }
    }

    /// The exit status for the report of one hunt.
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
