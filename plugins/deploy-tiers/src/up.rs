//! Brings the stack up: what each container needs, in the order of the tiers
//! and, within a tier, of `depends_on`.

use crate::cascade::{self, Renewals};
use crate::index::{Index, by_dependency};
use crate::order::{Exclusive, Order};
use crate::replica::{Decision, Need, Old, Why, decide, is_aside};
use crate::waves::Waves;
use crate::{PREVIOUS, Tiers, orphans};
use sinops_sdk::Severity;
use sinops_sdk::deploy_step::{
    Action, ContainerRef, Existing, Gate, Operation, Planning, Problem, Proposal, Reloading,
    Renaming, Stopping,
};
use sinops_sdk::types::{Condition, Container, ContainerStatus, Service, Tier};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

pub(crate) fn plan(settings: &Tiers, planning: &Planning) -> Proposal {
    let stopped = stopped_before(planning);
    let planning = &as_left(planning, &stopped);
    let mut plan = Plan {
        stopped,
        planning,
        index: Index::of(planning),
        selected: planning
            .selected()
            .into_iter()
            .map(|service| service.name.clone())
            .collect(),
        actions: Vec::new(),
        problems: Vec::new(),
        gates: Vec::new(),
        inner_gates: Vec::new(),
        inner: HashSet::new(),
        done_with: Vec::new(),
        started: BTreeMap::new(),
        watched: BTreeMap::new(),
        renewals: Renewals::default(),
        cascades: HashMap::new(),
        exclusive: OnceCell::new(),
    };
    let mut by_tier: HashMap<&str, Vec<&Service>> = HashMap::new();
    for service in &planning.stack.services {
        if plan.selected.contains(&service.name) {
            by_tier.entry(&service.tier).or_default().push(service);
        }
    }
    for tier in &planning.stack.tiers {
        let services = by_tier.remove(tier.name.as_str()).unwrap_or_default();
        plan.tier(tier, &services);
    }
    plan.clean_up();
    if planning.only.is_empty() {
        let orphans = orphans::of(planning, &plan.index);
        let Plan {
            actions,
            problems,
            gates,
            ..
        } = &mut plan;
        orphans::handle(settings, &orphans, gates, actions, problems);
    }
    Proposal {
        actions: plan.actions,
        problems: plan.problems,
    }
}

/// Ids of the containers that earlier steps stop, and do not start again.
fn stopped_before(planning: &Planning) -> HashSet<String> {
    let mut stopped = HashSet::new();
    for action in &planning.proposed {
        match &action.operation {
            Operation::StopContainer(it) => stopped.insert(it.container.id.clone()),
            Operation::StartExisting(it) => stopped.remove(&it.id),
            _ => continue,
        };
    }
    stopped
}

/// What there will be when this step begins.
fn as_left<'p>(planning: &'p Planning, stopped: &HashSet<String>) -> Cow<'p, Planning> {
    if stopped.is_empty() {
        return Cow::Borrowed(planning);
    }
    let mut planning = planning.clone();
    for container in &mut planning.observed.containers {
        if stopped.contains(&container.id) {
            container.status = ContainerStatus::Exited;
        }
    }
    Cow::Owned(planning)
}

struct Plan<'a> {
    planning: &'a Planning,
    /// See [`stopped_before`].
    stopped: HashSet<String>,
    index: Index<'a>,
    selected: BTreeSet<String>,
    actions: Vec<Action>,
    problems: Vec<Problem>,
    /// Ids of the gates of tiers so far.
    gates: Vec<String>,
    /// Ids of the gates inside of the tier in hand, which its own gate waits for.
    inner_gates: Vec<String>,
    /// The same, those of single services, to be asked for.
    inner: HashSet<String>,
    /// Containers to remove when all is healthy, with the reason.
    done_with: Vec<(Old, String, &'static str)>,
    /// Ids of the actions after which a service's containers run.
    started: BTreeMap<String, Vec<String>>,
    /// Services that run, but are not known to be healthy, with the reason.
    watched: BTreeMap<String, String>,
    renewals: Renewals,
    /// Positions of stops that wait for what their services depend on, by service.
    cascades: HashMap<String, Vec<usize>>,
    /// Only looked for if something is replaced.
    exclusive: OnceCell<Exclusive<'a>>,
}

impl<'a> Plan<'a> {
    fn tier(&mut self, tier: &Tier, services: &[&'a Service]) {
        let services = by_dependency(services);
        let before = self.actions.len();
        let mut starts = Vec::new();
        for &service in &services {
            starts.push((service, self.service(service, tier)));
        }
        for (service, waiting) in starts {
            if waiting.is_empty() {
                continue;
            }
            let conditions = self.conditions(service, tier);
            for stop in self.cascades.remove(&service.name).unwrap_or_default() {
                if let Some(action) = self.actions.get_mut(stop) {
                    action.after.extend(conditions.iter().cloned());
                }
            }
            for (mut action, own) in waiting {
                action.after = own;
                self.actions.push(action.after(conditions.iter().cloned()));
            }
        }
        self.gate(tier, &services, before);
    }

    /// Everything about a service up to its start; the starts come back, with
    /// what they wait for, to be ordered by `depends_on`.
    fn service(&mut self, service: &'a Service, tier: &Tier) -> Vec<(Action, Vec<String>)> {
        let completes = self.index.completes(&service.name);
        let mut starts = Vec::new();
        let mut replaced = Vec::new();
        for (number, name) in (1..=service.replicas).zip(&service.container_names) {
            let (current, previous, more) = self.containers(service, number, name);
            for surplus in more {
                self.surplus(surplus, "another container does the same work");
            }
            let mut decision = decide(service, name, current, previous, completes);
            if let Some(current) = current {
                self.renewals.apply(service, current, &mut decision);
            }
            self.renewals.note(&service.name, &decision.need);
            if matches!(decision.need, Need::Replace(..)) {
                replaced.push(number);
            }
            starts.extend(self.replica(service, number, name, decision));
        }
        self.waves(service, tier, &replaced);
        let all = self.index.containers(&service.name).iter().copied();
        let surplus: Vec<&Container> = all
            .filter(|container| container.number > service.replicas && !is_aside(container))
            .collect();
        for container in surplus {
            let why = "more replicas than are declared";
            self.surplus(container, why);
        }
        starts
    }

    fn waves(&mut self, service: &Service, tier: &Tier, replaced: &[u32]) {
        if replaced.is_empty() {
            return;
        }
        let waves = Waves::of(service);
        let stops = |action: &&Action| {
            matches!(action.operation, Operation::StopContainer(_))
                && action.service.as_deref() == Some(service.name.as_str())
        };
        if waves.has_canary()
            && let Some(stop) = self.actions.iter().find(stops)
        {
            let what = format!(
                "`canary` needs old and new beside each other: {}",
                stop.cause
            );
            let problem = Problem::new(Severity::Critical, what)
                .hint("leave `canary` out, or take away what the two would share");
            let problem = problem.service(&service.name);
            self.problems.push(problem.at(["services", &service.name]));
        }
        let gates = crate::waves::order(service, tier, waves, replaced, &mut self.actions);
        self.inner_gates.extend(gates);
    }

    /// The container of a replica, the one that was put aside for it, and any
    /// others of the same number.
    fn containers(
        &self,
        service: &'a Service,
        number: u32,
        name: &str,
    ) -> (
        Option<&'a Container>,
        Option<&'a Container>,
        Vec<&'a Container>,
    ) {
        let aside = format!("{name}{PREVIOUS}");
        let all = || self.index.containers(&service.name).iter().copied();
        let previous = all().find(|container| container.name == aside);
        let mut current: Vec<&Container> = all()
            .filter(|container| container.number == number && !is_aside(container))
            .collect();
        current.sort_by_key(|container| container.name != name);
        let mut current = current.into_iter();
        (current.next(), previous, current.collect())
    }

    fn surplus(&mut self, container: &Container, why: &'static str) {
        let old = Old {
            container: Existing::from(container),
            running: container.runs(),
            aside: false,
        };
        self.done_with
            .push((old, container.service.clone().unwrap_or_default(), why));
    }

    fn order(&self, service: &Service, old: &Existing) -> Order {
        let exclusive = self.exclusive.get_or_init(|| Exclusive::of(self.planning));
        let order = exclusive.order(service, &old.name);
        match cascade::restarted_with(service, &self.index) {
            Some(other) if order == Order::StartFirst => {
                Order::StopFirst(format!("`{other}` starts again with it"))
            }
            _ => order,
        }
    }

    fn replica(
        &mut self,
        service: &Service,
        number: u32,
        name: &str,
        decision: Decision,
    ) -> Option<(Action, Vec<String>)> {
        let id = |verb: &str| format!("{verb}:{}:{number}", service.name);
        let about = |id: String, operation: Operation, why: &Why| {
            Action::new(id, operation, &why.words)
                .changes(&why.changes)
                .service(&service.name)
                .tier(&service.tier)
        };
        let reference = ContainerRef {
            service: service.name.clone(),
            number,
        };
        let mut after = Vec::new();
        if let Some(unfinished) = decision.unfinished {
            let why = "an interrupted run left it unfinished";
            let remove = id("remove-unfinished");
            self.actions.push(about(
                remove.clone(),
                Operation::RemoveContainer(unfinished),
                &why.into(),
            ));
            after.push(remove);
        }
        let mut start_after = after.clone();
        if let Some(leftover) = decision.leftover {
            if leftover.running
                && !matches!(decision.need, Need::Nothing | Need::Watch(_))
                && self.order(service, &leftover.container) != Order::StartFirst
            {
                start_after.push(id("stop"));
                let stop = stop(&leftover.container);
                self.actions.push(about(
                    id("stop"),
                    stop,
                    &"an interrupted run left it running".into(),
                ));
            }
            self.done_with
                .push((leftover, service.name.clone(), "left by an interrupted run"));
        }
        let start = match decision.need {
            Need::Nothing => return None,
            Need::Watch(why) => {
                self.watched.entry(service.name.clone()).or_insert(why);
                return None;
            }
            Need::Person(what, hint) => {
                let problem = Problem::new(Severity::Warning, what).hint(hint);
                self.problems.push(
                    problem
                        .service(&service.name)
                        .at(["services", &service.name]),
                );
                return None;
            }
            Need::Start(container, mut why) => {
                if self.stopped.contains(&container.id) {
                    why = "it runs, and an earlier step stops it".into();
                }
                about(id("start"), Operation::StartExisting(container), &why)
            }
            Need::Reload(container, signal, why) => {
                // A step before this one may have it reload already.
                if self.index.is_renewed_before(&container.id) {
                    return None;
                }
                let reload = Operation::Reload(Reloading { container, signal });
                let action = about(id("reload"), reload, &why);
                self.started
                    .entry(service.name.clone())
                    .or_default()
                    .push(id("reload"));
                return Some((action, start_after));
            }
            Need::Restart(container, why) => {
                if self.index.is_renewed_before(&container.id) {
                    return None;
                }
                let stop = about(id("stop"), stop(&container), &why);
                // What serves goes on until what it depends on is ready.
                let stops = self.cascades.entry(service.name.clone()).or_default();
                stops.push(self.actions.len());
                self.actions.push(stop.after(after));
                start_after.push(id("stop"));
                about(id("start"), Operation::StartExisting(container), &why)
            }
            Need::Create(why) => {
                let create = Operation::CreateContainer(reference.clone());
                self.actions
                    .push(about(id("create"), create, &why).after(after));
                start_after.push(id("create"));
                about(id("start"), Operation::StartContainer(reference), &why)
            }
            Need::Replace(mut old, mut why) => {
                let mut stops = false;
                if old.running {
                    match self.order(service, &old.container) {
                        Order::StartFirst => {
                            why.words += "; start-first: the old one serves meanwhile"
                        }
                        Order::StopFirst(reason) => {
                            why.words = format!("{}; stop-first: {reason}", why.words);
                            stops = true;
                        }
                    }
                }
                if !old.aside {
                    let aside = format!("{name}{PREVIOUS}");
                    let rename = rename(&old.container, aside.clone());
                    old.container.name = aside;
                    let rename = about(id("rename"), rename, &why);
                    self.actions.push(rename.after(after.clone()));
                    after.push(id("rename"));
                }
                let create = Operation::CreateContainer(reference.clone());
                self.actions
                    .push(about(id("create"), create, &why).after(after));
                start_after.push(id("create"));
                if stops {
                    let stop = about(id("stop"), stop(&old.container), &why);
                    self.actions.push(stop.after([id("create")]));
                    start_after.push(id("stop"));
                }
                self.done_with
                    .push((old, service.name.clone(), "its successor is healthy"));
                about(id("start"), Operation::StartContainer(reference), &why)
            }
            Need::PutBack(old, why) => {
                let rename = about(id("rename"), rename(&old.container, name.to_owned()), &why);
                self.actions.push(rename.after(after));
                if old.running {
                    self.started
                        .entry(service.name.clone())
                        .or_default()
                        .push(id("rename"));
                    return None;
                }
                start_after.push(id("rename"));
                about(id("start"), Operation::StartExisting(old.container), &why)
            }
        };
        self.started
            .entry(service.name.clone())
            .or_default()
            .push(id("start"));
        Some((start, start_after))
    }

    /// What a service's start waits for because of `depends_on` in its tier;
    /// earlier tiers have passed their gate by then.
    fn conditions(&mut self, service: &Service, tier: &Tier) -> Vec<String> {
        let mut ids = Vec::new();
        for dependency in &service.depends_on {
            let Some(other) = self.index.service(&dependency.service) else {
                continue;
            };
            if other.tier != tier.name || !self.selected.contains(&other.name) {
                continue;
            }
            let started = self.started.get(&other.name).cloned().unwrap_or_default();
            let settled = started.is_empty() && !self.watched.contains_key(&other.name);
            match dependency.condition {
                _ if settled => {}
                Condition::Started => ids.extend(started),
                Condition::Healthy | Condition::Completed => {
                    ids.push(self.inner_gate(other, tier, started));
                }
            }
        }
        ids
    }

    /// A gate inside a tier, for one service that others of the tier wait for.
    fn inner_gate(&mut self, service: &Service, tier: &Tier, after: Vec<String>) -> String {
        let id = format!("gate:{}:{}", tier.name, service.name);
        if self.inner.insert(id.clone()) {
            let gate = Operation::Gate(Gate {
                services: vec![service.name.clone()],
                timeout: tier.gate_timeout,
            });
            let cause = "others of its tier wait for it";
            let action = Action::new(&id, gate, cause).service(&service.name);
            self.actions.push(action.tier(&tier.name).after(after));
            self.inner_gates.push(id.clone());
        }
        id
    }

    /// The gate of the whole tier, if anything in it changes or is not healthy.
    fn gate(&mut self, tier: &Tier, services: &[&Service], before: usize) {
        let watched = services
            .iter()
            .find_map(|service| Some((&service.name, self.watched.get(&service.name)?)));
        let cause = if self.actions.len() > before {
            format!("the tier `{}` has changes", tier.name)
        } else if let Some((name, why)) = watched {
            format!("`{name}` {why}")
        } else {
            return;
        };
        let id = format!("gate:{}", tier.name);
        let mut after: Vec<String> = services
            .iter()
            .flat_map(|service| self.started.get(&service.name).cloned().unwrap_or_default())
            .collect();
        after.append(&mut self.inner_gates);
        let gate = Operation::Gate(Gate {
            services: services
                .iter()
                .map(|service| service.name.clone())
                .collect(),
            timeout: tier.gate_timeout,
        });
        self.actions
            .push(Action::new(&id, gate, cause).tier(&tier.name).after(after));
        self.gates.push(id);
    }

    /// Old containers go when every gate has been passed: until then they are
    /// what a failed run goes back to, and what starts first leaves them running, so
    /// that going back interrupts nobody. They belong to no tier, so that no tier
    /// waits for them.
    fn clean_up(&mut self) {
        let stopped: HashSet<String> = self
            .actions
            .iter()
            .filter_map(|action| match &action.operation {
                Operation::StopContainer(it) => Some(it.container.id.clone()),
                _ => None,
            })
            .collect();
        for (old, service, why) in std::mem::take(&mut self.done_with) {
            let mut after = self.gates.clone();
            let name = &old.container.name;
            if old.running && !stopped.contains(&old.container.id) {
                let id = format!("stop:{name}");
                let stop = Action::new(&id, stop(&old.container), why);
                self.actions.push(stop.service(&service).after(after));
                after = vec![id];
            }
            let id = format!("remove:{name}");
            let remove = Operation::RemoveContainer(old.container);
            self.actions
                .push(Action::new(id, remove, why).service(service).after(after));
        }
    }
}

fn stop(container: &Existing) -> Operation {
    Operation::StopContainer(Stopping {
        container: container.clone(),
        grace: None,
    })
}

fn rename(container: &Existing, name: String) -> Operation {
    Operation::RenameContainer(Renaming {
        container: container.clone(),
        name,
    })
}
