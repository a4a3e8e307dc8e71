//! Faults as messages: the source, what happened, the server's reason, and help. No secret is in them.

use super::auth::Auth;
use super::config::ElasticConfig;
use super::expression;
use super::fault::{Fault, FaultKind};
use crate::source::SourceError;
use huntc_compiler::diag::Code;
use huntc_compiler::diag::codes::elastic as codes;

/// The error that a user sees for a fault.
pub(super) fn of(config: &ElasticConfig, fault: &Fault) -> SourceError {
    if let FaultKind::Spent(spent) = fault.kind {
        return spent.into();
    }
    let (code, what) = headline(config, fault);
    let mut error = SourceError::new(code, short(&format!("source `{}`: {what}", config.name)));
    if !fault.reason.is_empty() && !what.contains(&fault.reason) {
        error = error.note(config.auth.hide(&fault.reason));
    }
    if let (Some(proxy), FaultKind::Refused | FaultKind::Closed | FaultKind::ConnectTimeout | FaultKind::UnknownHost) =
        (&config.proxy, fault.kind)
    {
        error = error.note(format!("it was asked through the proxy {}", proxy.place()));
    }
    if let (Some(remote), FaultKind::Incomplete | FaultKind::Uncovered) = (expression::remote(&config.indices), fault.kind) {
        // Old servers name the address of a cluster that does not answer, and not the cluster.
        error = error.note(format!("the indices of other clusters are `{remote}`"));
    }
    helps(config, fault).into_iter().fold(error, SourceError::help)
}

/// The text cut to 100 characters, the limit for headlines; it is the address that is shortened.
fn short(text: &str) -> String {
    if text.chars().count() <= 100 { text.to_owned() } else { text.chars().take(99).chain(['…']).collect() }
}

fn headline(config: &ElasticConfig, fault: &Fault) -> (&'static Code, String) {
    let url = config.url.as_str().trim_end_matches('/');
    let indices = &config.indices;
    let status = fault.status.map(|s| format!(" ({s})")).unwrap_or_default();
    match fault.kind {
        FaultKind::Spent(_) | FaultKind::Stopped => (&huntc_compiler::diag::codes::run::CANCELLED, "interrupted".to_owned()),
        FaultKind::Refused | FaultKind::Dropped | FaultKind::ConnectTimeout | FaultKind::UnknownHost if fault.waited.is_some() => {
            (&codes::UNREACHABLE, format!("no answer for {} s, after earlier ones", waited(fault)))
        }
        FaultKind::Refused => (&codes::UNREACHABLE, format!("connection to {url} refused")),
        FaultKind::Closed => (&codes::UNREACHABLE, format!("{url} ends the connection without an answer")),
        FaultKind::UnknownHost => (&codes::UNREACHABLE, format!("host `{}` not found", config.url.host_str().unwrap_or("?"))),
        FaultKind::ConnectTimeout => (&codes::UNREACHABLE, format!("{url} does not answer")),
        FaultKind::Tls => (&codes::TLS_FAILED, format!("no trusted connection to {url}")),
        FaultKind::NoTls => (&codes::TLS_FAILED, format!("{url} does not speak TLS")),
        FaultKind::Timeout if fault.status.is_some() => (&codes::SERVER_TIMEOUT, "the server gave a request up".to_owned()),
        FaultKind::Timeout => (&codes::SERVER_TIMEOUT, format!("no answer within {} s", config.timeout.as_secs())),
        FaultKind::Dropped => (&codes::MALFORMED_ANSWER, "the connection ended before an answer began".to_owned()),
        FaultKind::Cut => (&codes::MALFORMED_ANSWER, "the connection was cut while an answer was read".to_owned()),
        FaultKind::Malformed => (&codes::MALFORMED_ANSWER, "an answer of the server cannot be read".to_owned()),
        FaultKind::NotASearchServer => (&codes::NOT_A_SEARCH_SERVER, format!("{url} is neither Elasticsearch nor OpenSearch")),
        FaultKind::Unauthorized => (&codes::LOGIN_REFUSED, login(&config.auth).to_owned()),
        FaultKind::Forbidden => (&codes::ACCESS_DENIED, format!("access to `{indices}` is denied")),
        FaultKind::NoSuchIndex => (&codes::NO_SUCH_INDEX, format!("no index matches `{indices}`")),
        FaultKind::IndexClosed => (&codes::INDEX_CLOSED, format!("an index of `{indices}` is closed")),
        FaultKind::Overloaded => (&codes::OVERLOADED, format!("the server is overloaded{status}; all tries are used up")),
        FaultKind::ShortOfMemory { .. } => (&codes::OVERLOADED, format!("the server lacks the memory for a request{status}")),
        FaultKind::Unavailable if fault.waited.is_some() => {
            (&codes::OVERLOADED, format!("the server is unavailable{status}, still after {} s", waited(fault)))
        }
        FaultKind::Unavailable => (&codes::OVERLOADED, format!("the server is unavailable{status}; all tries are used up")),
        FaultKind::Troubled => (&codes::REQUEST_FAILED, format!("the server failed at a request{status}")),
        FaultKind::PitLimit => (&codes::TOO_MANY_SNAPSHOTS, "the server has too many open points in time".to_owned()),
        FaultKind::ContextLost => (&codes::SNAPSHOT_LOST, "the server lost the point in time of the request".to_owned()),
        FaultKind::TooComplex => (&codes::REQUEST_FAILED, format!("a pattern is too complex for the server{status}")),
        FaultKind::TooLarge => (&codes::REQUEST_TOO_LARGE, format!("a request is larger than the server allows{status}")),
        FaultKind::PathTooLong => (
            &codes::REQUEST_TOO_LARGE,
            format!("the names of its indices, {} bytes, are too long for the server{status}", indices.len()),
        ),
        FaultKind::Incomplete | FaultKind::OutOfTime | FaultKind::Uncovered | FaultKind::Miscounted => {
            (&codes::INCOMPLETE_ANSWER, "the server answered a part of the records only".to_owned())
        }
        FaultKind::NoDocuments => (&codes::NO_SOURCE_DOCUMENTS, "an index does not keep its documents".to_owned()),
        FaultKind::LeftOut => (&codes::FIELD_LEFT_OUT, "an index keeps its documents without a field".to_owned()),
        FaultKind::Narrowed => (&codes::PATTERN_NARROWED, format!("the credentials see a part of `{indices}` only")),
        FaultKind::MappingClash | FaultKind::PageTooLarge | FaultKind::Rejected => {
            (&codes::REQUEST_FAILED, format!("the server refused a request{status}"))
        }
    }
}

fn waited(fault: &Fault) -> u64 {
    fault.waited.unwrap_or_default().as_secs()
}

fn login(auth: &Auth) -> &'static str {
    match auth {
        Auth::None => "the server asks for credentials, and there are none",
        Auth::Basic { .. } => "the server does not accept user and password",
        Auth::ApiKey { .. } => "the server does not accept the API key",
        Auth::Token(_) => "the server does not accept the token",
    }
}

fn helps(config: &ElasticConfig, fault: &Fault) -> Vec<String> {
    let kind = fault.kind;
    let name = &config.name;
    let other_scheme = if config.url.scheme() == "http" { "https" } else { "http" };
    let help = match kind {
        _ if fault.waited.is_some() => {
            format!("see whether the server runs; `patience = \"5m\"` under `[sources.{name}]` waits for it longer")
        }
        FaultKind::Closed if config.url.scheme() == "http" => {
            "if the server speaks TLS, as Elasticsearch does from 8.0 on unless told otherwise, write https://".to_owned()
        }
        FaultKind::Closed | FaultKind::Dropped => "see in the log of the server, or of the proxy before it, why it ends connections".to_owned(),
        FaultKind::NoTls => "write http:// if the server is to be reached without TLS, else correct the port".to_owned(),
        FaultKind::Refused | FaultKind::ConnectTimeout => {
            format!("compare the address with the server's `http.host` and `http.port`, or try {other_scheme}://")
        }
        FaultKind::UnknownHost => "correct the host name in the address of the source".to_owned(),
        FaultKind::Tls => {
            "set `tls = { ca = \"http_ca.crt\" }` in huntc.toml to the server's own authority, or `fingerprint`, and use the name that \
             its certificate has"
                .to_owned()
        }
        FaultKind::Timeout => "set `timeout = \"10m\"` in huntc.toml, or use a shorter time range".to_owned(),
        FaultKind::Cut | FaultKind::Malformed => "set `page_size = 1000` in huntc.toml if a proxy cuts long answers".to_owned(),
        FaultKind::NotASearchServer => "use the port of the search server (9200), not the one of Kibana (5601)".to_owned(),
        FaultKind::Unauthorized => {
            format!("set `auth = {{ api_key = \"${{ELASTIC_API_KEY}}\" }}` under `[sources.{name}]`; `huntc sources` shows what is set")
        }
        FaultKind::Forbidden => "the credentials need the privileges `read` and `view_index_metadata` on these indices".to_owned(),
        FaultKind::NoSuchIndex => "`GET _cat/indices?v` on the server lists what is there".to_owned(),
        FaultKind::IndexClosed => "open it (`POST INDEX/_open`), or use a pattern that leaves it out".to_owned(),
        FaultKind::Unavailable => "see whether the server and the proxy before it are up: `GET _cluster/health`".to_owned(),
        FaultKind::Troubled => "the log of the server has the reason; run again".to_owned(),
        FaultKind::Overloaded => "set `concurrency = 2` in huntc.toml, or run at a quieter time".to_owned(),
        FaultKind::ShortOfMemory { .. } => {
            "set `page_size = 1000` and `concurrency = 2` in huntc.toml, or run at a quieter time".to_owned()
        }
        FaultKind::PitLimit => "run again in a few minutes; `GET _search/point_in_time/_all` shows who holds them".to_owned(),
        FaultKind::ContextLost => "run again when `GET _cluster/health` shows no relocating shards".to_owned(),
        FaultKind::TooLarge => "raise the body limit of the proxy before the server".to_owned(),
        FaultKind::PathTooLong => return alias(config),
        FaultKind::Uncovered => {
            "see whether the credentials may `read` all of these indices, and whether remote clusters are up (`GET _remote/info`), \
             or run with `--allow-partial`"
                .to_owned()
        }
        FaultKind::Incomplete | FaultKind::OutOfTime | FaultKind::Miscounted => {
            "look for red indices with `GET _cluster/health?level=indices`, or run with `--allow-partial`".to_owned()
        }
        FaultKind::LeftOut => {
            "leave the index out of the source, as in `winlogbeat-*,-INDEX`, or hunt without the attributes that need the field".to_owned()
        }
        FaultKind::Narrowed => {
            format!("set `indices` under `[sources.{name}]` to what the roles grant, grant `read` on the whole pattern, or run with `--allow-partial`")
        }
        FaultKind::NoDocuments => "leave the index out: `winlogbeat-*,-INDEX`".to_owned(),
        FaultKind::TooComplex | FaultKind::MappingClash | FaultKind::Rejected => {
            format!("`huntc doctor {name}` shows the server and its mappings")
        }
        FaultKind::PageTooLarge => "set `page_size` in huntc.toml to the index's `max_result_window`".to_owned(),
        FaultKind::Spent(_) | FaultKind::Stopped => return Vec::new(),
    };
    vec![help]
}

/// How an expression that is too long for a path becomes the name of an alias.
fn alias(config: &ElasticConfig) -> Vec<String> {
    let (source, name) = (&config.name, format!("huntc-{}", config.name.to_lowercase()));
    let pattern = expression::pattern(&config.indices).unwrap_or_else(|| "winlogbeat-*".to_owned());
    let mut helps = vec![format!("use patterns instead of names: `indices = [\"{pattern}\"]` under `[sources.{source}]`")];
    helps.push(if let Some(indices) = expression::to_alias(&config.indices) {
        let add = serde_json::json!({"actions": [{"add": {"indices": indices, "alias": name}}]});
        format!("or an alias, with `indices = [\"{name}\"]`: `POST _aliases {add}`")
    } else {
        let place = |part: &str| format!("--source {source}={}/{part}", config.url.as_str().trim_end_matches('/'));
        format!("or several places of one name, each with a part of the names: `{} {}`", place("A"), place("B"))
    });
    helps
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::allowance::Spent;

    #[test]
    fn every_fault_has_a_headline_and_a_way_out() {
        let config = ElasticConfig::from_address("prod", "https://es.example.org:9200/winlogbeat-*").unwrap();
        let kinds = [
            FaultKind::Refused,
            FaultKind::Closed,
            FaultKind::Dropped,
            FaultKind::NoTls,
            FaultKind::Unavailable,
            FaultKind::Troubled,
            FaultKind::UnknownHost,
            FaultKind::ConnectTimeout,
            FaultKind::Tls,
            FaultKind::Timeout,
            FaultKind::Cut,
            FaultKind::Malformed,
            FaultKind::NotASearchServer,
            FaultKind::Unauthorized,
            FaultKind::Forbidden,
            FaultKind::NoSuchIndex,
            FaultKind::IndexClosed,
            FaultKind::Overloaded,
            FaultKind::ShortOfMemory { lasting: true },
            FaultKind::PitLimit,
            FaultKind::ContextLost,
            FaultKind::TooComplex,
            FaultKind::TooLarge,
            FaultKind::PathTooLong,
            FaultKind::PageTooLarge,
            FaultKind::MappingClash,
            FaultKind::Incomplete,
            FaultKind::OutOfTime,
            FaultKind::Uncovered,
            FaultKind::Miscounted,
            FaultKind::NoDocuments,
            FaultKind::LeftOut,
            FaultKind::Narrowed,
            FaultKind::Rejected,
        ];
        for kind in kinds {
            let error = of(&config, &Fault::new(kind, "why"));
            assert!(error.message.starts_with("source `prod`: ") && error.message.chars().count() <= 100, "{}", error.message);
            assert!(!error.message.ends_with('.') && !error.helps.is_empty() && error.notes == ["why"], "{kind:?}");
        }
        assert_eq!(of(&config, &Fault::spent(Spent::Cancelled)).code.id, "K1000");
    }

    #[test]
    fn an_expression_that_is_too_long_becomes_an_alias() {
        let helps = |indices: &str| {
            let config = ElasticConfig::new("Prod", "https://es.example.org:9200", indices).unwrap();
            of(&config, &Fault::new(FaultKind::PathTooLong, "why")).helps
        };
        let add = r#"`POST _aliases {"actions":[{"add":{"alias":"huntc-prod","indices":["a-1","b-*"]}}]}`"#;
        assert!(helps("a-1, b-*")[1].ends_with(&format!("`indices = [\"huntc-prod\"]`: {add}")), "{:?}", helps("a-1, b-*"));
        for no_alias in ["a-1,far:b", "a-*,-a-x", "<a-{now/d}>,b"] {
            assert!(
                helps(no_alias)[1]
                    .contains("`--source Prod=https://es.example.org:9200/A --source Prod=https://es.example.org:9200/B`"),
                "{no_alias}"
            );
        }
    }
}
