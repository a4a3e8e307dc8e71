//! Reading and compiling a huntflow.

use super::{RunSettings, Session, Tables, input};
use crate::config::Config;
use crate::load_save::{self, FileFacts};
use huntc_compiler::compile::{Compilation, compile};
use huntc_compiler::diag::{Diagnostic, Sink};
use huntc_compiler::front_matter;
use huntc_compiler::options::{LoadedFile, Options, ParameterSetting};
use huntc_compiler::program::{self, Command};
use huntc_compiler::source::{SourceId, SourceSet};
use huntc_compiler::time::TimeRange;
use std::path::PathBuf;
use std::sync::Arc;

/// A huntflow with the configuration and the catalog that it is compiled with.
#[expect(missing_docs, reason = "the other fields are what they are called")]
pub struct Huntflow {
    /// The path as the user gave it; `-` for standard input.
    pub file: String,
    /// The text, or the diagnostic that says why it cannot be read.
    pub text: Result<SourceId, Box<Diagnostic>>,
    /// The configuration that was found for the folder of the file.
    pub config: Arc<Config>,
    pub catalog: Tables,
    /// In a night: the conditions of suppressions on its finding, texts of the session.
    pub conditions: Vec<SourceId>,
    /// The files that its LOADs name.
    pub(super) loaded: Vec<LoadedFile>,
    /// Values for its parameters; of several for one name the last counts.
    pub(super) parameters: Vec<ParameterSetting>,
}

impl Huntflow {
    /// The folder from which relative paths of LOAD and SAVE start.
    pub fn folder(&self) -> PathBuf {
        input::folder(&self.file)
    }

    /// Takes values for its parameters. Those of the command line win over them.
    pub fn configure(&mut self, mut settings: Vec<ParameterSetting>) {
        settings.append(&mut self.parameters);
        self.parameters = settings;
    }

    /// The folders that LOAD and SAVE may use.
    pub fn roots(&self) -> Vec<PathBuf> {
        roots(&self.file, &self.config)
    }
}

impl Session {
    /// Reads a huntflow with its configuration and its catalog. A text that cannot be read is kept as an error of this
    /// huntflow; an error in the configuration or the catalog is one of the whole command.
    pub fn load(&mut self, file: &str, settings: &RunSettings) -> Result<Huntflow, Vec<Diagnostic>> {
        let config = self.config(&input::folder(file))?;
        let catalog = self.catalog(&config, settings)?;
        let text = input::huntflow(file, &mut self.texts);
        let loaded = text.as_ref().map(|id| loaded_files(file, *id, &self.texts, &config)).unwrap_or_default();
        let parameters = self.set_flags(settings);
        Ok(Huntflow { file: file.to_owned(), text, config, catalog, conditions: Vec::new(), loaded, parameters })
    }

    /// Compiles a huntflow. A `window` takes the place of whatever its statements and the settings leave open. The
    /// error is that of a text that could not be read.
    pub fn compile(
        &self,
        huntflow: &Huntflow,
        settings: &RunSettings,
        window: Option<TimeRange>,
    ) -> Result<Compilation, Box<Diagnostic>> {
        let id = huntflow.text.clone()?;
        let (loaded, parameters) = (huntflow.loaded.clone(), huntflow.parameters.clone());
        let mut options = Options { loaded, parameters, ..settings.compile_options(&huntflow.config) };
        if let Some(window) = window {
            // LAST counts back from the end of the window, so that a night that is run later looks at its own time.
            options.now = window.stop;
            options.default_range = Some(window);
            options.finding = Some(huntflow.conditions.clone());
            options.replace_ranges = front_matter::read(&self.texts, id, &mut Sink::default()).nightly_window;
        }
        Ok(compile(&self.texts, id, &huntflow.catalog, &options))
    }
}

fn roots(file: &str, config: &Config) -> Vec<PathBuf> {
    if config.run.roots.is_empty() { vec![PathBuf::from("."), input::folder(file)] } else { config.run.roots.clone() }
}

/// The files that LOAD names, as far as they can be looked into before: the compiler reads no files.
fn loaded_files(file: &str, id: SourceId, texts: &SourceSet, config: &Config) -> Vec<LoadedFile> {
    // Nearly no huntflow loads anything: the text is parsed twice only where one does.
    if !texts.get(id).text.to_ascii_uppercase().contains("LOAD") {
        return Vec::new();
    }
    let program = program::parse(texts, id, &mut Sink::default());
    let (folder, roots) = (input::folder(file), roots(file, config));
    let place = load_save::Place { folder: &folder, roots: &roots };
    let mut files: Vec<LoadedFile> = Vec::new();
    for statement in &program.statements {
        let Command::Load(load) = &statement.command else { continue };
        let path = load.path.text.clone();
        if files.iter().any(|known| known.path == path) {
            continue;
        }
        files.push(match load_save::facts(&path, &place) {
            Ok(FileFacts { entity, columns }) => LoadedFile { path, entity, columns, fault: None },
            Err(fault) => LoadedFile { path, fault: Some(fault), ..LoadedFile::default() },
        });
    }
    files
}
