//! What planning costs, on stacks of a given size: one JSON line per measure, medians in
//! milliseconds.
//!
//! `cargo run --release -p sinops-runtime --example plan_bench -- PLUGINS-FOLDER SIZE…`
//!
//! * `read`: compose file of that many services to the desired stack
//! * `from-nothing`, `nothing-to-do`, `all-changed`: `Planner::plan`, with all plugins of the
//!   deploy pipeline in the sandbox, on an engine that answers at once
#![allow(clippy::print_stdout, reason = "its output is its purpose")]

use async_trait::async_trait;
use serde_json::json;
use sinops_compose::{Files, LoadRequest, SourceFile};
use sinops_core::action::Goal;
use sinops_core::config::{Config, EngineKind};
use sinops_core::observed::{Container, ContainerStatus, Health, Image, Network};
use sinops_core::stack::Stack;
use sinops_runtime::engines::{
    Effect, Engine, EngineError, EngineOperation, ExecOutput, Scope, State, View,
};
use sinops_runtime::plugins::{Builtin, HostOptions, PluginHost};
use sinops_runtime::run::{Planner, Setup};
use std::error::Error;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

type Anyhow<T> = Result<T, Box<dyn Error>>;

const ROUNDS: usize = 5;

fn main() -> Anyhow<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("usage: plan_bench PLUGINS SIZE…")?;
    let builtins = builtins(Path::new(&folder))?;
    for size in arguments {
        measure(size.parse()?, &builtins)?;
    }
    Ok(())
}

fn builtins(folder: &Path) -> Anyhow<Vec<Builtin>> {
    let host = PluginHost::new(HostOptions::default())?;
    let mut all = Vec::new();
    for name in ["deploy-preflight", "deploy-tiers"] {
        let wasm = std::fs::read(folder.join(name).with_extension("wasm"))?;
        // Leaks: a built-in lives as long as the program.
        let compiled = Box::leak(host.precompile(&wasm)?.into_boxed_slice());
        all.push(Builtin {
            name,
            wasm: Box::leak(wasm.into_boxed_slice()),
            precompiled: Some(compiled),
        });
    }
    Ok(all)
}

/// Services like those of real stacks: four tiers, each service after two of the tier before.
fn compose(size: usize) -> Anyhow<String> {
    let mut text = String::from("name: many\nservices:\n");
    let tier = size.div_ceil(4);
    for index in 0..size {
        write!(
            text,
            "  {}:\n    image: registry.example.org/team/app-{}:1.4\n    \
             environment: {{ LOG_LEVEL: info, PORT: \"8000\", DATABASE_URL: postgres://app@db/app }}\n    \
             healthcheck: {{ test: [CMD, curl, -f, http://localhost:8000/health], interval: 10s, retries: 3 }}\n    \
             restart: unless-stopped\n    labels: {{ team: shop, prometheus.io/scrape: \"true\" }}\n",
            name(index, tier),
            index % 50
        )?;
        if index >= tier {
            writeln!(
                text,
                "    depends_on:\n      {}: {{ condition: service_healthy }}\n      {}: {{ condition: service_started }}",
                name(index - tier, tier),
                name(index - tier + 1, tier)
            )?;
        }
    }
    Ok(text)
}

fn name(index: usize, tier: usize) -> String {
    format!("t{}-app-{index}", index / tier)
}

const CONFIG: &str = "tiers:
  - { name: monitoring, services: [t0-*] }
  - { name: data, services: [t1-*] }
  - { name: applications, services: [t2-*] }
  - { name: edge, services: [t3-*] }
pipelines: { deploy: { steps: [deploy-preflight, deploy-tiers] } }
";

/// No file refers to another.
struct Nowhere;

impl Files for Nowhere {
    fn read(&self, _path: &Path) -> std::io::Result<String> {
        Err(std::io::ErrorKind::NotFound.into())
    }
}

fn setup(size: usize, builtins: &[Builtin]) -> Anyhow<Setup> {
    let loaded = sinops_compose::load(LoadRequest {
        files: vec![SourceFile {
            path: "/many/compose.yaml".into(),
            text: compose(size)?,
        }],
        project_name: None,
        project_directory: "/many".into(),
        environment: Default::default(),
        profiles: Vec::new(),
        reader: &Nowhere,
        skip: sinops_compose::Skip::default(),
    })
    .map_err(|error| format!("{:?}", error.diagnostics.first()))?;
    let config = Config::parse(CONFIG)?;
    let stack =
        sinops_core::config::stack::build(&loaded.project, &config, EngineKind::Docker, "/many")
            .map_err(|errors| format!("{errors:?}"))?;
    Ok(Setup {
        project: loaded.project,
        config_files: Vec::new(),
        project_directory: "/many".into(),
        config,
        config_directory: "/many".into(),
        stack,
        engine: Arc::new(Shown(View::default())),
        plugins: PluginHost::new(HostOptions {
            cache_dir: None,
            builtins: builtins.to_vec(),
        })?,
        secrets: Arc::default(),
        mail: None,
        variables: Vec::new(),
        user: "bench".into(),
        source: None,
    })
}

fn measure(size: usize, builtins: &[Builtin]) -> Anyhow<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    report(size, "read", || {
        let begun = Instant::now();
        setup(size, builtins)?;
        Ok(begun.elapsed())
    })?;
    for (name, hash) in [
        ("from-nothing", None),
        ("nothing-to-do", Some("")),
        ("all-changed", Some("another")),
    ] {
        report(size, name, || {
            let mut setup = setup(size, builtins)?;
            setup.engine = Arc::new(Shown(view(&setup.stack, hash)));
            let planner = Planner::new(setup);
            let begun = Instant::now();
            let plan = runtime.block_on(planner.plan("deploy", Goal::Up, &[]))?;
            let time = begun.elapsed();
            if plan.is_empty() != (name == "nothing-to-do") {
                return Err(format!("{name} planned {} actions", plan.actions.len()).into());
            }
            Ok(time)
        })?;
    }
    Ok(())
}

fn report(size: usize, name: &str, mut once: impl FnMut() -> Anyhow<Duration>) -> Anyhow<()> {
    let mut times = (0..ROUNDS).map(|_| once()).collect::<Anyhow<Vec<_>>>()?;
    times.sort_unstable();
    let median = times.get(ROUNDS / 2).copied().unwrap_or_default();
    let line = json!({
        "measure": name, "services": size, "median-ms": median.as_secs_f64() * 1e3,
        "samples": ROUNDS,
    });
    println!("{line}");
    Ok(())
}

/// A stack that runs: as declared, or under another hash.
fn view(stack: &Stack, hash: Option<&str>) -> View {
    let images = stack.services.iter().filter_map(|it| it.image.clone());
    let containers = stack
        .services
        .iter()
        .filter(|_| hash.is_some())
        .map(|service| Container {
            id: format!("id-of-{}", service.name),
            name: service.container_names.first().cloned().unwrap_or_default(),
            service: Some(service.name.clone()),
            number: 1,
            project: Some(stack.project.clone()),
            status: ContainerStatus::Running,
            health: Health::Healthy,
            image: service.image.clone().unwrap_or_default(),
            config_hash: Some(match hash {
                Some("") | None => service.config_hash.clone(),
                Some(other) => other.to_owned(),
            }),
            ..Container::default()
        });
    View {
        containers: containers.collect(),
        images: images
            .map(|reference| Image {
                reference,
                ..Image::default()
            })
            .collect(),
        networks: stack
            .networks
            .iter()
            .filter(|_| hash.is_some())
            .map(|network| Network {
                name: network.name.clone(),
                project: Some(stack.project.clone()),
                ..Network::default()
            })
            .collect(),
        ..View::default()
    }
}

/// Shows what it was given, and does nothing.
#[derive(Debug)]
struct Shown(View);

fn refused() -> EngineError {
    EngineError::Unsupported {
        engine: "bench".into(),
        feature: "anything but looking".into(),
    }
}

#[async_trait]
impl Engine for Shown {
    async fn observe(&self, _scope: &Scope) -> Result<View, EngineError> {
        Ok(self.0.clone())
    }

    async fn execute(&self, _operation: &EngineOperation) -> Result<Effect, EngineError> {
        Err(refused())
    }

    async fn inspect(&self, _container: &str) -> Result<State, EngineError> {
        Err(refused())
    }

    async fn exec(
        &self,
        _container: &str,
        _command: &[String],
        _timeout: Duration,
    ) -> Result<ExecOutput, EngineError> {
        Err(refused())
    }

    async fn logs(&self, _container: &str, _lines: usize) -> Result<Vec<String>, EngineError> {
        Err(refused())
    }
}
