//! The beginning of every HTML page of huntc, with a policy that forbids scripts, images and external links.

use super::sanitize::html as escape;
use std::io::{Result, Write};

/// Nothing may be loaded; only the style in the page is used.
pub(crate) const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// Writes the page up to its heading. The texts must not come from data.
pub(crate) fn begin(title: &str, style: &str, heading: &str, out: &mut dyn Write) -> Result<()> {
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{title}</title>\n<style>{style}</style>\n<h1>{heading}</h1>\n",
        escape(POLICY)
    )
}
