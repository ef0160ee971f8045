//! Turns results into text. Nothing here prints, reads or decides: data and a
//! page come in, a string goes out.

pub(crate) mod diagnosis;
pub(crate) mod plan;
pub(crate) mod table;
pub(crate) mod text;
