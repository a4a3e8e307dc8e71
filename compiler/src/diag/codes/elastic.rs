//! K070–K074: Elasticsearch and OpenSearch at run time.

codes! {
    REQUEST_FAILED "K0701" "request-failed" Error fixed "the server refused a request";
}
