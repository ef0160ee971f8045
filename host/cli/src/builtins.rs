//! The plugins that are part of this binary, and the pipelines that are made of
//! them: `build.rs` found them.

use sinops_core::config::{Config, ConfigError, Shipped};
use sinops_runtime::plugins::Builtin;

include!(concat!(env!("OUT_DIR"), "/builtins.rs"));

/// What to say when there are none.
pub(crate) const NONE: &str = "this build has no built-in plugins";
/// And what to do about it.
pub(crate) const NONE_HELP: &str = "build it with `cargo xtask build`, which makes them first";

/// All of them, by name.
pub(crate) fn all() -> &'static [Builtin] {
    BUILTINS
}

/// What the text of a sinops.yaml comes to, with the pipelines that every project has.
pub(crate) fn configured(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text)?.with_pipelines(&Shipped::parse(PIPELINES)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_of_the_pipelines_are_built_in() {
        let config = configured("").unwrap();
        assert!(config.pipelines.len() > 1);
        let steps = config.pipelines.values().flat_map(|it| &it.steps);
        for step in steps.filter(|_| !all().is_empty()) {
            assert!(all().iter().any(|builtin| builtin.name == step), "{step}");
        }
    }

    #[test]
    fn names_are_unique_and_components_are_not_empty() {
        for (index, builtin) in all().iter().enumerate() {
            assert!(builtin.wasm.starts_with(b"\0asm"), "{}", builtin.name);
            assert!(
                all()
                    .iter()
                    .skip(index + 1)
                    .all(|other| other.name != builtin.name)
            );
        }
    }
}
