//! What a service has to do because one that it depends on is made anew or started again:
//! `depends_on` with `restart: true`, and namespaces or volumes that belong to a container.

use crate::index::Index;
use crate::replica::{Decision, Need, old};
use sinops_sdk::deploy_step::Existing;
use sinops_sdk::types::{Container, Service};
use std::collections::HashMap;

/// What happens to a service's containers in this plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Renewal {
    /// It did not run, and is started.
    Started,
    /// It is stopped and started.
    Restarted,
    /// There is another container.
    Replaced,
}

/// Services that are renewed, so far.
#[derive(Debug, Default)]
pub(crate) struct Renewals(HashMap<String, Renewal>);

impl Renewals {
    pub(crate) fn note(&mut self, service: &str, need: &Need) {
        let renewal = match need {
            Need::Create(_) | Need::Replace(..) | Need::PutBack(..) => Renewal::Replaced,
            Need::Restart(..) => Renewal::Restarted,
            Need::Start(..) => Renewal::Started,
            Need::Nothing | Need::Watch(_) | Need::Reload(..) | Need::Person(..) => return,
        };
        let known = self.0.entry(service.to_owned()).or_insert(renewal);
        *known = renewal.max(*known);
    }

    /// What a container that would be left as it is needs all the same.
    pub(crate) fn apply(&self, service: &Service, container: &Container, decision: &mut Decision) {
        if self.0.is_empty() {
            return;
        }
        let gentle = matches!(
            decision.need,
            Need::Nothing | Need::Watch(_) | Need::Reload(..)
        );
        if !gentle && !matches!(decision.need, Need::Start(..) | Need::Restart(..)) {
            return;
        }
        let renewed = |name: &str| self.0.get(name).copied();
        let replaced = shared(service)
            .into_iter()
            .find(|it| renewed(&it.service) == Some(Renewal::Replaced));
        if let Some(shared) = replaced {
            let why = format!(
                "`{}`, whose {} it shares, gets another container",
                shared.service, shared.what
            );
            decision.need = Need::Replace(old(container, false), why.as_str().into());
            return;
        }
        if !gentle || !container.runs() {
            return;
        }
        let restarts = service.depends_on.iter().filter(|it| it.restart);
        let mut found = restarts.filter_map(|it| Some((it, renewed(&it.service)?)));
        if let Some((dependency, renewal)) = found.next() {
            let how = match renewal {
                Renewal::Started => "is started",
                Renewal::Restarted => "is started again",
                Renewal::Replaced => "gets another container",
            };
            let why = format!(
                "`{}`, which it depends on with `restart: true`, {how}",
                dependency.service
            );
            decision.need = Need::Restart(Existing::from(container), why.as_str().into());
        }
    }
}

/// The service because of which this one cannot be replaced while its old container
/// serves: it would be started again anyway.
pub(crate) fn restarted_with<'a>(service: &Service, index: &Index<'a>) -> Option<&'a str> {
    let restarts = |dependent: &&&Service| {
        let mut on = dependent.depends_on.iter();
        on.any(|it| it.service == service.name && it.restart)
    };
    let mut dependents = index.dependents(&service.name).iter();
    dependents.find(restarts).map(|it| it.name.as_str())
}

struct Shared {
    service: String,
    what: &'static str,
}

/// Services whose containers it is tied to by id.
fn shared(service: &Service) -> Vec<Shared> {
    // Most share nothing, and reading the whole definition costs.
    let text = &service.definition;
    if !text.contains("\"service:") && !text.contains("\"volumes_from\"") {
        return Vec::new();
    }
    let definition = service.compose();
    let modes = [
        ("network_mode", "network"),
        ("ipc", "shared memory"),
        ("pid", "processes"),
    ];
    let modes = modes.into_iter().filter_map(|(key, what)| {
        let service = definition.get(key)?.as_str()?.strip_prefix("service:")?;
        Some(Shared {
            service: service.to_owned(),
            what,
        })
    });
    let volumes = definition.get("volumes_from").and_then(|it| it.as_array());
    let volumes = volumes.into_iter().flatten().filter_map(|it| {
        let text = it.as_str().filter(|it| !it.starts_with("container:"))?;
        Some(Shared {
            service: text.split(':').next().unwrap_or(text).to_owned(),
            what: "volumes",
        })
    });
    modes.chain(volumes).collect()
}
