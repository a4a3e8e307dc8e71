//! Reads a column row by row.

use super::column::StoredColumn;
use super::prefix_sort::advance;

/// A place in a column that moves forward only.
pub(super) struct RowCursor<'a> {
    column: &'a StoredColumn,
    first: usize,
    more: usize,
}

impl<'a> RowCursor<'a> {
    pub(super) fn new(column: &'a StoredColumn) -> Self {
        Self { column, first: 0, more: 0 }
    }

    /// Calls `give` with the codes of a row. Rows must be asked for in ascending order.
    pub(super) fn codes(&mut self, row: u32, mut give: impl FnMut(u32)) {
        let first = match &self.column.first.rows {
            None => self.column.first.codes.get(row as usize),
            Some(rows) => {
                self.first = advance(self.first, rows.len(), |at| rows[at] < row);
                if rows.get(self.first) == Some(&row) { self.column.first.codes.get(self.first) } else { 0 }
            }
        };
        if first == 0 {
            return;
        }
        give(first);
        let rows = &self.column.more_rows;
        if rows.is_empty() {
            return;
        }
        self.more = advance(self.more, rows.len(), |at| rows[at] < row);
        while rows.get(self.more) == Some(&row) {
            if let Some(code) = self.column.more_codes.get(self.more).filter(|code| **code != 0) {
                give(*code);
            }
            self.more += 1;
        }
    }
}
