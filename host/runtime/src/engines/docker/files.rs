//! Secrets and configs as files in the container: one that is a file on the
//! host is mounted; one whose content is in the compose file or came from the
//! environment, or that is to have an owner or a mode, is copied in.

use super::super::{ContainerSpec, is_mounted};
use super::EngineError;
use super::body::unsupported;
use sinops_compose::{FileObject, FileReference, Map};

/// A file to be copied in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Copy {
    pub(super) target: String,
    pub(super) content: Content,
    pub(super) uid: u64,
    pub(super) gid: u64,
    pub(super) mode: u32,
}

/// Where its bytes come from.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Content {
    Text(String),
    File(String),
}

struct Use<'a> {
    /// `secrets` or `configs`.
    attribute: &'static str,
    reference: &'a FileReference,
    object: &'a FileObject,
    target: String,
}

fn uses(spec: &ContainerSpec) -> Result<Vec<Use<'_>>, EngineError> {
    let mut all = Vec::new();
    let kinds: [(&'static str, &[FileReference], &Map<FileObject>, &str); 2] = [
        (
            "secrets",
            &spec.service.secrets,
            &spec.secrets,
            "/run/secrets/",
        ),
        ("configs", &spec.service.configs, &spec.configs, "/"),
    ];
    for (attribute, references, objects, folder) in kinds {
        for reference in references {
            let object = objects
                .get(&reference.source)
                .ok_or_else(|| EngineError::NotFound {
                    what: format!(
                        "the declaration of {attribute}.{}, which service {} uses,",
                        reference.source, spec.service_name
                    ),
                })?;
            if object.external {
                return Err(unsupported(
                    spec,
                    &format!(
                        "{attribute} ({}): external, which is kept by Swarm,",
                        reference.source
                    ),
                ));
            }
            for (declared, key) in [
                (&object.driver, "driver"),
                (&object.template_driver, "template_driver"),
            ] {
                if declared.is_some() {
                    let what = format!("{attribute} ({}): {key}", reference.source);
                    return Err(unsupported(spec, &what));
                }
            }
            let name = reference.target.as_deref().unwrap_or(&reference.source);
            let target = if name.starts_with('/') {
                name.to_owned()
            } else {
                format!("{folder}{name}")
            };
            all.push(Use {
                attribute,
                reference,
                object,
                target,
            });
        }
    }
    Ok(all)
}

impl Use<'_> {
    fn is_mounted(&self) -> bool {
        is_mounted(self.reference, self.object)
    }
}

/// Source and target of what is mounted.
pub(super) fn binds(spec: &ContainerSpec) -> Result<Vec<(String, String)>, EngineError> {
    Ok(uses(spec)?
        .into_iter()
        .filter(Use::is_mounted)
        .filter_map(|used| used.object.file.clone().map(|file| (file, used.target)))
        .collect())
}

/// What is copied in after the container is made.
pub(super) fn copies(spec: &ContainerSpec) -> Result<Vec<Copy>, EngineError> {
    let mut all = Vec::new();
    for used in uses(spec)? {
        if used.is_mounted() {
            continue;
        }
        let (attribute, source) = (used.attribute, &used.reference.source);
        let content = match used.object {
            FileObject {
                content: Some(text),
                ..
            } => Content::Text(text.clone()),
            FileObject {
                file: Some(file), ..
            } => Content::File(file.clone()),
            FileObject {
                environment: Some(variable),
                ..
            } => {
                return Err(EngineError::NotFound {
                    what: format!(
                        "the variable {variable}, from which {attribute}.{source} takes its content,"
                    ),
                });
            }
            _ => {
                return Err(unsupported(
                    spec,
                    &format!("{attribute} ({source}): no content"),
                ));
            }
        };
        let owner = |name: &str, text: &Option<String>| match text.as_deref() {
            None => Ok(0),
            Some(text) => text
                .parse()
                .map_err(|_| unsupported(spec, &format!("{attribute} ({source}): {name}: {text}"))),
        };
        let mode = match used.reference.mode.as_deref() {
            None => 0o444,
            Some(text) => u32::from_str_radix(text.trim_start_matches("0o"), 8)
                .map_err(|_| unsupported(spec, &format!("{attribute} ({source}): mode: {text}")))?,
        };
        all.push(Copy {
            content,
            uid: owner("uid", &used.reference.uid)?,
            gid: owner("gid", &used.reference.gid)?,
            mode,
            target: used.target,
        });
    }
    Ok(all)
}

/// The folders that hold what is copied into a read-only container. Nothing can be
/// written into its own file system, so each is a volume that goes with the container.
pub(super) fn folders(spec: &ContainerSpec) -> Result<Vec<String>, EngineError> {
    if !spec.service.read_only {
        return Ok(Vec::new());
    }
    let mut all = Vec::new();
    for copy in copies(spec)? {
        let folder = copy.folder();
        if folder == "/" {
            return Err(unsupported(
                spec,
                &format!(
                    "read_only with a file copied to {} (give it a target in a folder)",
                    copy.target
                ),
            ));
        }
        all.push(folder.to_owned());
    }
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

impl Copy {
    pub(super) fn folder(&self) -> &str {
        match self.target.rsplit_once('/') {
            None | Some(("", _)) => "/",
            Some((folder, _)) => folder,
        }
    }
}

/// The files as the archive that the engine unpacks at `folder`.
pub(super) fn archive(folder: &str, files: &[&(Copy, Vec<u8>)]) -> std::io::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    for (copy, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        header.set_uid(copy.uid);
        header.set_gid(copy.gid);
        header.set_mode(copy.mode);
        header.set_entry_type(tar::EntryType::Regular);
        archive.append_data(
            &mut header,
            copy.target
                .strip_prefix(folder)
                .unwrap_or(&copy.target)
                .trim_start_matches('/'),
            bytes.as_slice(),
        )?;
    }
    archive.into_inner()
}
