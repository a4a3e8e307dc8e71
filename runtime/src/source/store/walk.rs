//! Walks through a column row by row.

use super::column::Column;

/// See the module.
pub(super) struct Walk<'a> {
    column: &'a Column,
    first: usize,
    more: usize,
}

impl<'a> Walk<'a> {
    pub(super) fn new(column: &'a Column) -> Self {
        Self { column, first: 0, more: 0 }
    }

    /// Gives the codes of a row; rows must be asked for in ascending order.
    pub(super) fn codes(&mut self, row: u32, mut give: impl FnMut(u32)) {
        let first = match &self.column.first.rows {
            None => self.column.first.codes.get(row as usize),
            Some(rows) => {
                self.first = advance(rows, self.first, row);
                if rows.get(self.first) == Some(&row) { self.column.first.codes.get(self.first) } else { 0 }
            }
        };
        if first == 0 {
            return;
        }
        give(first);
        if self.column.more_rows.is_empty() {
            return;
        }
        self.more = advance(&self.column.more_rows, self.more, row);
        while self.column.more_rows.get(self.more) == Some(&row) {
            if let Some(code) = self.column.more_codes.get(self.more).filter(|code| **code != 0) {
                give(*code);
            }
            self.more += 1;
        }
    }
}

/// The first place from `from` on whose row is not less than `row`.
fn advance(rows: &[u32], from: usize, row: u32) -> usize {
    let (mut low, mut step) = (from, 1);
    if rows.get(low).is_none_or(|r| *r >= row) {
        return low;
    }
    while rows.get(low + step).is_some_and(|r| *r < row) {
        low += step;
        step *= 2;
    }
    let high = (low + step).min(rows.len());
    low + rows[low..high].partition_point(|r| *r < row)
}
