//! The values of one column, as the hunt knows them.

use crate::source::repair::Flaw;
use huntc_compiler::time::Instant;
use huntc_compiler::value::Value;
use parquet::basic::{ConvertedType, LogicalType, TimeUnit};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType, FixedLenByteArray, Int96};
use parquet::errors::Result;
use parquet::schema::types::ColumnDescriptor;
use std::borrow::Cow;

/// What stands for a value: none where a null is.
pub(super) type ReadValue = (Option<Value>, Option<Flaw>);

/// The levels of a batch of records, and their values.
pub(super) struct Batch {
    /// For each level: how deep it is defined, and where it is repeated; empty where that cannot be otherwise.
    definition: Vec<i16>,
    repetition: Vec<i16>,
    /// The level of what is no null.
    deepest: i16,
    has_lists: bool,
    pub(super) values: Values,
    /// How many levels there are.
    pub(super) levels: usize,
}

impl Batch {
    /// Whether a level has a value.
    pub(super) fn is_defined(&self, level: usize) -> bool {
        self.deepest == 0 || self.definition.get(level) == Some(&self.deepest)
    }

    /// Whether a level goes on with the record of the one before.
    pub(super) fn is_repeated(&self, level: usize) -> bool {
        self.repetition.get(level).is_some_and(|repeated| *repeated > 0)
    }

    /// Whether records can have several values.
    pub(super) fn has_lists(&self) -> bool {
        self.has_lists
    }
}

/// Values as the library gives them; texts are still parts of their pages.
pub(super) enum Values {
    Bool(Vec<bool>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Int96(Vec<Int96>),
    Float(Vec<f32>),
    Double(Vec<f64>),
    Bytes(Vec<ByteArray>),
    Fixed(Vec<FixedLenByteArray>),
}

/// Reads some records; none when there are no more.
pub(super) fn batch(reader: &mut ColumnReader, column: &ColumnDescriptor, records: usize) -> Result<Option<Batch>> {
    let batch = match reader {
        ColumnReader::BoolColumnReader(r) => some(r, records, Values::Bool),
        ColumnReader::Int32ColumnReader(r) => some(r, records, Values::Int32),
        ColumnReader::Int64ColumnReader(r) => some(r, records, Values::Int64),
        ColumnReader::Int96ColumnReader(r) => some(r, records, Values::Int96),
        ColumnReader::FloatColumnReader(r) => some(r, records, Values::Float),
        ColumnReader::DoubleColumnReader(r) => some(r, records, Values::Double),
        ColumnReader::ByteArrayColumnReader(r) => some(r, records, Values::Bytes),
        ColumnReader::FixedLenByteArrayColumnReader(r) => some(r, records, Values::Fixed),
    };
    Ok(batch?.map(|batch| Batch { deepest: column.max_def_level(), has_lists: column.max_rep_level() > 0, ..batch }))
}

fn some<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    records: usize,
    values_of: fn(Vec<T::T>) -> Values,
) -> Result<Option<Batch>> {
    let (mut definition, mut repetition, mut values) = (Vec::new(), Vec::new(), Vec::new());
    let (read, _, levels) = reader.read_records(records, Some(&mut definition), Some(&mut repetition), &mut values)?;
    Ok((read > 0 || levels > 0).then(|| Batch {
        definition,
        repetition,
        deepest: 0,
        has_lists: false,
        values: values_of(values),
        levels,
    }))
}

/// How the values of a column are meant.
#[expect(clippy::struct_excessive_bools, reason = "each is a type that a column may have")]
pub(super) struct Meaning {
    /// Units of a second, in which instants are counted; `None` if they are no instants.
    instant: Option<i64>,
    is_date: bool,
    is_unsigned: bool,
    /// Digits behind the point, of decimal numbers.
    scale: Option<u32>,
    is_half: bool,
    is_uuid: bool,
}

const MILLIS: i64 = 1_000;
const MICROS: i64 = 1_000_000;
const NANOS: i64 = 1_000_000_000;
const DAY: i64 = 86_400;

impl Meaning {
    pub(super) fn of(column: &ColumnDescriptor) -> Self {
        let logical = column.logical_type_ref();
        let converted = column.converted_type();
        let instant = match (logical, converted) {
            (Some(LogicalType::Timestamp { unit: TimeUnit::MILLIS, .. }), _) | (_, ConvertedType::TIMESTAMP_MILLIS) => Some(MILLIS),
            (Some(LogicalType::Timestamp { unit: TimeUnit::MICROS, .. }), _) | (_, ConvertedType::TIMESTAMP_MICROS) => Some(MICROS),
            (Some(LogicalType::Timestamp { unit: TimeUnit::NANOS, .. }), _) => Some(NANOS),
            _ => None,
        };
        let unsigned = [ConvertedType::UINT_8, ConvertedType::UINT_16, ConvertedType::UINT_32, ConvertedType::UINT_64];
        let scale = match (logical, converted) {
            (Some(LogicalType::Decimal { scale, .. }), _) => Some(*scale),
            (_, ConvertedType::DECIMAL) => Some(column.type_scale()),
            _ => None,
        };
        Self {
            instant,
            is_date: matches!(logical, Some(LogicalType::Date)) || converted == ConvertedType::DATE,
            is_unsigned: unsigned.contains(&converted) || matches!(logical, Some(LogicalType::Integer { is_signed: false, .. })),
            scale: scale.map(|scale| u32::try_from(scale).unwrap_or(0)),
            is_half: matches!(logical, Some(LogicalType::Float16)),
            is_uuid: matches!(logical, Some(LogicalType::Uuid)),
        }
    }

    /// The value at a place of a batch.
    pub(super) fn value(&self, values: &Values, at: usize) -> ReadValue {
        match values {
            Values::Bool(values) => (values.get(at).map(|b| Value::Bool(*b)), None),
            Values::Int32(values) => values.get(at).map_or((None, None), |n| self.int32(*n)),
            Values::Int64(values) => values.get(at).map_or((None, None), |n| self.int64(*n)),
            Values::Int96(values) => (values.get(at).map(|n| int96(*n)), None),
            Values::Float(values) => values.get(at).map_or((None, None), |x| float(f64::from(*x))),
            Values::Double(values) => values.get(at).map_or((None, None), |x| float(*x)),
            Values::Bytes(values) => values.get(at).map_or((None, None), |bytes| self.bytes(bytes.data())),
            Values::Fixed(values) => values.get(at).map_or((None, None), |bytes| self.bytes(bytes.data())),
        }
    }

    fn int32(&self, number: i32) -> ReadValue {
        if self.is_date {
            let nanos = i64::from(number).checked_mul(DAY).and_then(|seconds| seconds.checked_mul(NANOS));
            return (Some(nanos.map_or(Value::Int(i64::from(number)), |nanos| Value::Time(Instant(nanos)))), None);
        }
        if self.is_unsigned {
            return (Some(Value::Int(i64::from(number as u32))), None);
        }
        self.int64(i64::from(number))
    }

    fn int64(&self, number: i64) -> ReadValue {
        if let Some(unit) = self.instant {
            // An instant that is none of ours stays the number that it is.
            return (Some(number.checked_mul(NANOS / unit).map_or(Value::Int(number), |nanos| Value::Time(Instant(nanos)))), None);
        }
        if let Some(scale) = self.scale {
            return decimal(i128::from(number), scale);
        }
        let value = if self.is_unsigned && number < 0 { Value::Float(number as u64 as f64) } else { Value::Int(number) };
        (Some(value), None)
    }

    fn bytes(&self, bytes: &[u8]) -> ReadValue {
        if let (true, Ok(half)) = (self.is_half, <[u8; 2]>::try_from(bytes)) {
            return float(half_float(u16::from_le_bytes(half)));
        }
        if let (true, Ok(uuid)) = (self.is_uuid, <[u8; 16]>::try_from(bytes)) {
            let hex = format!("{:032x}", u128::from_be_bytes(uuid));
            let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| hex.get(part).unwrap_or_default().to_owned());
            return (Some(Value::text(parts.join("-"))), None);
        }
        if let Some(scale) = self.scale.filter(|_| bytes.len() <= size_of::<i128>()) {
            let negative = bytes.first().is_some_and(|first| first & 0x80 != 0);
            let number = bytes.iter().fold(if negative { -1 } else { 0 }, |n: i128, byte| (n << 8) | i128::from(*byte));
            return decimal(number, scale);
        }
        let text = String::from_utf8_lossy(bytes);
        let flaw = matches!(text, Cow::Owned(_)).then_some(Flaw::NoCharacter);
        (Some(Value::text(text)), flaw)
    }
}

/// NaN is no value, as for Kestrel.
fn float(number: f64) -> ReadValue {
    ((!number.is_nan()).then_some(Value::Float(number)), None)
}

fn decimal(number: i128, scale: u32) -> ReadValue {
    if scale == 0
        && let Ok(whole) = i64::try_from(number)
    {
        return (Some(Value::Int(whole)), None);
    }
    float(format!("{number}e-{scale}").parse().unwrap_or(f64::NAN))
}

/// An instant as old writers wrote it: nanoseconds of a day, and the day by Julius Scaliger's count.
fn int96(number: Int96) -> Value {
    const EPOCH: i64 = 2_440_588;
    let [low, high, day] = [0, 1, 2].map(|at| number.data().get(at).copied().unwrap_or(0));
    let of_day = (u64::from(high) << 32 | u64::from(low)) as i64;
    let days = (i64::from(day) - EPOCH).checked_mul(DAY * NANOS);
    days.and_then(|nanos| nanos.checked_add(of_day))
        .map_or_else(|| Value::text(format!("{:?}", number.data())), |n| Value::Time(Instant(n)))
}

fn half_float(bits: u16) -> f64 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    sign * match exponent {
        0 => fraction * 2_f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1.0 + fraction / 1024.0) * 2_f64.powi(exponent - 15),
    }
}
