//! Static addresses: inside their subnet, free, and given once.

use crate::cidr::Cidr;
use crate::{Look, resources, text};
use sinops_sdk::Severity::Critical;
use sinops_sdk::deploy_step::Problem;
use std::collections::HashMap;
use std::net::IpAddr;

pub(crate) fn check(look: &Look<'_>, problems: &mut Vec<Problem>) {
    let mut given: HashMap<(&str, IpAddr), &str> = HashMap::new();
    for (service, definition) in &look.services {
        let name = service.name.as_str();
        let attached = definition
            .get("networks")
            .and_then(serde_json::Value::as_object);
        for (key, attachment) in attached.into_iter().flatten() {
            for field in ["ipv4_address", "ipv6_address"] {
                let Some(address) = text(attachment, field) else {
                    continue;
                };
                let found = judge(look, name, key, address, service.replicas, &mut given);
                problems.extend(found.map(|(message, hint)| {
                    Problem::new(Critical, message)
                        .service(name)
                        .hint(hint)
                        .at(["services", name, "networks", key, field])
                }));
            }
        }
    }
}

fn judge<'a>(
    look: &'a Look<'_>,
    service: &'a str,
    key: &'a str,
    text: &str,
    replicas: u32,
    given: &mut HashMap<(&'a str, IpAddr), &'a str>,
) -> Option<(String, String)> {
    let Ok(address) = text.parse::<IpAddr>() else {
        return Some((
            format!("`{text}` is no address"),
            "write it like 172.20.0.10".to_owned(),
        ));
    };
    if replicas > 1 {
        return Some((
            format!(
                "`{service}` has {replicas} replicas, but only one can hold the address {text}"
            ),
            "remove the address or the replicas".to_owned(),
        ));
    }
    if let Some(other) = given.insert((key, address), service) {
        return Some((
            format!("the address {text} is given to both `{other}` and `{service}`"),
            "give one of them another address".to_owned(),
        ));
    }
    let network = look
        .planning
        .stack
        .networks
        .iter()
        .find(|network| network.key == key)?;
    let known = look
        .planning
        .observed
        .networks
        .iter()
        .find(|it| it.name == network.name);
    // One that is made anew has what is declared.
    let kept = known.filter(|it| network.external || it.differences.is_empty());
    let subnets = match kept {
        Some(known) => known.subnets.clone(),
        // The problem of the missing network says all that there is to say.
        None if network.external && !network.create_external => return None,
        None => resources::subnets(network),
    };
    let parsed: Vec<Cidr> = subnets
        .iter()
        .filter_map(|subnet| Cidr::parse(subnet))
        .collect();
    if parsed.is_empty() {
        let place = if network.external {
            format!(
                "add the subnet in sinops.yaml: `networks: {{ {key}: {{ create: true, subnet: … }} }}`"
            )
        } else {
            format!("add `ipam: {{ config: [{{ subnet: … }}] }}` to the network `{key}`")
        };
        return Some((
            format!(
                "`{service}` wants the address {text}, but the network `{}` has no subnet of its own",
                network.name
            ),
            place,
        ));
    }
    let Some(subnet) = parsed.iter().find(|subnet| subnet.contains(address)) else {
        return Some((
            format!(
                "the address {text} of `{service}` is outside the subnet {} of the network `{}`",
                subnets.join(", "),
                network.name
            ),
            "choose an address inside, or change the subnet".to_owned(),
        ));
    };
    if address == gateway(network).unwrap_or_else(|| subnet.first()) {
        return Some((
            format!(
                "the address {text} of `{service}` is the gateway of the network `{}`",
                network.name
            ),
            "choose another address".to_owned(),
        ));
    }
    let holder = known?
        .addresses
        .iter()
        .find(|held| held.value.parse() == Ok(address))?;
    let own = look
        .own(&holder.key)
        .is_some_and(|own| own.service.as_deref() == Some(service));
    (!own).then(|| {
        (
            format!(
                "the address {text} of `{service}` is held by the container `{}`",
                holder.key
            ),
            format!("stop `{}`, or choose another address", holder.key),
        )
    })
}

fn gateway(network: &sinops_sdk::types::Resource) -> Option<IpAddr> {
    network
        .compose()
        .pointer("/ipam/config/0/gateway")?
        .as_str()?
        .parse()
        .ok()
}
