//! What a statement shows or writes: which columns that needs, and how it reads in a printed plan.

use crate::check::hir::Column;
use std::fmt;

/// What to do with an output.
#[derive(Clone, Debug)]
pub enum OutputKind {
    /// DISP: project, drop repeated rows, then OFFSET and LIMIT.
    Disp {
        /// Columns in order.
        columns: Vec<Column>,
        /// Rows left out at the front.
        offset: u64,
        /// Rows shown.
        limit: Option<u64>,
    },
    /// INFO.
    Info,
    /// DESCRIBE.
    Describe(Column),
    /// SAVE.
    Save {
        /// The file.
        path: String,
        /// Columns in order.
        columns: Vec<Column>,
    },
    /// EXPLAIN.
    Explain,
    /// APPLY: shown only if it fails.
    Apply,
}

impl OutputKind {
    /// The command.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Disp { .. } => "DISP",
            Self::Info => "INFO",
            Self::Describe(_) => "DESCRIBE",
            Self::Save { .. } => "SAVE",
            Self::Explain => "EXPLAIN",
            Self::Apply => "APPLY",
        }
    }

    /// The columns that it needs of its table.
    pub(super) fn columns(&self) -> &[Column] {
        match self {
            Self::Disp { columns, .. } | Self::Save { columns, .. } => columns,
            Self::Describe(column) => std::slice::from_ref(column),
            Self::Info | Self::Explain | Self::Apply => &[],
        }
    }
}

impl fmt::Display for OutputKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disp { columns, offset, limit } => {
                write!(f, "DISP ({})", headers(columns))?;
                if let Some(limit) = limit {
                    write!(f, " LIMIT {limit}")?;
                }
                if *offset > 0 { write!(f, " OFFSET {offset}") } else { Ok(()) }
            }
            Self::Info => f.write_str("INFO"),
            Self::Describe(column) => write!(f, "DESCRIBE {} of", column.header),
            Self::Save { path, columns } => write!(f, "SAVE ({}) to {path:?}", headers(columns)),
            Self::Explain => f.write_str("EXPLAIN"),
            Self::Apply => f.write_str("APPLY to"),
        }
    }
}

/// Headers of columns, separated by commas.
pub(super) fn headers(columns: &[Column]) -> String {
    columns.iter().map(|c| c.header.as_str()).collect::<Vec<_>>().join(", ")
}
