//! Numbers of as many bytes as they need (LEB128), as Thrift's compact form and Parquet's differences write them.

/// The number that begins at a place, which moves behind it; `None` if it is cut or longer than 64 bits.
pub(super) fn unsigned(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.get(*at)?;
        *at += 1;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// The same of a number that may be below zero: its sign is its last bit.
pub(super) fn signed(bytes: &[u8], at: &mut usize) -> Option<i64> {
    let number = unsigned(bytes, at)?;
    Some((number >> 1) as i64 ^ -((number & 1) as i64))
}
