//! What is looked at: compose projects, and the texts that belong to each.
//!
//! A folder may hold several projects. Compose files of one folder are one
//! project if they merge; a text belongs to the project whose folder is the
//! nearest above it.

use super::finding::{Finding, Findings};
use crate::commands::Context;
use crate::discovery;
use crate::failure::Failure;
use crate::files::{Disk, read_compose_file, read_environment};
use crate::problem::Problem;
use crate::project::{self, ConfigFile};
use indexmap::IndexMap;
use sinops_compose::{LoadRequest, Loaded, SourceFile};
use sinops_core::config::EngineKind;
use sinops_core::notification::Severity;
use sinops_core::observed::TextFile;
use sinops_core::stack::Stack;
use sinops_runtime::run::read_texts;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What is looked at.
#[derive(Debug)]
pub(super) struct Look {
    /// Folder that everything lies below.
    pub(super) root: PathBuf,
    pub(super) config: ConfigFile,
    pub(super) sets: Vec<Set>,
    /// What reading it has found.
    pub(super) findings: Findings,
}

/// A project with its texts; they are relative to its folder.
#[derive(Debug)]
pub(super) struct Set {
    pub(super) directory: PathBuf,
    pub(super) compose: Option<Loaded>,
    pub(super) stack: Stack,
    pub(super) texts: Vec<TextFile>,
}

pub(super) fn at(directory: Option<&Path>, context: &Context<'_>) -> Result<Look, Failure> {
    let global = &context.global;
    if directory.is_some() && !global.files.is_empty() {
        return Err(
            Problem::error("a folder and -f are two ways to say what to look at")
                .help("name one of them")
                .into(),
        );
    }
    let files: Vec<PathBuf> = global
        .files
        .iter()
        .map(|file| discovery::absolute(file, context.surroundings))
        .collect();
    let root = match (directory, global.project_directory.as_deref()) {
        (Some(directory), _) | (None, Some(directory)) => context.surroundings.absolute(directory),
        (None, None) => discovery::project_directory(&files, context.surroundings),
    };
    if !root.is_dir() {
        return Err(Problem::error(format!("{} is no folder", root.display()))
            .help("name the folder that holds the configuration, or a compose file with -f")
            .into());
    }
    let mut inner = context.global.clone();
    inner.project_directory = Some(root.clone());
    let inner = Context {
        global: inner,
        surroundings: context.surroundings,
        terminal: context.terminal,
    };
    let config = project::load_config(&inner)?;
    let mut look = Look {
        root: root.clone(),
        config,
        sets: Vec::new(),
        findings: Findings::default(),
    };
    let mut projects = if files.is_empty() {
        look.projects(&inner)?
    } else {
        let sources = files
            .iter()
            .map(|file| read_compose_file(file))
            .collect::<Result<_, _>>()?;
        let loaded = look.load(&inner, &root, sources)?;
        BTreeMap::from([(root.clone(), loaded.into_iter().collect())])
    };
    projects.entry(root.clone()).or_insert_with(Vec::new);
    look.collect(&inner, projects)?;
    Ok(look)
}

impl Look {
    /// The projects of a folder, by their folders.
    fn projects(
        &mut self,
        context: &Context<'_>,
    ) -> Result<BTreeMap<PathBuf, Vec<Loaded>>, Failure> {
        let texts = read_texts(&self.root, &[]).map_err(|error| unreadable(&self.root, &error))?;
        let mut folders: BTreeMap<PathBuf, Vec<SourceFile>> = BTreeMap::new();
        for text in texts.files {
            let path = self.root.join(&text.path);
            if is_compose(&path, &text.content)
                && let Some(folder) = path.parent()
            {
                folders
                    .entry(folder.to_path_buf())
                    .or_default()
                    .push(SourceFile {
                        path: path.clone(),
                        text: text.content,
                    });
            }
        }
        let mut projects = BTreeMap::new();
        let named = &self.config.config.compose;
        let directory = self.config.directory.clone();
        if !named.is_empty() && directory == self.root {
            // sinops.yaml says which files are the project: some may only add to others.
            let chosen = named
                .iter()
                .map(|file| read_compose_file(&directory.join(file)))
                .collect::<Result<Vec<_>, _>>()?;
            let folder = chosen
                .first()
                .and_then(|it| it.path.parent())
                .unwrap_or(&directory)
                .to_path_buf();
            let loaded = self.load(context, &folder, chosen)?;
            folders.remove(&folder);
            projects.insert(folder, loaded.into_iter().collect());
        }
        for (folder, mut sources) in folders {
            sources.sort_by_key(|it| !is_usual(&it.path));
            let loaded = self.folder(context, &folder, sources)?;
            projects.insert(folder, loaded);
        }
        Ok(projects)
    }

    /// The compose files of one folder: those that load, as one project if they
    /// merge, or else one by one.
    fn folder(
        &mut self,
        context: &Context<'_>,
        folder: &Path,
        sources: Vec<SourceFile>,
    ) -> Result<Vec<Loaded>, Failure> {
        if sources.len() == 1 {
            return Ok(self.load(context, folder, sources)?.into_iter().collect());
        }
        let base = sources.first().cloned();
        let mut good = Vec::new();
        let mut alone = Vec::new();
        for source in sources {
            match request(context, folder, &self.config, vec![source.clone()])? {
                Ok(loaded) => {
                    alone.push(loaded);
                    good.push(source);
                }
                Err(error) => {
                    // A file that only adds to another one is not to be used alone.
                    let adds = is_override(&source.path)
                        || error
                            .diagnostics
                            .iter()
                            .filter(|it| it.severity == sinops_compose::Severity::Error)
                            .all(|it| matches!(it.code, "no-image" | "undefined-resource"));
                    let with_base = match &base {
                        Some(base) if adds && base.path != source.path => {
                            let both = vec![base.clone(), source.clone()];
                            request(context, folder, &self.config, both)?.is_ok()
                        }
                        _ => false,
                    };
                    if with_base {
                        good.push(source);
                    } else {
                        self.findings
                            .add_compose(&error.diagnostics, &error.sources);
                    }
                }
            }
        }
        if good.is_empty() {
            return Ok(Vec::new());
        }
        match request(context, folder, &self.config, good)? {
            Ok(loaded) => {
                self.warnings(&loaded);
                Ok(vec![loaded])
            }
            Err(_) => {
                for loaded in &alone {
                    self.warnings(loaded);
                }
                Ok(alone)
            }
        }
    }

    /// Loads files together; what is wrong with them becomes findings.
    fn load(
        &mut self,
        context: &Context<'_>,
        folder: &Path,
        sources: Vec<SourceFile>,
    ) -> Result<Option<Loaded>, Failure> {
        Ok(match request(context, folder, &self.config, sources)? {
            Ok(loaded) => {
                self.warnings(&loaded);
                Some(loaded)
            }
            Err(error) => {
                self.findings
                    .add_compose(&error.diagnostics, &error.sources);
                None
            }
        })
    }

    fn warnings(&mut self, loaded: &Loaded) {
        self.findings
            .add_compose(&loaded.warnings, loaded.origins.sources());
    }

    /// Reads the texts and gives each to the nearest project above it.
    fn collect(
        &mut self,
        context: &Context<'_>,
        projects: BTreeMap<PathBuf, Vec<Loaded>>,
    ) -> Result<(), Failure> {
        let mounted: Vec<PathBuf> = projects
            .values()
            .flatten()
            .flat_map(|loaded| loaded.project.services.values())
            .flat_map(|service| &service.volumes)
            .filter(|mount| mount.kind == "bind")
            .filter_map(|mount| mount.source.clone().map(PathBuf::from))
            .collect();
        let texts =
            read_texts(&self.root, &mounted).map_err(|error| unreadable(&self.root, &error))?;
        for (path, reason) in texts.left_out {
            self.findings.add(Finding {
                severity: Severity::Info,
                code: "doctor/left-out".to_owned(),
                message: format!("{path} was not looked at: {reason}"),
                help: Some("look at a smaller folder, or at this file by itself".to_owned()),
                found_by: "doctor".to_owned(),
                place: None,
                edits: Vec::new(),
            });
        }
        let folders: Vec<PathBuf> = projects.keys().cloned().collect();
        let mut of_folder: IndexMap<PathBuf, Vec<TextFile>> = IndexMap::new();
        for text in texts.files {
            let path = self.root.join(&text.path);
            let nearest = folders
                .iter()
                .filter(|folder| path.starts_with(folder))
                .max_by_key(|folder| folder.components().count());
            let Some(folder) = nearest else { continue };
            let Ok(short) = path.strip_prefix(folder) else {
                continue;
            };
            let short = short.display().to_string();
            self.findings.add_text(path.clone(), text.content.clone());
            of_folder.entry(folder.clone()).or_default().push(TextFile {
                path: short,
                content: text.content,
            });
        }
        for (directory, loaded) in projects {
            let texts = of_folder.shift_remove(&directory).unwrap_or_default();
            if loaded.is_empty() {
                self.sets.push(Set {
                    stack: Stack {
                        project_directory: directory.display().to_string(),
                        ..Stack::default()
                    },
                    directory,
                    compose: None,
                    texts,
                });
                continue;
            }
            for loaded in loaded {
                let stack = self.stack(context, &directory, &loaded);
                // Compose files that are not part of this project say nothing of it.
                let sources = loaded.origins.sources();
                let texts = texts.iter().filter(|text| {
                    let path = directory.join(&text.path);
                    !is_compose(&path, &text.content) || sources.iter().any(|it| it.path == path)
                });
                self.sets.push(Set {
                    directory: directory.clone(),
                    stack,
                    texts: texts.cloned().collect(),
                    compose: Some(loaded),
                });
            }
        }
        Ok(())
    }

    /// The stack; a tier that does not fit is a finding, and there are no tiers then.
    fn stack(&mut self, context: &Context<'_>, directory: &Path, loaded: &Loaded) -> Stack {
        let engine = match context.global.engine {
            Some(crate::args::Engine::Process) => EngineKind::Process,
            Some(crate::args::Engine::Docker) => EngineKind::Docker,
            None => self.config.config.engine.unwrap_or(EngineKind::Docker),
        };
        let shown = directory.display().to_string();
        let build = |config: &sinops_core::config::Config| {
            sinops_core::config::stack::build(&loaded.project, config, engine, &shown)
        };
        build(&self.config.config).unwrap_or_else(|errors| {
            for error in errors {
                let place = self.config.source.as_ref().and_then(|source| {
                    let line = crate::locate::locate(&source.text, &error.path)?.line;
                    let before: usize = source
                        .text
                        .split_inclusive('\n')
                        .take(line - 1)
                        .map(str::len)
                        .sum();
                    Some((source.path.clone(), before..before + 1))
                });
                self.findings.add(Finding {
                    severity: Severity::Critical,
                    code: "doctor/config".to_owned(),
                    message: error.message.clone(),
                    help: error.hint.clone(),
                    found_by: "doctor".to_owned(),
                    place,
                    edits: Vec::new(),
                });
            }
            let plain = sinops_core::config::Config::parse("").ok();
            plain
                .and_then(|config| build(&config).ok())
                .unwrap_or_else(|| Stack {
                    project_directory: shown.clone(),
                    ..Stack::default()
                })
        })
    }
}

/// Loads compose files as one project.
fn request(
    context: &Context<'_>,
    folder: &Path,
    config: &ConfigFile,
    files: Vec<SourceFile>,
) -> Result<Result<Loaded, sinops_compose::LoadError>, Problem> {
    let global = &context.global;
    Ok(sinops_compose::load(LoadRequest {
        files,
        project_name: global
            .project_name
            .clone()
            .or_else(|| config.config.project.clone()),
        project_directory: folder.to_path_buf(),
        environment: read_environment(context, folder)?,
        profiles: if global.profiles.is_empty() {
            // What is not active is looked at as well.
            vec!["*".to_owned()]
        } else {
            global.profiles.clone()
        },
        reader: &Disk,
        skip: sinops_compose::Skip::default(),
    }))
}

/// A compose file, by its name and by what it holds.
fn is_compose(path: &Path, text: &str) -> bool {
    let name = path.file_name().and_then(|it| it.to_str());
    name.is_some_and(|it| it.contains("compose") && !it.ends_with(".json"))
        && text
            .lines()
            .any(|line| line.trim_end() == "services:" || line.starts_with("services: "))
}

fn is_usual(path: &Path) -> bool {
    let name = path.file_name().and_then(|it| it.to_str());
    name.is_some_and(|it| sinops_compose::DEFAULT_FILE_NAMES.contains(&it))
}

fn is_override(path: &Path) -> bool {
    let name = path.file_name().and_then(|it| it.to_str());
    name.is_some_and(|it| it.contains("override"))
}

fn unreadable(root: &Path, error: &std::io::Error) -> Problem {
    Problem::error(format!("{} cannot be read: {error}", root.display()))
}
