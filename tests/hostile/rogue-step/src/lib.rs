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

use exports::sinops::plugin::deploy_step::{Action, Custom, Guest, Operation, Outcome, Planning, Proposal};
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
