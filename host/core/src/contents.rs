//! What a container was given besides its definition: the content of mounted files, of
//! configs and secrets, and of the texts that were concealed. Only hashes; of what may be
//! secret, hashes under a salt.

use crate::change::{Change, Subject};
use crate::observed::Container;
use crate::secrecy::HIDDEN;
use crate::stack::Service;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Hashes of what a container was given. The form of the label `sinops.contents`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Contents {
    /// What the secret ones are salted with, in hex.
    pub salt: String,
    /// Mounted files and folders by their path on the host.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, FileContent>,
    /// Configs that were copied in, by key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub configs: BTreeMap<String, String>,
    /// Secrets that were copied in, by key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, String>,
    /// Texts that the definition does not show, by their place in it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub concealed: BTreeMap<String, String>,
}

/// A mounted file or folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct FileContent {
    /// In hex.
    pub hash: String,
    /// Of a file: a container sees this one until it is started again, whatever takes its
    /// name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inode: Option<u64>,
}

impl Contents {
    /// How what is wanted differs from this. Both must be under the same salt. What one side
    /// does not know (a file that could not be read) is no difference.
    #[must_use]
    pub fn differences(&self, wanted: &Self) -> Vec<Change> {
        let mut changes = Vec::new();
        for (path, now) in &wanted.files {
            let Some(before) = self.files.get(path).filter(|it| it.hash != now.hash) else {
                continue;
            };
            let subject = if before.inode == now.inode {
                Subject::File
            } else {
                Subject::ReplacedFile
            };
            let old = Some(brief(&before.hash));
            changes.push(Change::new(subject, path, old, Some(brief(&now.hash))));
        }
        for (subject, before, now) in [
            (Subject::Config, &self.configs, &wanted.configs),
            (Subject::Secret, &self.secrets, &wanted.secrets),
            (Subject::Field, &self.concealed, &wanted.concealed),
        ] {
            for (name, hash) in now {
                if before.get(name).is_some_and(|before| before != hash) {
                    let hidden = || Some(HIDDEN.to_owned());
                    changes.push(Change::new(subject, name, hidden(), hidden()));
                }
            }
        }
        changes
    }
}

/// As much of a hash as people compare.
#[must_use]
pub fn brief(hash: &str) -> String {
    let (kind, digits) = hash.split_once(':').unwrap_or(("sha256", hash));
    format!("{kind}:{}", digits.get(..12).unwrap_or(digits))
}

/// How a container differs from what its service wants. `wanted` is under the salt of the
/// container; `image_id` is the one that the engine has under the service's reference, if it
/// has one.
#[must_use]
pub fn differences(
    container: &Container,
    service: &Service,
    wanted: &Contents,
    image_id: Option<&str>,
) -> Vec<Change> {
    let mut changes = Vec::new();
    let made_from = container.definition.as_ref();
    changes.extend(image(container, service, image_id));
    if let Some(made_from) = made_from
        && container.config_hash.as_deref() != Some(service.config_hash.as_str())
    {
        changes.extend(crate::change::of_definitions(made_from, &service.made_from));
    }
    if let Some(contents) = &container.contents {
        changes.extend(contents.differences(wanted));
    }
    changes
}

fn image(container: &Container, service: &Service, image_id: Option<&str>) -> Option<Change> {
    let wanted = service.image.as_deref()?;
    // An engine that lost the tag names the id instead: what it was made from says more.
    let reference = container
        .definition
        .as_ref()
        .and_then(|it| it.get("image")?.as_str())
        .unwrap_or(&container.image);
    let other_id = image_id.is_some_and(|id| {
        !id.is_empty() && !container.image_id.is_empty() && id != container.image_id
    });
    if reference == wanted && !other_id {
        return None;
    }
    let words = |reference: &str, id: Option<&str>| match id.filter(|id| !id.is_empty()) {
        Some(id) => format!("{reference} ({})", brief(id)),
        None => reference.to_owned(),
    };
    let old = words(reference, Some(&container.image_id));
    Some(Change::new(
        Subject::Image,
        "image",
        Some(old),
        Some(words(wanted, image_id)),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn contents(files: &[(&str, &str, u64)], secret: &str) -> Contents {
        Contents {
            salt: "00".into(),
            files: files
                .iter()
                .map(|(path, hash, inode)| {
                    let content = FileContent {
                        hash: (*hash).to_owned(),
                        inode: Some(*inode),
                    };
                    ((*path).to_owned(), content)
                })
                .collect(),
            secrets: [("db".to_owned(), secret.to_owned())].into(),
            ..Contents::default()
        }
    }

    fn words(changes: &[Change]) -> Vec<String> {
        changes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn contents_are_compared_by_hash_and_files_by_inode_too() {
        let old = contents(
            &[
                ("/a", "1", 1),
                ("/b", "1", 1),
                ("/c", "1", 1),
                ("/x", "1", 1),
            ],
            "s",
        );
        let new = contents(
            &[
                ("/a", "2", 1),
                ("/b", "2", 2),
                ("/c", "1", 9),
                ("/d", "1", 1),
            ],
            "t",
        );
        assert_eq!(
            words(&old.differences(&new)),
            [
                "file /a changed",
                "file /b was replaced",
                "secret db changed",
            ]
        );
        assert_eq!(old.differences(&old), []);
    }

    #[test]
    fn an_image_differs_by_reference_or_by_id() {
        let mut container = Container {
            image: "sha256:1111".into(),
            image_id: "sha256:1111111111111111".into(),
            config_hash: Some("h".into()),
            definition: Some(json!({ "image": "a:1" })),
            ..Container::default()
        };
        let mut service = Service {
            image: Some("a:1".into()),
            config_hash: "h".into(),
            ..Service::default()
        };
        let found = |container: &Container, service: &Service, id| {
            words(&differences(container, service, &Contents::default(), id))
        };
        let same = Some("sha256:1111111111111111");
        assert!(found(&container, &service, same).is_empty());
        assert!(found(&container, &service, None).is_empty());
        assert_eq!(
            found(&container, &service, Some("sha256:2222222222222222")),
            ["image: a:1 (sha256:111111111111) -> a:1 (sha256:222222222222)"]
        );
        service.image = Some("a:2".into());
        assert_eq!(
            found(&container, &service, None),
            ["image: a:1 (sha256:111111111111) -> a:2"]
        );
        container.definition = None;
        container.image = "a:2".into();
        assert!(found(&container, &service, same).is_empty());
    }
}
