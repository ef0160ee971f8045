//! What differs between two states of one thing, field by field, for plans and drift.
//!
//! Values come in with their secrets concealed already (see [`crate::secrecy`]): what is
//! found here may be printed.

mod fields;

pub use fields::of_definitions;

use crate::secrecy::HIDDEN;
use serde::{Deserialize, Serialize};

/// What kind of thing differs. The kind decides how little suffices to put it right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// A field of the definition.
    Field,
    /// The image: another reference, or another image under the same one.
    Image,
    /// The content of a mounted file or folder; the container sees it already.
    File,
    /// A mounted file that was replaced by another one of its name: a container goes on
    /// seeing the old one until it is started again.
    ReplacedFile,
    /// The content of a config that was copied in.
    Config,
    /// The content of a secret that was copied in.
    Secret,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Change {
    /// Kind of thing.
    pub subject: Subject,
    /// `environment.LOG_LEVEL`, `ports`, `image`; of files the path on the host.
    pub path: String,
    /// As it was, in the short form of compose files; none: it was not there.
    pub old: Option<String>,
    /// As it is to be; none: it goes.
    pub new: Option<String>,
}

impl Change {
    /// A difference.
    pub fn new(
        subject: Subject,
        path: impl Into<String>,
        old: Option<String>,
        new: Option<String>,
    ) -> Self {
        Self {
            subject,
            path: path.into(),
            old,
            new,
        }
    }
}

/// `ports: 8080:80 -> 8081:80`, `file ./nginx.conf changed`.
impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let path = &self.path;
        let kind = match self.subject {
            Subject::File | Subject::ReplacedFile => "file",
            Subject::Config => "config",
            Subject::Secret => "secret",
            Subject::Field | Subject::Image => {
                return match (&self.old, &self.new) {
                    (Some(old), Some(new)) if old == new && new == HIDDEN => {
                        write!(f, "{path} changed {HIDDEN}")
                    }
                    (Some(old), Some(new)) => write!(f, "{path}: {old} -> {new}"),
                    (None, Some(new)) => write!(f, "{path}: + {new}"),
                    (Some(old), None) => write!(f, "{path}: - {old}"),
                    (None, None) => write!(f, "{path} changed"),
                };
            }
        };
        match (&self.old, &self.new) {
            (None, Some(_)) => write!(f, "{kind} {path} is new"),
            (Some(_), None) => write!(f, "{kind} {path} is gone"),
            _ if self.subject == Subject::ReplacedFile => write!(f, "{kind} {path} was replaced"),
            _ => write!(f, "{kind} {path} changed"),
        }
    }
}
