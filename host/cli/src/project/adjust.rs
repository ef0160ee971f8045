//! `--build`, `--pull` and `--scale`: they stand for what could be written in the
//! compose files, and go before it.

use crate::args::{Adjustments, Pull};
use crate::problem::Problem;
use sinops_compose::Project;

/// Whether anything was changed.
pub(super) fn project(project: &mut Project, wanted: &Adjustments) -> Result<bool, Problem> {
    let mut changed = false;
    for (name, number) in &wanted.scale {
        let Some(service) = project.services.get_mut(name) else {
            let known: Vec<&str> = project.services.keys().map(String::as_str).collect();
            return Err(
                Problem::error(format!("--scale: there is no service `{name}`"))
                    .help(format!("there are {}", known.join(", "))),
            );
        };
        if service.container_name.is_some() && *number > 1 {
            return Err(Problem::error(format!(
                "--scale: `{name}` cannot have {number} containers, because it has a `container_name`"
            ))
            .help("remove `container_name`"));
        }
        service.scale = Some(*number);
        if let Some(deploy) = &mut service.deploy {
            deploy.replicas = Some(*number);
        }
        changed = true;
    }
    for service in project.services.values_mut() {
        if wanted.build && service.build.is_some() {
            service.pull_policy = Some("build".to_owned());
            changed = true;
        } else if let Some(pull) = wanted.pull {
            let policy = match pull {
                Pull::Always => "always",
                Pull::Missing => "missing",
                Pull::Never => "never",
            };
            service.pull_policy = Some(policy.to_owned());
            changed = true;
        }
    }
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adjusted(wanted: &Adjustments) -> Result<Project, String> {
        let mut found: Project = serde_json::from_value(serde_json::json!({
            "name": "shop",
            "services": {
                "api": {"build": {"context": "."}, "command": null, "entrypoint": null},
                "db": {"image": "db", "command": null, "entrypoint": null, "container_name": "db"},
            },
        }))
        .unwrap();
        project(&mut found, wanted)
            .map(|_| found)
            .map_err(|problem| problem.to_json().to_string())
    }

    #[test]
    fn the_command_line_goes_before_the_files() {
        let found = adjusted(&Adjustments {
            build: true,
            pull: Some(Pull::Always),
            scale: vec![("api".to_owned(), 3)],
        })
        .unwrap();
        let policy = |name: &str| found.services[name].pull_policy.clone();
        assert_eq!(policy("api").as_deref(), Some("build"));
        assert_eq!(policy("db").as_deref(), Some("always"));
        assert_eq!(found.services["api"].scale, Some(3));
        for (name, number, words) in [
            ("ap", 1, "there is no service"),
            ("db", 2, "container_name"),
        ] {
            let error = adjusted(&Adjustments {
                scale: vec![(name.to_owned(), number)],
                ..Adjustments::default()
            })
            .unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }
}
