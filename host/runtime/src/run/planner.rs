//! Looks and plans. Nothing here can change the engine, the network or the disk.

use super::contents::{self, Reader};
use super::generated::GeneratedFolder;
use super::live;
use super::{Previous, RunError, compare, facts, feasible, observe, secrecy};
use crate::engines::{ContainerSpec, Difference, Engine, EngineError, Scope, State, View};
use crate::plugins::{MailRelay, Plugin, PluginHost, PluginSpec, SecretStore, Source};
use serde_json::Value;
use sinops_compose::Project;
use sinops_core::action::{Goal, Operation, Planning};
use sinops_core::config::{Config, PluginSource, PluginUse};
use sinops_core::contents::Contents;
use sinops_core::generated::{TouchedFile, overwritten};
use sinops_core::observed::Observed;
use sinops_core::plan::{Facts, Plan, PlannedAction, assemble};
use sinops_core::plugin::Role;
use sinops_core::stack::{Service, Stack};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// All that a run starts from, resolved by the caller.
#[derive(Debug)]
pub struct Setup {
    /// Canonical project.
    pub project: Project,
    /// Compose files that it came from, for labels.
    pub config_files: Vec<PathBuf>,
    /// Folder that relative paths of compose files start from.
    pub project_directory: PathBuf,
    /// Resolved sinops.yaml.
    pub config: Config,
    /// Folder that relative paths of sinops.yaml start from.
    pub config_directory: PathBuf,
    /// Desired state.
    pub stack: Stack,
    /// Where containers run.
    pub engine: Arc<dyn Engine>,
    /// Runs plugins.
    pub plugins: PluginHost,
    /// Values of secrets.
    pub secrets: Arc<SecretStore>,
    /// Relay of mail.
    pub mail: Option<Arc<MailRelay>>,
    /// Variables that the compose files were interpolated with: none of their secrets is
    /// written into a release.
    pub variables: Vec<(String, String)>,
    /// Who deploys.
    pub user: String,
    /// The release that is brought back, if one is.
    pub source: Option<sinops_core::release::Release>,
}

/// The part of an engine that only looks.
#[derive(Debug, Clone)]
pub(super) struct LookOnly(Arc<dyn Engine>);

impl LookOnly {
    async fn observe(&self, scope: &Scope) -> Result<View, EngineError> {
        self.0.observe(scope).await
    }

    async fn inspect(&self, container: &str) -> Result<State, EngineError> {
        self.0.inspect(container).await
    }

    pub(super) async fn differences(
        &self,
        container: &str,
        spec: &ContainerSpec,
    ) -> Result<Vec<Difference>, EngineError> {
        self.0.differences(container, spec).await
    }

    pub(super) fn refuses(&self, spec: &ContainerSpec) -> Option<EngineError> {
        self.0.refuses(spec)
    }

    pub(super) async fn manifest(&self, reference: &str) -> Result<(), EngineError> {
        self.0.manifest(reference).await
    }
}

/// A plan and what it was made from.
#[derive(Debug)]
pub struct Planned {
    /// Checked.
    pub plan: Plan,
    /// See [`Facts`].
    pub facts: Facts,
    /// Under which contents are hashed in the facts.
    pub salt: String,
    /// What was there.
    pub observed: Observed,
}

/// Looks and plans.
#[derive(Debug)]
pub struct Planner {
    setup: Setup,
    engine: LookOnly,
    /// Of the containers that this run makes.
    salt: String,
    /// Also what sinops made is compared with what the engine says it is now.
    closely: bool,
    /// Generated files, if not below the output folder.
    elsewhere: Option<GeneratedFolder>,
}

impl Planner {
    /// A planner for this set-up.
    #[must_use]
    pub fn new(mut setup: Setup) -> Self {
        secrecy::complete(&mut setup);
        let engine = LookOnly(setup.engine.clone());
        Self {
            setup,
            engine,
            salt: contents::new_salt(),
            closely: false,
            elsewhere: None,
        }
    }

    /// Compares containers that sinops made field by field with what the engine says of
    /// them, not only by what they were made from: one inspection for each.
    #[must_use]
    pub fn looking_closely(mut self) -> Self {
        self.closely = true;
        self
    }

    /// What it was made from.
    #[must_use]
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// After pulls and builds, plans take the images that are there.
    pub(super) fn settle_images(&mut self) {
        self.setup.stack.settle_images();
    }

    /// Folder below which generated files are written.
    #[must_use]
    pub fn output_directory(&self) -> PathBuf {
        self.setup.project_directory.join(&self.setup.config.output)
    }

    /// Generated files, where they are read and written.
    #[must_use]
    pub fn generated(&self) -> GeneratedFolder {
        match &self.elsewhere {
            Some(folder) => folder.clone(),
            None => GeneratedFolder::at(self.output_directory()),
        }
    }

    /// Generated files are looked at here; steps still hear of the folder that services
    /// mount.
    #[must_use]
    pub fn generating_into(mut self, folder: PathBuf) -> Self {
        self.elsewhere = Some(GeneratedFolder::at(folder));
        self
    }

    /// Folder of journals and the lock.
    #[must_use]
    pub fn state_directory(&self) -> PathBuf {
        self.setup.project_directory.join(&self.setup.config.state)
    }

    /// Hashes of what a container of a service is given when it is made now.
    #[must_use]
    pub fn contents(&self, service: &Service) -> Contents {
        Reader::below(&self.setup.project_directory).of(&self.setup.project, service, &self.salt)
    }

    /// One look at the engine and the machine. Differences are not looked for yet.
    ///
    /// # Errors
    /// If the engine does not answer.
    pub async fn observe(&self) -> Result<Observed, RunError> {
        let stack = &self.setup.stack;
        let scope = Scope {
            project: stack.project.clone(),
            container_names: stack
                .services
                .iter()
                .flat_map(|it| it.container_names.clone())
                .collect(),
            images: stack
                .services
                .iter()
                .filter_map(|it| it.image.clone())
                .collect(),
            machine: true,
        };
        let view = self.engine.observe(&scope).await?;
        let mut observed = observe::observed(view, &self.setup.project, self.generated().path());
        // What has to follow the change of a file may not have happened when a run was
        // killed: taken as absent, the file is written again, and all that follows is done.
        let previous = Previous::of(&self.state_directory(), &stack.project);
        if let Some(interrupted) = previous.interrupted() {
            observed
                .files
                .retain(|file| !interrupted.written.contains_key(&file.path));
        }
        Ok(observed)
    }

    /// State of one container.
    ///
    /// # Errors
    /// If the engine does not answer or there is no such container.
    pub async fn inspect(&self, container: &str) -> Result<State, RunError> {
        Ok(self.engine.inspect(container).await?)
    }

    /// Asks every step of the pipeline what it would do, and checks the answers.
    ///
    /// # Errors
    /// Unknown names, plugins that fail, settings that do not fit, proposals that the host refuses.
    pub async fn plan(
        &self,
        pipeline: &str,
        goal: Goal,
        only: &[String],
    ) -> Result<Plan, RunError> {
        let (plan, ..) = self.look_and_plan(pipeline, goal, only).await?;
        Ok(plan)
    }

    /// As [`Planner::plan`], with the facts that it was made from; their contents are hashed
    /// under `salt`, or under a new one.
    ///
    /// # Errors
    /// As [`Planner::plan`].
    pub async fn plan_with_facts(
        &self,
        pipeline: &str,
        goal: Goal,
        only: &[String],
        salt: Option<&str>,
    ) -> Result<Planned, RunError> {
        let (plan, observed, plugins) = self.look_and_plan(pipeline, goal, only).await?;
        let salt = salt.unwrap_or(&self.salt).to_owned();
        let plugins = plugins.iter().map(|(name, plugin)| (name.as_str(), plugin));
        let facts = facts::of(&self.setup, &observed, plugins, &salt);
        Ok(Planned {
            plan,
            facts,
            salt,
            observed,
        })
    }

    async fn look_and_plan(
        &self,
        pipeline: &str,
        goal: Goal,
        only: &[String],
    ) -> Result<(Plan, Observed, Vec<(String, Plugin)>), RunError> {
        let steps = self.pipeline(pipeline)?;
        let stack = &self.setup.stack;
        if let Some(unknown) = only.iter().find(|name| stack.service(name).is_none()) {
            return Err(RunError::UnknownService {
                name: unknown.clone(),
                known: stack
                    .services
                    .iter()
                    .map(|service| service.name.clone())
                    .collect(),
            });
        }
        let loading =
            futures::future::join_all(steps.iter().map(|step| self.load(step, Role::DeployStep)));
        let (observed, plugins) = tokio::join!(self.observe(), loading);
        let mut observed = observed?;
        compare::resources(&self.setup.project, &mut observed);
        let live = live::look(&self.engine, &self.setup, self.closely, &mut observed).await;
        let mut reader = Reader::below(&self.setup.project_directory);
        self.compare(&mut reader, &live, &mut observed);
        let mut planning = Planning {
            stack: stack.clone(),
            observed,
            proposed: Vec::new(),
            goal,
            only: only.to_vec(),
        };
        let mut proposals = Vec::with_capacity(steps.len());
        let mut asked = Vec::with_capacity(steps.len());
        for (step, plugin) in steps.iter().zip(plugins) {
            let (plugin, settings) = plugin?;
            let proposal = plugin.plan(&planning, &settings).await?;
            // What a step writes counts for the steps after it.
            let before = reader.proposed.len();
            for action in &proposal.actions {
                if let Operation::WriteFile { path, content } = &action.operation {
                    let path = self.output_directory().join(path);
                    reader.proposed.insert(path, content.clone());
                }
            }
            if reader.proposed.len() > before {
                reader.forget_files();
                self.compare(&mut reader, &live, &mut planning.observed);
            }
            planning.proposed.extend(proposal.actions.iter().cloned());
            proposals.push((step.clone(), proposal));
            asked.push((step.clone(), plugin));
        }
        let mut plan =
            assemble(stack, &planning.observed, goal, proposals).map_err(RunError::Refused)?;
        let refused = feasible::attributes(&self.engine, &self.setup, &plan);
        plan.problems.extend(refused);
        plan.problems.extend(feasible::files(
            &self.setup,
            &self.output_directory(),
            &plan,
        ));
        let images = feasible::images(&self.engine, stack, &planning.observed, &plan);
        plan.problems.extend(images.await);
        self.name_overwritten(&mut plan);
        Ok((plan, planning.observed, asked))
    }

    /// No edit of a person is overwritten without a word.
    fn name_overwritten(&self, plan: &mut Plan) {
        let agreed = self.setup.config.overwrite;
        let found = overwritten(&plan.actions, &self.touched_files(&plan.actions), agreed);
        plan.problems.extend(found);
    }

    /// Files that are to be written, and that somebody else has written to.
    pub(super) fn touched_files(&self, actions: &[PlannedAction]) -> Vec<TouchedFile> {
        let folder = self.generated();
        let ledger = folder.ledger();
        let previous = Previous::of(&self.state_directory(), &self.setup.stack.project);
        // A run that was killed between a file and the ledger leaves one that looks edited.
        let half_written = |path: &str| {
            let before = previous.interrupted().and_then(|it| it.written.get(path));
            before.is_some_and(|before| before.entry == ledger.entry(path))
        };
        let paths = actions
            .iter()
            .filter_map(|it| it.action.operation.written());
        paths
            .filter(|path| !half_written(path))
            .filter_map(|path| {
                let content = folder.read(path)?;
                let touched = ledger.touched(path, &content)?;
                Some(TouchedFile {
                    path: path.to_owned(),
                    content,
                    touched,
                })
            })
            .collect()
    }

    pub(super) fn pipeline(&self, name: &str) -> Result<&[String], RunError> {
        let pipelines = &self.setup.config.pipelines;
        pipelines
            .get(name)
            .map(|pipeline| pipeline.steps.as_slice())
            .ok_or_else(|| RunError::UnknownPipeline {
                name: name.to_owned(),
                known: pipelines.keys().cloned().collect(),
            })
    }

    /// Loads a plugin as sinops.yaml uses it, checks its role and its settings.
    ///
    /// # Errors
    /// See [`RunError`].
    pub async fn load(&self, name: &str, wanted: Role) -> Result<(Plugin, Value), RunError> {
        let usage = self.setup.config.plugin(name);
        let plugin = self.setup.plugins.load(self.spec(&usage)).await?;
        let found = plugin.description().role;
        if found != wanted {
            return Err(RunError::WrongRole {
                plugin: name.to_owned(),
                found,
                wanted,
            });
        }
        // An evaluator's schema describes its rules, which its user brings.
        if wanted != Role::Evaluator {
            fits(name, &plugin, &usage.settings)?;
        }
        Ok((plugin, usage.settings))
    }

    /// How a plugin is to be loaded.
    #[must_use]
    pub fn spec(&self, usage: &PluginUse) -> PluginSpec {
        let setup = &self.setup;
        let spec = plugin_spec(
            usage,
            &setup.config_directory,
            &setup.secrets,
            setup.mail.as_ref(),
        );
        PluginSpec {
            limits: spec.limits.for_services(setup.stack.services.len()),
            ..spec
        }
    }
}

/// Whether settings fit the plugin's schema.
pub(super) fn fits(name: &str, plugin: &Plugin, settings: &Value) -> Result<(), RunError> {
    match plugin
        .validate_settings(settings)
        .err()
        .and_then(|problems| problems.into_iter().next())
    {
        None => Ok(()),
        Some(first) => Err(RunError::Settings {
            plugin: name.to_owned(),
            path: first.path,
            message: first.message,
        }),
    }
}

/// How a plugin is to be loaded; relative files start at `directory`, the one of sinops.yaml.
#[must_use]
pub fn plugin_spec(
    usage: &PluginUse,
    directory: &Path,
    secrets: &Arc<SecretStore>,
    mail: Option<&Arc<MailRelay>>,
) -> PluginSpec {
    PluginSpec {
        name: usage.name.clone(),
        source: match &usage.source {
            PluginSource::Builtin(name) => Source::Builtin(name.clone()),
            PluginSource::File(path) => Source::File(directory.join(path)),
        },
        grants: usage.grants.clone(),
        limits: usage.limits,
        secrets: Arc::clone(secrets),
        mail: mail.cloned(),
    }
}
