//! Container names: given once in the stack, and not held by others.

use crate::Look;
use sinops_sdk::Severity::Critical;
use sinops_sdk::deploy_step::Problem;
use std::collections::HashMap;

pub(crate) fn check(look: &Look<'_>, problems: &mut Vec<Problem>) {
    let project = look.planning.stack.project.as_str();
    let mut given: HashMap<&str, &str> = HashMap::new();
    for (service, _) in &look.services {
        let name = service.name.as_str();
        for container in &service.container_names {
            let problem = |message: String| {
                Problem::new(Critical, message).service(name).at([
                    "services",
                    name,
                    "container_name",
                ])
            };
            match given.insert(container, name) {
                Some(other) if other == name => {
                    let count = service.replicas;
                    problems.push(
                        problem(format!("`{name}` has {count} replicas, but they cannot share the container name `{container}`"))
                            .hint("remove `container_name`, or the replicas"),
                    );
                    break;
                }
                Some(other) => problems.push(
                    problem(format!(
                        "`{other}` and `{name}` have the same container name `{container}`"
                    ))
                    .hint("rename one of them"),
                ),
                None => {}
            }
            let holder = look.containers.get(container.as_str());
            let Some(holder) = holder.filter(|holder| holder.project.as_deref() != Some(project))
            else {
                continue;
            };
            let owner = match &holder.project {
                Some(other) => format!("a container of the project `{other}`"),
                None => "a container of no project".to_owned(),
            };
            problems.push(
                problem(format!("the container name `{container}` of `{name}` is held by {owner}"))
                    .hint(format!("remove it with `docker rm -f {container}` if nothing needs it, or choose another `container_name`")),
            );
        }
    }
}
