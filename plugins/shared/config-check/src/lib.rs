//! What plugins need to examine configuration texts: YAML with the place of
//! every value, tables of the keys that a program knows, findings with places
//! and mends.
//!
//! Nothing here knows a product: tables and knowledge belong to the plugins.

pub mod jinja;
mod line;
mod regex;
pub mod schema;
mod set;
pub mod template;
pub mod testing;
mod text;
pub mod value;
pub mod yaml;

/// Keys by which programs of the Prometheus family reach a server.
pub const HTTP: &str = include_str!("../tables/http.table");

pub use schema::{Rules, Schema};
pub use set::{Mounted, Set};
pub use text::Text;
pub use yaml::{Entry, Node, Value};

/// A minor version: `(2, 53)`. None stands for the newest.
pub type Version = Option<(u32, u32)>;

/// The known word that was probably meant.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, _)| (1..=limit).contains(distance))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
