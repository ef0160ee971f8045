//! The process engine, with this program as its supervisor.

use crate::contract::{Subject, contract};
use serde_json::json;
use sinops_compose::{Port, Service};
use sinops_runtime::engines::{
    Engine, EngineError, EngineOperation as Operation, Inherited, ProcessEngine, Scope,
};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

fn service(script: &str) -> Service {
    let mut service = Service::default();
    service.extensions.insert(
        "x-sinops".to_owned(),
        json!({"process": ["sh", "-c", script]}),
    );
    service
}

/// Everything.
pub(crate) async fn all() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let variable = |name| std::env::var(name).unwrap_or_default();
    let inherited = Inherited {
        path: variable("PATH"),
        home: variable("HOME"),
    };
    let engine = ProcessEngine::open(state.clone(), std::env::current_exe().unwrap(), inherited);
    engine.observe(&Scope::default()).await.unwrap();
    assert!(!state.exists(), "a look must leave no trace");
    let subject = Subject {
        engine: &engine,
        project: "contract".to_owned(),
        service: &service,
    };
    contract(&subject).await;
    stubborn(&subject).await;
    supervisor_killed(&subject, &state).await;
    port_taken(&subject).await;
    stale_files(&subject, &state).await;
    folder_gone(&subject, &state).await;
}

/// What does not heed the signal is killed, with all that it started.
async fn stubborn(subject: &Subject<'_>) {
    let script = "trap '' TERM; sleep 1000 & echo $!; while :; do sleep 0.05; done";
    let id = subject.create(subject.spec("stubborn", script)).await;
    subject.run(Operation::Start(id.clone())).await.unwrap();
    let child = loop {
        if let Some(line) = subject.engine.logs(&id, 1).await.unwrap().pop() {
            break line;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let stop = Operation::Stop {
        id: id.clone(),
        grace: Some(Duration::from_millis(100)),
    };
    assert!(subject.run(stop).await.unwrap().changed);
    let state = subject.engine.inspect(&id).await.unwrap();
    assert_eq!(state.exit_code, Some(137));
    let gone = || {
        std::fs::read_to_string(format!("/proc/{child}/stat"))
            .map_or(true, |text| text.contains(") Z "))
    };
    for _ in 0..500 {
        if gone() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(gone(), "what it started must end with it");
    subject.run(Operation::Remove(id)).await.unwrap();
}

/// A state folder that someone deleted leaves no process behind.
async fn folder_gone(subject: &Subject<'_>, folder: &Path) {
    let script = "trap 'exit 0' TERM; echo $$; while :; do sleep 0.05; done";
    let id = subject.create(subject.spec("lost", script)).await;
    subject.run(Operation::Start(id.clone())).await.unwrap();
    let pid = loop {
        if let Some(line) = subject.engine.logs(&id, 1).await.unwrap().pop() {
            break line;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    std::fs::remove_dir_all(folder.join("containers").join(&id)).unwrap();
    let alive = || Path::new(&format!("/proc/{pid}")).exists();
    for _ in 0..1500 {
        if !alive() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(!alive(), "it must not outlive what is known of it");
}

/// The service goes on, is seen, can be stopped, and can be started again.
async fn supervisor_killed(subject: &Subject<'_>, folder: &Path) {
    let mut spec = subject.spec("orphan", "echo ready; while :; do sleep 0.05; done");
    spec.service.restart = Some("always".to_owned());
    let id = subject.create(spec).await;
    let kill_supervisor = || {
        let state = folder.join("containers").join(&id).join("state.json");
        let state: serde_json::Value =
            serde_json::from_slice(&std::fs::read(state).unwrap()).unwrap();
        let pid = state["supervisor"]["pid"].as_i64().unwrap().to_string();
        let killed = Command::new("kill").args(["-s", "KILL", &pid]).status();
        assert!(killed.unwrap().success());
        // The signal is sent; the end comes when the system gets to it.
        let stat = format!("/proc/{pid}/stat");
        while std::fs::read_to_string(&stat).is_ok_and(|text| !text.contains(") Z ")) {
            std::thread::sleep(Duration::from_millis(1));
        }
        pid
    };
    subject.run(Operation::Start(id.clone())).await.unwrap();
    let first = kill_supervisor();
    assert!(subject.engine.inspect(&id).await.unwrap().running);
    let again = subject.run(Operation::Start(id.clone())).await.unwrap();
    assert!(again.changed, "it is put under a supervisor again");
    assert_ne!(kill_supervisor(), first);
    let stop = Operation::Stop {
        id: id.clone(),
        grace: None,
    };
    assert!(subject.run(stop).await.unwrap().changed);
    let state = subject.engine.inspect(&id).await.unwrap();
    assert_eq!((state.running, state.exit_code), (false, Some(137)));
    subject.run(Operation::Remove(id)).await.unwrap();
}

async fn port_taken(subject: &Subject<'_>) {
    let held = TcpListener::bind("127.0.0.1:0").unwrap();
    let number = held.local_addr().unwrap().port();
    let mut spec = subject.spec("web", "while :; do sleep 0.05; done");
    spec.service.ports = vec![Port {
        target: number,
        published: Some(number.to_string()),
        host_ip: Some("127.0.0.1".to_owned()),
        ..Port::default()
    }];
    let id = subject.create(spec).await;
    let taken = subject.run(Operation::Start(id.clone())).await;
    assert!(
        matches!(&taken, Err(EngineError::Conflict { message }) if message.contains(&number.to_string())),
        "{taken:?}"
    );
    drop(held);
    subject.run(Operation::Start(id.clone())).await.unwrap();
    let state = subject.engine.inspect(&id).await.unwrap();
    assert_eq!(
        state.endpoints,
        [(format!("{number}/tcp"), format!("127.0.0.1:{number}"))]
    );
    let view = subject.engine.observe(&Scope::default()).await.unwrap();
    assert!(view.ports.iter().any(|port| port.port == number));
    subject.run(Operation::Remove(id)).await.unwrap();
}

/// Half-made folders and torn files take nothing else down.
async fn stale_files(subject: &Subject<'_>, folder: &Path) {
    let containers = folder.join("containers");
    for (name, spec) in [(".made", None), ("empty", None), ("torn", Some("{\"id\":"))] {
        std::fs::create_dir(containers.join(name)).unwrap();
        if let Some(text) = spec {
            std::fs::write(containers.join(name).join("spec.json"), text).unwrap();
            std::fs::write(containers.join(name).join("name.json"), "\"torn\"").unwrap();
        }
    }
    let id = subject.create(subject.spec("sound", "true")).await;
    std::fs::write(containers.join(&id).join("state.json"), "{").unwrap();
    let state = subject.engine.inspect(&id).await.unwrap();
    assert!(!state.running);
    subject.run(Operation::Start(id.clone())).await.unwrap();
    subject
        .state_until(&id, "its end", |state| state.exit_code == Some(0))
        .await;
    subject.run(Operation::Remove(id)).await.unwrap();
}
