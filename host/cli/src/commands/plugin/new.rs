//! `sinops plugin new`: writes a Rust project from the templates of the sdk.

use crate::args::{PluginNew, Role};
use crate::commands::{Context, Outcome};
use crate::failure::SUCCESS;
use crate::problem::Problem;
use std::fs;
use std::path::{Path, PathBuf};

/// The files of a role, as `sdk/templates/README.md` lays them out.
macro_rules! template {
    ($role:literal) => {
        [
            (
                "Cargo.toml",
                include_str!("../../../../../sdk/templates/Cargo.toml.in"),
            ),
            (
                ".gitignore",
                include_str!("../../../../../sdk/templates/gitignore"),
            ),
            (
                "README.md",
                include_str!(concat!(
                    "../../../../../sdk/templates/",
                    $role,
                    "/README.md"
                )),
            ),
            (
                "sample.yaml",
                include_str!(concat!(
                    "../../../../../sdk/templates/",
                    $role,
                    "/sample.yaml"
                )),
            ),
            (
                "src/lib.rs",
                include_str!(concat!("../../../../../sdk/templates/", $role, "/lib.rs")),
            ),
            (
                "tests/contract.rs",
                include_str!(concat!(
                    "../../../../../sdk/templates/",
                    $role,
                    "/contract.rs"
                )),
            ),
        ]
    };
}

pub(super) fn run(args: &PluginNew, context: &Context<'_>) -> Outcome {
    let names = Names::new(args.role, &args.name)?;
    let folder = context.surroundings.absolute(Path::new(&names.package));
    let sdk = sdk(args, context)?;
    if folder.exists() {
        return Err(
            Problem::error(format!("{} is there already", folder.display()))
                .help("choose another name, or another folder to stand in")
                .into(),
        );
    }
    for (path, template) in files(args.role) {
        let path = folder.join(path);
        let parent = path.parent().unwrap_or(&folder);
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(&path, names.fill(template, &sdk)))
            .map_err(|error| {
                Problem::error(format!("{} cannot be written: {error}", path.display()))
            })?;
    }
    context.terminal.result(&format!(
        "wrote {}",
        context.surroundings.shown(&folder.display().to_string())
    ));
    context.terminal.say(&format!(
        "next: cd {}\n      cargo test\n      cargo build --target wasm32-wasip2 --release\n      \
         sinops plugin inspect target/wasm32-wasip2/release/{}.wasm",
        names.package, names.module
    ));
    Ok(SUCCESS)
}

fn files(role: Role) -> [(&'static str, &'static str); 6] {
    match role {
        Role::DeployStep => template!("deploy-step"),
        Role::Collector => template!("collector"),
        Role::Evaluator => template!("evaluator"),
        Role::Notifier => template!("notifier"),
    }
}

/// The words that the templates leave open.
#[derive(Debug, PartialEq, Eq)]
struct Names {
    /// `notifier-pager`.
    package: String,
    /// `notifier_pager`.
    module: String,
    /// `Pager`.
    kind: String,
}

impl Names {
    fn new(role: Role, name: &str) -> Result<Self, Problem> {
        let prefix = match role {
            Role::DeployStep => "deploy",
            Role::Collector => "collector",
            Role::Evaluator => "evaluator",
            Role::Notifier => "notifier",
        };
        let own = name
            .strip_prefix(prefix)
            .and_then(|it| it.strip_prefix('-'))
            .unwrap_or(name);
        let words: Vec<&str> = own.split('-').collect();
        let is_word = |word: &&str| {
            !word.is_empty()
                && word
                    .chars()
                    .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit())
        };
        if !words.iter().all(is_word) || !own.starts_with(|it: char| it.is_ascii_lowercase()) {
            return Err(Problem::error(format!("`{name}` cannot be the name of a plugin")).help(
                "write it in small letters, digits and dashes, with a letter first: `pager-duty`",
            ));
        }
        let mut kind: String = words
            .iter()
            .flat_map(|word| {
                let mut letters = word.chars();
                let first = letters.next().map(|it| it.to_ascii_uppercase());
                first.into_iter().chain(letters)
            })
            .collect();
        // A struct must not have the name of something that the file imports.
        let [.., (_, source), _] = files(role);
        let taken = source
            .split(|it: char| !it.is_ascii_alphanumeric())
            .any(|word| word == kind);
        if taken {
            kind.push_str("Plugin");
        }
        let package = format!("{prefix}-{own}");
        Ok(Self {
            module: package.replace('-', "_"),
            package,
            kind,
        })
    }

    fn fill(&self, template: &str, sdk: &Path) -> String {
        let dependency = format!("{{ path = {:?} }}", sdk.display().to_string());
        template
            .replace("\"sdk-dependency\"", &dependency)
            .replace("plugin-package", &self.package)
            .replace("plugin_crate", &self.module)
            .replace("PluginType", &self.kind)
    }
}

/// The folder of the sdk: named, or that of the checkout around the current folder.
fn sdk(args: &PluginNew, context: &Context<'_>) -> Result<PathBuf, Problem> {
    if let Some(named) = &args.sdk {
        let named = context.surroundings.absolute(named);
        if is_sdk(&named) {
            return Ok(named);
        }
        return Err(
            Problem::error(format!("{} is not the sdk of sinops", named.display()))
                .help("name the folder `sdk` of a sinops checkout"),
        );
    }
    context
        .surroundings
        .folder
        .ancestors()
        .map(|folder| folder.join("sdk"))
        .find(|folder| is_sdk(folder))
        .ok_or_else(|| {
            Problem::error("there is no sdk of sinops around this folder")
                .help("name it: --sdk PATH/TO/sinops/sdk")
        })
}

fn is_sdk(folder: &Path) -> bool {
    fs::read_to_string(folder.join("Cargo.toml"))
        .is_ok_and(|text| text.contains("name = \"sinops-sdk\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_from_role_and_name() {
        let names = Names::new(Role::Notifier, "pager-duty").unwrap();
        assert_eq!(names.package, "notifier-pager-duty");
        assert_eq!(names.module, "notifier_pager_duty");
        assert_eq!(names.kind, "PagerDuty");
        assert_eq!(
            Names::new(Role::Notifier, "notifier-pager-duty").unwrap(),
            names
        );
        assert_eq!(
            Names::new(Role::Notifier, "notification").unwrap().kind,
            "NotificationPlugin"
        );
        assert_eq!(
            Names::new(Role::DeployStep, "backup").unwrap().package,
            "deploy-backup"
        );
        for wrong in ["", "-", "Pager", "1x", "a--b", "a/b", "..", "a b"] {
            assert!(Names::new(Role::Collector, wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn no_word_of_a_template_stays_open() {
        for role in [
            Role::DeployStep,
            Role::Collector,
            Role::Evaluator,
            Role::Notifier,
        ] {
            let names = Names::new(role, "example").unwrap();
            for (path, template) in files(role) {
                let text = names.fill(template, Path::new("/sdk"));
                for open in [
                    "plugin-package",
                    "plugin_crate",
                    "PluginType",
                    "sdk-dependency",
                ] {
                    assert!(!text.contains(open), "{open} in {path} of {role:?}");
                }
            }
        }
    }
}
