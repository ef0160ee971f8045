//! Turns results into text. Nothing here prints, reads or decides: data and a
//! page come in, a string goes out.

pub(crate) mod diagnosis;
pub(crate) mod doctor;
pub(crate) mod drift;
pub(crate) mod generate;
pub(crate) mod history;
pub(crate) mod monitor;
pub(crate) mod plan;
pub(crate) mod plugin;
pub(crate) mod progress;
pub(crate) mod report;
pub(crate) mod schema;
pub(crate) mod status;
pub(crate) mod table;
pub(crate) mod text;
