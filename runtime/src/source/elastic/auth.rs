//! The credentials of a cluster. The secrets are either references, as in the configuration, or their values.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use secrecy::{ExposeSecret, SecretString};

/// Credentials. `S` is a secret or a reference to one; `Debug` shows neither.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the other variants are what they are called")]
pub enum Auth<S = SecretString> {
    /// No credentials are sent.
    #[default]
    None,
    Basic {
        username: S,
        password: S,
    },
    ApiKey {
        /// Id of the key. `None` when `api_key` has both, as `id:key` or as that in Base64, the form that Kibana shows.
        id: Option<S>,
        api_key: S,
    },
    /// An access token of OAuth2 or of a service account.
    Token(S),
}

impl<S> Auth<S> {
    /// The kind of credentials, for messages.
    pub fn word(&self) -> &'static str {
        match self {
            Self::None => "no credentials",
            Self::Basic { .. } => "user and password",
            Self::ApiKey { .. } => "API key",
            Self::Token(_) => "token",
        }
    }

    /// The secret part, without the user or the id; `None` when there is none.
    pub fn secret(&self) -> Option<&S> {
        match self {
            Self::None => None,
            Self::Basic { password: secret, .. } | Self::ApiKey { api_key: secret, .. } | Self::Token(secret) => Some(secret),
        }
    }

    /// The same credentials with `get` applied to each secret; the first error ends it.
    pub fn try_map<T, E>(&self, get: impl Fn(&S) -> Result<T, E>) -> Result<Auth<T>, E> {
        Ok(match self {
            Self::None => Auth::None,
            Self::Basic { username, password } => Auth::Basic { username: get(username)?, password: get(password)? },
            Self::ApiKey { id, api_key } => Auth::ApiKey { id: id.as_ref().map(&get).transpose()?, api_key: get(api_key)? },
            Self::Token(token) => Auth::Token(get(token)?),
        })
    }
}

impl Auth {
    /// An API key from one text: `id:key`, or that in Base64.
    pub fn api_key(text: &str) -> Self {
        Self::ApiKey { id: None, api_key: text.into() }
    }

    /// A user with a password.
    pub fn basic(username: impl Into<SecretString>, password: impl Into<SecretString>) -> Self {
        Self::Basic { username: username.into(), password: password.into() }
    }

    /// The value of the `Authorization` header.
    pub(super) fn header(&self) -> Option<String> {
        Some(match self {
            Self::None => return None,
            Self::Basic { username, password } => format!("Basic {}", base64_pair(username, password)),
            Self::ApiKey { id: Some(id), api_key } => format!("ApiKey {}", base64_pair(id, api_key)),
            Self::ApiKey { id: None, api_key } => match api_key.expose_secret().trim() {
                pair if pair.contains(':') => format!("ApiKey {}", BASE64_STANDARD.encode(pair)),
                encoded => format!("ApiKey {encoded}"),
            },
            Self::Token(token) => format!("Bearer {}", token.expose_secret()),
        })
    }

    /// Replaces the secrets that a text of a server may repeat.
    pub(super) fn hide(&self, text: &str) -> String {
        let header = self.header().unwrap_or_default();
        let credential = header.split_once(' ').map_or("", |(_, c)| c);
        let secret = self.secret().map_or("", |secret| secret.expose_secret().trim());
        let key = match self {
            Self::ApiKey { id: None, .. } => secret.split_once(':').map_or("", |(_, key)| key),
            _ => "",
        };
        let mut text = text.to_owned();
        for hidden in [credential, secret, key].into_iter().filter(|s| !s.is_empty()) {
            text = text.replace(hidden, "***");
        }
        text
    }
}

/// `name:secret` in Base64.
fn base64_pair(name: &SecretString, secret: &SecretString) -> String {
    BASE64_STANDARD.encode(format!("{}:{}", name.expose_secret(), secret.expose_secret()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_api_key_of_one_text_is_a_pair_or_encoded() {
        assert_eq!(Auth::api_key(" id:key ").header().as_deref(), Some("ApiKey aWQ6a2V5"));
        assert_eq!(Auth::api_key("aWQ6a2V5").header().as_deref(), Some("ApiKey aWQ6a2V5"));
        let shown = Auth::api_key("id:s3cret").hide("s3cret, id:s3cret and aWQ6czNjcmV0");
        assert_eq!(shown, "***, *** and ***");
    }
}
