//! A deploy step that does what its setting `do` says, in `plan` or `apply`.

wit_bindgen::generate!({
    path: "../../../wit",
    inline: "
        package sinops:rogue;
        world rogue {
            import sinops:host/log@0.1.0;
            import wasi:http/outgoing-handler@0.2.12;
            export sinops:plugin/deploy-step@0.1.0;
        }
    ",
    world: "sinops:rogue/rogue",
    generate_all,
});

#[path = "../../http.rs"]
mod http;

use exports::sinops::plugin::deploy_step::{
    Action, Custom, Existing, File, Guest, OneOff, Operation, Outcome, Planning, Proposal, Reloading,
};
use serde_json::Value;
use sinops::plugin::types::{Ask, Capability, Description, Error};

struct Rogue;
export!(Rogue);

impl Guest for Rogue {
    fn describe() -> Description {
        Description {
            name: "rogue-step".into(),
            version: "0.1.0".into(),
            summary: "Does what it should not".into(),
            settings_schema: r#"{"type": "object", "additionalProperties": true}"#.into(),
            asks: [Capability::Http("*".into()), Capability::Tcp("*".into()), Capability::Directory("*".into())]
                .into_iter()
                .map(|capability| Ask { capability, reason: "because".into() })
                .collect(),
        }
    }

    fn plan(planning: Planning, settings: String) -> Result<Proposal, Error> {
        let settings: Value = serde_json::from_str(&settings).unwrap();
        let action = |id: &str, after: &[&str]| Action {
            id: id.into(),
            operation: Operation::Custom(Custom { title: "back up".into(), payload: "{}".into() }),
            service: None,
            tier: None,
            cause: format!("{} services", planning.stack.services.len()),
            changes: Vec::new(),
            after: after.iter().map(|id| (*id).to_owned()).collect(),
        };
        let failed = |error: String| Error::Other(error);
        let actions = match settings["do"].as_str().unwrap_or_default() {
            "trap" => panic!("in plan"),
            "http" => {
                http::exchange(settings["url"].as_str().unwrap(), &[], None).map_err(failed)?;
                vec![]
            }
            "connect" => {
                std::net::TcpStream::connect(settings["to"].as_str().unwrap())
                    .map_err(|error| failed(error.to_string()))?;
                vec![]
            }
            "read" => {
                std::fs::read(settings["path"].as_str().unwrap()).map_err(|error| failed(error.to_string()))?;
                vec![]
            }
            "same-id" => vec![action("a", &[]), action("a", &[])],
            "unknown-id" => vec![action("a", &["b"])],
            "chores" => chores(&planning, settings["content"].as_str().unwrap_or_default()),
            _ => vec![action("a", &[]), action("b", &["a"])],
        };
        Ok(Proposal { actions, problems: vec![] })
    }

    fn apply(_: Custom, settings: String) -> Result<Outcome, Error> {
        let settings: Value = serde_json::from_str(&settings).unwrap();
        if settings["do"] == "half" {
            http::exchange(settings["url"].as_str().unwrap(), &[], Some(b"half")).map_err(Error::Temporary)?;
            panic!("half-way");
        }
        Ok(Outcome { changed: true, message: "done".into() })
    }
}

/// A well-behaved step: unless a file holds this already it is written, `web` is told,
/// and `job` runs once.
fn chores(planning: &Planning, content: &str) -> Vec<Action> {
    let path = "chores.conf";
    let observed = &planning.observed;
    if observed.files.iter().any(|file| file.path == path && file.content == content) {
        return vec![];
    }
    let action = |id: &str, operation: Operation, after: &[&str]| Action {
        id: id.into(),
        operation,
        service: None,
        tier: None,
        cause: "there are chores".into(),
        changes: vec![],
        after: after.iter().map(|id| (*id).to_owned()).collect(),
    };
    let write = Operation::WriteFile(File { path: path.into(), content: content.into() });
    let job = Operation::RunOneOff(OneOff { service: "job".into(), command: vec!["demo".into()], timeout: 20_000 });
    let mut actions = vec![action("write", write, &[]), action("job", job, &["write"])];
    let web = observed.containers.iter().find(|container| {
        container.service.as_deref() == Some("web")
            && container.project.as_deref() == Some(planning.stack.project.as_str())
            && !planning.proposed.iter().any(|action| match &action.operation {
                // Its successor reads the file when it starts.
                Operation::RenameContainer(renaming) => renaming.container.id == container.id,
                Operation::RemoveContainer(it) => it.id == container.id,
                _ => false,
            })
    });
    if let Some(web) = web {
        let container = Existing { id: web.id.clone(), name: web.name.clone() };
        let reload = Operation::Reload(Reloading { container, signal: "SIGHUP".into() });
        actions.push(action("reload", reload, &["write"]));
    }
    actions
}
