//! Services that read their configuration again: by a signal, or only when they start.

use crate::deploy_step::{Action, Gate, Operation, Planning, Reloading, Stopping};
use crate::types::Service;

impl Planning {
    /// Stops and starts the containers of a service that run, after the actions `after`,
    /// and waits until it is well again: for programs that read their configuration only
    /// when they start.
    #[must_use]
    pub fn restart(&self, service: &Service, after: &[String], cause: &str) -> Vec<Action> {
        let about = |id: &str, operation| Action::new(id, operation, cause).service(&service.name);
        let mut actions = Vec::new();
        let mut started = Vec::new();
        for container in self.running(service) {
            let stop = format!("stop:{}", container.name);
            let start = format!("start:{}", container.name);
            let stopping = Operation::StopContainer(Stopping {
                container: container.clone(),
                grace: None,
            });
            actions.push(about(&stop, stopping).after(after.to_vec()));
            actions.push(about(&start, Operation::StartExisting(container)).after([stop]));
            started.push(start);
        }
        if !started.is_empty() {
            let tiers = &self.stack.tiers;
            let tier = tiers.iter().find(|tier| tier.name == service.tier);
            let gate = Operation::Gate(Gate {
                services: vec![service.name.clone()],
                timeout: tier.map_or(60_000, |tier| tier.gate_timeout),
            });
            let id = format!("gate:{}", service.name);
            let action = Action::new(id, gate, "it was started anew");
            actions.push(action.service(&service.name).after(started));
        }
        actions
    }

    /// Sends SIGHUP to the containers of a service that run, after the actions `after`.
    #[must_use]
    pub fn reload(&self, service: &Service, after: &[String], cause: &str) -> Vec<Action> {
        let reload = |container: crate::deploy_step::Existing| {
            let id = format!("reload:{}", container.name);
            let operation = Operation::Reload(Reloading {
                container,
                signal: "SIGHUP".to_owned(),
            });
            let action = Action::new(id, operation, cause);
            action.service(&service.name).after(after.to_vec())
        };
        self.running(service).map(reload).collect()
    }
}
