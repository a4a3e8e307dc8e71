//! K01: names of variables and data sources, and the flow between statements.

codes! {
    UNKNOWN_VARIABLE "K0101" "unknown-variable" Error fixed "a variable is used before it is bound";
    UNUSED_VARIABLE "K0102" "unused-variable" Advice lint "a variable is bound and never used";
    NO_DATA_SOURCE "K0103" "no-data-source" Error fixed "no data source is known for the statement";
    BAD_DATA_SOURCE "K0104" "bad-data-source" Error fixed "a data source or analytic is misspelt";
    SOURCE_LIKE_VARIABLE "K0105" "source-like-variable" Warning lint "a data source is spelt almost like a variable";
    MISSING_WHERE "K0106" "missing-where" Error fixed "GET from a data source needs WHERE";
    FILE_FORMAT "K0107" "file-format" Error fixed "SAVE and LOAD do not know the file format";
    BAD_INDEX_NAME "K0108" "bad-index-name" Error fixed "a data source that is not bound has a name that no index has";
    NO_SOURCE_FITS "K0109" "no-source-fits" Error fixed "no bound data source fits a pattern";
}
