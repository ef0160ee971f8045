//! From a path in the canonical project back to the line that set it.

use crate::diagnostic::Location;
use crate::report::Sources;
use crate::source::SourceFile;
use crate::tree::{Mark, Node, Value};

/// Where every value of a project comes from.
pub struct Origins {
    tree: Node,
    sources: Sources,
}

impl std::fmt::Debug for Origins {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The tree holds the values of variables, and fills pages.
        let files: Vec<_> = self.sources().iter().map(|source| &source.path).collect();
        f.debug_struct("Origins")
            .field("files", &files)
            .finish_non_exhaustive()
    }
}

impl Origins {
    pub(crate) fn new(tree: Node, sources: Sources) -> Self {
        Self { tree, sources }
    }

    /// The place that set `path`, such as `["services", "web", "image"]`; list
    /// items go by their index. Falls back to the nearest part of the path that
    /// a file spells out.
    #[must_use]
    pub fn locate(&self, path: &[&str]) -> Option<Location> {
        let mut node = &self.tree;
        let mut found: Option<Mark> = None;
        for part in path {
            let next = match &node.value {
                Value::Map(fields) => fields.get(*part).map(|next| (next, next.key)),
                Value::List(items) => part
                    .parse::<usize>()
                    .ok()
                    .and_then(|index| items.get(index))
                    .map(|next| (next, next.mark)),
                _ => None,
            };
            let Some((next, mark)) = next else { break };
            if mark != Mark::NONE {
                found = Some(mark);
            }
            node = next;
        }
        self.sources.location(found?)
    }

    pub(crate) fn into_sources(self) -> Vec<SourceFile> {
        self.sources.0
    }

    /// The same, at the value itself instead of its key.
    pub(crate) fn locate_value(&self, path: &[&str]) -> Option<Location> {
        let node = path
            .iter()
            .try_fold(&self.tree, |node, part| node.get(part))?;
        self.sources.location(node.mark)
    }

    /// The files that were read, with their texts.
    #[must_use]
    pub fn sources(&self) -> &[SourceFile] {
        &self.sources.0
    }
}
