//! Thrift's compact form, in which Parquet keeps its footer and the headers of its pages, walked without keeping anything. What
//! this walk has seen is safe to be read: every length lies within the bytes, and nothing is nested deep.

use super::varint;
use std::ops::ControlFlow;

/// The deepest nesting of structures; Parquet's own have about ten.
const MOST_NESTED: usize = 32;

/// What the walk meets.
pub(super) enum Met {
    /// A number; booleans are 0 and 1.
    Number(i64),
    /// The end of a structure.
    End,
}

/// Is told of each number and each end of a structure, with the numbers of the fields that lead there. Elements of lists have the
/// path of their list.
pub(super) type Visit<'v> = &'v mut dyn FnMut(&[i16], Met) -> ControlFlow<()>;

/// Walks over one structure, and gives the bytes that it takes; `None` if it is none, or the visitor breaks off.
pub(super) fn structure(bytes: &[u8], visit: Visit<'_>) -> Option<usize> {
    let mut walk = Walk { bytes, at: 0, path: Vec::new(), depth: 0, visit };
    walk.structure()?;
    Some(walk.at)
}

struct Walk<'b, 'v> {
    bytes: &'b [u8],
    at: usize,
    path: Vec<i16>,
    depth: usize,
    visit: Visit<'v>,
}

/// The types of fields.
const TRUE: u8 = 1;
const FALSE: u8 = 2;
const BYTE: u8 = 3;
const I16: u8 = 4;
const I64: u8 = 6;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const SET: u8 = 10;
const MAP: u8 = 11;
const STRUCT: u8 = 12;

impl Walk<'_, '_> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn number(&mut self) -> Option<u64> {
        varint::unsigned(self.bytes, &mut self.at)
    }

    fn signed(&mut self) -> Option<i64> {
        varint::signed(self.bytes, &mut self.at)
    }

    /// A length: of bytes, or of elements that take a byte each at least.
    fn length(&mut self) -> Option<usize> {
        let length = usize::try_from(self.number()?).ok()?;
        (length <= self.bytes.len() - self.at).then_some(length)
    }

    fn tell(&mut self, met: Met) -> Option<()> {
        (self.visit)(&self.path, met).is_continue().then_some(())
    }

    fn structure(&mut self) -> Option<()> {
        if self.depth == MOST_NESTED {
            return None;
        }
        self.depth += 1;
        let mut field = 0_i16;
        loop {
            let head = self.byte()?;
            if head == 0 {
                break;
            }
            let step = i16::from(head >> 4);
            field = if step == 0 { i16::try_from(self.signed()?).ok()? } else { field.checked_add(step)? };
            self.path.push(field);
            match head & 0x0f {
                kind @ (TRUE | FALSE) => self.tell(Met::Number(i64::from(kind == TRUE)))?,
                kind => self.value(kind)?,
            }
            self.path.pop();
        }
        self.depth -= 1;
        self.tell(Met::End)
    }

    fn value(&mut self, kind: u8) -> Option<()> {
        match kind {
            // An element of a list is a byte, where a field has its value in its head.
            TRUE | FALSE | BYTE => self.byte().map(|_| ()),
            I16..=I64 => {
                let number = self.signed()?;
                self.tell(Met::Number(number))
            }
            DOUBLE => (0..8).try_for_each(|_| self.byte().map(|_| ())),
            BINARY => {
                self.at += self.length()?;
                Some(())
            }
            LIST | SET => {
                let head = self.byte()?;
                let length = if head >> 4 == 15 { self.length()? } else { usize::from(head >> 4) };
                (length <= self.bytes.len() - self.at).then_some(())?;
                (0..length).try_for_each(|_| self.value(head & 0x0f))
            }
            // Parquet has no maps. An empty one is a byte.
            MAP => (self.byte()? == 0).then_some(()),
            STRUCT => self.structure(),
            _ => None,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::type_complexity, clippy::large_stack_arrays)]
mod tests {
    use super::*;

    fn numbers(bytes: &[u8]) -> Option<(usize, Vec<(Vec<i16>, i64)>)> {
        let mut seen = Vec::new();
        let length = structure(bytes, &mut |path, met| {
            if let Met::Number(number) = met {
                seen.push((path.to_vec(), number));
            }
            ControlFlow::Continue(())
        })?;
        Some((length, seen))
    }

    #[test]
    fn fields_are_told_with_their_path() {
        // 1: i32 3, 2: true, 5: struct { 1: i64 -1 }, 6: list of two i32.
        let bytes = [0x15, 0x06, 0x11, 0x3c, 0x16, 0x01, 0x00, 0x19, 0x25, 0x02, 0x04, 0x00, 0xff];
        let (length, seen) = numbers(&bytes).unwrap();
        assert_eq!(length, bytes.len() - 1);
        let wanted = [(vec![1], 3), (vec![2], 1), (vec![5, 1], -1), (vec![6], 1), (vec![6], 2)];
        assert_eq!(seen, wanted);
    }

    #[test]
    fn lengths_beyond_the_bytes_and_deep_nesting_are_refused() {
        assert_eq!(numbers(&[0x18, 0xff, 0xff, 0xff, 0x7f, 0x00]), None, "a text");
        assert_eq!(numbers(&[0x19, 0xf5, 0xff, 0xff, 0xff, 0x7f, 0x00]), None, "a list");
        assert_eq!(numbers(&[0x1c; 1_000_000]), None, "structures");
        assert_eq!(numbers(&[0x15, 0x06]), None, "no end");
        assert_eq!(numbers(&[]), None);
    }
}
