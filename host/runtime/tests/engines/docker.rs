//! The Docker engine against a real one.

use crate::contract::{Subject, contract};
use sinops_compose::{
    BindOptions, FileObject, FileReference, Ipam, IpamPool, Mount, Network, Port, Service,
    ServiceNetwork,
};
use sinops_runtime::engines::{
    ContainerSpec, DockerEngine, EngineError, EngineOperation as Operation, NetworkSpec, PullSpec,
    Scope,
};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Everything against a real engine; a reason where that cannot be.
pub(crate) async fn all() -> Result<(), String> {
    let endpoint = std::env::var("DOCKER_HOST").ok();
    let engine = DockerEngine::connect(endpoint.as_deref(), std::time::Duration::from_secs(60))
        .await
        .map_err(|error| error.to_string())?;
    let project = format!("sinops-contract-{}", std::process::id());
    let image = Image::make(&project)?;
    let reference = image.reference.clone();
    let service = move |script: &str| Service {
        image: Some(reference.clone()),
        command: Some(["sh", "-c", script].map(str::to_owned).to_vec()),
        ..Service::default()
    };
    let subject = Subject {
        engine: &engine,
        project,
        service: &service,
    };
    contract(&subject).await;
    networks_and_files(&subject).await;
    refusals(&subject, &image.reference).await;
    Ok(())
}

/// An image of a static busybox, gone with the test.
struct Image {
    reference: String,
}

impl Image {
    fn make(project: &str) -> Result<Self, String> {
        let tools = std::env::var_os("SINOPS_TOOLS").map(PathBuf::from);
        let program = tools
            .map(|tools| tools.join("busybox"))
            .into_iter()
            .chain(["/usr/bin/busybox", "/bin/busybox"].map(PathBuf::from))
            .find_map(|path| std::fs::read(path).ok())
            .ok_or("there is no busybox to make an image of (package busybox-static)")?;
        let mut archive = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o755);
        header.set_size(program.len() as u64);
        archive
            .append_data(&mut header, "bin/busybox", program.as_slice())
            .unwrap();
        for name in ["sh", "sleep", "cat", "ip", "true"] {
            let mut link = tar::Header::new_gnu();
            link.set_entry_type(tar::EntryType::Symlink);
            link.set_size(0);
            archive
                .append_link(&mut link, format!("bin/{name}"), "busybox")
                .unwrap();
        }
        let reference = format!("{project}:1");
        let mut import = Command::new("docker")
            .args(["import", "-c", "EXPOSE 8080", "-", &reference])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .map_err(|error| format!("docker import: {error}"))?;
        let bytes = archive.into_inner().unwrap();
        import.stdin.take().unwrap().write_all(&bytes).unwrap();
        assert!(import.wait().unwrap().success(), "docker import failed");
        let image = Self { reference };
        let runs = Command::new("docker")
            .args([
                "run",
                "--rm",
                "--network",
                "none",
                &image.reference,
                "/bin/true",
            ])
            .output()
            .unwrap();
        if runs.status.success() {
            Ok(image)
        } else {
            Err("this machine's busybox is not static (package busybox-static)".to_owned())
        }
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        let _ = Command::new("docker")
            .args(["image", "rm", "--force", &self.reference])
            .output();
    }
}

async fn networks_and_files(subject: &Subject<'_>) {
    let network = |key: &str, subnet: &str| NetworkSpec {
        project: Some(subject.project.clone()),
        key: key.to_owned(),
        network: Network {
            name: format!("{}_{key}", subject.project),
            ipam: Ipam {
                config: vec![IpamPool {
                    subnet: Some(subnet.to_owned()),
                    ..IpamPool::default()
                }],
                ..Ipam::default()
            },
            ..Network::default()
        },
    };
    let networks = [
        network("front", "10.213.77.0/28"),
        network("back", "10.213.77.16/28"),
    ];
    for spec in &networks {
        let operation = Operation::EnsureNetwork(Box::new(spec.clone()));
        assert!(subject.run(operation).await.unwrap().changed);
    }
    let overlap = Operation::EnsureNetwork(Box::new(network("third", "10.213.77.0/27")));
    let overlap = subject.run(overlap).await;
    assert!(
        matches!(overlap, Err(EngineError::Conflict { .. })),
        "{overlap:?}"
    );

    let mut spec = subject.spec("web", "while :; do sleep 0.05; done");
    spec.networks = networks
        .iter()
        .map(|spec| (spec.key.clone(), spec.network.clone()))
        .collect();
    spec.service.networks.insert(
        "front".to_owned(),
        Some(ServiceNetwork {
            ipv4_address: Some("10.213.77.9".to_owned()),
            aliases: vec!["shop".to_owned()],
            ..ServiceNetwork::default()
        }),
    );
    spec.service.networks.insert("back".to_owned(), None);
    spec.service.stop_grace_period = Some("100ms".to_owned());
    spec.service.ports = vec![Port {
        target: 8080,
        published: None,
        host_ip: Some("127.0.0.1".to_owned()),
        ..Port::default()
    }];
    spec.configs.insert(
        "motd".to_owned(),
        FileObject {
            content: Some("good morning".to_owned()),
            ..FileObject::default()
        },
    );
    spec.service.configs = vec![FileReference {
        source: "motd".to_owned(),
        target: Some("/etc/shop/motd".to_owned()),
        mode: Some("0440".to_owned()),
        ..FileReference::default()
    }];
    let id = subject.create(spec.clone()).await;
    subject.run(Operation::Start(id.clone())).await.unwrap();

    let state = subject.engine.inspect(&id).await.unwrap();
    let (port, address) = state.endpoints.first().unwrap().clone();
    assert_eq!(port, "8080/tcp");
    let number: u16 = address.strip_prefix("127.0.0.1:").unwrap().parse().unwrap();
    let limit = Duration::from_secs(30);
    let command = ["cat", "/etc/shop/motd"].map(str::to_owned);
    let shown = subject.engine.exec(&id, &command, limit).await.unwrap();
    assert_eq!(shown.text, "good morning");

    let scope = Scope {
        project: subject.project.clone(),
        images: vec![
            spec.service.image.clone().unwrap(),
            "sinops/no:such".to_owned(),
        ],
        ..Scope::default()
    };
    let view = subject.engine.observe(&scope).await.unwrap();
    let found = view.containers.iter().find(|one| one.id == id).unwrap();
    assert_eq!(found.addresses.len(), 2, "{:?}", found.addresses);
    let front = view
        .networks
        .iter()
        .find(|one| one.name == networks[0].network.name)
        .unwrap();
    assert_eq!(front.subnets, ["10.213.77.0/28"]);
    assert_eq!(
        front.addresses,
        [(spec.name.clone(), "10.213.77.9".to_owned())]
    );
    assert!(view.ports.iter().any(|one| one.port == number));
    assert_eq!(view.images.len(), 1);
    assert_eq!(view.images[0].exposed_ports, ["8080/tcp"]);

    port_conflict(subject, &spec, number).await;

    let in_use = subject
        .run(Operation::RemoveNetwork(front.name.clone()))
        .await;
    assert!(
        matches!(in_use, Err(EngineError::Conflict { .. })),
        "{in_use:?}"
    );
    subject.run(Operation::Remove(id)).await.unwrap();
    for spec in networks {
        let remove = Operation::RemoveNetwork(spec.network.name);
        assert!(subject.run(remove).await.unwrap().changed);
    }
}

async fn port_conflict(subject: &Subject<'_>, first: &ContainerSpec, number: u16) {
    let mut second = first.clone();
    second.name.push_str("-second");
    second.service.ports[0].published = Some(number.to_string());
    second.service.networks.clear();
    second.service.networks.insert("back".to_owned(), None);
    let id = subject.create(second).await;
    let taken = subject.run(Operation::Start(id.clone())).await;
    assert!(
        matches!(&taken, Err(EngineError::Conflict { message }) if message.contains("already")),
        "{taken:?}"
    );
    subject.run(Operation::Remove(id)).await.unwrap();
}

async fn refusals(subject: &Subject<'_>, image: &str) {
    let mut missing = subject.spec("missing", "true");
    missing.service.image = Some("sinops/no:such".to_owned());
    let error = subject
        .run(Operation::Create(Box::new(missing)))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, EngineError::NotFound { what } if what.contains("sinops/no:such")),
        "{error}"
    );

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("init.sql");
    let mut bound = subject.spec("bound", "true");
    bound.service.image = Some(image.to_owned());
    bound.service.volumes = vec![Mount {
        kind: "bind".to_owned(),
        source: Some(path.display().to_string()),
        target: "/init.sql".to_owned(),
        bind: Some(BindOptions::default()),
        ..Mount::default()
    }];
    let error = subject
        .run(Operation::Create(Box::new(bound)))
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("init.sql"), "{error}");
    assert!(!path.exists(), "the engine must not make a folder of it");

    let pull = Operation::Pull(Box::new(PullSpec {
        reference: "localhost:1/sinops/no:such".to_owned(),
        ..PullSpec::default()
    }));
    let error = subject.run(pull).await.unwrap_err().to_string();
    assert!(error.contains("localhost:1"), "{error}");
}
