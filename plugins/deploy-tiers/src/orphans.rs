//! Containers of the project that no declared service wants any more.

use crate::Tiers;
use crate::index::Index;
use sinops_sdk::Severity;
use sinops_sdk::deploy_step::{Action, Existing, Operation, Planning, Problem, Stopping};
use sinops_sdk::types::Container;

/// Containers of services that are not declared.
pub(crate) fn of<'a>(planning: &'a Planning, index: &Index<'a>) -> Vec<&'a Container> {
    planning
        .observed
        .containers
        .iter()
        .filter(|container| {
            container.project.as_deref() == Some(planning.stack.project.as_str())
                && container
                    .service
                    .as_deref()
                    .is_some_and(|service| index.service(service).is_none())
        })
        .collect()
}

/// Removes them where the operator wants it, and says so where not.
pub(crate) fn handle(
    settings: &Tiers,
    orphans: &[&Container],
    after: &[String],
    actions: &mut Vec<Action>,
    problems: &mut Vec<Problem>,
) {
    if orphans.is_empty() {
        return;
    }
    if settings.remove_orphans {
        for container in orphans {
            remove(
                container,
                "its service is no longer declared",
                after,
                actions,
            );
        }
        return;
    }
    let names: Vec<&str> = orphans
        .iter()
        .map(|container| container.name.as_str())
        .collect();
    problems.push(
        Problem::new(
            Severity::Info,
            format!(
                "containers of services that are no longer declared: {}",
                names.join(", ")
            ),
        )
        .hint("set `remove-orphans: true` in the settings of deploy-tiers to have them removed"),
    );
}

/// Stops a container in peace, then removes it. Gives the id of the action after which it
/// serves nobody any more.
pub(crate) fn remove(
    container: &Container,
    cause: &str,
    after: &[String],
    actions: &mut Vec<Action>,
) -> String {
    let service = container.service.clone().unwrap_or_default();
    let about = |id: &str, operation| Action::new(id, operation, cause).service(&service);
    let id = format!("remove:{}", container.name);
    let remove = about(&id, Operation::RemoveContainer(Existing::from(container)));
    if !container.runs() {
        actions.push(remove.after(after.to_vec()));
        return id;
    }
    let stop = format!("stop:{}", container.name);
    let operation = Operation::StopContainer(Stopping {
        container: Existing::from(container),
        grace: None,
    });
    actions.push(about(&stop, operation).after(after.to_vec()));
    actions.push(remove.after([stop.clone()]));
    stop
}
