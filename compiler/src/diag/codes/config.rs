//! K08: configuration, files, command line.

codes! {
    BAD_CONFIG "K0801" "bad-configuration" Error fixed "the configuration cannot be read";
}
