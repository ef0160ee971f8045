//! `output` of sinops.yaml: a folder, or a folder and how files in it are treated.

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

/// As it is written; a text is the folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Output {
    /// Folder for generated files.
    pub folder: Option<String>,
    /// Edits of generated files may be overwritten.
    pub overwrite: bool,
}

#[derive(serde::Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[derive(Default)]
struct Written {
    folder: Option<String>,
    overwrite: bool,
}

impl<'de> Deserialize<'de> for Output {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Forms;
        impl<'de> Visitor<'de> for Forms {
            type Value = Output;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a folder, or `folder:` and `overwrite:`")
            }
            fn visit_str<E>(self, text: &str) -> Result<Output, E> {
                Ok(Output {
                    folder: Some(text.to_owned()),
                    overwrite: false,
                })
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Output, A::Error> {
                let Written { folder, overwrite } =
                    Written::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Output { folder, overwrite })
            }
        }
        deserializer.deserialize_any(Forms)
    }
}
