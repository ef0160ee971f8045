//! What the command line looks like. Data only: what is done about it lies in
//! `commands/`.

mod config;
pub(crate) mod doctor;
mod generate;
mod plugin;

pub(crate) use config::{Config, ConfigFormat, Names};
pub(crate) use generate::Generate;
pub(crate) use plugin::{Plugin, PluginCompile, PluginInspect, PluginList, PluginNew, Role};

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use serde::{Deserialize, Serialize};
use sinops_core::units::Listen;
use std::path::PathBuf;

const EXIT_CODES: &str = "\
Exit codes:
  0    done, or nothing to do
  1    wrong input, or the run failed (what it did is undone, see its report)
  2    only with --exit-code: the plan has something to do
  70   a fault of sinops itself
  130  stopped by Ctrl-C";

const EXAMPLES: &str = "\
Examples:
  sinops run deploy                       deploy the compose files of this folder
  sinops run deploy -f a.yml -f b.yml     deploy these, merged
  sinops plan -o plan.json                print what would be done, and why; keep it
  sinops run deploy --plan plan.json      do exactly that, or nothing if anything has moved
  sinops generate --out monitoring        write the configuration of the monitoring there
  sinops init                             write a commented sinops.yaml

";

/// Deploys compose stacks tier by tier, with health gates and undo; every
/// decision is made by a sandboxed WebAssembly plugin.
#[derive(Debug, Parser)]
#[command(name = "sinops", version, max_term_width = 100)]
#[command(after_help = format!("{EXAMPLES}{EXIT_CODES}"), propagate_version = false)]
// Of an option that is given twice the last one counts, as in docker compose.
#[command(args_override_self = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options that every command takes, with the meaning of `docker compose`.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Options for all commands")]
pub(crate) struct Global {
    /// Compose file; repeat to merge several, `-` reads standard input
    /// [default: compose.yaml and its override, here or in a parent folder]
    #[arg(short, long = "file", global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,

    /// Project name [default: `name:` of the compose file, or the folder's name]
    #[arg(short, long, global = true, value_name = "NAME")]
    pub(crate) project_name: Option<String>,

    /// Folder that relative paths start from [default: that of the first compose file]
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) project_directory: Option<PathBuf>,

    /// File of variables for the compose files; repeatable [default: .env]
    #[arg(long = "env-file", global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) env_files: Vec<PathBuf>,

    /// Turn a profile on; repeatable
    #[arg(long = "profile", global = true, value_name = "NAME")]
    pub(crate) profiles: Vec<String>,

    /// Configuration of sinops [default: sinops.yaml beside the compose files, or here, if there]
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) config: Option<PathBuf>,

    /// Where containers run [default: `engine:` of sinops.yaml, or docker]
    #[arg(long, global = true, value_enum, value_name = "ENGINE")]
    pub(crate) engine: Option<Engine>,

    /// Say more: -v what is done, -vv every detail
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,

    /// Use colour; NO_COLOR is honoured
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t)]
    pub(crate) color: Color,
}

/// `--engine`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Engine {
    /// A Docker engine (DOCKER_HOST, or the local socket)
    Docker,
    /// Local processes, for services with `x-sinops.process`
    Process,
}

/// `--color`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal that can
    #[default]
    Auto,
    /// Also into files and pipes
    Always,
    /// Not at all
    Never,
}

/// Form of results.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a pipeline: deploy, monitor, or one named in sinops.yaml
    Run(Run),
    /// Print what `run deploy` would do, and why; keep it with -o
    Plan(Plan),
    /// Write the files that a pipeline generates, and do nothing else
    Generate(Generate),
    /// Take the stack down, tiers in reverse order
    Down(Down),
    /// List the releases that were deployed, or show one
    History(History),
    /// Deploy an earlier release again, with gates and undo like any other deploy
    Rollback(Rollback),
    /// Show where what runs differs from the last release; put it right with --repair
    Drift(Drift),
    /// Show the services by tier: state, health, age, ports
    Status(Status),
    /// Print the compose project that the files come to
    Config(Config),
    /// Say what is wrong with compose files and the configuration beside them, and mend it
    Doctor(doctor::Doctor),
    /// Write a commented sinops.yaml for the compose files of this folder
    Init(Init),
    /// List, inspect and start plugins
    #[command(subcommand)]
    Plugin(Plugin),
    /// Print a completion script for a shell
    Completions(Completions),
    /// Print versions of sinops and of what is built in
    Version(Version),
    /// Supervises the services of the process engine
    #[command(name = "__supervise", hide = true)]
    Supervise(Supervise),
}

/// `sinops run`.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Name of the pipeline
    pub(crate) pipeline: String,

    /// Only these services, and what they depend on
    #[arg(value_name = "SERVICE")]
    pub(crate) services: Vec<String>,

    #[command(flatten)]
    pub(crate) preview: Preview,

    #[command(flatten)]
    pub(crate) adjustments: Adjustments,

    /// Carry out a plan that `sinops plan -o FILE` kept, or nothing if anything has moved since
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["dry_run", "services", "once", "listen", "build", "pull", "scale"])]
    pub(crate) plan: Option<PathBuf>,

    /// For monitor: one round, then exit (1 if something is wrong)
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) once: bool,

    /// For monitor: serve /metrics there, like 127.0.0.1:9464, or :9464 for all addresses
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["dry_run", "once"])]
    pub(crate) listen: Option<Listen>,
}

/// Whether something is done or only shown, and in which form.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct Preview {
    /// Print what would be done, and why; change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// With --dry-run: exit with 2 if there is something to do
    #[arg(long, requires = "dry_run")]
    pub(crate) exit_code: bool,

    /// text, or json: a plan as one document, a run as one event per line
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// What the command line changes of the compose files, as `docker compose up` does.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Args)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Adjustments {
    /// Build the images of services that say how, even if they are there
    #[arg(long)]
    pub(crate) build: bool,

    /// Pull images: always, missing or never [default: as `pull_policy` says]
    #[arg(long, value_enum, value_name = "POLICY")]
    pub(crate) pull: Option<Pull>,

    /// Number of containers of a service; repeatable
    #[arg(long, value_name = "SERVICE=NUM", value_parser = scale)]
    pub(crate) scale: Vec<(String, u32)>,
}

impl Adjustments {
    /// The command line says something.
    pub(crate) fn are_given(&self) -> bool {
        self.build || self.pull.is_some() || !self.scale.is_empty()
    }
}

/// `--pull`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Pull {
    /// Each image, newer or not
    Always,
    /// The ones that are not there
    Missing,
    /// None
    Never,
}

fn scale(text: &str) -> Result<(String, u32), String> {
    let wrong = || format!("`{text}` is not SERVICE=NUM");
    let (service, number) = text.split_once('=').ok_or_else(wrong)?;
    let number = number.parse().map_err(|_| wrong())?;
    Ok((service.to_owned(), number))
}

/// `sinops plan`.
#[derive(Debug, Args)]
pub(crate) struct Plan {
    /// Only these services, and what they depend on
    #[arg(value_name = "SERVICE")]
    pub(crate) services: Vec<String>,

    /// Keep the plan for `sinops run deploy --plan FILE`; it holds no secrets
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) out: Option<PathBuf>,

    /// Pipeline to be planned
    #[arg(long, value_name = "NAME", default_value = "deploy")]
    pub(crate) pipeline: String,

    #[command(flatten)]
    pub(crate) adjustments: Adjustments,

    /// Exit with 2 if there is something to do
    #[arg(long)]
    pub(crate) exit_code: bool,

    /// text, or json: one document
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// `sinops down`.
#[derive(Debug, Args)]
pub(crate) struct Down {
    /// Remove the named volumes of the project as well: their data is lost
    #[arg(long)]
    pub(crate) volumes: bool,

    #[command(flatten)]
    pub(crate) preview: Preview,
}

/// `sinops history`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct History {
    #[command(subcommand)]
    pub(crate) command: Option<HistoryCommand>,

    /// text, or json: one document
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// `sinops history show`.
#[derive(Debug, Subcommand)]
pub(crate) enum HistoryCommand {
    /// Show what a release holds: services, images, hashes; secrets by reference only
    Show {
        /// Number of the release
        number: u64,

        /// text, or json: the release as it was written
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

/// `sinops rollback`.
#[derive(Debug, Args)]
pub(crate) struct Rollback {
    /// Number of the release [default: the one before the current]
    pub(crate) number: Option<u64>,

    #[command(flatten)]
    pub(crate) preview: Preview,
}

/// `sinops drift`.
#[derive(Debug, Args)]
pub(crate) struct Drift {
    /// Only these services, and what they depend on
    #[arg(value_name = "SERVICE")]
    pub(crate) services: Vec<String>,

    /// Bring back what the release has, with gates and undo like any other deploy
    #[arg(long)]
    pub(crate) repair: bool,

    /// Exit with 2 if anything differs
    #[arg(long, conflicts_with = "repair")]
    pub(crate) exit_code: bool,

    /// text, or json: what differs as one document, a repair as one event per line
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// `sinops status`.
#[derive(Debug, Args)]
pub(crate) struct Status {
    /// text, or json: one document
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// `sinops init`.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Overwrite a sinops.yaml that is there
    #[arg(long)]
    pub(crate) force: bool,
}

/// `sinops completions`.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// Shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// `sinops version`.
#[derive(Debug, Args)]
pub(crate) struct Version {
    /// text or json
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// `sinops __supervise`: for the process engine alone.
#[derive(Debug, Args)]
pub(crate) struct Supervise {
    /// Folder of the container
    pub(crate) folder: PathBuf,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn compose_options_stand_before_or_after_the_command() {
        let before = Cli::parse_from(["sinops", "-f", "a.yml", "-f", "b.yml", "run", "deploy"]);
        let after = Cli::parse_from(["sinops", "run", "deploy", "-f", "a.yml", "-f", "b.yml"]);
        assert_eq!(before.global.files, after.global.files);
        assert_eq!(before.global.files.len(), 2);
    }

    #[test]
    fn exit_code_means_nothing_without_dry_run() {
        assert!(Cli::try_parse_from(["sinops", "run", "deploy", "--exit-code"]).is_err());
    }
}
