//! Bindings of data sources: what a name such as `host101` stands for, and where that was said.

use super::secret::Secret;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// What a name stands for.
#[derive(Clone, Debug)]
pub struct Binding {
    /// Lower case, as in `stixshifter://NAME`.
    pub name: String,
    /// Where the records are.
    pub kind: Kind,
    /// Where that was said.
    pub origin: Origin,
    /// Window of statements without a range; of files everything, unless set.
    pub default_window: Option<Duration>,
    /// `like_case = "sensitive"`
    pub like_case_sensitive: bool,
}

/// Where records are.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A log file, or a folder of log files.
    Files(PathBuf),
    /// An embedded store.
    Store(PathBuf),
    /// Elasticsearch or OpenSearch.
    Cluster(Box<ClusterProfile>),
}

/// How to reach indices of a cluster.
#[derive(Clone, Debug)]
pub struct ClusterProfile {
    /// `https://host:9200`, with a path where a proxy has one; never with credentials.
    pub url: String,
    /// Index expressions; none: all indices.
    pub indices: Vec<String>,
    /// Credentials.
    pub auth: Auth,
    /// TLS.
    pub tls: Tls,
    /// Window of statements without a range.
    pub default_window: Duration,
    /// Time for one request.
    pub timeout: Option<Duration>,
    /// Records a page.
    pub page_size: Option<u32>,
    /// Requests in flight.
    pub concurrency: Option<usize>,
    /// Kestrel's dialects: `beats` names text fields with a `.keyword` sub-field.
    pub dialects: Vec<String>,
}

/// stix-shifter's window for patterns without a range.
pub const DEFAULT_WINDOW: Duration = Duration::from_mins(5);

impl ClusterProfile {
    /// A profile with nothing but an address.
    pub fn new(url: String, indices: Vec<String>) -> Self {
        Self {
            url,
            indices,
            auth: Auth::None,
            tls: Tls::default(),
            default_window: DEFAULT_WINDOW,
            timeout: None,
            page_size: None,
            concurrency: None,
            dialects: Vec::new(),
        }
    }
}

impl ClusterProfile {
    /// The index expression; `*` for all.
    pub fn expression(&self) -> String {
        if self.indices.is_empty() { "*".to_owned() } else { self.indices.join(",") }
    }
}

/// Credentials of a cluster.
#[derive(Clone, Debug)]
pub enum Auth {
    /// None.
    None,
    /// User and password.
    Basic {
        /// User.
        username: Secret,
        /// Password.
        password: Secret,
    },
    /// An API key.
    ApiKey {
        /// Its id; none where `api_key` is the encoded form of both.
        id: Option<Secret>,
        /// The key.
        api_key: Secret,
    },
    /// A bearer token.
    Token(Secret),
}

impl Auth {
    /// The kind, for lists.
    pub fn word(&self) -> &'static str {
        match self {
            Self::None => "no credentials",
            Self::Basic { .. } => "user and password",
            Self::ApiKey { .. } => "API key",
            Self::Token(_) => "token",
        }
    }

    /// Where its secret comes from, for lists.
    pub fn origin(&self) -> Option<String> {
        match self {
            Self::None => None,
            Self::Basic { password: secret, .. } | Self::ApiKey { api_key: secret, .. } | Self::Token(secret) => {
                Some(secret.origin())
            }
        }
    }
}

/// TLS of a cluster.
#[derive(Clone, Debug, Default)]
pub struct Tls {
    /// A certificate authority beside those of the system.
    pub ca: Option<Authority>,
    /// Do not check the server's certificate.
    pub insecure: bool,
}

/// A certificate authority.
#[derive(Clone, PartialEq, Eq)]
pub enum Authority {
    /// A PEM file.
    File(PathBuf),
    /// The PEM text.
    Pem(String),
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            // A careless profile may hold the private key in the same text.
            Self::Pem(_) => f.write_str("PEM text"),
        }
    }
}

/// Where something was said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origin {
    /// `--source`
    Flag,
    /// Environment variables that begin so: `STIXSHIFTER_HOST101_`.
    Environment(String),
    /// A configuration file.
    File(PathBuf),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("--source"),
            Self::Environment(prefix) => write!(f, "{prefix}* (environment)"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

impl Binding {
    /// A word for what it is.
    pub fn kind_word(&self) -> &'static str {
        match &self.kind {
            Kind::Files(_) => "files",
            Kind::Store(_) => "store",
            Kind::Cluster(_) => "cluster",
        }
    }

    /// Where the records are, for people.
    pub fn location(&self) -> String {
        match &self.kind {
            Kind::Files(path) | Kind::Store(path) => path.display().to_string(),
            Kind::Cluster(cluster) => format!("{}/{}", cluster.url, cluster.expression()),
        }
    }
}
