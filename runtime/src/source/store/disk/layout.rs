//! The format of a segment file: one Arrow IPC file with one record batch of one row, whose columns are lists of any
//! length.
//!
//! The first two columns are the records' times and ids. Each other column is a struct for one field: its distinct
//! values (each followed by 0xff), their kinds, and the codes of the rows. Any Arrow reader can open such a file. Ours
//! maps it, and takes the buffers of a column only when a query names it. The checksum of that column, which is in the
//! file's metadata, is tested then.

use super::super::column::{Codes, Dictionary, Field, First, StoredColumn};
use super::super::memory_budget::{Budget, Residence};
use super::super::segment::Segment;
use super::map::Mapping;
use arrow_array::builder::{BinaryBuilder, ListBuilder};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, BinaryArray, ListArray, PrimitiveArray, RecordBatch, StructArray};
use arrow_buffer::{ArrowNativeType, Buffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{ArrowError, DataType, Field as ArrowField, Fields, Schema};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Buffers that Arrow writes for a list of numbers: validity and offsets of the list, validity and values.
const LIST_BUFFERS: usize = 4;
/// The place of the values among these buffers.
const LIST_VALUES: usize = 3;
/// Buffers of a field's struct: its validity, a list of binaries (five), and five lists of numbers.
const FIELD_BUFFERS: usize = 1 + 5 + 5 * LIST_BUFFERS;
/// Buffers of the columns of times and ids.
const HEAD_BUFFERS: usize = 2 * LIST_BUFFERS;
/// The places of the offsets of values, of their bytes, and of the first list among the buffers of a field's struct.
const STARTS: usize = 4;
const BLOB: usize = 5;
const LISTS: usize = 6;

/// The key of [`Contents`] in a file's metadata.
const METADATA: &str = "huntc";

/// Bytes that a file takes beside its columns, mostly: what is written into memory that was not set aside is copied again.
const ROOM: usize = 256 << 10;

/// The metadata of a segment file.
#[derive(Serialize, Deserialize, Debug)]
pub(super) struct Contents {
    /// Checksum of times and ids.
    head: u32,
    /// For each field, sorted by name: its name, how many records have it, and the checksum of its column.
    fields: Vec<(String, u64, u32)>,
}

/// Where the column data of a segment file are, and the checksum of everything else.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
pub(super) struct Frame {
    /// Length of the file.
    pub(super) bytes: u64,
    /// The first byte of the column data, and the byte after the last.
    body: (u64, u64),
    /// Checksum of all bytes before and after the column data.
    crc: u32,
}

/// What is wrong with a file.
pub(super) type Damage = &'static str;

/// A segment as the bytes of a file.
pub(super) fn encode(segment: &Segment, columns: &[(&Field, &StoredColumn)]) -> Result<(Vec<u8>, Frame), ArrowError> {
    let mut names =
        vec![ArrowField::new("times", list_of(DataType::Int64), false), ArrowField::new("ids", list_of(DataType::UInt64), false)];
    let mut arrays: Vec<ArrayRef> = vec![
        list::<arrow_array::types::Int64Type>(segment.times.clone()),
        list::<arrow_array::types::UInt64Type>(segment.ids.clone()),
    ];
    for (field, column) in columns {
        let array = struct_of(column)?;
        names.push(ArrowField::new(field.name.as_ref(), array.data_type().clone(), false));
        arrays.push(Arc::new(array));
    }
    let schema = Arc::new(Schema::new(names));
    let batch = RecordBatch::try_new(schema.clone(), arrays)?;
    let mut room = 0;
    for array in batch.columns() {
        room += array.to_data().get_slice_memory_size()?;
    }
    let mut writer = arrow_ipc::writer::FileWriter::try_new(Vec::with_capacity(room + ROOM), &schema)?;
    let message = writer.get_ref().len();
    writer.write(&batch)?;
    let damaged = |_: Damage| ArrowError::IpcError("a segment cannot be read back".to_owned());
    let file = writer.get_ref();
    let body = (message + message_len(file, message).map_err(damaged)?, file.len());
    let buffers = buffers(file, message, body.0).map_err(damaged)?;
    let crc = |from: usize, to: usize| crc32fast::hash(&file[body.0 + from..body.0 + to]);
    let starts = group_starts(&buffers, columns.len(), body.1 - body.0).map_err(damaged)?;
    let fields = columns.iter().zip(starts.windows(2));
    let fields = fields.map(|((field, _), at)| (field.name.to_string(), field.present, crc(at[0], at[1]))).collect();
    let contents = Contents { head: crc(0, starts[0]), fields };
    let text = serde_json::to_string(&contents).map_err(|e| ArrowError::ExternalError(Box::new(e)))?;
    writer.write_metadata(METADATA, text);
    writer.finish()?;
    let file = writer.into_inner()?;
    let frame = Frame { bytes: file.len() as u64, body: (body.0 as u64, body.1 as u64), crc: frame_crc(&file, body) };
    Ok((file, frame))
}

/// The type of a column of lists.
fn list_of(item: DataType) -> DataType {
    DataType::List(Arc::new(ArrowField::new_list_field(item, false)))
}

fn list<T: ArrowPrimitiveType>(values: ScalarBuffer<T::Native>) -> ArrayRef {
    let offsets = OffsetBuffer::from_lengths([values.len()]);
    let field = Arc::new(ArrowField::new_list_field(T::DATA_TYPE, false));
    Arc::new(ListArray::new(field, offsets, Arc::new(PrimitiveArray::<T>::new(values, None)), None))
}

fn struct_of(column: &StoredColumn) -> Result<StructArray, ArrowError> {
    use arrow_array::types::{UInt8Type, UInt16Type, UInt32Type};
    let dictionary = &column.dictionary;
    let values: ArrayRef = if dictionary.len() == 0 {
        Arc::new(ListBuilder::new(BinaryBuilder::new()).finish())
    } else {
        let offsets = OffsetBuffer::new(dictionary.starts.clone());
        let texts = BinaryArray::try_new(offsets, dictionary.blob.clone(), None)?;
        let field = Arc::new(ArrowField::new_list_field(DataType::Binary, false));
        Arc::new(ListArray::try_new(field, OffsetBuffer::from_lengths([texts.len()]), Arc::new(texts), None)?)
    };
    let codes = match &column.first.codes {
        Codes::U8(codes) => list::<UInt8Type>(codes.clone()),
        Codes::U16(codes) => list::<UInt16Type>(codes.clone()),
        Codes::U32(codes) => list::<UInt32Type>(codes.clone()),
    };
    let parts: [(&str, ArrayRef); 6] = [
        ("values", values),
        ("kinds", list::<UInt8Type>(dictionary.kinds.clone().unwrap_or_default().into())),
        ("rows", list::<UInt32Type>(column.first.rows.clone().unwrap_or_default())),
        ("codes", codes),
        ("more_rows", list::<UInt32Type>(column.more_rows.clone())),
        ("more_codes", list::<UInt32Type>(column.more_codes.clone())),
    ];
    let (fields, arrays): (Vec<ArrowField>, Vec<ArrayRef>) =
        parts.into_iter().map(|(name, array)| (ArrowField::new(name, array.data_type().clone(), false), array)).unzip();
    StructArray::try_new(Fields::from(fields), arrays, None)
}

/// Length of the message at `at` up to its data: its metadata and the eight bytes before these.
fn message_len(file: &[u8], at: usize) -> Result<usize, Damage> {
    let header: [u8; 8] = file.get(at..at + 8).and_then(|h| h.try_into().ok()).ok_or("it is too short")?;
    let [0xff, 0xff, 0xff, 0xff, len @ ..] = header else { return Err("a message does not begin where it should") };
    usize::try_from(i32::from_le_bytes(len)).map(|len| len + 8).map_err(|_| "a message has no length")
}

/// Offset and length of each buffer of the record batch whose message is at `at` and whose data begin at `body`.
fn buffers(file: &[u8], at: usize, body: usize) -> Result<Vec<(usize, usize)>, Damage> {
    let meta = file.get(at + 8..body).ok_or("it is too short")?;
    let message = arrow_ipc::root_as_message(meta).map_err(|_| "its message cannot be read")?;
    let batch = message.header_as_record_batch().ok_or("its message is no record batch")?;
    let buffers = batch.buffers().ok_or("its record batch has no buffers")?;
    buffers
        .iter()
        .map(|b| Some((usize::try_from(b.offset()).ok()?, usize::try_from(b.length()).ok()?)))
        .collect::<Option<_>>()
        .ok_or("a buffer has no place")
}

/// Where the data of each field begin, and as the last one where all data end.
fn group_starts(buffers: &[(usize, usize)], fields: usize, body: usize) -> Result<Vec<usize>, Damage> {
    if buffers.len() != HEAD_BUFFERS + fields * FIELD_BUFFERS {
        return Err("its columns are others than it says");
    }
    let mut starts: Vec<usize> = (0..fields).map(|f| buffers[HEAD_BUFFERS + f * FIELD_BUFFERS].0).collect();
    starts.push(body);
    if starts.windows(2).all(|s| s[0] <= s[1]) { Ok(starts) } else { Err("its columns are out of order") }
}

/// Whether a checksum is the written one. Under a fuzzer every one is: it cannot guess checksums, but must get past them.
fn fits(sum: u32, written: u32) -> bool {
    cfg!(fuzzing) || sum == written
}

fn frame_crc(file: &[u8], body: (usize, usize)) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&file[..body.0]);
    hasher.update(&file[body.1..]);
    hasher.finalize()
}

/// Opens a segment over its mapped file. `damaged` makes the error for a column that is found to be broken later.
pub(super) fn decode<E>(mapping: Option<&Mapping>, budget: &Arc<Budget>, frame: &Frame, damaged: E) -> Result<Segment, Damage>
where
    E: Fn(Damage) -> crate::source::SourceError + Send + Sync + 'static,
{
    let mapping = mapping.ok_or("it is empty")?.clone();
    let file = mapping.bytes();
    let body = (usize::try_from(frame.body.0).unwrap_or(usize::MAX), usize::try_from(frame.body.1).unwrap_or(usize::MAX));
    if file.len() as u64 != frame.bytes || body.0 > body.1 || body.1 > file.len() {
        return Err("its length is not the one in the manifest");
    }
    if !fits(frame_crc(&file, body), frame.crc) {
        return Err("its frame does not fit its checksum");
    }
    let (contents, message) = contents(&file)?;
    if message + message_len(&file, message)? != body.0 {
        return Err("its data are not where the manifest says");
    }
    let buffers = buffers(&file, message, body.0)?;
    let starts = group_starts(&buffers, contents.fields.len(), body.1 - body.0)?;
    let part = Part { mapping: mapping.clone(), begin: body.0, file: file.slice_with_length(body.0, body.1 - body.0), buffers };
    part.check(0, starts[0], contents.head)?;
    let times: ScalarBuffer<i64> = part.numbers(LIST_VALUES)?;
    let ids: ScalarBuffer<u64> = part.numbers(LIST_BUFFERS + LIST_VALUES)?;
    if times.len() != ids.len() {
        return Err("it has more times than ids, or fewer");
    }
    let rows = times.len();
    let sums: Vec<u32> = contents.fields.iter().map(|f| f.2).collect();
    let fields = contents.fields.into_iter().map(|(name, present, _)| Field { name: name.into(), present }).collect();
    let lengths = std::iter::once(starts[0]).chain(starts.windows(2).map(|at| at[1] - at[0])).map(|length| length as u64);
    let damaged = Arc::new(damaged);
    let (of_file, whole) = (Arc::clone(&damaged), mapping.clone());
    let intact = Box::new(move || if whole.is_whole() { Ok(()) } else { Err(of_file("it was cut while it was in use")) });
    let residence = Residence::new(Arc::clone(budget), lengths, Box::new(move || mapping.give_back()));
    let load = move |index: usize| {
        part.check(starts[index], starts[index + 1], sums[index]).map_err(&*damaged)?;
        part.column(index, rows).map_err(&*damaged)
    };
    Ok(Segment::loaded(times, ids, fields, Box::new(load), intact, residence))
}

/// The metadata of the file, and the offset of its record batch's message.
fn contents(file: &[u8]) -> Result<(Contents, usize), Damage> {
    let tail: [u8; 10] = file.last_chunk().copied().ok_or("it is too short")?;
    let len = arrow_ipc::reader::read_footer_length(tail).map_err(|_| "it has no footer")?;
    let from = file.len().checked_sub(len + tail.len()).ok_or("its footer is longer than the file")?;
    let footer = arrow_ipc::root_as_footer(&file[from..from + len]).map_err(|_| "its footer cannot be read")?;
    let metadata = footer.custom_metadata().ok_or("its footer says nothing of columns")?;
    let own = metadata.iter().find(|entry| entry.key() == Some(METADATA)).and_then(|entry| entry.value());
    let contents =
        serde_json::from_str(own.ok_or("its footer says nothing of columns")?).map_err(|_| "its list of columns is broken")?;
    let block = footer.recordBatches().filter(|b| b.len() == 1).ok_or("it holds more than one batch, or none")?.get(0);
    Ok((contents, usize::try_from(block.offset()).map_err(|_| "its batch has no place")?))
}

/// The column data of a file, and where each buffer is in them.
struct Part {
    mapping: Mapping,
    /// Where the column data begin in the file.
    begin: usize,
    file: Buffer,
    buffers: Vec<(usize, usize)>,
}

impl Part {
    fn check(&self, from: usize, to: usize, crc: u32) -> Result<(), Damage> {
        let bytes = self.file.get(from..to).ok_or("its data end too early")?;
        self.mapping.bring(self.begin + from..self.begin + to);
        if fits(crc32fast::hash(bytes), crc) { Ok(()) } else { Err("its data do not fit their checksum") }
    }

    fn bytes(&self, index: usize) -> Result<Buffer, Damage> {
        let (offset, len) = self.buffers.get(index).copied().ok_or("a buffer is missing")?;
        let inside = offset.checked_add(len).is_some_and(|end| end <= self.file.len());
        if inside { Ok(self.file.slice_with_length(offset, len)) } else { Err("a buffer lies outside of the data") }
    }

    fn numbers<T: ArrowNativeType>(&self, index: usize) -> Result<ScalarBuffer<T>, Damage> {
        let bytes = self.bytes(index)?;
        if bytes.as_ptr().align_offset(align_of::<T>()) != 0 || bytes.len() % size_of::<T>() != 0 {
            return Err("a buffer is not aligned");
        }
        Ok(ScalarBuffer::from(bytes))
    }

    fn column(&self, index: usize, rows: usize) -> Result<StoredColumn, Damage> {
        let base = HEAD_BUFFERS + index * FIELD_BUFFERS;
        let part = |list: usize| base + LISTS + list * LIST_BUFFERS + LIST_VALUES;
        let kinds = self.bytes(part(0))?;
        let kinds = (!kinds.is_empty()).then_some(kinds);
        let dictionary = Dictionary { starts: self.numbers(base + STARTS)?, blob: self.bytes(base + BLOB)?, kinds };
        let first_rows: ScalarBuffer<u32> = self.numbers(part(1))?;
        let codes = Codes::read(dictionary.len(), self.bytes(part(2))?).ok_or("codes are not aligned")?;
        let column = StoredColumn::new(
            dictionary,
            First { rows: (!first_rows.is_empty()).then_some(first_rows), codes },
            self.numbers(part(3))?,
            self.numbers(part(4))?,
        );
        if column.is_sound(rows) { Ok(column) } else { Err("a column's parts do not fit together") }
    }
}
