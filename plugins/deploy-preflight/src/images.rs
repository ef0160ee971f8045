//! Images: pulled where they are missing, unless only a build can make them.

use crate::{Look, text};
use sinops_sdk::Severity::Critical;
use sinops_sdk::deploy_step::{Action, Operation, Problem, Proposal};
use std::collections::BTreeMap;

pub(crate) fn plan(look: &Look<'_>, proposal: &mut Proposal) {
    let mut pulls: BTreeMap<&str, (Vec<&str>, bool)> = BTreeMap::new();
    for (service, definition) in &look.services {
        let name = service.name.as_str();
        let build = definition.get("build").filter(|build| !build.is_null());
        let critical = |message: String| Problem::new(Critical, message).service(name);
        let Some(image) = service.image.as_deref() else {
            let problem = match build {
                Some(build) => critical(format!(
                    "`{name}` has `build:` but no `image:`: sinops does not build images"
                ))
                .hint(format!(
                    "run `{}` and add `image: {name}`",
                    build_command(look, name, build)
                ))
                .at(["services", name, "build"]),
                None => critical(format!("`{name}` names no image"))
                    .hint("add `image:`")
                    .at(["services", name]),
            };
            proposal.problems.push(problem);
            continue;
        };
        let there = look
            .planning
            .observed
            .images
            .iter()
            .any(|it| it.reference == image);
        match text(definition, "pull_policy") {
            Some("never") if !there => proposal.problems.push(
                critical(format!("the image `{image}` is not on the engine, and `pull_policy: never` forbids to pull it"))
                    .hint(format!("run `docker pull {image}`, or change the policy"))
                    .at(["services", name, "pull_policy"]),
            ),
            Some("always") => pulls.entry(image).or_insert((Vec::new(), true)).0.push(name),
            _ if there => {}
            _ => match build {
                Some(build) => proposal.problems.push(
                    critical(format!("the image `{image}` is not on the engine and has to be built: sinops does not build images"))
                        .hint(format!("run `{}`", build_command(look, image, build)))
                        .at(["services", name, "image"]),
                ),
                None => pulls.entry(image).or_insert((Vec::new(), false)).0.push(name),
            },
        }
    }
    for (image, (services, always)) in pulls {
        let services = services.join(", ");
        let cause = if always {
            format!("pull_policy: always; used by {services}")
        } else {
            format!("not on the engine; used by {services}")
        };
        let operation = Operation::PullImage(image.to_owned());
        proposal
            .actions
            .push(Action::new(format!("pull:{image}"), operation, cause));
    }
}

fn build_command(look: &Look<'_>, image: &str, build: &serde_json::Value) -> String {
    let context = build
        .as_str()
        .or_else(|| text(build, "context"))
        .unwrap_or(".");
    let context = look.planning.shown(context);
    let file = match text(build, "dockerfile") {
        Some(file) if file != "Dockerfile" => format!(" -f {context}/{file}"),
        _ => String::new(),
    };
    format!("docker build -t {image}{file} {context}")
}
