//! The plugins that are part of this binary: `build.rs` found them.

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

#[cfg(test)]
mod tests {
    use super::*;

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
