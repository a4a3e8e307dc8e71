//! A source that a configuration binds which is not trusted: all is said of it, but it is not opened.

use super::kind::{ResolvedSource, SourceKind};
use crate::config::environment::Environment;
use crate::config::trust;
use crate::source::SourceError;
use huntc_compiler::diag::codes::run::UNBOUND_SOURCE;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The source, and the file that binds it.
#[derive(Clone, Debug)]
pub(in crate::config) struct UntrustedSource {
    pub(in crate::config) kind: Arc<dyn SourceKind>,
    pub(in crate::config) file: PathBuf,
}

impl SourceKind for UntrustedSource {
    fn word(&self) -> &'static str {
        self.kind.word()
    }

    fn location(&self) -> String {
        self.kind.location()
    }

    fn credentials(&self) -> Option<String> {
        Some("off: the configuration is not trusted".to_owned())
    }

    fn default_window(&self) -> Option<Duration> {
        self.kind.default_window()
    }

    fn cluster_address(&self) -> Option<(String, String)> {
        self.kind.cluster_address()
    }

    fn sends(&self) -> bool {
        self.kind.sends()
    }

    fn resolve(&self, name: &str, _: &Environment) -> Result<Box<dyn ResolvedSource>, SourceError> {
        let error = SourceError::new(&UNBOUND_SOURCE, format!("the configuration that binds `{name}` is not trusted"));
        Err(error.note(format!("bound in {}", self.file.display())).help(trust::way_out(&self.file)))
    }
}
