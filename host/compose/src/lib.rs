//! The compose specification and nothing else: YAML trees are interpolated,
//! extended, merged and normalised into one canonical [`Project`].
//!
//! Files and environment come in as arguments ([`LoadRequest`]); nothing here
//! touches the disk, the process environment, a clock or an engine.
//!
//! ```
//! use std::path::{Path, PathBuf};
//!
//! struct NoFiles;
//! impl sinops_compose::Files for NoFiles {
//!     fn read(&self, _: &Path) -> std::io::Result<String> {
//!         Err(std::io::ErrorKind::NotFound.into())
//!     }
//! }
//!
//! let loaded = sinops_compose::load(sinops_compose::LoadRequest {
//!     files: vec![sinops_compose::SourceFile {
//!         path: PathBuf::from("/shop/compose.yaml"),
//!         text: "services: {web: {image: \"nginx:${TAG:-1}\", ports: ['80:80']}}".to_owned(),
//!     }],
//!     project_name: None,
//!     project_directory: PathBuf::from("/shop"),
//!     environment: Default::default(),
//!     profiles: Vec::new(),
//!     reader: &NoFiles,
//!     skip: Default::default(),
//! })?;
//! assert_eq!(loaded.project.name, "shop");
//! assert_eq!(loaded.project.services["web"].image.as_deref(), Some("nginx:1"));
//! let origin = loaded.origins.locate(&["services", "web", "image"]);
//! assert_eq!(origin.map(|place| place.line), Some(1));
//! # Ok::<(), sinops_compose::LoadError>(())
//! ```
//!
//! A file passes through `yaml`, `interpolate`, `shape` (checked against
//! `schema`), `layers` (`extends`, `include`, `merge`), and the project
//! through `paths`, `normalize` and `validate` into `model`.

mod check;
mod container_names;
mod diagnostic;
mod dotenv;
mod expand;
mod hash;
mod interpolate;
mod layers;
mod load;
mod merge;
mod model;
mod normalize;
mod origins;
mod output;
mod paths;
mod raw;
mod report;
mod schema;
mod select;
mod service_hash;
mod shape;
mod source;
mod template;
mod tree;
mod units;
mod validate;
mod variables;
mod words;
mod yaml;

pub use container_names::shared_container_names;
pub use diagnostic::{Diagnostic, LoadError, Location, Severity};
pub use dotenv::{EnvFileError, parse_env_file, parse_env_file_with};
pub use hash::{config_hash, container_definition, definition_hash};
pub use load::{Loaded, load};
pub use model::*;
pub use origins::Origins;
pub use output::{OutputError, raw_to_yaml, to_json, to_yaml};
pub use raw::{RawModel, load_raw};
pub use select::{NoSuchService, select_services};
pub use service_hash::service_hash;
pub use source::{
    DEFAULT_FILE_NAMES, DEFAULT_OVERRIDE_NAMES, Files, LoadRequest, Skip, SourceFile,
};
pub use units::{UnitError, format_duration, normalize_project_name, parse_bytes, parse_duration};
pub use variables::{Variable, variables};
