//! What every engine has to do, told once and run against each.

use sinops_compose::{HealthCheck, Network, Service, Volume};
use sinops_core::observed::{Container, ContainerStatus};
use sinops_runtime::engines::{
    ContainerSpec, Effect, Engine, EngineError, EngineOperation as Operation, NetworkSpec, Scope,
    State, VolumeSpec,
};
use std::time::{Duration, Instant};

/// Says what it hears, so that signals and stops can be told from outside.
const LISTENER: &str = "trap 'echo bye; exit 0' TERM; trap 'echo hup' HUP; \
     echo ready; while :; do sleep 0.05; done";

/// Turns a shell script into a service that the engine under test can run.
pub(crate) type MakeService<'a> = &'a dyn Fn(&str) -> Service;

/// Long enough for the slowest machine; reached only when something is wrong.
const DEADLINE: Duration = Duration::from_secs(60);

async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(began.elapsed() < DEADLINE, "it never came to this: {what}");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// An engine, and names of this run's own.
pub(crate) struct Subject<'a> {
    pub(crate) engine: &'a dyn Engine,
    pub(crate) project: String,
    pub(crate) service: MakeService<'a>,
}

impl Subject<'_> {
    pub(crate) fn spec(&self, name: &str, script: &str) -> ContainerSpec {
        let mut service = (self.service)(script);
        service
            .environment
            .insert("GREETING".to_owned(), Some("hello".to_owned()));
        ContainerSpec {
            project: self.project.clone(),
            project_directory: "/".to_owned(),
            config_files: vec!["/compose.yml".to_owned()],
            service_name: name.to_owned(),
            number: 1,
            name: format!("{}-{name}-1", self.project),
            config_hash: format!("hash-of-{name}"),
            service,
            ..ContainerSpec::default()
        }
    }

    pub(crate) async fn run(&self, operation: Operation) -> Result<Effect, EngineError> {
        self.engine.execute(&operation).await
    }

    pub(crate) async fn create(&self, spec: ContainerSpec) -> String {
        let effect = self.run(Operation::Create(Box::new(spec))).await.unwrap();
        assert!(effect.changed);
        effect.id.unwrap()
    }

    async fn containers(&self) -> Vec<Container> {
        let scope = Scope {
            project: self.project.clone(),
            ..Scope::default()
        };
        self.engine.observe(&scope).await.unwrap().containers
    }

    async fn the_container(&self, id: &str) -> Container {
        let found = self.containers().await;
        found.into_iter().find(|one| one.id == id).unwrap()
    }

    async fn logs_until(&self, id: &str, line: &str) {
        until(&format!("a log line `{line}`"), || async {
            let lines = self.engine.logs(id, 50).await.unwrap();
            lines.iter().any(|found| found == line).then_some(())
        })
        .await;
    }

    pub(crate) async fn state_until(
        &self,
        id: &str,
        what: &str,
        wanted: impl Fn(&State) -> bool,
    ) -> State {
        until(what, || async {
            let state = self.engine.inspect(id).await.unwrap();
            wanted(&state).then_some(state)
        })
        .await
    }
}

/// Everything; leaves nothing behind when it passes.
pub(crate) async fn contract(subject: &Subject<'_>) {
    let (network, volume) = resources(subject).await;
    life(subject).await;
    ends_by_itself(subject).await;
    restarts(subject).await;
    health_check(subject).await;
    not_found(subject).await;
    for operation in [
        Operation::RemoveNetwork(network.clone()),
        Operation::RemoveVolume(volume.clone()),
    ] {
        assert!(subject.run(operation.clone()).await.unwrap().changed);
        let again = subject.run(operation).await.unwrap();
        assert!(!again.changed, "there is nothing left to remove");
    }
    assert_eq!(subject.containers().await, []);
}

async fn resources(subject: &Subject<'_>) -> (String, String) {
    let network = format!("{}_net", subject.project);
    let volume = format!("{}_data", subject.project);
    let ensure_network = Operation::EnsureNetwork(Box::new(NetworkSpec {
        project: Some(subject.project.clone()),
        key: "net".to_owned(),
        network: Network {
            name: network.clone(),
            ..Network::default()
        },
    }));
    let ensure_volume = Operation::EnsureVolume(Box::new(VolumeSpec {
        project: subject.project.clone(),
        key: "data".to_owned(),
        volume: Volume {
            name: volume.clone(),
            ..Volume::default()
        },
    }));
    for ensure in [ensure_network, ensure_volume] {
        assert!(subject.run(ensure.clone()).await.unwrap().changed);
        assert!(!subject.run(ensure).await.unwrap().changed);
    }
    let view = subject.engine.observe(&Scope::default()).await.unwrap();
    assert!(!view.engine_version.is_empty());
    let found = view
        .networks
        .iter()
        .find(|one| one.name == network)
        .unwrap();
    assert_eq!(found.project.as_deref(), Some(subject.project.as_str()));
    assert!(view.volumes.iter().any(|it| it.name == volume));
    (network, volume)
}

async fn life(subject: &Subject<'_>) {
    let engine = subject.engine;
    let spec = subject.spec("listener", LISTENER);
    let id = subject.create(spec.clone()).await;

    let found = subject.the_container(&id).await;
    assert_eq!(found.name, spec.name);
    assert_eq!(found.service.as_deref(), Some("listener"));
    assert_eq!(found.number, 1);
    assert_eq!(found.project.as_deref(), Some(subject.project.as_str()));
    assert_eq!(found.config_hash.as_deref(), Some("hash-of-listener"));
    assert_eq!(found.status, ContainerStatus::Created);
    let state = engine.inspect(&id).await.unwrap();
    assert_eq!((state.running, state.exit_code), (false, None));

    let taken = subject.run(Operation::Create(Box::new(spec))).await;
    assert!(
        matches!(taken, Err(EngineError::Conflict { .. })),
        "{taken:?}"
    );

    subject.run(Operation::Start(id.clone())).await.unwrap();
    subject.logs_until(&id, "ready").await;
    assert!(engine.inspect(&id).await.unwrap().running);
    assert_eq!(
        subject.the_container(&id).await.status,
        ContainerStatus::Running
    );

    exec(engine, &id).await;

    let name = format!("{}-renamed", subject.project);
    let rename = Operation::Rename {
        id: id.clone(),
        name: name.clone(),
    };
    assert!(subject.run(rename).await.unwrap().changed);
    assert_eq!(subject.the_container(&id).await.name, name);

    let signal = Operation::Signal {
        id: id.clone(),
        signal: "SIGHUP".to_owned(),
    };
    subject.run(signal).await.unwrap();
    subject.logs_until(&id, "hup").await;

    let stop = Operation::Stop {
        id: id.clone(),
        grace: Some(Duration::from_secs(20)),
    };
    assert!(subject.run(stop.clone()).await.unwrap().changed);
    let state = engine.inspect(&id).await.unwrap();
    assert_eq!((state.running, state.exit_code), (false, Some(0)));
    assert_eq!(engine.logs(&id, 1).await.unwrap(), ["bye"]);
    assert!(!subject.run(stop).await.unwrap().changed);

    subject.run(Operation::Start(id.clone())).await.unwrap();
    assert!(engine.inspect(&id).await.unwrap().running);
    assert!(
        subject
            .run(Operation::Remove(id.clone()))
            .await
            .unwrap()
            .changed
    );
    assert!(
        !subject
            .run(Operation::Remove(id.clone()))
            .await
            .unwrap()
            .changed
    );
    assert!(matches!(
        engine.inspect(&id).await,
        Err(EngineError::NotFound { .. })
    ));
}

async fn exec(engine: &dyn Engine, id: &str) {
    let shell = |script: &str| words(&["sh", "-c", script]);
    let limit = Duration::from_secs(30);
    let output = engine
        .exec(id, &shell("echo $GREETING; echo also >&2; exit 3"), limit)
        .await
        .unwrap();
    assert_eq!(output.exit_code, 3);
    assert!(output.text.contains("hello\n"), "{}", output.text);
    assert!(output.text.contains("also\n"), "{}", output.text);

    let flood = "i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done; echo end";
    let output = engine.exec(id, &shell(flood), limit).await.unwrap();
    assert!(output.text.len() <= 4096 && output.text.ends_with("end\n"));

    let late = engine
        .exec(id, &shell("sleep 1000"), Duration::from_millis(300))
        .await;
    assert!(matches!(late, Err(EngineError::Timeout { .. })), "{late:?}");
}

async fn ends_by_itself(subject: &Subject<'_>) {
    let spec = subject.spec("job", "echo first; printf last >&2; exit 7");
    let id = subject.create(spec).await;
    subject.run(Operation::Start(id.clone())).await.unwrap();
    let state = subject
        .state_until(&id, "an exit code", |state| state.exit_code.is_some())
        .await;
    assert_eq!((state.running, state.exit_code), (false, Some(7)));
    let found = subject.the_container(&id).await;
    assert_eq!(found.status, ContainerStatus::Exited);
    assert_eq!(found.exit_code, Some(7));
    subject.logs_until(&id, "last").await;
    subject.run(Operation::Remove(id)).await.unwrap();
}

async fn restarts(subject: &Subject<'_>) {
    let mut spec = subject.spec("flaky", "exit 1");
    spec.service.restart = Some("on-failure:2".to_owned());
    let id = subject.create(spec).await;
    subject.run(Operation::Start(id.clone())).await.unwrap();
    let state = subject
        .state_until(&id, "two restarts and the end", |state| {
            state.restarts == 2 && !state.running && state.exit_code.is_some()
        })
        .await;
    assert_eq!(state.exit_code, Some(1));
    subject.run(Operation::Remove(id)).await.unwrap();
}

async fn health_check(subject: &Subject<'_>) {
    let mut spec = subject.spec("checked", LISTENER);
    spec.service.healthcheck = Some(HealthCheck {
        test: words(&["CMD-SHELL", "echo looked; exit 1"]),
        interval: Some("100ms".to_owned()),
        timeout: Some("3s".to_owned()),
        start_period: Some("0s".to_owned()),
        retries: Some(2),
        ..HealthCheck::default()
    });
    let id = subject.create(spec).await;
    subject.run(Operation::Start(id.clone())).await.unwrap();
    let state = subject
        .state_until(&id, "the engine finds it unhealthy", |state| {
            state.health == sinops_core::observed::Health::Unhealthy
        })
        .await;
    assert_eq!(state.health_test, ["CMD-SHELL", "echo looked; exit 1"]);
    assert_eq!(state.health_timeout, Some(Duration::from_secs(3)));
    assert_eq!(state.retries, Some(2));
    assert!(state.health_output.contains("looked"), "{state:?}");
    assert_eq!(
        subject.the_container(&id).await.health,
        sinops_core::observed::Health::Unhealthy
    );
    subject.run(Operation::Remove(id)).await.unwrap();
}

async fn not_found(subject: &Subject<'_>) {
    let id = "0123456789ab".to_owned();
    for operation in [
        Operation::Start(id.clone()),
        Operation::Stop {
            id: id.clone(),
            grace: None,
        },
        Operation::Rename {
            id: id.clone(),
            name: "other".to_owned(),
        },
        Operation::Signal {
            id: id.clone(),
            signal: "SIGHUP".to_owned(),
        },
    ] {
        let outcome = subject.run(operation.clone()).await;
        assert!(
            matches!(outcome, Err(EngineError::NotFound { .. })),
            "{operation:?}: {outcome:?}"
        );
    }
    let nothing = subject
        .engine
        .exec(&id, &words(&["true"]), Duration::from_secs(5))
        .await;
    assert!(matches!(nothing, Err(EngineError::NotFound { .. })));
    let nothing = subject.engine.logs(&id, 1).await;
    assert!(matches!(nothing, Err(EngineError::NotFound { .. })));
}
