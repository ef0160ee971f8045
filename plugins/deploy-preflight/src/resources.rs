//! Networks and volumes: made where they are ours to make, verified where not.

use crate::cidr::Cidr;
use crate::{Look, networks};
use sinops_sdk::Severity::{Critical, Warning};
use sinops_sdk::deploy_step::{Action, Operation, Problem, Proposal};
use sinops_sdk::types::{ObservedNetwork, ObservedVolume, Resource};

pub(crate) fn plan(look: &Look<'_>, proposal: &mut Proposal) {
    let stack = &look.planning.stack;
    for network in &stack.networks {
        let known = look
            .planning
            .observed
            .networks
            .iter()
            .find(|it| it.name == network.name);
        if let Some(known) = known {
            if network.external {
                external_subnets(network, known, &mut proposal.problems);
            } else if !known.differences.is_empty() {
                networks::renew(look, network, known, proposal);
            }
            continue;
        }
        if network.external && !network.create_external {
            proposal.problems.push(missing_network(network));
            continue;
        }
        overlaps(look, network, &mut proposal.problems);
        let cause = if network.external {
            "external and missing; sinops.yaml lets us make it"
        } else {
            "there is no such network yet"
        };
        let operation = Operation::EnsureNetwork(network.key.clone());
        proposal.actions.push(Action::new(
            format!("network:{}", network.key),
            operation,
            cause,
        ));
    }
    for volume in &stack.volumes {
        let mut known = look.planning.observed.volumes.iter();
        if let Some(known) = known.find(|it| it.name == volume.name) {
            if !known.differences.is_empty() {
                proposal.problems.push(other_volume(volume, known));
            }
            continue;
        }
        if volume.external {
            let message = format!("the external volume `{}` does not exist", volume.name);
            let hint = format!("make it with `docker volume create {}`", volume.name);
            let problem = Problem::new(Critical, message).hint(hint);
            proposal.problems.push(problem.at(["volumes", &volume.key]));
            continue;
        }
        let operation = Operation::EnsureVolume(volume.key.clone());
        let cause = "there is no such volume yet";
        proposal.actions.push(Action::new(
            format!("volume:{}", volume.key),
            operation,
            cause,
        ));
    }
}

/// What sinops.yaml says of the subnet of an external network.
fn external_subnets(network: &Resource, known: &ObservedNetwork, problems: &mut Vec<Problem>) {
    let declared = subnets(network);
    if declared.is_empty() || declared.iter().any(|it| known.subnets.contains(it)) {
        return;
    }
    let what = format!(
        "the external network `{}` exists with the subnet {}, but {} is declared",
        network.name,
        known.subnets.join(", "),
        declared.join(", ")
    );
    let hint = "declare the subnet that it has: external networks are never made anew";
    problems.push(
        Problem::new(Warning, what)
            .hint(hint)
            .at(["networks", &network.key]),
    );
}

/// A volume holds data: it is never made anew.
fn other_volume(volume: &Resource, known: &ObservedVolume) -> Problem {
    let paths: Vec<&str> = known
        .differences
        .iter()
        .map(|it| it.path.as_str())
        .collect();
    let what = format!(
        "the volume `{}` exists and stays as it is, though it is declared otherwise: {}",
        volume.name,
        paths.join(", ")
    );
    Problem::new(Warning, what)
        .hint(format!(
            "save its data, take the stack down and remove it with `docker volume rm {}`; the \
             next deploy makes it as declared",
            volume.name
        ))
        .at(["volumes", &volume.key])
}

fn missing_network(network: &Resource) -> Problem {
    Problem::new(Critical, format!("the external network `{}` does not exist", network.name))
        .hint(format!(
            "let pre-flight make it with `networks: {{ {}: {{ create: true, subnet: 172.20.0.0/16 }} }}` in sinops.yaml (a subnet of your choice), or run `docker network create {}`",
            network.key, network.name
        ))
        .at(["networks", &network.key])
}

/// The subnets that the files declare.
pub(crate) fn subnets(network: &Resource) -> Vec<String> {
    let definition = network.compose();
    let pools = definition
        .pointer("/ipam/config")
        .cloned()
        .unwrap_or_default();
    pools
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|pool| crate::text(pool, "subnet").map(str::to_owned))
        .collect()
}

/// A network that is to be made must not overlap with another that exists.
pub(crate) fn overlaps(look: &Look<'_>, network: &Resource, problems: &mut Vec<Problem>) {
    for declared in subnets(network) {
        let Some(wanted) = Cidr::parse(&declared) else {
            problems.push(
                Problem::new(Critical, format!("`{declared}` is no subnet"))
                    .hint("write it as an address and a length: 172.20.0.0/16")
                    .at(["networks", &network.key, "ipam"]),
            );
            continue;
        };
        let others = look.planning.observed.networks.iter();
        let existing = others
            .filter(|other| other.name != network.name)
            .flat_map(|other| {
                other
                    .subnets
                    .iter()
                    .map(|subnet| (other.name.as_str(), subnet.clone()))
            });
        let declared_too = look
            .planning
            .stack
            .networks
            .iter()
            .take_while(|other| other.key != network.key)
            .flat_map(|other| {
                subnets(other)
                    .into_iter()
                    .map(|subnet| (other.name.as_str(), subnet))
            });
        let other = existing
            .chain(declared_too)
            .find(|(_, subnet)| Cidr::parse(subnet).is_some_and(|it| it.overlaps(&wanted)));
        if let Some((other, subnet)) = other {
            problems.push(
                Problem::new(
                    Critical,
                    format!(
                        "the subnet {declared} of the network `{}` overlaps with {subnet} of the network `{other}`",
                        network.name
                    ),
                )
                .hint(format!("choose another subnet, or remove `{other}` with `docker network rm {other}` if nothing needs it"))
                .at(["networks", &network.key, "ipam"]),
            );
        }
    }
}
