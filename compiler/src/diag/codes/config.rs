//! K08: configuration, files, command line.

codes! {
    BAD_CONFIG "K0801" "bad-configuration" Error fixed "a configuration file cannot be read";
    UNKNOWN_SETTING "K0802" "unknown-setting" Error fixed "the configuration has no such key";
    BAD_SETTING "K0803" "bad-setting" Error fixed "a key of the configuration does not take this value";
    BAD_ENVIRONMENT "K0804" "bad-environment" Error fixed "an environment variable cannot be read";
    UNREADABLE_FILE "K0805" "unreadable-file" Error fixed "a file cannot be read";
    BAD_SOURCE "K0807" "bad-source" Error fixed "a data source cannot be bound to this";
    UNKNOWN_LINT "K0808" "unknown-lint" Error fixed "there is no lint of this name";
    OUTPUT_NOT_USABLE "K0809" "output-not-usable" Error fixed "the report folder cannot be used";
    REPORT_NOT_WRITTEN "K0810" "report-not-written" Error fixed "the report could not be written";
    MISSING_SECRET "K0811" "missing-secret" Error fixed "a secret that the configuration refers to is not there";
    UNSUPPORTED_CONNECTOR "K0812" "unsupported-connector" Error fixed "a profile uses another connector";
    HUNTBOOK_NOT_USABLE "K0840" "huntbook-not-usable" Error fixed "outputs cannot be written back to this";
    HUNTBOOK_NOT_WRITTEN "K0841" "huntbook-not-written" Error fixed "the outputs could not be written to the huntbook";
    UNKNOWN_CODE "K0813" "unknown-code" Error fixed "there is no diagnostic of this name";
    UNKNOWN_WORD "K0829" "unknown-catalog-word" Error fixed "the catalog has nothing of this name";
    UNKNOWN_SOURCE "K0814" "unknown-source" Error fixed "the configuration has no source of this name";
    FILE_NOT_WRITTEN "K0815" "file-not-written" Error fixed "a file could not be written";
    IGNORED_SETTING "K0816" "ignored-setting" Warning lint "a setting of another tool has no effect here";
    BAD_MAPPING "K0817" "bad-mapping" Error fixed "a mapping file has a fault";
    UNTRUSTED_CONFIG "K0824" "untrusted-configuration" Warning fixed "a configuration that was found needs trust for a part of it";
    REPLACEABLE_CONFIG "K0825" "replaceable-configuration" Error fixed "others could have written the configuration that was found";
    SECRET_ON_COMMAND_LINE "K0826" "secret-on-command-line" Warning lint "a password stands on the command line";
    SECRET_IN_CLEAR "K0827" "secret-in-clear" Warning lint "credentials are sent without encryption";
    CERTIFICATE_NOT_CHECKED "K0828" "certificate-not-checked" Warning lint "the certificate of a server is not checked";
    SOURCE_NOT_BOUND "K0821" "source-not-bound" Warning lint "a data source of a checked hunt is not bound here";
    ANALYTIC_NOT_BOUND "K0822" "analytic-not-bound" Warning lint "an analytic of a checked hunt is not bound here";
    LOAD_NOT_THERE "K0823" "load-not-there" Warning lint "a file of LOAD of a checked hunt cannot be read here";
}
