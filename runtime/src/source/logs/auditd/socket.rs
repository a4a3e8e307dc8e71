//! Addresses of sockets, as the audit log writes them: the bytes of a `sockaddr` in hexadecimal digits.

use super::pairs::hexadecimal;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A socket's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Socket {
    Internet(IpAddr, u16),
    Unix(String),
    Netlink,
}

impl Socket {
    /// What Auditbeat calls its family.
    pub(super) fn family(&self) -> &'static str {
        match self {
            Self::Internet(IpAddr::V4(_), _) => "ipv4",
            Self::Internet(IpAddr::V6(_), _) => "ipv6",
            Self::Unix(_) => "unix",
            Self::Netlink => "netlink",
        }
    }
}

/// The address that the digits are; none for those that are cut, and for other families.
pub(super) fn read(saddr: &str) -> Option<Socket> {
    let bytes = hexadecimal(&saddr.to_ascii_uppercase())?;
    // The family stands in the byte order of the host.
    let family = match (bytes.first()?, bytes.get(1)?) {
        (family, 0) | (0, family) => *family,
        _ => return None,
    };
    let port = || Some(u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?]));
    match family {
        1 => {
            // The names of abstract sockets begin with a zero.
            let name = bytes.get(2..).unwrap_or_default();
            let (mark, name) = name.strip_prefix(b"\0").map_or(("", name), |rest| ("@", rest));
            let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
            Some(Socket::Unix(if name.is_empty() { String::new() } else { format!("{mark}{}", String::from_utf8_lossy(name)) }))
        }
        2 => {
            let four: [u8; 4] = bytes.get(4..8)?.try_into().ok()?;
            Some(Socket::Internet(Ipv4Addr::from(four).into(), port()?))
        }
        10 => {
            let sixteen: [u8; 16] = bytes.get(8..24)?.try_into().ok()?;
            Some(Socket::Internet(Ipv6Addr::from(sixteen).into(), port()?))
        }
        16 => Some(Socket::Netlink),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let internet = |address: &str, port| Some(Socket::Internet(address.parse().unwrap(), port));
        assert_eq!(read("02000035C0A80101"), internet("192.168.1.1", 53));
        let six = format!("0A0001BB00000000{}{}", "0".repeat(31), "1");
        assert_eq!(read(&six), internet("::1", 443));
        assert_eq!(read("01002F72756E00FF"), Some(Socket::Unix("/run".to_owned())));
        assert_eq!(read("01000062757300"), Some(Socket::Unix("@bus".to_owned())));
        assert_eq!(read("100000000000000000000000"), Some(Socket::Netlink));
        for bad in ["", "0", "0200", "02000035C0A8", "1100", "zz"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
