//! From files to something that can look and plan: engine, plugins, secrets
//! and mail, put together as sinops.yaml says.

pub(crate) mod restore;
mod secrets;

use crate::builtins;
use crate::commands::Context;
use crate::failure::Failure;
use crate::problem::Problem;
use crate::problem::convert;
use crate::project::{ConfigFile, Loaded, Place};
use directories::ProjectDirs;
use sinops_core::config::EngineKind;
use sinops_core::config::schema::{Mail, MailSecurity};
use sinops_runtime::engines::{
    DockerEngine, Engine, EngineError, Inherited, Onlooker, ProcessEngine,
};
use sinops_runtime::plugins::{HostOptions, MailRelay, PluginHost, RelaySecurity};
use sinops_runtime::run::{Planner, Setup};
use std::path::PathBuf;
use std::sync::Arc;

/// What may be written to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disk {
    /// Compiled plugins may be kept.
    Keep,
    /// Nothing at all: a dry run.
    Untouched,
}

/// Opens everything that a run needs; of a `pipeline`, what it uses must be complete.
pub(crate) async fn open(
    context: &Context<'_>,
    loaded: Loaded,
    disk: Disk,
    pipeline: Option<&str>,
) -> Result<(Planner, Place), Failure> {
    let engine = engine(context, &loaded)
        .await
        .map_err(|error| convert::engine(&error));
    open_with(context, loaded, disk, pipeline, engine).await
}

/// The same with an engine that may be missing and is never changed.
pub(crate) async fn open_onlooking(
    context: &Context<'_>,
    loaded: Loaded,
    disk: Disk,
    pipeline: &str,
) -> Result<(Planner, Place), Failure> {
    let engine: Arc<dyn Engine> = Arc::new(Onlooker::new(engine(context, &loaded).await.ok()));
    open_with(context, loaded, disk, Some(pipeline), Ok(engine)).await
}

/// What is wrong with the engine counts after what is wrong with the user's files.
async fn open_with(
    context: &Context<'_>,
    mut loaded: Loaded,
    disk: Disk,
    pipeline: Option<&str>,
    engine: Result<Arc<dyn Engine>, Problem>,
) -> Result<(Planner, Place), Failure> {
    let secrets = Arc::new(secrets::store(context, &loaded.config, pipeline));
    context.terminal.hide(Arc::clone(&secrets));
    let mail = mail(&loaded.config)?;
    let plugins = plugin_host(disk)?;
    let engine = engine?;
    let restored = match &loaded.source {
        Some(release) => Some(restore::images(&loaded.compose.project, release, &*engine).await?),
        None => None,
    };
    if let Some(project) = restored {
        loaded.replace(project)?;
    }
    let mut project = loaded.compose.project;
    fill(&mut project, context);
    let place = Place {
        config: loaded.config.source,
        origins: loaded.compose.origins,
    };
    let planner = Planner::new(Setup {
        project,
        config_files: loaded.compose.files,
        project_directory: loaded.compose.directory,
        config_directory: loaded.config.directory,
        config: loaded.config.config,
        stack: loaded.stack,
        engine,
        plugins,
        secrets,
        mail: mail.map(Arc::new),
        variables: loaded.compose.environment.into_iter().collect(),
        user: user(context),
        source: loaded.source,
    });
    Ok((planner, place))
}

/// Who deploys, as the environment says.
fn user(context: &Context<'_>) -> String {
    let variable = |name| context.surroundings.variable(name);
    variable("USER")
        .or_else(|| variable("LOGNAME"))
        .unwrap_or("unknown")
        .to_owned()
}

/// Runs plugins; needs neither engine nor project.
pub(crate) fn plugin_host(disk: Disk) -> Result<PluginHost, Failure> {
    let cache_dir = match disk {
        Disk::Keep => cache_folder(),
        Disk::Untouched => None,
    };
    PluginHost::new(HostOptions {
        cache_dir,
        builtins: builtins::all().to_vec(),
    })
    .map_err(|error| convert::plugin(&error, None).into())
}

/// Where compiled plugins are kept; none if the user has no such folder.
fn cache_folder() -> Option<PathBuf> {
    ProjectDirs::from("", "", "sinops").map(|folders| folders.cache_dir().join("plugins"))
}

async fn engine(context: &Context<'_>, loaded: &Loaded) -> Result<Arc<dyn Engine>, EngineError> {
    match loaded.engine {
        EngineKind::Docker => {
            let endpoint = context.surroundings.variable("DOCKER_HOST");
            let patience = loaded.config.config.engine_timeout;
            let engine = DockerEngine::connect(endpoint, patience).await?;
            Ok(Arc::new(match docker_config(context) {
                Some(file) => engine.with_config(file),
                None => engine,
            }))
        }
        EngineKind::Process => {
            let supervisor = std::env::current_exe().map_err(|error| EngineError::Other {
                operation: "find the program of sinops, which supervises processes".to_owned(),
                message: error.to_string(),
            })?;
            let state = loaded.compose.directory.join(&loaded.config.config.state);
            let variable = |name| {
                let value = context.surroundings.variable(name);
                value.unwrap_or_default().to_owned()
            };
            Ok(Arc::new(ProcessEngine::open(
                state.join("processes"),
                supervisor,
                Inherited {
                    path: variable("PATH"),
                    home: variable("HOME"),
                },
            )))
        }
    }
}

/// Where `docker login` leaves its word: `DOCKER_CONFIG`, or `.docker` of the user.
fn docker_config(context: &Context<'_>) -> Option<PathBuf> {
    let variable = |name| {
        let value = context.surroundings.variable(name);
        value.filter(|value| !value.is_empty()).map(PathBuf::from)
    };
    let folder = variable("DOCKER_CONFIG").or_else(|| Some(variable("HOME")?.join(".docker")))?;
    Some(folder.join("config.json"))
}

/// Gives the secrets and configs that come from the environment their values.
/// One that is not set stays without: only what uses it is refused.
fn fill(project: &mut sinops_compose::Project, context: &Context<'_>) {
    let objects = project
        .secrets
        .values_mut()
        .chain(project.configs.values_mut());
    for object in objects {
        if let (Some(variable), None) = (&object.environment, &object.content) {
            object.content = context.surroundings.environment.get(variable).cloned();
        }
    }
}

/// The relay, if sinops.yaml names one.
pub(crate) fn mail(file: &ConfigFile) -> Result<Option<MailRelay>, Problem> {
    let Some(mail) = &file.config.mail else {
        return Ok(None);
    };
    relay(mail).map(Some).map_err(|reason| {
        let problem = Problem::error(format!("`mail.relay: {}`: {reason}", mail.relay))
            .help("write it as `host` or `host:port`");
        match &file.source {
            Some(source) => convert::at_path(problem, source, &["mail".into(), "relay".into()]),
            None => problem,
        }
    })
}

fn relay(mail: &Mail) -> Result<MailRelay, String> {
    let (security, usual_port) = match mail.security {
        MailSecurity::Starttls => (RelaySecurity::StartTls, 587),
        MailSecurity::Tls => (RelaySecurity::ImplicitTls, 465),
        MailSecurity::None => (RelaySecurity::None, 25),
    };
    let (host, port) = match mail.relay.rsplit_once(':') {
        Some((host, port)) if !host.ends_with(':') => (
            host,
            port.parse()
                .map_err(|_| format!("`{port}` is not a port"))?,
        ),
        _ => (mail.relay.as_str(), usual_port),
    };
    if host.is_empty() || host.contains('/') {
        return Err("it names no host".into());
    }
    Ok(MailRelay {
        host: host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned(),
        port,
        security,
        from: mail.from.clone(),
        username: mail.username.clone(),
        password_secret: mail.password.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(relay_text: &str, security: MailSecurity) -> Result<(String, u16), String> {
        relay(&Mail {
            relay: relay_text.into(),
            from: "a@example.org".into(),
            username: None,
            password: None,
            security,
        })
        .map(|relay| (relay.host, relay.port))
    }

    #[test]
    fn the_port_of_a_relay_follows_from_its_security() {
        let starttls = MailSecurity::Starttls;
        assert_eq!(
            parsed("mail.example.org", starttls),
            Ok(("mail.example.org".into(), 587))
        );
        assert_eq!(parsed("mail:2525", starttls), Ok(("mail".into(), 2525)));
        assert_eq!(parsed("mail", MailSecurity::Tls), Ok(("mail".into(), 465)));
        assert!(parsed("mail:x", starttls).is_err());
        assert!(parsed("https://mail", starttls).is_err());
    }
}
