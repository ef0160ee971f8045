//! A network of the project that is not as it is declared. An engine cannot change one: it
//! is made anew, for which every container in it has to stop.

use crate::{Look, resources};
use sinops_sdk::Severity::{Critical, Warning};
use sinops_sdk::deploy_step::{Action, Operation, Problem, Proposal, Stopping};
use sinops_sdk::types::{Container, ObservedNetwork, Resource};
use std::collections::{BTreeMap, BTreeSet};

/// Proposes to make it anew; or says who is in the way.
pub(crate) fn renew(
    look: &Look<'_>,
    network: &Resource,
    known: &ObservedNetwork,
    proposal: &mut Proposal,
) {
    let project = &look.planning.stack.project;
    if known.project.as_deref() != Some(project.as_str()) {
        let owner = match &known.project {
            Some(other) => format!("belongs to the project `{other}`"),
            None => "was not made by sinops or compose".to_owned(),
        };
        let problem = Problem::new(
            Warning,
            format!(
                "the network `{}` {owner} and is not as declared here: {}",
                network.name,
                words(known)
            ),
        );
        proposal.problems.push(
            problem
                .hint("declare it `external: true` to use it as it is, or give yours another name")
                .at(["networks", &network.key]),
        );
        return;
    }
    let strangers = strangers(look, known);
    if !strangers.is_empty() {
        let problem = Problem::new(
            Critical,
            format!(
                "the network `{}` has to be made anew ({}), but {} would be cut off",
                network.name,
                words(known),
                strangers.join(", ")
            ),
        );
        proposal.problems.push(
            problem
                .hint(
                    "deploy all services of the network in one run, and take what is not \
                     of this stack out of it with `docker network disconnect`",
                )
                .at(["networks", &network.key]),
        );
        return;
    }
    resources::overlaps(look, network, &mut proposal.problems);
    let cause = "an engine cannot change a network: it is made anew";
    let after = stops(look, known, network, proposal);
    let remove = format!("remove-network:{}", network.key);
    let operation = Operation::RemoveNetwork(network.name.clone());
    let action = Action::new(&remove, operation, cause).changes(&known.differences);
    proposal.actions.push(action.after(after));
    let operation = Operation::EnsureNetwork(network.key.clone());
    let id = format!("network:{}", network.key);
    let action = Action::new(id, operation, "as it is declared now");
    proposal.actions.push(action.after([remove]));
}

fn words(known: &ObservedNetwork) -> String {
    let paths = known.differences.iter().map(|it| it.path.as_str());
    paths.collect::<Vec<_>>().join(", ")
}

/// Containers in the network that this run does not bring up again.
fn strangers(look: &Look<'_>, known: &ObservedNetwork) -> Vec<String> {
    let selected: BTreeSet<&str> = look
        .services
        .iter()
        .map(|(it, _)| it.name.as_str())
        .collect();
    let comes_back = |container: &Container| {
        container
            .service
            .as_deref()
            .is_some_and(|it| selected.contains(it))
    };
    let mut names: BTreeSet<&str> = known
        .addresses
        .iter()
        .map(|held| held.key.as_str())
        .filter(|name| look.own(name).is_none())
        .collect();
    let mine = inside(look, known).filter(|it| it.runs() && !comes_back(it));
    names.extend(mine.map(|container| container.name.as_str()));
    names.into_iter().map(|name| format!("`{name}`")).collect()
}

/// Containers of the project in the network.
fn inside<'l>(
    look: &'l Look<'_>,
    known: &'l ObservedNetwork,
) -> impl Iterator<Item = &'l Container> {
    let project = look.planning.stack.project.as_str();
    look.planning.observed.containers.iter().filter(move |it| {
        it.project.as_deref() == Some(project)
            && it.addresses.iter().any(|address| address.key == known.name)
    })
}

/// Stops what runs in the network, dependents before what they depend on. Gives the ids of
/// all these stops, those for another network of the same run too.
fn stops(
    look: &Look<'_>,
    known: &ObservedNetwork,
    network: &Resource,
    proposal: &mut Proposal,
) -> Vec<String> {
    let mut by_service: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let running: Vec<&Container> = inside(look, known).filter(|it| it.runs()).collect();
    for container in &running {
        let service = container.service.as_deref().unwrap_or_default();
        let id = format!("stop:{}", container.name);
        by_service.entry(service).or_default().push(id);
    }
    for container in running {
        let service = container.service.as_deref().unwrap_or_default();
        let id = format!("stop:{}", container.name);
        if proposal.actions.iter().any(|action| action.id == id) {
            continue;
        }
        let dependents = look.planning.stack.services.iter().filter(|other| {
            other
                .depends_on
                .iter()
                .any(|dependency| dependency.service == service)
        });
        let after: Vec<String> = dependents
            .filter_map(|other| by_service.get(other.name.as_str()))
            .flatten()
            .cloned()
            .collect();
        let operation = Operation::StopContainer(Stopping {
            container: container.into(),
            grace: None,
        });
        let cause = format!("its network `{}` is made anew", network.key);
        let action = Action::new(id, operation, cause).service(service);
        proposal.actions.push(action.after(after));
    }
    by_service.into_values().flatten().collect()
}
