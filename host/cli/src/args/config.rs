//! Arguments of `sinops config`: those of `docker compose config`.

use clap::{Args, ValueEnum, ValueHint};
use std::path::PathBuf;

/// `sinops config`.
#[derive(Debug, Args)]
pub(crate) struct Config {
    /// yaml or json [default: yaml; a table for --variables]
    #[arg(long, value_enum)]
    pub(crate) format: Option<ConfigFormat>,

    /// Print only the names of the services, one per line
    #[arg(long, group = "names", conflicts_with = "format")]
    pub(crate) services: bool,

    /// Print only the images of the services, one per line
    #[arg(long, group = "names", conflicts_with = "format")]
    pub(crate) images: bool,

    /// Print only the keys of the volumes, one per line
    #[arg(long, group = "names", conflicts_with = "format")]
    pub(crate) volumes: bool,

    /// Print only the keys of the networks, one per line
    #[arg(long, group = "names", conflicts_with = "format")]
    pub(crate) networks: bool,

    /// Print only the references of the models, one per line
    #[arg(long, group = "names", conflicts_with = "format")]
    pub(crate) models: bool,

    /// Print only the profiles that services name, active or not, one per line
    // The option of all commands that turns profiles on has this id already.
    #[arg(
        id = "profile-names",
        long = "profiles",
        group = "names",
        conflicts_with = "format"
    )]
    pub(crate) profiles: bool,

    /// Print only the variables that the files are filled in with, one NAME=value per line
    #[arg(long, group = "names", conflicts_with = "format")]
    pub(crate) environment: bool,

    /// Print the hash that docker compose gives these services, `*` for all, one per line
    #[arg(
        long,
        group = "names",
        conflicts_with = "format",
        value_name = "SERVICE,…",
        value_delimiter = ','
    )]
    pub(crate) hash: Vec<String>,

    /// Print only the variables that the files name, with their defaults, as a table
    #[arg(long, group = "names")]
    pub(crate) variables: bool,

    /// Leave `${…}` as it is; services of all profiles are printed
    #[arg(
        long,
        conflicts_with_all = ["images", "volumes", "networks", "models", "profile-names", "environment", "hash"]
    )]
    pub(crate) no_interpolate: bool,

    /// Leave out implied networks, names and dependencies
    #[arg(long)]
    pub(crate) no_normalize: bool,

    /// Leave relative paths relative
    #[arg(long)]
    pub(crate) no_path_resolution: bool,

    /// Do not look whether the parts of the project fit together
    #[arg(long)]
    pub(crate) no_consistency: bool,

    /// Taken for the sake of docker compose, where it has no effect on what is printed
    #[arg(long)]
    pub(crate) no_env_resolution: bool,

    /// Only these services and the ones that they depend on; their profiles are turned on
    #[arg(value_name = "SERVICE")]
    pub(crate) only: Vec<String>,

    /// Print nothing: only say what is wrong
    #[arg(short, long, conflicts_with_all = ["format", "names", "output"])]
    pub(crate) quiet: bool,

    /// Write into this file instead of printing
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
}

impl Config {
    /// The list that is asked for instead of the project.
    pub(crate) fn names(&self) -> Option<Names> {
        [
            (self.services, Names::Services),
            (self.images, Names::Images),
            (self.volumes, Names::Volumes),
            (self.networks, Names::Networks),
            (self.models, Names::Models),
            (self.profiles, Names::Profiles),
            (self.environment, Names::Environment),
            (!self.hash.is_empty(), Names::Hashes),
            (self.variables, Names::Variables),
        ]
        .into_iter()
        .find_map(|(asked, names)| asked.then_some(names))
    }
}

/// What `sinops config` lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Names {
    Services,
    Images,
    Volumes,
    Networks,
    Models,
    Profiles,
    Environment,
    Hashes,
    Variables,
}

/// Form of the canonical project.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ConfigFormat {
    /// A compose file again
    #[default]
    Yaml,
    /// The shape of `docker compose config --format json`
    Json,
}
