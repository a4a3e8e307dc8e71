//! STIX bundles: from wherever they come, hunts find in them what Kestrel finds.

mod fetch;
mod lab;
mod tutorials;
