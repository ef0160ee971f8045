//! deploy-step: `plan` decides, `apply` does one custom action.

use super::exports::deploy_step as wit;
use super::tally::Tally;
use super::types::{change, milliseconds, severity, to_change, to_observed, to_stack};
use super::{Exports, failure};
use crate::plugins::call::{Call, Phase};
use crate::plugins::error::PluginError;
use crate::plugins::plugin::Plugin;
use serde_json::Value;
use sinops_core::action::{
    Action, Edit, Existing, Goal, Operation, Outcome, Planning, Problem, Proposal, TextPlace,
};
use sinops_core::plugin::Role;
use std::time::Duration;

impl Plugin {
    /// Proposes actions. Nothing is reachable from it.
    ///
    /// # Errors
    /// If the plugin says so, misbehaves or answers nonsense.
    pub async fn plan(
        &self,
        planning: &Planning,
        settings: &Value,
    ) -> Result<Proposal, PluginError> {
        let call = self.call(Role::DeployStep, "plan", Phase::Pure)?;
        let at = self.deploy_step()?;
        let argument = to_planning(planning);
        let settings = settings.to_string();
        let answer = self
            .run(call.clone(), None, move |store, instance| {
                Box::pin(async move {
                    at.load(&mut *store, &instance)?
                        .call_plan(store, &argument, &settings)
                        .await
                })
            })
            .await?;
        proposal(&call, answer.map_err(|error| failure(&call, error))?)
    }

    /// Executes one of its own custom actions with what was granted.
    ///
    /// # Errors
    /// If the plugin says so, was refused something or misbehaves.
    pub async fn apply(
        &self,
        title: &str,
        payload: &Value,
        settings: &Value,
    ) -> Result<Outcome, PluginError> {
        let call = self.call(Role::DeployStep, "apply", Phase::Effects)?;
        let at = self.deploy_step()?;
        let argument = wit::Custom {
            title: title.to_owned(),
            payload: payload.to_string(),
        };
        let settings = settings.to_string();
        let answer = self
            .run(call.clone(), None, move |store, instance| {
                Box::pin(async move {
                    at.load(&mut *store, &instance)?
                        .call_apply(store, &argument, &settings)
                        .await
                })
            })
            .await?;
        let outcome = answer.map_err(|error| failure(&call, error))?;
        let mut tally = Tally::default();
        let outcome = Outcome {
            changed: outcome.changed,
            message: tally.text(outcome.message),
        };
        tally.finish(&call, outcome)
    }

    fn deploy_step(&self) -> Result<wit::GuestIndices, PluginError> {
        match self.exports() {
            Exports::DeployStep(at) => Ok(at.clone()),
            Exports::Collector(_) | Exports::Evaluator(_) | Exports::Notifier(_) => {
                Err(PluginError::host("role"))
            }
        }
    }
}

fn to_planning(from: &Planning) -> wit::Planning {
    wit::Planning {
        stack: to_stack(&from.stack),
        observed: to_observed(&from.observed),
        proposed: from.proposed.iter().map(to_action).collect(),
        goal: match from.goal {
            Goal::Up => wit::Goal::Up,
            Goal::Down => wit::Goal::Down,
        },
        only: from.only.clone(),
    }
}

fn to_action(from: &Action) -> wit::Action {
    wit::Action {
        id: from.id.clone(),
        operation: to_operation(&from.operation),
        service: from.service.clone(),
        tier: from.tier.clone(),
        cause: from.cause.clone(),
        changes: from.changes.iter().map(to_change).collect(),
        after: from.after.clone(),
    }
}

fn to_existing(from: &Existing) -> wit::Existing {
    wit::Existing {
        id: from.id.clone(),
        name: from.name.clone(),
    }
}

fn to_operation(from: &Operation) -> wit::Operation {
    use wit::Operation as To;
    let reference = |service: &String, number: u32| wit::ContainerRef {
        service: service.clone(),
        number,
    };
    match from {
        Operation::EnsureNetwork { key } => To::EnsureNetwork(key.clone()),
        Operation::EnsureVolume { key } => To::EnsureVolume(key.clone()),
        Operation::PullImage { image } => To::PullImage(image.clone()),
        Operation::BuildImage { service } => To::BuildImage(service.clone()),
        Operation::CreateContainer { service, number } => {
            To::CreateContainer(reference(service, *number))
        }
        Operation::StartContainer { service, number } => {
            To::StartContainer(reference(service, *number))
        }
        Operation::StartExisting { container } => To::StartExisting(to_existing(container)),
        Operation::StopContainer { container, grace } => To::StopContainer(wit::Stopping {
            container: to_existing(container),
            grace: grace.map(milliseconds),
        }),
        Operation::RenameContainer { container, name } => To::RenameContainer(wit::Renaming {
            container: to_existing(container),
            name: name.clone(),
        }),
        Operation::RemoveContainer { container } => To::RemoveContainer(to_existing(container)),
        Operation::RemoveNetwork { name } => To::RemoveNetwork(name.clone()),
        Operation::WriteFile { path, content } => To::WriteFile(wit::File {
            path: path.clone(),
            content: content.clone(),
        }),
        Operation::Reload { container, signal } => To::Reload(wit::Reloading {
            container: to_existing(container),
            signal: signal.clone(),
        }),
        Operation::Gate { services, timeout } => To::Gate(wit::Gate {
            services: services.clone(),
            timeout: milliseconds(*timeout),
        }),
        Operation::RunOneOff {
            service,
            command,
            timeout,
        } => To::RunOneOff(wit::OneOff {
            service: service.clone(),
            command: command.clone(),
            timeout: milliseconds(*timeout),
        }),
        Operation::Custom { title, payload } => To::Custom(wit::Custom {
            title: title.clone(),
            payload: payload.to_string(),
        }),
    }
}

fn proposal(call: &Call, from: wit::Proposal) -> Result<Proposal, PluginError> {
    let nonsense = |reason: String| PluginError::Answer {
        plugin: call.plugin.to_string(),
        operation: call.operation,
        reason,
    };
    let mut tally = Tally::default();
    let actions = tally
        .list(from.actions, action)
        .into_iter()
        .collect::<Result<Vec<Action>, String>>()
        .map_err(nonsense)?;
    let problems = tally.list(from.problems, |tally, problem| Problem {
        severity: severity(problem.severity),
        service: tally.option(problem.service),
        message: tally.text(problem.message),
        hint: tally.option(problem.hint),
        path: tally.texts(problem.path),
        code: tally.option(problem.code),
        place: problem.place.map(|from| place(tally, from)),
        edits: tally.list(problem.edits, |tally, edit| Edit {
            place: place(tally, edit.place),
            replacement: tally.text(edit.replacement),
        }),
    });
    let mut ids = std::collections::HashSet::new();
    if let Some(twice) = actions
        .iter()
        .find(|action| !ids.insert(action.id.as_str()))
    {
        return Err(nonsense(format!("two actions have the id `{}`", twice.id)));
    }
    for action in &actions {
        if let Some(unknown) = action
            .after
            .iter()
            .find(|after| !ids.contains(after.as_str()))
        {
            return Err(nonsense(format!(
                "action `{}` comes after `{unknown}`, which it did not propose",
                action.id
            )));
        }
    }
    tally.finish(call, Proposal { actions, problems })
}

fn place(tally: &mut Tally, from: wit::Place) -> TextPlace {
    let offset = |number| usize::try_from(number).unwrap_or(usize::MAX);
    TextPlace {
        file: tally.text(from.file),
        start: offset(from.start),
        end: offset(from.end),
    }
}

fn action(tally: &mut Tally, from: wit::Action) -> Result<Action, String> {
    let id = tally.text(from.id);
    Ok(Action {
        operation: operation(tally, from.operation)
            .map_err(|reason| format!("action `{id}`: {reason}"))?,
        service: tally.option(from.service),
        tier: tally.option(from.tier),
        cause: tally.text(from.cause),
        changes: tally.list(from.changes, change),
        after: tally.texts(from.after),
        id,
    })
}

fn existing(tally: &mut Tally, from: wit::Existing) -> Existing {
    Existing {
        id: tally.text(from.id),
        name: tally.text(from.name),
    }
}

fn operation(tally: &mut Tally, from: wit::Operation) -> Result<Operation, String> {
    use wit::Operation as From;
    Ok(match from {
        From::EnsureNetwork(key) => Operation::EnsureNetwork {
            key: tally.text(key),
        },
        From::EnsureVolume(key) => Operation::EnsureVolume {
            key: tally.text(key),
        },
        From::PullImage(image) => Operation::PullImage {
            image: tally.text(image),
        },
        From::BuildImage(service) => Operation::BuildImage {
            service: tally.text(service),
        },
        From::CreateContainer(reference) => Operation::CreateContainer {
            service: tally.text(reference.service),
            number: reference.number,
        },
        From::StartContainer(reference) => Operation::StartContainer {
            service: tally.text(reference.service),
            number: reference.number,
        },
        From::StartExisting(container) => Operation::StartExisting {
            container: existing(tally, container),
        },
        From::StopContainer(stopping) => Operation::StopContainer {
            container: existing(tally, stopping.container),
            grace: stopping.grace.map(Duration::from_millis),
        },
        From::RenameContainer(renaming) => Operation::RenameContainer {
            container: existing(tally, renaming.container),
            name: tally.text(renaming.name),
        },
        From::RemoveContainer(container) => Operation::RemoveContainer {
            container: existing(tally, container),
        },
        From::RemoveNetwork(name) => Operation::RemoveNetwork {
            name: tally.text(name),
        },
        From::WriteFile(file) => Operation::WriteFile {
            path: tally.text(file.path),
            content: tally.text(file.content),
        },
        From::Reload(reloading) => Operation::Reload {
            container: existing(tally, reloading.container),
            signal: tally.text(reloading.signal),
        },
        From::Gate(gate) => Operation::Gate {
            services: tally.texts(gate.services),
            timeout: Duration::from_millis(gate.timeout),
        },
        From::RunOneOff(run) => Operation::RunOneOff {
            service: tally.text(run.service),
            command: tally.texts(run.command),
            timeout: Duration::from_millis(run.timeout),
        },
        From::Custom(custom) => Operation::Custom {
            title: tally.text(custom.title),
            payload: tally
                .json(custom.payload)
                .map_err(|reason| format!("its payload is {reason}"))?,
        },
    })
}
