//! Writes Parquet files as pandas does: one row group, columns of text, numbers and truth, lists of them, all of which may be null.

use huntc_compiler::value::Value;
use parquet::basic::{Compression, ConvertedType, GzipLevel, LogicalType, Repetition, Type as PhysicalType, ZstdLevel};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::{ParquetError, Result};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{PrimitiveTypeBuilder, Type, TypePtr};
use std::io::Write;
use std::sync::Arc;

/// How the pages of a file are packed; the file itself is not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Packed {
    /// As pandas packs a `.parquet`.
    Snappy,
    /// As Kestrel packs a `.parquet.gz`.
    Gzip,
    Zstd,
}

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Bool,
    Int,
    Float,
    Text,
}

/// Whole numbers up to it are floats, too, without a loss.
const EXACT: u64 = 1 << 53;

/// Writes rows, each of which has one value for each name.
pub(crate) fn write<W: Write + Send>(out: W, names: &[&str], rows: &[Vec<Option<Value>>], packed: Packed) -> std::io::Result<()> {
    write_file(out, names, rows, packed).map_err(std::io::Error::other)
}

fn write_file<W: Write + Send>(out: W, names: &[&str], rows: &[Vec<Option<Value>>], packed: Packed) -> Result<()> {
    let compression = match packed {
        Packed::Snappy => Compression::SNAPPY,
        Packed::Gzip => Compression::GZIP(GzipLevel::default()),
        Packed::Zstd => Compression::ZSTD(ZstdLevel::default()),
    };
    let forms: Vec<(Kind, bool)> = (0..names.len()).map(|at| form(rows, at)).collect();
    let fields = names.iter().zip(&forms).map(|(name, (kind, many))| field(name, *kind, *many)).collect::<Result<_>>()?;
    let schema = Type::group_type_builder("schema").with_fields(fields).build()?;
    let properties = WriterProperties::builder().set_compression(compression).build();
    let mut file = SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties))?;
    let mut group = file.next_row_group()?;
    for (at, (_, many)) in forms.into_iter().enumerate() {
        let Some(mut column) = group.next_column()? else { break };
        Cells::of(rows, at, many).write(&mut column, many)?;
        column.close()?;
    }
    group.close()?;
    file.close()?;
    Ok(())
}

/// What the cells of a column are, and whether some are lists. What is of several kinds is text.
fn form(rows: &[Vec<Option<Value>>], at: usize) -> (Kind, bool) {
    let cells = || rows.iter().filter_map(move |row| row.get(at)?.as_ref());
    let kind_of = |value: &Value| match value {
        Value::Bool(_) => Kind::Bool,
        Value::Int(_) => Kind::Int,
        Value::Float(_) => Kind::Float,
        _ => Kind::Text,
    };
    let all = cells().flat_map(Value::each).map(kind_of);
    let kind = all.reduce(|a, b| match (a, b) {
        (a, b) if a == b => a,
        (Kind::Int | Kind::Float, Kind::Int | Kind::Float) => Kind::Float,
        _ => Kind::Text,
    });
    let exact = |value: &Value| !matches!(value, Value::Int(int) if int.unsigned_abs() > EXACT);
    let kind = match kind {
        Some(Kind::Float) if !cells().flat_map(Value::each).all(exact) => Kind::Text,
        kind => kind.unwrap_or(Kind::Text),
    };
    (kind, cells().any(|value| matches!(value, Value::List(_))))
}

fn field(name: &str, kind: Kind, many: bool) -> Result<TypePtr> {
    let physical = match kind {
        Kind::Bool => PhysicalType::BOOLEAN,
        Kind::Int => PhysicalType::INT64,
        Kind::Float => PhysicalType::DOUBLE,
        Kind::Text => PhysicalType::BYTE_ARRAY,
    };
    let text = |value: PrimitiveTypeBuilder<'_>| {
        if kind == Kind::Text { value.with_converted_type(ConvertedType::UTF8).build() } else { value.build() }
    };
    let value =
        text(Type::primitive_type_builder(if many { "element" } else { name }, physical).with_repetition(Repetition::OPTIONAL))?;
    if !many {
        return Ok(Arc::new(value));
    }
    let items =
        Type::group_type_builder("list").with_repetition(Repetition::REPEATED).with_fields(vec![Arc::new(value)]).build()?;
    let list = Type::group_type_builder(name).with_repetition(Repetition::OPTIONAL);
    let list = list.with_converted_type(ConvertedType::LIST).with_logical_type(Some(LogicalType::List));
    Ok(Arc::new(list.with_fields(vec![Arc::new(items)]).build()?))
}

/// The values of a column, with how deep each is defined and where a list goes on.
#[derive(Default)]
struct Cells<'r> {
    definition: Vec<i16>,
    repetition: Vec<i16>,
    values: Vec<&'r Value>,
}

impl<'r> Cells<'r> {
    fn of(rows: &'r [Vec<Option<Value>>], at: usize, many: bool) -> Self {
        let mut cells = Self::default();
        for row in rows {
            let values = row.get(at).and_then(Option::as_ref).map_or(&[] as &[Value], Value::each);
            for (number, value) in values.iter().enumerate() {
                cells.definition.push(if many { 3 } else { 1 });
                cells.repetition.push(i16::from(number > 0));
                cells.values.push(value);
            }
            if values.is_empty() {
                cells.definition.push(0);
                cells.repetition.push(0);
            }
        }
        cells
    }

    fn write(&self, column: &mut SerializedColumnWriter<'_>, many: bool) -> Result<()> {
        let (definition, repetition) = (Some(self.definition.as_slice()), many.then_some(self.repetition.as_slice()));
        let each = self.values.iter();
        match column.untyped() {
            ColumnWriter::BoolColumnWriter(column) => {
                let values: Vec<bool> = each.map(|value| matches!(value, Value::Bool(true))).collect();
                column.write_batch(&values, definition, repetition)?
            }
            ColumnWriter::Int64ColumnWriter(column) => {
                let values: Vec<i64> = each.map(|value| if let Value::Int(int) = value { *int } else { 0 }).collect();
                column.write_batch(&values, definition, repetition)?
            }
            ColumnWriter::DoubleColumnWriter(column) => {
                let float = |value: &&Value| match value {
                    Value::Int(int) => *int as f64,
                    Value::Float(float) => *float,
                    _ => f64::NAN,
                };
                column.write_batch(&each.map(float).collect::<Vec<f64>>(), definition, repetition)?
            }
            ColumnWriter::ByteArrayColumnWriter(column) => {
                let values: Vec<ByteArray> = each.map(|value| value.to_string().into_bytes().into()).collect();
                column.write_batch(&values, definition, repetition)?
            }
            _ => return Err(ParquetError::General("a column has a type that is not written".to_owned())),
        };
        Ok(())
    }
}
