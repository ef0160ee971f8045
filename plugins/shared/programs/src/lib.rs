//! What plugins know of programs: which images they come in, where they serve
//! metrics, through which exporter if not by themselves, and the names of
//! these metrics.
//!
//! Plain data and functions over it. No rule, no dashboard and no file format
//! belongs here.

mod catalog;
mod metrics;
mod program;
mod scrape;
pub mod version;

pub use metrics::{Provision, provider_names, providers, provision};
pub use program::{Class, Exporter, Metrics, Program, Switch};
pub use scrape::{Endpoint, NoEndpoint, declared_ports, listen_port, scrape};
pub use version::Version;

use sinops_sdk::image;
use sinops_sdk::types::Service;

/// All programs that are known.
pub fn all() -> impl Iterator<Item = &'static Program> {
    catalog::TABLES.iter().flat_map(|table| table.iter())
}

/// The program of this name: `postgres`, `node-exporter`.
#[must_use]
pub fn named(name: &str) -> Option<&'static Program> {
    all().find(|program| program.name == name)
}

/// The program in an image, known by the last part of its repository.
#[must_use]
pub fn by_image(reference: &str) -> Option<&'static Program> {
    let name = image::program(reference);
    all().find(|program| program.images.contains(&name))
}

/// The program that a service runs, if its image is known.
#[must_use]
pub fn of(service: &Service) -> Option<&'static Program> {
    by_image(service.image.as_deref()?)
}

/// The services that run a program, in the order of the stack.
pub fn running<'s>(services: &'s [Service], name: &'s str) -> impl Iterator<Item = &'s Service> {
    services
        .iter()
        .filter(move |service| of(service).is_some_and(|program| program.name == name))
}
