//! Arguments of `sinops plugin`.

use super::Format;
use clap::{Args, Subcommand, ValueEnum, ValueHint};
use std::path::PathBuf;

/// `sinops plugin`.
#[derive(Debug, Subcommand)]
pub(crate) enum Plugin {
    /// List the built-in plugins and the ones that sinops.yaml names
    List(PluginList),
    /// Show role, version, settings, what it asks for and what it was granted
    Inspect(PluginInspect),
    /// Write a Rust project for a plugin that builds and runs
    New(PluginNew),
    /// Compile a component ahead for this build of sinops
    #[command(hide = true)]
    Compile(PluginCompile),
}

/// `sinops plugin list`.
#[derive(Debug, Args)]
pub(crate) struct PluginList {
    /// text, or json: one document
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// `sinops plugin inspect`.
#[derive(Debug, Args)]
pub(crate) struct PluginInspect {
    /// A .wasm file, or the name of a plugin
    #[arg(value_name = "FILE|NAME", value_hint = ValueHint::FilePath)]
    pub(crate) plugin: String,

    /// text, or json: one document
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// `sinops plugin new`.
#[derive(Debug, Args)]
pub(crate) struct PluginNew {
    /// What it does
    #[arg(value_enum)]
    pub(crate) role: Role,

    /// Name without the role: `pager` makes the folder notifier-pager
    pub(crate) name: String,

    /// Folder of the sdk [default: `sdk` of the checkout that this folder lies in]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) sdk: Option<PathBuf>,
}

/// Roles as words of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// Proposes actions of a deploy
    DeployStep,
    /// Brings samples and health checks
    Collector,
    /// Judges samples
    Evaluator,
    /// Tells people
    Notifier,
}

/// `sinops plugin compile`.
#[derive(Debug, Args)]
pub(crate) struct PluginCompile {
    /// Component
    pub(crate) input: PathBuf,

    /// Compiled artifact
    #[arg(short, long)]
    pub(crate) output: PathBuf,
}
