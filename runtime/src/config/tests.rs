//! Tests of the whole configuration: files, Kestrel's profiles, the environment and flags.

use super::kinds::cluster::{Certificate, ClusterProfile};
use super::secret::Secret;
use super::trust::Chosen;
use super::*;
use crate::source::elastic::Auth;
use secrecy::ExposeSecret;
use std::fs;
use std::time::Duration;
use tempfile::TempDir;

struct Setting {
    folder: TempDir,
    variables: Vec<(String, String)>,
    flags: Vec<String>,
    log_time_offsets: Vec<String>,
    chosen: Chosen,
}

impl Setting {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("home").display().to_string();
        Self {
            folder,
            variables: vec![("HOME".to_owned(), home)],
            flags: Vec::new(),
            log_time_offsets: Vec::new(),
            chosen: Chosen::Named,
        }
    }

    fn file(self, name: &str, text: &str) -> Self {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    fn toml(self, text: &str) -> Self {
        self.file("huntc.toml", text)
    }

    fn yaml(self, text: &str) -> Self {
        self.file("home/.config/kestrel/stixshifter.yaml", text)
    }

    fn var(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    fn flag(mut self, flag: &str) -> Self {
        self.flags.push(flag.to_owned());
        self
    }

    fn environment(&self) -> Environment {
        Environment::of(self.variables.iter().map(|(k, v)| (k.as_str(), v.as_str())))
    }

    fn load(&self) -> (Config, Vec<Diagnostic>, SourceSet) {
        let mut sources = SourceSet::default();
        let environment = self.environment();
        let path = self.folder.path().join("huntc.toml");
        let file = path.exists().then_some(ConfigFile { path, chosen: self.chosen });
        let places =
            Places { file: file.as_ref(), environment: &environment, flags: &self.flags, log_time_offsets: &self.log_time_offsets };
        let (config, problems) = load(&places, &mut sources);
        (config, problems, sources)
    }

    fn cluster(&self, name: &str) -> ClusterProfile {
        let (config, problems, _) = self.load();
        assert!(problems.is_empty(), "{problems:?}");
        assert!(config.broken.is_empty(), "{:?}", config.broken);
        cluster_of(&config, name)
    }

    /// The code and the headline of each problem, and the text under its span.
    fn complaints(&self) -> Vec<String> {
        let (config, problems, sources) = self.load();
        let all = problems.iter().chain(config.broken.values());
        all.map(|d| format!("{} {} @ {}", d.code.id, d.message, sources.text(d.primary.span))).collect()
    }
}

/// The profile of a name that is bound to a cluster.
fn cluster_of(config: &Config, name: &str) -> ClusterProfile {
    let kind: &dyn std::any::Any = config.sources[name].kind.as_ref();
    kind.downcast_ref::<ClusterProfile>().unwrap().clone()
}

fn shown(auth: &Auth<Secret>) -> String {
    let value = |s: &Secret| s.resolve(&Environment::of([("KEY", "from-env")])).unwrap().expose_secret().to_owned();
    match auth {
        Auth::None => "none".to_owned(),
        Auth::Basic { username, password } => format!("basic {}:{}", value(username), value(password)),
        Auth::ApiKey { id, api_key } => format!("key {}:{}", id.as_ref().map(value).unwrap_or_default(), value(api_key)),
        Auth::Token(token) => format!("token {}", value(token)),
    }
}

/// The variables that the seed "Practicing Backward And Forward Tracking Hunts" exports.
fn seed() -> Setting {
    Setting::new()
        .var("STIXSHIFTER_HOST101_CONNECTOR", "elastic_ecs")
        .var("STIXSHIFTER_HOST101_CONNECTION", r#"{"host":"elastic.securitylog.company.com", "port":9200, "indices":"host101"}"#)
        .var("STIXSHIFTER_HOST101_CONFIG", r#"{"auth":{"id":"VuaCfGcBCdbkQm-e5aOx", "api_key":"ui2lp2axTNmsyakw9tvNnw"}}"#)
}

#[test]
fn the_seeds_environment_is_a_cluster() {
    let cluster = seed().cluster("host101");
    assert_eq!(cluster.url, "https://elastic.securitylog.company.com:9200");
    assert_eq!(cluster.indices, ["host101"]);
    assert_eq!(shown(&cluster.auth), "key VuaCfGcBCdbkQm-e5aOx:ui2lp2axTNmsyakw9tvNnw");
    let (config, _, sources) = seed().load();
    assert_eq!(config.sources["host101"].window(), Some(Duration::from_mins(5)));
    let everything = format!("{config:?}{sources:?}");
    assert!(!everything.contains("ui2lp2ax") && !everything.contains("VuaCfGc"), "a secret is shown");
    assert_eq!(config.sources["host101"].origin.to_string(), "STIXSHIFTER_HOST101_* (environment)");
}

#[test]
fn hosts_may_carry_a_scheme_a_port_and_a_path() {
    let url = |connection: &str| Setting::new().var("STIXSHIFTER_A_B_CONNECTION", connection).cluster("a_b").url;
    assert_eq!(url(r#"{"host":"http://127.0.0.1","port":9208}"#), "http://127.0.0.1:9208");
    assert_eq!(url(r#"{"host":"https://h:9200","port":"9999"}"#), "https://h:9200");
    assert_eq!(url(r#"{"host":"h/es","port":"9200"}"#), "https://h:9200/es");
    assert_eq!(url(r#"{"host":"::1","port":9200}"#), "https://[::1]:9200");
    assert_eq!(url(r#"{"host":"h"}"#), "https://h");
    assert_eq!(url(r#"{"host":"http://h"}"#), "http://h:9200");
}

#[test]
fn all_of_a_kestrel_profile_is_read() {
    let setting = Setting::new().var("ES_KEY", "from-env").yaml(
        "profiles:\n  BH22-windows-192.168.56.111:\n    connector: elastic_ecs\n    connection:\n      host: elastic.example\n      \
         port: 9200\n      indices: [a-*, b]\n      selfSignedCert: |\n        -----BEGIN CERTIFICATE-----\n        MIIC\n      options:\n        \
         dialects: [beats]\n        single_batch_timeout: 90\n        retrieval_batch_size: 20000\n        time_range: 60\n    config:\n      \
         auth:\n        username: elastic\n        password: $ES_KEY\n",
    );
    let cluster = setting.cluster("bh22-windows-192.168.56.111");
    assert_eq!(cluster.indices, ["a-*", "b"]);
    assert_eq!(shown(&cluster.auth), "basic elastic:from-env");
    assert!(matches!(cluster.tls.ca, Some(Certificate::Pem(_))));
    assert_eq!((cluster.timeout, cluster.page_size), (Some(Duration::from_secs(90)), Some(10_000)));
    assert_eq!(cluster.dialects, ["beats"]);
    assert_eq!(setting.load().0.sources["bh22-windows-192.168.56.111"].window(), Some(Duration::from_hours(1)));
}

#[test]
fn the_environment_is_merged_into_kestrels_file() {
    let setting = Setting::new()
        .yaml("profiles:\n  Host101:\n    connector: elastic_ecs\n    connection: {host: old, port: 9200, indices: x}\n    config: {auth: {access_token: t}}\n")
        .var("STIXSHIFTER_HOST101_CONNECTION", r#"{"host":"new"}"#);
    let cluster = setting.cluster("host101");
    assert_eq!((cluster.url.as_str(), cluster.indices.join(",").as_str()), ("https://new:9200", "x"));
    assert_eq!(shown(&cluster.auth), "token t");
}

#[test]
fn flags_win_over_the_environment_and_that_over_files() {
    let toml = "[sources.host101]\nuri = \"https://toml:9200/a\"\n[sources.other]\nuri = \"https://toml:9200/b\"\n";
    let setting = seed().toml(toml);
    assert_eq!(setting.cluster("host101").url, "https://elastic.securitylog.company.com:9200");
    assert_eq!(setting.cluster("other").url, "https://toml:9200");
    let setting = setting.flag("HOST101=http://u:hunter2@flag:9200/es/winlogbeat-*,x");
    let cluster = setting.cluster("host101");
    assert_eq!((cluster.url.as_str(), cluster.expression().as_str()), ("http://flag:9200/es", "winlogbeat-*,x"));
    assert_eq!(shown(&cluster.auth), "basic u:hunter2");
    let (config, _, sources) = setting.load();
    assert!(!format!("{config:?}{sources:?}").contains("hunter2"));
}

#[test]
fn huntc_toml_is_read_whole() {
    let setting = Setting::new().file("logs/a.ndjson", "").toml(
        r#"
[sources.Host101]
uri = "https://es.example:9200"
indices = "a,b"
auth = { id = "i", api_key = "${KEY}" }
tls = { ca = "ca.pem", insecure = false }
default_window = "24h"
like_case = "sensitive"
page_size = 5_000
concurrency = 4
timeout = "90s"
kibana = "https://kibana.example:5601/s/hunts/"
[sources.lab]
path = "logs"
[analytics."docker://enrichdomain"]
lookup = "domains.csv"
key = "dst_ref.value"
outputs = ["x_asn", "x_owner"]
[analytics.score]
exec = ["python3", "score.py", "--key=hunter2"]
timeout = "2m"
[lints]
K0816 = "allow"
[run]
roots = ["out", "/srv/hunts"]
mapping = "site.csv"
concurrency = 8
max_records = 5_000_000
max_requests = 1000
timeout = "1h"
hints = false
"#,
    );
    let (config, problems, _) = setting.load();
    assert!(problems.is_empty(), "{problems:?}");
    let cluster = setting.cluster("host101");
    assert_eq!(shown(&cluster.auth), "key i:from-env");
    assert_eq!(cluster.tls.ca, Some(Certificate::File(setting.folder.path().join("ca.pem"))));
    assert_eq!((cluster.page_size, cluster.concurrency), (Some(5_000), Some(4)));
    assert_eq!(config.sources["host101"].kibana.as_deref(), Some("https://kibana.example:5601/s/hunts"));
    let profiles = config.source_profiles();
    assert_eq!(profiles[0].cluster, Some(("https://es.example:9200".to_owned(), "a,b".to_owned())));
    assert_eq!((profiles[0].default_window, profiles[0].like_case_sensitive), (Some(86_400_000_000_000), true));
    assert_eq!((profiles[1].name.as_str(), profiles[1].default_window), ("lab", None));
    let uris: Vec<_> = config.analytic_profiles().into_iter().map(|a| (a.uri, a.outputs)).collect();
    assert_eq!(uris[0], ("docker://enrichdomain".to_owned(), Some(vec!["x_asn".to_owned(), "x_owner".to_owned()])));
    assert_eq!(uris[1], ("python://score".to_owned(), None));
    assert_eq!(config.analytics["python://score"].action_text(), "exec python3 …");
    assert_eq!(config.lints.levels, [("K0816".to_owned(), None)]);
    assert_eq!(config.run.roots, [setting.folder.path().join("out"), "/srv/hunts".into()]);
    assert_eq!((config.run.max_records, config.run.timeout), (Some(5_000_000), Some(Duration::from_hours(1))));
    assert_eq!(config.run.hints, Some(false));
}

#[test]
fn containers_and_python_functions_are_bound() {
    let setting = Setting::new()
        .toml(
            "[analytics]\nruntime = 'podman'\npython = 'venv/bin/python'\n[analytics.'docker://own']\nimage = 'other:2'\nnetwork = 'none'\n\
             [analytics.score]\nmodule = 'm.py'\nfunction = 'f'\n[analytics.'docker://named']\noutputs = ['x_a']\n",
        )
        .file(
            "home/.config/kestrel/pythonanalytics.yaml",
            "profiles:\n  score:\n    module: /k/score.py\n    func: analytics\n  plot:\n    module: ~/plot.py\n    func: analytics\n  near:\n    module: near.py\n    func: g\n",
        );
    let (config, problems, _) = setting.load();
    assert!(problems.is_empty(), "{problems:?}");
    let does = |uri: &str| config.analytic(uri).map(|a| a.action_text().replace(&setting.folder.path().display().to_string(), ""));
    assert_eq!(does("docker://own").as_deref(), Some("image other:2 by podman"));
    assert_eq!(does("docker://named").as_deref(), Some("image kestrel-analytics-named by podman"));
    assert_eq!(does("docker://any").as_deref(), Some("image kestrel-analytics-any by podman"));
    for no in ["docker://Any", "docker://a/b", "docker://a:1", "docker://--rm x", "docker://", "python://any"] {
        assert_eq!(does(no), None, "{no}");
    }
    assert!(does("python://score").unwrap().ends_with("m.py:f"), "huntc.toml wins");
    assert_eq!(does("python://plot").as_deref(), Some("python /home/plot.py:analytics"));
    assert!(
        does("python://near").unwrap().ends_with("/home/.config/kestrel/near.py:g"),
        "a relative module is of the profile's folder"
    );
}

#[test]
fn what_runs_needs_trust() {
    let setting = Setting::new().toml("[analytics]\nruntime = './docker'\n[analytics.score]\nmodule = 'm.py'\nfunction = 'f'\n");
    let setting = Setting { chosen: Chosen::Near, ..setting };
    let (config, _, _) = setting.load();
    if config.untrusted.is_none() {
        return; // Root's own files are trusted.
    }
    for uri in ["docker://any", "python://score"] {
        assert!(matches!(config.analytic(uri).unwrap().action, analytic::Action::Untrusted { .. }), "{uri}");
    }
    assert_eq!(config.off.len(), 2);
}

#[test]
fn mistakes_in_huntc_toml_are_told_at_their_place() {
    let complaints = |text: &str| Setting::new().toml(text).complaints().join("\n");
    insta::assert_snapshot!(
        complaints("[source.x]\n[sources.a]\nurl = 'https://h'\n[sources.b]\nuri = 'h:9200'\n[sources.c]\npath = 'x'\nindices = 'y'\n"),
        @r"
    K0802 the configuration has no key `source` @ source
    K0802 [sources.a] has no key `url` @ url
    K0803 `uri` is no address of a cluster: it begins with neither `https://` nor `http://` @ 'h:9200'
    K0803 [sources.c] has `path`, so it takes no `indices` @ [sources.c]
    ");
    insta::assert_snapshot!(
        complaints("[sources.a]\nuri = 'https://h'\ndefault_window = 5\npage_size = 20000\nauth = { username = 'u', token = 't' }\ntls = { ca = 1 }\nlike_case = 'no'\n"),
        @r"
    K0803 `default_window` is not a time @ 5
    K0803 `page_size` is not in its range @ 20000
    K0803 `auth` is not one whole set of credentials @ { username = ***, token = *** }
    K0803 `ca` is not text @ 1
    K0803 `like_case` is not `no` @ 'no'
    ");
    for address in ["kibana:5601", "javascript:alert(1)", "https://u:hunter2@k", "https://k/?a=b", "https://k/#x", "/app"] {
        let told = complaints(&format!("[sources.a]\nuri = 'https://h'\nkibana = '{address}'\n"));
        assert!(told.starts_with("K0803 `kibana` is no address of a Kibana @ ") && !told.contains("hunter2"), "{told}");
    }
    let told = complaints("[sources.a]\npath = 'x'\nkibana = 'https://k'\n");
    assert_eq!(told, "K0803 [sources.a] has `path`, so it takes no `kibana` @ [sources.a]");
    insta::assert_snapshot!(
        complaints("[lints]\nignored-settin = 'warn'\nK0801 = 'allow'\nK0816 = 'off'\n[run]\nroots = 3\n[analytics.a]\n[analytics.b]\nlookup = 'x'\n"),
        @r#"
    K0808 there is no lint `ignored-settin` @ ignored-settin
    K0808 `K0801` is an error that cannot be moved @ K0801
    K0803 `K0816` is not a level @ 'off'
    K0803 `roots` is not a list of texts @ 3
    K0803 [analytics."a"] needs one of `exec`, `lookup`, `module` and `image` @ [analytics.a]
    K0803 [analytics."b"] needs `key` @ [analytics.b]
    "#);
}

#[test]
fn secrets_in_a_broken_file_are_masked() {
    let setting = Setting::new().toml("[sources.a]\nuri = 'https://u:hunter2@h'\nauth = { token = 'hunter2' }\nx = \n");
    let (_, problems, sources) = setting.load();
    assert_eq!(problems[0].code.id, "K0801");
    assert!(!format!("{problems:?}{sources:?}").contains("hunter2"));
    let setting = Setting::new().yaml("profiles:\n  a:\n    config: {auth: {api_key: hunter2}}\n  b: [\n");
    let (_, problems, sources) = setting.load();
    assert_eq!(problems[0].code.id, "K0801");
    assert!(!format!("{problems:?}{sources:?}").contains("hunter2"));
}

#[test]
fn a_broken_variable_is_named_and_its_value_never_shown() {
    let setting = seed().var("STIXSHIFTER_HOST102_CONNECTION", "{\"host\": \"hunter2\"");
    let (config, problems, sources) = setting.load();
    assert!(problems.is_empty(), "only hunts that use the profile are stopped");
    assert!(config.sources.contains_key("host101"));
    let problem = &config.broken["host102"];
    assert_eq!(problem.code.id, "K0804");
    assert_eq!(problem.message, "`STIXSHIFTER_HOST102_CONNECTION` is no valid JSON");
    assert_eq!(sources.text(problem.primary.span), "STIXSHIFTER_HOST102_CONNECTION");
    assert!(!format!("{config:?}{sources:?}").contains("hunter2"));
}

#[test]
fn profiles_that_cannot_be_used_say_why() {
    let complaint = |name: &str, value: &str| Setting::new().var(name, value).complaints().join("\n");
    let connection = |value| complaint("STIXSHIFTER_X_CONNECTION", value);
    assert_eq!(connection("[]"), "K0804 `STIXSHIFTER_X_CONNECTION` is no JSON object @ STIXSHIFTER_X_CONNECTION");
    assert!(connection("{}").starts_with("K0803 `STIXSHIFTER_X_CONNECTION` has no `host`"));
    assert!(connection(r#"{"host":"h","port":70000}"#).contains("has a `port` that is none"));
    assert!(connection(r#"{"host":"h","indices":{}}"#).contains("has `indices` that are no names"));
    assert!(connection(r#"{"host":"h","options":{"timeout":0}}"#).contains("`timeout` that is out of range"));
    assert!(complaint("STIXSHIFTER_X_CONNECTOR", "splunk").starts_with("K0812 the profile `x` uses the connector `splunk`"));
    let auth = Setting::new()
        .var("STIXSHIFTER_X_CONNECTION", r#"{"host":"h"}"#)
        .var("STIXSHIFTER_X_CONFIG", r#"{"auth":{"id":"hunter2"}}"#);
    assert_eq!(auth.complaints(), ["K0803 `STIXSHIFTER_X_CONFIG` has no whole set of credentials @ STIXSHIFTER_X_CONFIG"]);
}

#[test]
fn stix_shifters_own_variables_are_no_profiles() {
    let setting =
        Setting::new().var("STIXSHIFTER_RETRY_MAX", "3").var("STIXSHIFTER_CONNECT_TIMEOUT", "2").var("STIXSHIFTER_DEBUG", "1");
    let (config, problems, _) = setting.load();
    assert!(config.sources.is_empty() && config.broken.is_empty() && problems.is_empty());
}

#[test]
fn an_unchecked_certificate_is_not_taken_over_without_a_word() {
    let (config, _, _) = Setting::new().var("STIXSHIFTER_X_CONNECTION", r#"{"host":"h","selfSignedCert":false}"#).load();
    assert_eq!(config.notices["x"][0].code.id, "K0816");
    assert!(!cluster_of(&config, "x").tls.insecure);
}

#[test]
fn flags_that_bind_nothing_are_errors() {
    let complaints = |flag: &str| Setting::new().flag(flag).complaints().join("\n");
    assert!(complaints("events.ndjson").starts_with("K0807 `--source` takes `NAME=URI`"));
    assert!(complaints("a=").starts_with("K0807"));
    assert!(complaints("a=/no/such/file").starts_with("K0807 `/no/such/file` cannot be read"));
    assert!(complaints("a=ftp://h/x").starts_with("K0807 the address of `a` begins with neither"));
    let secret = complaints("a=https://u:hunter2@h:99999/x");
    assert!(
        secret.starts_with("K0807 the address of `a` cannot be read: invalid port number") && !secret.contains("hunter2"),
        "{secret}"
    );
}

#[test]
fn durations_have_units_and_limits() {
    assert_eq!(duration("24h"), Some(Duration::from_hours(24)));
    assert_eq!(duration(" 5 minutes "), Some(Duration::from_mins(5)));
    assert_eq!((duration("36525d"), duration("36526d")), (Some(Duration::from_hours(24 * 36_525)), None));
    assert_eq!((duration_or_zero(" 0 "), duration_or_zero("0s")), (Some(Duration::ZERO), Some(Duration::ZERO)));
    for bad in ["", "24", "0", "h", "-1h", "1.5h", "0s", "99999999999999999999d", "5y", "200000w"] {
        assert_eq!(duration(bad), None, "{bad}");
    }
}

#[test]
fn kestrel_2s_file_binds_its_indexes() {
    let setting = Setting::new().var("PW", "hunter2");
    let folder = setting.folder.path().join("opensearch.yaml");
    std::fs::write(
        &folder,
        "connections:\n  lab:\n    url: https://os.example:9200/es\n    auth: {username: bob, password: $PW}\n    verify_certs: false\nindexes:\n  \
         Linux-91: {connection: lab, timestamp: '@timestamp', timestamp_format: x}\n  other: {connection: none}\n  \
         elsewhere: {connection: lab, timestamp: event.created}\n",
    )
    .unwrap();
    let setting = setting.var("KESTREL_OPENSEARCH_CONFIG", folder.to_str().unwrap());
    let (config, problems, sources) = setting.load();
    let cluster = cluster_of(&config, "linux-91");
    assert_eq!((cluster.url.as_str(), cluster.indices.as_slice()), ("https://os.example:9200/es", &["Linux-91".to_owned()][..]));
    assert_eq!(shown(&cluster.auth), "basic bob:hunter2");
    assert!(cluster.tls.insecure);
    assert!(problems.is_empty() && !format!("{config:?}{sources:?}").contains("hunter2"));
    let broken: Vec<_> = config.broken.iter().map(|(name, problem)| (name.as_str(), problem.code.id)).collect();
    assert_eq!(broken, [("elsewhere", "K0803"), ("other", "K0803")]);
}

#[test]
fn settings_of_kestrel_without_effect_are_told() {
    let setting = Setting::new().var(
        "STIXSHIFTER_A_CONNECTION",
        r#"{"host":"h","indexes":"x","options":{"timeout":30,"result_limit":5,"time_rang":5,"proxy_host":"p"}}"#,
    );
    let notices = setting.load().0.notices.remove("a").unwrap();
    assert_eq!((notices.len(), notices[0].code.id), (1, "K0816"));
    assert_eq!(
        notices[0].notes,
        [
            "`indexes`: there is no such setting; the nearest is `indices`",
            "`options.proxy_host`: it names a server of stix-shifter; for an HTTP proxy set `proxy` in huntc.toml, or HTTPS_PROXY",
            "`options.result_limit`: every record is read",
            "`options.time_rang`: there is no such setting; the nearest is `time_range`",
        ]
    );
}

#[test]
fn ways_to_a_server_are_read() {
    let setting = Setting::new().toml(
        "[sources.a]\nuri = 'https://h:9200/x'\nproxy = 'http://u:hunter2@proxy:3128'\npatience = '5m'\ntls = { fingerprint = '{FP}', cert = 'c.pem', key = 'file:c.key' }\n"
            .replace("{FP}", &"AB:".repeat(32))
            .as_str(),
    );
    let cluster = setting.cluster("a");
    assert_eq!((cluster.tls.fingerprint, cluster.patience), (Some([0xab; 32]), Some(Duration::from_mins(5))));
    assert_eq!(cluster.tls.client.unwrap().0, Certificate::File(setting.folder.path().join("c.pem")));
    assert!(!format!("{:?}", cluster.proxy).contains("hunter2"));
    let pem = "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n";
    let setting = Setting::new().toml(&format!("[sources.a]\nuri = 'https://h'\ntls = {{ ca = \"\"\"{pem}\"\"\" }}\n"));
    assert_eq!(setting.cluster("a").tls.ca, Some(Certificate::Pem(pem.to_owned())));
}

#[test]
fn log_files_alone_have_an_offset_of_their_times() {
    let of_file = |text: &str| Setting::new().file("log.ndjson", "").toml(&format!("[sources.lab]\n{text}\n"));
    let (config, problems, _) = of_file("path = 'log.ndjson'\nlog_time_offset = '+16h'").load();
    assert!(problems.is_empty(), "{problems:?}");
    let settings = config.sources["lab"].kind.file_settings().unwrap();
    assert_eq!((settings.log_time_offset.to_string().as_str(), settings.columns.is_none()), ("+16h", true));
    for (text, told) in [
        ("path = 'log.ndjson'\nlog_time_offset = '16h'", "`log_time_offset` is no offset"),
        ("path = 'log.ndjson'\nlog_time_offset = 16", "`log_time_offset` is not text"),
        ("uri = 'https://elastic.example'\nlog_time_offset = '+16h'", "takes no `log_time_offset`"),
    ] {
        let complaints = of_file(text).complaints();
        assert!(complaints.len() == 1 && complaints[0].contains(told), "{complaints:?}");
    }
}
