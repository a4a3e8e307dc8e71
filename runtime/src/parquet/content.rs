//! What a Parquet file holds, or why it cannot be read.

use crate::allowance::Spent;
use crate::source::repair::Flaw;
use huntc_compiler::value::Value;

/// Why a file cannot be read.
pub(crate) enum ParquetFault {
    /// The hunt may use no more.
    Spent(Spent),
    /// What is wrong with the file.
    Damaged(String),
}

impl ParquetFault {
    /// What the user reads.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Spent(spent) => spent.message(),
            Self::Damaged(why) => why.clone(),
        }
    }
}

impl From<Spent> for ParquetFault {
    fn from(spent: Spent) -> Self {
        Self::Spent(spent)
    }
}

/// The rows of a file.
#[derive(Debug, Default)]
pub(crate) struct ParquetTable {
    /// The names of the columns; those of structures with dots.
    pub(crate) header: Vec<String>,
    /// Each row has one value for each column.
    pub(crate) rows: Vec<Vec<Option<Value>>>,
    /// The rows of which a value was mended, from 1, each with its first flaw.
    pub(crate) mended: Vec<(u64, Flaw)>,
}
