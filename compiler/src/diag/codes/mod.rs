//! The one registry of diagnostic codes. Each range has its file; each code has a page in `../pages/`.
//!
//! K00 syntax · K01 names and flow · K02 types and attributes · K03 patterns · K04 time · K05 relations · K06 parameters ·
//! K07 sources at run time · K08 configuration, files, command line, K085 nightly hunts · K09 our own faults ·
//! K10 the run · K11 why a statement found nothing

use super::Code;

/// Declares codes: `NAME "K0201" "slug" Severity lint|fixed "title";`
macro_rules! codes {
    (@lint lint) => { true };
    (@lint fixed) => { false };
    ($($name:ident $id:literal $slug:literal $severity:ident $lint:ident $title:literal;)*) => {
        $(
            #[doc = $title]
            pub static $name: crate::diag::Code = crate::diag::Code {
                id: $id,
                slug: $slug,
                severity: crate::diag::Severity::$severity,
                lint: codes!(@lint $lint),
                title: $title,
                page: include_str!(concat!("../pages/", $id, ".md")),
            };
        )*
        /// All codes of this file.
        pub(super) static ALL: &[&crate::diag::Code] = &[$(&$name),*];
    };
}

pub mod config;
pub mod elastic;
pub mod hints;
pub mod internal;
pub mod names;
pub mod nightly;
pub mod parameters;
pub mod patterns;
pub mod relations;
pub mod run;
pub mod store;
pub mod syntax;
pub mod time;
pub mod types;

/// Every code, by id.
pub fn all() -> Vec<&'static Code> {
    let ranges = [
        syntax::ALL,
        names::ALL,
        types::ALL,
        patterns::ALL,
        time::ALL,
        relations::ALL,
        parameters::ALL,
        elastic::ALL,
        store::ALL,
        run::ALL,
        hints::ALL,
        config::ALL,
        nightly::ALL,
        internal::ALL,
    ];
    let mut codes = ranges.concat();
    codes.sort_by_key(|c| c.id);
    codes
}

/// The code with this id or slug, in any case.
pub fn find(name: &str) -> Option<&'static Code> {
    all().into_iter().find(|c| c.id.eq_ignore_ascii_case(name) || c.slug.eq_ignore_ascii_case(name))
}
