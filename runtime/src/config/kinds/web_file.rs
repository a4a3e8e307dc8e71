//! A file that an `https://` or `http://` address names, in a hunt or in a profile of Kestrel's connector `stix_bundle`.

use super::cluster::proxy_of;
use super::kind::{OpenedSource, Opening, ResolvedSource, SourceFacts, SourceKind};
use super::store::facts;
use crate::allowance::Allowance;
use crate::config::environment::Environment;
use crate::source::elastic::Proxy;
use crate::source::store::Store;
use crate::source::web_file::{self, AllowedHost, address};
use crate::source::{Fields, SourceError};
use reqwest::Url;
use std::sync::Arc;

/// The address, and the hosts that may be asked for it.
#[derive(Clone, Debug)]
pub struct WebFile {
    url: Url,
    hosts: Vec<AllowedHost>,
}

impl WebFile {
    /// A file that may be fetched from these hosts only; the error says what is wrong with the address.
    pub fn new(text: &str, hosts: &[AllowedHost]) -> Result<Self, &'static str> {
        Ok(Self { url: address(text)?, hosts: hosts.to_vec() })
    }

    /// A file that the user's own profile names: its host may be asked.
    pub(in crate::config) fn of_profile(text: &str) -> Result<Self, &'static str> {
        let url = address(text)?;
        let hosts = AllowedHost::of(&url).into_iter().collect();
        Ok(Self { url, hosts })
    }
}

impl SourceKind for WebFile {
    fn word(&self) -> &'static str {
        "web file"
    }

    fn location(&self) -> String {
        web_file::shown(&self.url)
    }

    fn sends(&self) -> bool {
        true
    }

    fn resolve(&self, _: &str, environment: &Environment) -> Result<Box<dyn ResolvedSource>, SourceError> {
        if let Some(error) = web_file::not_allowed(&self.url, &self.hosts) {
            return Err(error);
        }
        Ok(Box::new(ResolvedWebFile { proxy: proxy_of(environment, &self.url), file: self.clone() }))
    }
}

struct ResolvedWebFile {
    file: WebFile,
    proxy: Option<Proxy>,
}

impl ResolvedWebFile {
    fn read(&self, fields: Fields, allowance: &Arc<Allowance>) -> Result<OpenedSource, SourceError> {
        let WebFile { url, hosts } = &self.file;
        let path = web_file::fetch(url, hosts, self.proxy.as_ref(), allowance)?;
        let (store, read) = Store::from_file(&path, &web_file::shown(url), fields, Arc::clone(allowance))?;
        Ok(OpenedSource::of_store(store, Some(read)))
    }
}

impl ResolvedSource for ResolvedWebFile {
    fn open(&self, opening: Opening<'_>) -> Result<OpenedSource, SourceError> {
        self.read((opening.fields)(), opening.allowance)
    }

    fn survey(&self, _: &[String]) -> Result<(OpenedSource, SourceFacts), SourceError> {
        let opened = self.read(Fields::All, &Arc::default())?;
        let facts = opened.store.as_ref().map(|store| facts(store)).transpose()?.unwrap_or_default();
        Ok((opened, facts))
    }

    fn is_remote(&self) -> bool {
        true
    }
}
