//! `sinops plugin`: what plugins there are, what they are, and how to begin one.

mod compile;
mod inspect;
mod list;
mod new;

use super::{Context, Outcome};
use crate::args::Plugin;
use crate::failure::Failure;
use crate::problem::convert;
use crate::project::{self, ConfigFile};
use crate::session::{self, Disk};
use sinops_core::config::PluginUse;
use sinops_runtime::plugins::{MailRelay, PluginHost, SecretStore};
use std::sync::Arc;

pub(crate) fn run(command: &Plugin, context: &Context<'_>) -> Outcome {
    match command {
        Plugin::List(args) => list::run(args, context),
        Plugin::Inspect(args) => inspect::run(args, context),
        Plugin::New(args) => new::run(args, context),
        Plugin::Compile(args) => compile::run(args),
    }
}

/// What loading plugins needs without an engine or a project.
struct Workshop {
    config: ConfigFile,
    host: PluginHost,
    secrets: Arc<SecretStore>,
    mail: Option<Arc<MailRelay>>,
}

impl Workshop {
    fn open(context: &Context<'_>) -> Result<Self, Failure> {
        let config = project::load_config(context)?;
        Ok(Self {
            host: session::plugin_host(Disk::Keep)?,
            secrets: Arc::new(SecretStore::new()),
            mail: session::mail(&config)?.map(Arc::new),
            config,
        })
    }

    async fn load(&self, usage: &PluginUse) -> Result<sinops_runtime::plugins::Plugin, Failure> {
        let spec = sinops_runtime::run::plugin_spec(
            usage,
            &self.config.directory,
            &self.secrets,
            self.mail.as_ref(),
        );
        self.host
            .load(spec)
            .await
            .map_err(|error| convert::plugin(&error, self.config.source.as_ref()).into())
    }
}
