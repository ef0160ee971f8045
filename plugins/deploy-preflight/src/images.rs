//! Images: pulled or built where they are missing, and where the pull policy
//! wants it anew.

use crate::{Look, text};
use sinops_sdk::Severity::Critical;
use sinops_sdk::deploy_step::{Action, Operation, Problem, Proposal};
use std::collections::{BTreeMap, BTreeSet};

/// A day in milliseconds.
const DAY: u64 = 24 * 60 * 60 * 1000;

/// What a pull policy asks for.
#[derive(Debug, PartialEq, Eq)]
enum Policy {
    Missing,
    Never,
    Always,
    Build,
    /// When the image has been here longer than this, in milliseconds.
    Older(u64),
}

pub(crate) fn plan(look: &Look<'_>, proposal: &mut Proposal) {
    let mut pulls: BTreeMap<&str, (Vec<&str>, String)> = BTreeMap::new();
    let mut built: BTreeSet<&str> = BTreeSet::new();
    let builders: BTreeSet<&str> = look
        .services
        .iter()
        .filter(|(_, definition)| builds(definition))
        .filter_map(|(service, _)| service.image.as_deref())
        .collect();
    for (service, definition) in &look.services {
        let name = service.name.as_str();
        let critical = |message: String| Problem::new(Critical, message).service(name);
        let Some(image) = service.image.as_deref() else {
            proposal.problems.push(
                critical(format!("`{name}` names no image"))
                    .hint("add `image:` or `build:`")
                    .at(["services", name]),
            );
            continue;
        };
        let written = text(definition, "pull_policy").unwrap_or_default();
        let Some(policy) = policy(written) else {
            proposal.problems.push(
                critical(format!("`{name}` has the pull policy `{written}`, which there is not"))
                    .hint("there are always, never, missing, build, daily, weekly and every_<duration>, such as every_12h")
                    .at(["services", name, "pull_policy"]),
            );
            continue;
        };
        let here = look.images.get(image).copied();
        let mut build = |cause: String| {
            if built.insert(image) {
                let operation = Operation::BuildImage(name.to_owned());
                let action = Action::new(format!("build:{name}"), operation, cause);
                proposal.actions.push(action.service(name));
            }
        };
        let own = builds(definition);
        let cause = match (policy, here) {
            (Policy::Build, _) if own => {
                build("to be built anew".to_owned());
                continue;
            }
            (Policy::Always, _) if !own || text(definition, "image").is_some() => {
                "pull_policy: always".to_owned()
            }
            (Policy::Older(limit), Some(known)) if known.age.is_none_or(|age| age > limit) => {
                format!("pull_policy: {written}, and it is older than that")
            }
            (_, Some(_)) => continue,
            (_, None) if own => {
                build("not on the engine".to_owned());
                continue;
            }
            // Another service builds it.
            (_, None) if builders.contains(image) => continue,
            (Policy::Never, None) => {
                proposal.problems.push(
                    critical(format!("the image `{image}` is not on the engine, and `pull_policy: never` forbids to pull it"))
                        .hint(format!("run `docker pull {image}`, or change the policy"))
                        .at(["services", name, "pull_policy"]),
                );
                continue;
            }
            (_, None) => "not on the engine".to_owned(),
        };
        let pull = pulls.entry(image).or_insert((Vec::new(), cause));
        pull.0.push(name);
    }
    for (image, (services, cause)) in pulls {
        let cause = format!("{cause}; used by {}", services.join(", "));
        let operation = Operation::PullImage(image.to_owned());
        proposal
            .actions
            .push(Action::new(format!("pull:{image}"), operation, cause));
    }
}

fn builds(definition: &serde_json::Value) -> bool {
    definition
        .get("build")
        .is_some_and(|build| !build.is_null())
}

fn policy(text: &str) -> Option<Policy> {
    Some(match text {
        "" | "missing" | "if_not_present" => Policy::Missing,
        "never" => Policy::Never,
        "always" => Policy::Always,
        "build" => Policy::Build,
        "daily" => Policy::Older(DAY),
        "weekly" => Policy::Older(7 * DAY),
        other => Policy::Older(duration(other.strip_prefix("every_")?)?),
    })
}

/// `1w2d3h4m5s` in milliseconds.
fn duration(text: &str) -> Option<u64> {
    let mut total: u64 = 0;
    let mut number = String::new();
    for letter in text.chars() {
        if letter.is_ascii_digit() {
            number.push(letter);
            continue;
        }
        let unit = match letter {
            'w' => 7 * DAY,
            'd' => DAY,
            'h' => DAY / 24,
            'm' => 60_000,
            's' => 1000,
            _ => return None,
        };
        let count: u64 = number.parse().ok()?;
        total = total.checked_add(count.checked_mul(unit)?)?;
        number.clear();
    }
    (number.is_empty() && total > 0).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies() {
        for (text, expected) in [
            ("", Some(Policy::Missing)),
            ("if_not_present", Some(Policy::Missing)),
            ("daily", Some(Policy::Older(DAY))),
            ("every_12h", Some(Policy::Older(DAY / 2))),
            ("every_1w2d", Some(Policy::Older(9 * DAY))),
            ("every_1h30m", Some(Policy::Older(5_400_000))),
            ("every_", None),
            ("every_12", None),
            ("every_1y", None),
            ("sometimes", None),
        ] {
            assert_eq!(policy(text), expected, "{text}");
        }
    }
}
