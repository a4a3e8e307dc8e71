//! Files are written and read again, those of pandas are read, and damaged ones refused.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::unnecessary_wraps)]

use super::*;
use crate::allowance::Allowance;
use crate::metered_file::Meter;
use crate::source::repair::Flaw;
use bytes::Bytes;
use huntc_compiler::time::Instant;
use huntc_compiler::value::Value;
use std::sync::Arc;

const NAMES: [&str; 8] = ["type", "name", "pid", "score", "is_signed", "first_observed", "tags", "ports"];

fn text(text: &str) -> Option<Value> {
    Some(Value::text(text))
}

fn list(values: &[Value]) -> Option<Value> {
    Some(Value::List(values.into()))
}

fn rows() -> Vec<Vec<Option<Value>>> {
    let time = Some(Value::Time(Instant::parse("2023-08-16T00:30:00.25Z").unwrap()));
    let tags = list(&[Value::text("a"), Value::text("b")]);
    let ports = list(&[Value::Int(80), Value::Int(443)]);
    vec![
        vec![
            text("process"),
            text("cmd.exe"),
            Some(Value::Int(4)),
            Some(Value::Float(0.5)),
            Some(Value::Bool(true)),
            time,
            tags,
            ports,
        ],
        vec![text("process"), None, None, Some(Value::Int(3)), Some(Value::Bool(false)), None, None, list(&[Value::Int(22)])],
        vec![text("process"), text("=é\n"), Some(Value::Int(i64::MIN)), None, None, None, list(&[Value::text("")]), None],
    ]
}

fn file(rows: &[Vec<Option<Value>>], packed: Packed) -> Bytes {
    let mut bytes = Vec::new();
    write(&mut bytes, &NAMES, rows, packed).unwrap();
    bytes.into()
}

fn read_with(bytes: &Bytes, memory: u64) -> Result<ParquetTable, ParquetFault> {
    let allowance = Allowance::new(Arc::default(), None, Some(memory));
    read(bytes, &Meter::new(&allowance, "a file"))
}

fn why(read: Result<ParquetTable, ParquetFault>) -> String {
    match read {
        Ok(table) => panic!("{} rows", table.rows.len()),
        Err(ParquetFault::Damaged(why)) => why,
        Err(ParquetFault::Spent(spent)) => spent.message(),
    }
}

fn table(read: Result<ParquetTable, ParquetFault>) -> ParquetTable {
    match read {
        Ok(table) => table,
        Err(ParquetFault::Damaged(why)) => panic!("{why}"),
        Err(ParquetFault::Spent(spent)) => panic!("{}", spent.message()),
    }
}

#[test]
fn what_is_written_is_read_again() {
    for packed in [Packed::Snappy, Packed::Gzip, Packed::Zstd] {
        let bytes = file(&rows(), packed);
        let read = table(read_with(&bytes, 64 << 20));
        let mut wanted = rows();
        // Times are text, as Kestrel has them.
        wanted[0][5] = text("2023-08-16T00:30:00.250Z");
        assert_eq!(read.rows, wanted, "{packed:?}");
        assert_eq!(read.header, NAMES);
        let allowance = Allowance::default();
        let Ok((names, first)) = beginning(&bytes, "type", &Meter::new(&allowance, "a file")) else { panic!() };
        assert_eq!((names.len(), first), (NAMES.len(), text("process")));
    }
}

#[test]
fn tables_without_rows_have_columns() {
    let read = table(read_with(&file(&[], Packed::Gzip), 1 << 20));
    assert_eq!((read.header.len(), read.rows.len()), (NAMES.len(), 0));
}

#[test]
fn columns_of_several_kinds_are_text() {
    let rows: Vec<Vec<Option<Value>>> = [Value::Int(7), Value::text("x"), Value::Bool(true)].map(|v| vec![Some(v)]).into();
    let mut bytes = Vec::new();
    write(&mut bytes, &["a"], &rows, Packed::Snappy).unwrap();
    assert_eq!(table(read_with(&bytes.into(), 1 << 20)).rows, ["7", "x", "true"].map(|t| vec![text(t)]));
    // No number is changed to have the form of the others.
    let exact = (1_i64 << 53) + 1;
    let rows = vec![vec![Some(Value::Int(exact))], vec![Some(Value::Float(0.5))]];
    let mut bytes = Vec::new();
    write(&mut bytes, &["a"], &rows, Packed::Snappy).unwrap();
    assert_eq!(table(read_with(&bytes.into(), 1 << 20)).rows, [vec![text("9007199254740993")], vec![text("0.5")]]);
}

#[test]
fn long_tables_go_over_batches_and_pages() {
    let rows: Vec<Vec<Option<Value>>> = (0..50_000)
        .map(|n| {
            vec![text(&format!("name {n}")), (n % 3 > 0).then_some(Value::Int(n)), list(&vec![Value::Int(n); (n % 4) as usize])]
        })
        .collect();
    let mut bytes = Vec::new();
    write(&mut bytes, &["a", "b", "c"], &rows, Packed::Zstd).unwrap();
    let read = table(read_with(&bytes.into(), 1 << 30));
    let wanted: Vec<Vec<Option<Value>>> = rows
        .into_iter()
        .map(|mut row| {
            row[2] = row[2].take().filter(|list| !list.each().is_empty());
            row
        })
        .collect();
    assert!(read.rows == wanted);
}

/// Every byte of a file is changed, and the file is cut at every place: rows or a fault, and no memory beyond the limit.
#[test]
fn damage_is_a_fault_or_other_rows() {
    let mut read = 0;
    for packed in [Packed::Snappy, Packed::Gzip, Packed::Zstd] {
        let bytes = file(&rows(), packed).to_vec();
        for at in 0..bytes.len() {
            for change in [0x01, 0xff] {
                let mut bytes = bytes.clone();
                bytes[at] ^= change;
                if let Ok(table) = read_with(&bytes.into(), 16 << 20) {
                    assert!(table.rows.iter().all(|row| row.len() == table.header.len()));
                    read += 1;
                }
            }
            why(read_with(&bytes[..at].to_vec().into(), 16 << 20));
        }
    }
    assert!(read > 0, "bytes that nobody reads can change");
}

#[test]
fn a_bomb_takes_no_more_than_the_limit() {
    let rows: Vec<Vec<Option<Value>>> = vec![vec![text(&"a".repeat(1 << 20))]; 2_000];
    let mut bytes = Vec::new();
    write(&mut bytes, &["a"], &rows, Packed::Zstd).unwrap();
    assert!(bytes.len() < 1 << 20, "{}", bytes.len());
    assert!(why(read_with(&bytes.into(), 64 << 20)).contains("memory"));
}

#[test]
fn what_is_no_such_file_is_told() {
    for (bytes, wanted) in [
        (&b""[..], "shorter than a footer"),
        (b"PAR1", "shorter than a footer"),
        (b"PAR1\0\0\0\0PAR1", "footer is damaged"),
        (b"PAR1\xff\xff\xff\x7fPAR1", "footer is longer"),
        (b"PAR1\0\0\0\0PARE", "encrypted"),
        (b"id,name\nprocess--1,cmd.exe\n", "PAR1"),
    ] {
        assert!(why(read_with(&Bytes::from_static(bytes), 1 << 20)).contains(wanted), "{wanted}");
    }
}

/// A footer with a schema that is nested deep, which the library would read by recursion.
#[test]
fn deep_schemas_are_refused() {
    let mut footer = vec![0x15, 0x02, 0x19, 0xfc];
    let depth = 100_000_u32;
    let mut length = depth;
    while length >= 0x80 {
        footer.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    footer.push(length as u8);
    for _ in 0..depth {
        // A name, and one child.
        footer.extend([0x48, 0x01, b'a', 0x15, 0x02, 0x00]);
    }
    footer.extend([0x16, 0x00, 0x19, 0x0c, 0x00]);
    let mut bytes = b"PAR1".to_vec();
    bytes.extend(&footer);
    bytes.extend((footer.len() as u32).to_le_bytes());
    bytes.extend(b"PAR1");
    assert_eq!(why(read_with(&bytes.into(), 1 << 30)), "its footer is damaged");
}

fn fixture(name: &str) -> Bytes {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/parquet");
    std::fs::read(folder.join(name)).unwrap().into()
}

/// Each column of a table with its values, as JSON.
fn shown(table: &ParquetTable) -> Vec<String> {
    let column = |at: usize| table.rows.iter().map(|row| row[at].clone()).collect::<Vec<_>>();
    let line = |(at, name): (usize, &String)| format!("{name} {}", serde_json::to_string(&column(at)).unwrap());
    table.header.iter().enumerate().map(line).collect()
}

#[test]
fn files_of_pandas_are_read() {
    for name in ["kestrel.parquet.gz", "snappy.parquet", "zstd.parquet", "lz4.parquet", "plain.parquet"] {
        let read = table(read_with(&fixture(name), 16 << 20));
        let wanted = [
            r#"id ["process--1","process--2","process--3"]"#,
            r#"type ["process","process","process"]"#,
            r#"name ["cmd.exe","powershell.exe",null]"#,
            "pid [4,5000,6]",
            r#"binary_ref.name ["cmd.exe",null,"x.exe"]"#,
            "x_score [0.5,null,2.0]",
            "x_flag [true,false,true]",
            r#"first_observed ["2023-08-16T00:30:00.000Z","2023-08-16T00:30:00.000Z","2023-08-16T00:30:00.000Z"]"#,
        ];
        assert_eq!(shown(&read), wanted, "{name}");
    }
    let read = table(read_with(&fixture("index.parquet"), 16 << 20));
    assert_eq!((read.header.len(), read.rows.len()), (8, 2), "the index of pandas is no column");
    assert!(why(read_with(&fixture("brotli.parquet"), 16 << 20)).contains("the packing BROTLI"));
}

#[test]
fn every_type_is_read() {
    let wanted = [
        r#"nanos ["2023-08-16T00:30:00.250Z",null]"#,
        r#"micros ["2023-08-16T00:30:00.250Z",null]"#,
        r#"millis ["2023-08-16T00:30:00.250Z",null]"#,
        r#"day ["2023-08-16T00:00:00.000Z",null]"#,
        "uint32 [4294967295,null]",
        "uint64 [1.8446744073709552e+19,7]",
        "int8 [-3,null]",
        "half [1.5,null]",
        "float [0.25,null]",
        "decimal [-12.34,null]",
        r#"category ["a",null]"#,
        "binary [\"\u{fffd}\\u0000\",\"text\"]",
        r#"fixed ["ab",null]"#,
        r#"list [["a","b"],null]"#,
        "lists [[1,2,3],null]",
        "struct.a [1,2]",
        r#"struct.b.c ["x",null]"#,
        "structs.a [[1,2],null]",
        r#"map.key [["k"],null]"#,
        "map.value [[1],null]",
        "nothing [null,null]",
    ];
    for name in ["types.parquet", "types-old.parquet", "types-pages2.parquet"] {
        let read = table(read_with(&fixture(name), 16 << 20));
        assert_eq!(shown(&read), wanted, "{name}");
        assert_eq!(read.mended, [(1, Flaw::NoCharacter)], "{name}");
    }
}

#[test]
fn damage_to_files_of_others_is_a_fault_or_other_rows() {
    for name in [
        "types.parquet",
        "types-old.parquet",
        "types-pages2.parquet",
        "kestrel.parquet.gz",
        "lz4.parquet",
        "deltas.parquet",
        "deltas-pages2.parquet",
    ] {
        let bytes = fixture(name).to_vec();
        // Of the larger files every third byte.
        for at in (0..bytes.len()).step_by(if name.starts_with("deltas") { 3 } else { 1 }) {
            let mut bytes = bytes.clone();
            bytes[at] ^= if at % 2 == 0 { 0xff } else { 0x02 };
            if let Ok(table) = read_with(&bytes.into(), 16 << 20) {
                assert!(table.rows.iter().all(|row| row.len() == table.header.len()));
            }
        }
    }
}

/// Numbers and texts that are kept as differences, in pages of both forms.
#[test]
fn differences_are_read() {
    for name in ["deltas.parquet", "deltas-pages2.parquet"] {
        let read = table(read_with(&fixture(name), 64 << 20));
        assert_eq!(read.header, ["number", "small", "lengths", "prefixes", "fixed", "list"], "{name}");
        let mut wanted: Vec<Vec<Option<Value>>> = (0..300)
            .map(|n| {
                let path = format!("C:\\Windows\\System32\\{}.exe", n % 7);
                let items = [Value::text("a"), Value::text(format!("b{n}"))];
                vec![
                    Some(Value::Int(n * 20)),
                    Some(Value::Int(300 - n)),
                    text(&format!("name {n}")),
                    text(&path),
                    text(&format!("{n:04x}")),
                    list(&items),
                ]
            })
            .collect();
        wanted.push(vec![None; 6]);
        assert_eq!(read.rows, wanted, "{name}");
    }
}
