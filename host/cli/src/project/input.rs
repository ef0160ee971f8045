//! The compose files of a command, found and read, and what they are loaded with.

use super::{ComposeProject, ConfigFile, absolute_files, start};
use crate::commands::Context;
use crate::discovery;
use crate::failure::Failure;
use crate::files::{Disk, read_compose_file, read_environment};
use crate::problem::{Problem, convert};
use indexmap::IndexMap;
use sinops_compose::{LoadRequest, RawModel, Skip, SourceFile};
use std::path::PathBuf;

/// What the compose files and their surroundings say, read once: standard input is
/// gone afterwards.
pub(super) struct ComposeInput {
    files: Vec<PathBuf>,
    sources: Vec<SourceFile>,
    by_usual_names: bool,
    directory: PathBuf,
    environment: IndexMap<String, String>,
    profiles: Vec<String>,
    project_name: Option<String>,
}

impl ComposeInput {
    /// Finds and reads them.
    pub(super) fn find(
        context: &Context<'_>,
        config: Option<&ConfigFile>,
    ) -> Result<Self, Failure> {
        let (global, surroundings) = (&context.global, context.surroundings);
        let start = start(context);
        let early = read_environment(context, &start)?;
        let variable = |name: &str| early.get(name).cloned();
        let mut by_usual_names = false;
        let files = if !global.files.is_empty() {
            absolute_files(context)
        } else if let Some(files) = discovery::compose_file_variable(variable, surroundings) {
            files
        } else if let Some(config) = config.filter(|file| !file.config.compose.is_empty()) {
            config
                .config
                .compose
                .iter()
                .map(|file| config.directory.join(file))
                .collect()
        } else {
            by_usual_names = true;
            let found = discovery::search_compose(&start);
            if let Some(problem) = discovery::several_found(&found) {
                context.warn(vec![problem]);
            }
            if found.compose.is_empty() {
                return Err(discovery::nothing_found(&start).into());
            }
            found.compose
        };
        let directory = match &global.project_directory {
            Some(directory) => surroundings.absolute(directory),
            None => discovery::project_directory(&files, surroundings),
        };
        let mut environment: IndexMap<String, String> = early;
        for (name, value) in read_environment(context, &directory)? {
            environment.entry(name).or_insert(value);
        }
        let profiles = if global.profiles.is_empty() {
            discovery::profiles_variable(|name| environment.get(name).cloned())
        } else {
            global.profiles.clone()
        };
        let project_name = global
            .project_name
            .clone()
            .or_else(|| {
                environment
                    .get("COMPOSE_PROJECT_NAME")
                    .filter(|it| !it.is_empty())
                    .cloned()
            })
            .or_else(|| config.and_then(|file| file.config.project.clone()));
        let sources = files
            .iter()
            .map(|file| read_compose_file(file))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            files,
            sources,
            by_usual_names,
            directory,
            environment,
            profiles,
            project_name,
        })
    }

    /// With `more` profiles than the command line names; and what is worth a warning.
    pub(super) fn load(
        &self,
        more: &[String],
        skip: Skip,
    ) -> Result<(ComposeProject, Vec<Problem>), Failure> {
        let loaded = sinops_compose::load(self.request(more, skip)).map_err(|error| {
            Failure::Problems(convert::compose(&error.diagnostics, &error.sources))
        })?;
        let warnings = convert::compose(&loaded.warnings, loaded.origins.sources());
        let project = ComposeProject {
            project: loaded.project,
            profiles: loaded.profiles,
            files: self.files.clone(),
            origins: loaded.origins,
            directory: self.directory.clone(),
            by_usual_names: self.by_usual_names,
            environment: self.environment.clone(),
        };
        Ok((project, warnings))
    }

    /// The files merged, and nothing filled in.
    pub(super) fn load_raw(&self, skip: Skip) -> Result<(RawModel, Vec<Problem>), Failure> {
        let model = sinops_compose::load_raw(self.request(&[], skip)).map_err(|error| {
            Failure::Problems(convert::compose(&error.diagnostics, &error.sources))
        })?;
        let warnings = convert::compose(&model.warnings, &model.sources);
        Ok((model, warnings))
    }

    fn request(&self, more: &[String], skip: Skip) -> LoadRequest<'_> {
        LoadRequest {
            files: self.sources.clone(),
            project_name: self.project_name.clone(),
            project_directory: self.directory.clone(),
            environment: self.environment.clone(),
            profiles: self.profiles.iter().chain(more).cloned().collect(),
            reader: &Disk,
            skip,
        }
    }
}
