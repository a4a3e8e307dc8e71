//! Addresses of sockets, as the audit log writes them: the bytes of a `sockaddr` in hexadecimal digits.

use super::pairs::hexadecimal;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Address and port; none for sockets that have no address of the Internet.
pub(super) fn address(saddr: &str) -> Option<(IpAddr, u16)> {
    let bytes = hexadecimal(&saddr.to_ascii_uppercase())?;
    let port = u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?]);
    // The family stands in the byte order of the host.
    match (bytes.first()?, bytes.get(1)?) {
        (2, 0) | (0, 2) => {
            let four: [u8; 4] = bytes.get(4..8)?.try_into().ok()?;
            Some((Ipv4Addr::from(four).into(), port))
        }
        (10, 0) | (0, 10) => {
            let sixteen: [u8; 16] = bytes.get(8..24)?.try_into().ok()?;
            Some((Ipv6Addr::from(sixteen).into(), port))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let read = |saddr| address(saddr).map(|(address, port)| format!("{address} {port}"));
        assert_eq!(read("02000035C0A80101").as_deref(), Some("192.168.1.1 53"));
        let six = format!("0A0001BB00000000{}{}", "0".repeat(31), "1");
        assert_eq!(read(&six).as_deref(), Some("::1 443"));
        for bad in ["", "0", "0200", "01002F72756E", "zz"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
