//! The role of deciding what a deploy does. `plan` is a function of its
//! arguments: whatever it returns, the host prints, checks and executes.

use crate::keep;
use crate::plugin::{Package, describe, read_settings};
use crate::types::{
    Ask, Change, Container, ContainerStatus, Description, Error, Service, Severity,
};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::marker::PhantomData;

pub use crate::bindings::deploy_step::exports::sinops::plugin::deploy_step::{
    Action, ContainerRef, Custom, Edit, Existing, File, Gate, Goal, OneOff, Operation, Outcome,
    Place, Planning, Problem, Proposal, Reloading, Renaming, Stopping,
};

/// A deploy step. The type is its own settings.
pub trait DeployStep: DeserializeOwned + JsonSchema {
    /// What `apply` would like to use; `plan` gets nothing.
    #[must_use]
    fn asks() -> Vec<Ask> {
        Vec::new()
    }

    /// Proposes actions and names problems.
    ///
    /// # Errors
    /// When it cannot plan at all; what is wrong with the stack is a problem
    /// in the proposal, not an error.
    fn plan(&self, planning: &Planning) -> Result<Proposal, Error>;

    /// Executes one of its own custom actions.
    ///
    /// # Errors
    /// When it was not done.
    fn apply(&self, action: &Custom) -> Result<Outcome, Error> {
        Err(Error::Other(format!(
            "`{}` is not an action of this step",
            action.title
        )))
    }
}

impl Planning {
    /// The services that the run is about: those that the user named with all
    /// that they depend on, or all.
    #[must_use]
    pub fn selected(&self) -> Vec<&Service> {
        let services = &self.stack.services;
        if self.only.is_empty() {
            return services.iter().collect();
        }
        let mut names: BTreeSet<&str> = BTreeSet::new();
        let mut open: Vec<&str> = self.only.iter().map(String::as_str).collect();
        while let Some(name) = open.pop() {
            if let Some(service) = self.stack.service(name)
                && names.insert(name)
            {
                open.extend(service.depends_on.iter().map(|it| it.service.as_str()));
            }
        }
        services
            .iter()
            .filter(|service| names.contains(service.name.as_str()))
            .collect()
    }
}

impl From<&Container> for Existing {
    fn from(container: &Container) -> Self {
        Self {
            id: container.id.clone(),
            name: container.name.clone(),
        }
    }
}

impl Planning {
    /// An action that writes a generated file, unless it already holds this. What a person
    /// wrote into its kept sections stays.
    #[must_use]
    pub fn write(&self, path: &str, content: String) -> Option<Action> {
        let now = self.observed.files.iter().find(|file| file.path == path);
        let content = match now {
            Some(file) => keep::kept(&file.content, &content),
            None => content,
        };
        let cause = match now {
            Some(file) if file.content == content => return None,
            Some(_) => "what it is generated from has changed",
            None => "there is no such file yet",
        };
        let file = File {
            path: path.to_owned(),
            content,
        };
        Some(Action::new(
            format!("write:{path}"),
            Operation::WriteFile(file),
            cause,
        ))
    }

    /// The containers of a service that run with its present configuration.
    pub fn running(&self, service: &Service) -> impl Iterator<Item = Existing> {
        self.observed
            .containers
            .iter()
            .filter(move |container| {
                container.project.as_deref() == Some(self.stack.project.as_str())
                    && container.service.as_deref() == Some(service.name.as_str())
                    && container.status == ContainerStatus::Running
                    && container.config_hash.as_deref() == Some(service.config_hash.as_str())
            })
            .map(Existing::from)
    }

    /// A path as the user would write it: relative where it lies below the
    /// project.
    #[must_use]
    pub fn shown<'p>(&self, path: &'p str) -> Cow<'p, str> {
        path.strip_prefix(&self.stack.project_directory)
            .and_then(|rest| rest.strip_prefix('/'))
            .map_or(path.into(), |rest| format!("./{rest}").into())
    }

    /// Where a service mounts a generated file or the folder that holds it. Local processes
    /// see it where it is.
    #[must_use]
    pub fn mounted(&self, service: &Service, path: &str) -> Mounted {
        if self.stack.engine == "process" {
            return Mounted::Folder;
        }
        let definition = service.compose();
        let output = self.stack.output_directory.trim_end_matches('/');
        let file = format!("{output}/{path}");
        let sources = definition.get("volumes").and_then(|it| it.as_array());
        let mut found = Mounted::No;
        for source in sources
            .into_iter()
            .flatten()
            .filter_map(|it| it.get("source")?.as_str())
        {
            let source = source.trim_end_matches('/');
            if source == file {
                found = Mounted::File;
            } else if file
                .strip_prefix(source)
                .is_some_and(|rest| rest.starts_with('/'))
            {
                return Mounted::Folder;
            }
        }
        found
    }
}

/// How a container sees a generated file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mounted {
    /// Not at all.
    No,
    /// The file alone: a changed one shows only after the container is made
    /// anew.
    File,
    /// The folder that holds it.
    Folder,
}

impl Action {
    /// An action with its reason.
    pub fn new(id: impl Into<String>, operation: Operation, cause: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            operation,
            service: None,
            tier: None,
            cause: cause.into(),
            changes: Vec::new(),
            after: Vec::new(),
        }
    }

    /// Because of these differences.
    #[must_use]
    pub fn changes(mut self, changes: &[Change]) -> Self {
        self.changes = changes.to_vec();
        self
    }

    /// About this service.
    #[must_use]
    pub fn service(mut self, name: impl Into<String>) -> Self {
        self.service = Some(name.into());
        self
    }

    /// In this tier.
    #[must_use]
    pub fn tier(mut self, name: impl Into<String>) -> Self {
        self.tier = Some(name.into());
        self
    }

    /// After these actions of the same step.
    #[must_use]
    pub fn after(mut self, ids: impl IntoIterator<Item = String>) -> Self {
        for id in ids {
            if !self.after.contains(&id) {
                self.after.push(id);
            }
        }
        self
    }
}

impl Problem {
    /// What is wrong and why it matters.
    pub fn new(severity: Severity, message: impl Into<String>) -> Self {
        Self {
            severity,
            code: None,
            service: None,
            message: message.into(),
            hint: None,
            path: Vec::new(),
            place: None,
            edits: Vec::new(),
        }
    }

    /// A name of its kind that stays the same.
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// About this service.
    #[must_use]
    pub fn service(mut self, name: impl Into<String>) -> Self {
        self.service = Some(name.into());
        self
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(mut self, text: impl Into<String>) -> Self {
        self.hint = Some(text.into());
        self
    }

    /// Where in the canonical project.
    #[must_use]
    pub fn at<'a>(mut self, path: impl IntoIterator<Item = &'a str>) -> Self {
        self.path = path.into_iter().map(str::to_owned).collect();
        self
    }

    /// Where in a text that was looked at.
    #[must_use]
    pub fn place(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// What mends it, with the other edits of this problem.
    #[must_use]
    pub fn edit(mut self, place: Place, replacement: impl Into<String>) -> Self {
        self.edits.push(Edit {
            place,
            replacement: replacement.into(),
        });
        self
    }
}

impl Place {
    /// These bytes of a text.
    pub fn new(file: impl Into<String>, bytes: std::ops::Range<usize>) -> Self {
        let offset = |number| u32::try_from(number).unwrap_or(u32::MAX);
        Self {
            file: file.into(),
            start: offset(bytes.start),
            end: offset(bytes.end),
        }
    }
}

/// Between the component's exports and the trait.
#[doc(hidden)]
#[derive(Debug)]
pub struct Adapter<S>(PhantomData<S>);

impl<S: DeployStep + Package>
    crate::bindings::deploy_step::exports::sinops::plugin::deploy_step::Guest for Adapter<S>
{
    fn describe() -> Description {
        describe::<S>(S::asks())
    }

    fn plan(planning: Planning, settings: String) -> Result<Proposal, Error> {
        read_settings::<S>(&settings)
            .map_err(Error::Settings)?
            .plan(&planning)
    }

    fn apply(action: Custom, settings: String) -> Result<Outcome, Error> {
        read_settings::<S>(&settings)
            .map_err(Error::Settings)?
            .apply(&action)
    }
}
