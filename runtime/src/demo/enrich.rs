//! The look-up table of the tracking hunt's analytic: a domain name and an organisation for each address.
//!
//! Addresses are from the ranges for documentation; names are below the example domains.

use serde::Serialize;

/// Addresses and ports of ordinary web traffic of the machine.
pub(super) const ADDRESSES: &[(&str, u16)] = &[
    ("192.0.2.10", 443),
    ("192.0.2.11", 443),
    ("192.0.2.24", 443),
    ("192.0.2.25", 80),
    ("192.0.2.40", 443),
    ("192.0.2.77", 443),
    ("192.0.2.78", 443),
    ("192.0.2.130", 443),
    ("198.51.100.4", 443),
    ("198.51.100.5", 443),
    ("198.51.100.23", 443),
    ("198.51.100.31", 443),
    ("198.51.100.32", 80),
    ("198.51.100.90", 443),
    ("198.51.100.91", 443),
    ("198.51.100.140", 443),
    ("203.0.113.7", 443),
    ("203.0.113.8", 443),
    ("203.0.113.20", 443),
    ("203.0.113.21", 80),
    ("203.0.113.66", 443),
    ("203.0.113.67", 443),
    ("203.0.113.150", 443),
    ("203.0.113.201", 443),
];

/// One row of the look-up table.
#[derive(Serialize, Clone, PartialEq, Eq, Debug)]
pub(super) struct EnrichmentRow {
    #[serde(rename = "dst_ref.value")]
    pub(super) address: &'static str,
    pub(super) x_domain_name: String,
    pub(super) x_domain_organization: &'static str,
}

/// The rows of the table: every address of [`ADDRESSES`], and the two that the hunts are about.
pub(super) fn rows() -> Vec<EnrichmentRow> {
    let row =
        |address, name: String, organisation| EnrichmentRow { address, x_domain_name: name, x_domain_organization: organisation };
    let mut rows: Vec<EnrichmentRow> = ADDRESSES
        .iter()
        .map(|(address, _)| {
            let label = address.rsplit('.').next().unwrap_or_default();
            let (domain, organisation) = match address.split('.').next() {
                Some("192") => ("cdn.example.net", "Example Content Delivery"),
                Some("198") => ("news.example.com", "Example Media, Inc."),
                _ => ("shop.example.org", "Example Retail Foundation"),
            };
            row(*address, format!("edge{label}.{domain}"), organisation)
        })
        .collect();
    rows.push(row("72.21.81.200", "download.example.com".to_owned(), "Example Media, Inc."));
    rows.push(row("9.148.5.93", "reports.example.net".to_owned(), "Example Content Delivery"));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_once() {
        let rows = rows();
        let distinct: std::collections::BTreeSet<&str> = rows.iter().map(|row| row.address).collect();
        assert_eq!((rows.len(), distinct.len()), (ADDRESSES.len() + 2, ADDRESSES.len() + 2));
        assert!(rows.iter().any(|row| row.x_domain_organization.contains(',')), "one cell needs quotes");
    }
}
