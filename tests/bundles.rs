//! STIX bundles: from wherever they come, hunts find in them what Kestrel finds.

mod books;
mod fetch;
mod lab;
mod tutorials;

use std::io::{Cursor, Write as _};

/// A zip archive with one member.
fn zip_of(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(bytes).unwrap();
    zip.finish().unwrap().into_inner()
}
