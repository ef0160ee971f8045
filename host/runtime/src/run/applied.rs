//! What containers were made to read since they were made. A container's label tells the
//! files that it began with and cannot be changed; a reload or a restart makes it stale.
//!
//! `applied.json` in the state folder, written when a run has succeeded: a run that failed
//! has applied nothing, and the next one plans the same again.

use super::contents::Reader;
use super::{Planner, RunError};
use sinops_core::action::{Existing, Operation};
use sinops_core::contents::FileContent;
use sinops_core::observed::Observed;
use sinops_core::plan::Plan;
use std::collections::{BTreeMap, HashSet};
use std::path::Path;

const FILE: &str = "applied.json";

/// Files as each container read them last, by its id.
type Applied = BTreeMap<String, BTreeMap<String, FileContent>>;

/// Puts what was applied over what the labels tell.
pub(super) fn overlay(state: &Path, observed: &mut Observed) {
    let mut applied = read(state);
    if applied.is_empty() {
        return;
    }
    for container in &mut observed.containers {
        if let (Some(contents), Some(files)) =
            (&mut container.contents, applied.remove(&container.id))
        {
            contents.files.extend(files);
        }
    }
}

/// Notes what the containers that a plan started again or reloaded have read.
pub(super) fn note(planner: &Planner, observed: &Observed, plan: &Plan) -> Result<(), RunError> {
    let read_again: HashSet<&str> = plan
        .actions
        .iter()
        .filter_map(|planned| match &planned.action.operation {
            Operation::Reload {
                container: Existing { id, .. },
                ..
            }
            | Operation::StartExisting {
                container: Existing { id, .. },
            } => Some(id.as_str()),
            _ => None,
        })
        .collect();
    if read_again.is_empty() {
        return Ok(());
    }
    let state = planner.state_directory();
    let mut applied = read(&state);
    // Those that are gone need no note.
    applied.retain(|id, _| observed.containers.iter().any(|known| known.id == *id));
    let setup = planner.setup();
    let mut reader = Reader::below(&setup.project_directory);
    for container in &observed.containers {
        if !read_again.contains(container.id.as_str()) {
            continue;
        }
        let service = container.service.as_deref();
        let service = service.and_then(|name| setup.stack.service(name));
        if let (Some(service), Some(contents)) = (service, &container.contents) {
            let now = reader.of(&setup.project, service, &contents.salt);
            applied.insert(container.id.clone(), now.files);
        }
    }
    write(&state, &applied).map_err(|error| RunError::File {
        path: state.join(FILE),
        reason: error.to_string(),
    })
}

/// What cannot be read is taken for nothing: the worst is one restart too many.
fn read(state: &Path) -> Applied {
    std::fs::read(state.join(FILE))
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default()
}

fn write(state: &Path, applied: &Applied) -> std::io::Result<()> {
    std::fs::create_dir_all(state)?;
    let file = tempfile::NamedTempFile::new_in(state)?;
    serde_json::to_writer(&file, applied)?;
    file.as_file().sync_all()?;
    file.persist(state.join(FILE))?;
    Ok(())
}
