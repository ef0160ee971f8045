//! All texts of a look, and which container reads which of them.

use crate::Version;
use crate::text::Text;
use sinops_sdk::deploy_step::Planning;
use sinops_sdk::image;
use sinops_sdk::types::Service;

/// The texts of a look.
#[derive(Debug)]
pub struct Set<'p> {
    /// What was asked.
    pub planning: &'p Planning,
    /// In the order of their paths.
    pub texts: Vec<Text<'p>>,
    /// Canonical definitions, in the order of the stack's services.
    pub definitions: Vec<serde_json::Value>,
}

/// A container's view of a text.
#[derive(Debug, Clone)]
pub struct Mounted<'p> {
    /// Who mounts it.
    pub service: &'p Service,
    /// Where it lies in the container.
    pub target: String,
}

impl<'p> Set<'p> {
    /// Reads all texts.
    #[must_use]
    pub fn new(planning: &'p Planning) -> Self {
        Self::of(planning, |_| true)
    }

    /// Reads the texts whose path is wanted.
    #[must_use]
    pub fn of(planning: &'p Planning, wanted: impl Fn(&str) -> bool) -> Self {
        let texts = planning.observed.texts.iter();
        Self {
            planning,
            texts: texts
                .filter(|text| wanted(&text.path))
                .map(|text| Text::new(&text.path, &text.content))
                .collect(),
            definitions: planning
                .stack
                .services
                .iter()
                .map(Service::compose)
                .collect(),
        }
    }

    /// The services with their definitions.
    pub fn services(&self) -> impl Iterator<Item = (&'p Service, &serde_json::Value)> {
        self.planning.stack.services.iter().zip(&self.definitions)
    }

    /// Who mounts a text, or a folder that it lies in.
    pub fn mounts<'s>(&'s self, path: &'s str) -> impl Iterator<Item = Mounted<'p>> + 's {
        let file = format!(
            "{}/{path}",
            self.planning.stack.project_directory.trim_end_matches('/')
        );
        self.services().filter_map(move |(service, definition)| {
            let mounts = definition.get("volumes")?.as_array()?;
            mounts.iter().find_map(|mount| {
                let source = mount.get("source")?.as_str()?.trim_end_matches('/');
                let target = mount.get("target")?.as_str()?.trim_end_matches('/');
                let rest = file.strip_prefix(source)?;
                (rest.is_empty() || rest.starts_with('/')).then(|| Mounted {
                    service,
                    target: format!("{target}{rest}"),
                })
            })
        })
    }

    /// The text that a container sees at a path.
    #[must_use]
    pub fn seen(&self, service: &Service, path: &str) -> Option<&Text<'p>> {
        self.texts.iter().find(|text| {
            self.mounts(text.path)
                .any(|mount| mount.service.name == service.name && mount.target == path)
        })
    }

    /// The version of the program that reads a text: of the first service of
    /// this program that mounts it, or else of the only one in the stack.
    #[must_use]
    pub fn version(&self, path: &str, program: &[&str]) -> Version {
        let runs = |service: &&Service| program.contains(&service.program());
        let mounting = self.mounts(path).map(|it| it.service).find(|it| runs(it));
        let service = mounting.or_else(|| {
            let mut all = self.planning.stack.services.iter().filter(runs);
            all.next().filter(|_| all.next().is_none())
        })?;
        image::version(service.image.as_deref()?)
    }
}
