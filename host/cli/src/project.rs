//! From the command line to what a run starts from: sinops.yaml, the compose
//! project and the desired stack.

mod adjust;
mod input;

use crate::args::{self, Adjustments};
use crate::builtins;
use crate::commands::Context;
use crate::discovery;
use crate::failure::Failure;
use crate::problem::Problem;
use crate::problem::convert;
use indexmap::IndexMap;
use input::ComposeInput;
use sinops_compose::{Origins, Project, Skip, SourceFile};
use sinops_core::config::{Config, ConfigError, EngineKind};
use sinops_core::release::Release;
use sinops_core::stack::Stack;
use std::path::{Path, PathBuf};

/// sinops.yaml, read; or what holds without one.
#[derive(Debug)]
pub(crate) struct ConfigFile {
    /// What it comes to.
    pub(crate) config: Config,
    /// Where it lies, and its text.
    pub(crate) source: Option<SourceFile>,
    /// Folder that its relative paths start from.
    pub(crate) directory: PathBuf,
}

/// The compose files, read and merged.
#[derive(Debug)]
pub(crate) struct ComposeProject {
    /// Canonical.
    pub(crate) project: Project,
    /// The files that were named or found; `-` for standard input.
    pub(crate) files: Vec<PathBuf>,
    /// Where each part of it was written.
    pub(crate) origins: Origins,
    /// Folder that relative paths start from.
    pub(crate) directory: PathBuf,
    /// The files were found by their usual names.
    pub(crate) by_usual_names: bool,
    /// What the files were interpolated with.
    pub(crate) environment: IndexMap<String, String>,
    /// Every profile that a service names, active or not, in order.
    pub(crate) profiles: Vec<String>,
}

impl ComposeProject {
    /// The desired stack under a configuration.
    pub(crate) fn stack(
        &self,
        config: &Config,
        engine: EngineKind,
    ) -> Result<Stack, Vec<ConfigError>> {
        let directory = self.directory.display().to_string();
        sinops_core::config::stack::build(&self.project, config, engine, &directory)
    }
}

/// All of it.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) config: ConfigFile,
    pub(crate) compose: ComposeProject,
    pub(crate) stack: Stack,
    pub(crate) engine: EngineKind,
    /// The release that is to be brought back, if one is.
    pub(crate) source: Option<Release>,
}

impl Loaded {
    /// Folder of the journals, the lock and the releases.
    pub(crate) fn state_directory(&self) -> PathBuf {
        self.compose.directory.join(&self.config.config.state)
    }

    /// Puts a project in the place of the one that the files come to.
    pub(crate) fn replace(&mut self, project: Project) -> Result<(), Failure> {
        self.compose.project = project;
        self.stack = stack(&self.config, &self.compose, self.engine)?;
        Ok(())
    }
}

/// Where things were written: kept when the rest has been handed on.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) config: Option<SourceFile>,
    pub(crate) origins: Origins,
}

/// Reads everything that a run starts from.
pub(crate) fn load(context: &Context<'_>) -> Result<Loaded, Failure> {
    let config = load_config(context)?;
    let compose = load_compose(context, Some(&config))?;
    let engine = match context.global.engine {
        Some(args::Engine::Docker) => EngineKind::Docker,
        Some(args::Engine::Process) => EngineKind::Process,
        None => config.config.engine.unwrap_or(EngineKind::Docker),
    };
    let stack = stack(&config, &compose, engine)?;
    Ok(Loaded {
        config,
        compose,
        stack,
        engine,
        source: None,
    })
}

/// Like [`load`], with what the command line changes of the compose files.
pub(crate) fn load_adjusted(
    context: &Context<'_>,
    adjustments: &Adjustments,
) -> Result<Loaded, Failure> {
    let mut loaded = load(context)?;
    if adjust::project(&mut loaded.compose.project, adjustments)? {
        loaded.stack = stack(&loaded.config, &loaded.compose, loaded.engine)?;
    }
    Ok(loaded)
}

fn stack(
    config: &ConfigFile,
    compose: &ComposeProject,
    engine: EngineKind,
) -> Result<Stack, Failure> {
    compose.stack(&config.config, engine).map_err(|errors| {
        let problem = |error| convert::config(error, config.source.as_ref());
        Failure::Problems(errors.iter().map(problem).collect())
    })
}

/// Finds and reads sinops.yaml; there need not be one.
pub(crate) fn load_config(context: &Context<'_>) -> Result<ConfigFile, Failure> {
    let surroundings = context.surroundings;
    let path = match &context.global.config {
        Some(path) => Some(surroundings.absolute(path)),
        None => find_config(context),
    };
    let Some(path) = path else {
        let config = builtins::configured("")
            .map_err(|error| Failure::Fault(format!("the default configuration: {error}")))?;
        return Ok(ConfigFile {
            config,
            source: None,
            directory: surroundings.folder.clone(),
        });
    };
    let text = std::fs::read_to_string(&path).map_err(|error| {
        Problem::error(format!("{} cannot be read: {error}", path.display()))
            .help("`sinops init` writes one; without --config none is needed")
    })?;
    let directory = path.parent().unwrap_or(Path::new("/")).to_path_buf();
    let source = SourceFile { path, text };
    let config = builtins::configured(&source.text)
        .map_err(|error| Failure::from(convert::config(&error, Some(&source))))?;
    Ok(ConfigFile {
        config,
        source: Some(source),
        directory,
    })
}

/// Beside the compose files, or else in the current folder.
fn find_config(context: &Context<'_>) -> Option<PathBuf> {
    let start = start(context);
    let named = !context.global.files.is_empty() || context.global.project_directory.is_some();
    if !named {
        return discovery::search(&start).config;
    }
    discovery::look(&start)
        .config
        .or_else(|| discovery::look(&context.surroundings.folder).config)
}

/// Folder where the search begins.
fn start(context: &Context<'_>) -> PathBuf {
    let global = &context.global;
    match &global.project_directory {
        Some(directory) => context.surroundings.absolute(directory),
        None => discovery::project_directory(&absolute_files(context), context.surroundings),
    }
}

fn absolute_files(context: &Context<'_>) -> Vec<PathBuf> {
    let files = context.global.files.iter();
    files
        .map(|file| discovery::absolute(file, context.surroundings))
        .collect()
}

/// Finds, reads and merges the compose files. What is worth a warning is said.
pub(crate) fn load_compose(
    context: &Context<'_>,
    config: Option<&ConfigFile>,
) -> Result<ComposeProject, Failure> {
    let input = ComposeInput::find(context, config)?;
    let (project, warnings) = input.load(&[], Skip::default())?;
    context.warn(warnings);
    Ok(project)
}

/// The compose files merged, and nothing filled in.
pub(crate) fn load_raw(
    context: &Context<'_>,
    config: &ConfigFile,
    skip: Skip,
) -> Result<sinops_compose::RawModel, Failure> {
    let (model, warnings) = ComposeInput::find(context, Some(config))?.load_raw(skip)?;
    context.warn(warnings);
    Ok(model)
}

/// Like [`load_compose`], with only these services and the ones that they depend on; the
/// profiles of these are active. All services when none is named.
pub(crate) fn load_services(
    context: &Context<'_>,
    config: &ConfigFile,
    names: &[String],
    skip: Skip,
) -> Result<ComposeProject, Failure> {
    let input = ComposeInput::find(context, Some(config))?;
    // What is left out may have the name of another container.
    let selecting = Skip {
        container_names: skip.container_names || !names.is_empty(),
        ..skip
    };
    let (mut compose, warnings) = input.load(&[], selecting)?;
    context.warn(warnings);
    if names.is_empty() {
        return Ok(compose);
    }
    let services = &compose.project.services;
    if !names.iter().all(|name| services.contains_key(name)) {
        // As in docker compose, what the profiles of these bring has to fit together
        // only as far as it is asked for.
        let loose = Skip {
            consistency: true,
            ..selecting
        };
        let (all, _) = input.load(&["*".to_owned()], loose)?;
        let services = names
            .iter()
            .filter(|name| !services.contains_key(name.as_str()))
            .filter_map(|name| all.project.services.get(name));
        let profiles: Vec<String> = services.flat_map(|it| it.profiles.clone()).collect();
        compose = input.load(&profiles, loose)?.0;
    }
    let there: Vec<String> = compose.project.services.keys().cloned().collect();
    sinops_compose::select_services(&mut compose.project, names).map_err(|error| {
        Problem::error(error.to_string()).help(format!("there are {}", there.join(", ")))
    })?;
    if !skip.container_names && !skip.consistency {
        let (project, origins) = (&compose.project, &compose.origins);
        let shared = sinops_compose::shared_container_names(project, origins);
        if !shared.is_empty() {
            return Err(Failure::Problems(convert::compose(
                &shared,
                origins.sources(),
            )));
        }
    }
    Ok(compose)
}
