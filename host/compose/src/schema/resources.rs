//! The top-level sections besides services.

use super::{Field, Merge, Object, Pairs, Shape, bare, closed, field, object};
use crate::expand;

static POOL: Object = object(&[
    field("subnet", Shape::Text),
    field("gateway", Shape::Text),
    field("ip_range", Shape::Text),
    field("aux_addresses", Shape::Map(&Shape::Text)),
]);
static POOLS: Shape = Shape::List(&Shape::Object(&POOL));
static IPAM: Object = object(&[
    field("driver", Shape::Text),
    field("config", Shape::Merge(Merge::Pools, &POOLS)),
    field("options", Shape::Pairs(Pairs::Texts)),
]);
static NETWORK_OBJECT: Object = object(&[
    field("name", Shape::Text),
    field("driver", Shape::Text),
    field("driver_opts", Shape::Pairs(Pairs::Options)),
    field("ipam", Shape::Object(&IPAM)),
    field("external", Shape::Bool),
    field("internal", Shape::Bool),
    field("attachable", Shape::Bool),
    field("enable_ipv4", Shape::Kept(&Shape::Bool)),
    field("enable_ipv6", Shape::Kept(&Shape::Bool)),
    field("labels", Shape::Pairs(Pairs::Labels)),
]);
static NETWORK_LONG: Shape = Shape::Expand(expand::external_name, &Shape::Object(&NETWORK_OBJECT));
/// An entry of `networks`.
pub(crate) static NETWORK: Shape = Shape::OrNull(&NETWORK_LONG);

static VOLUME_OBJECT: Object = object(&[
    field("name", Shape::Text),
    field("driver", Shape::Text),
    field("driver_opts", Shape::Pairs(Pairs::Options)),
    field("external", Shape::Bool),
    field("labels", Shape::Pairs(Pairs::UniqueLabels)),
]);
static VOLUME_LONG: Shape = Shape::Expand(expand::external_name, &Shape::Object(&VOLUME_OBJECT));
/// An entry of `volumes`.
pub(crate) static VOLUME: Shape = Shape::OrNull(&VOLUME_LONG);

static SECRET_FIELDS: [Field; 8] = [
    field("name", Shape::Text),
    field("file", Shape::Text),
    field("environment", Shape::Text),
    field("external", Shape::Bool),
    field("labels", Shape::Pairs(Pairs::ObjectLabels)),
    field("driver", Shape::Text),
    field("driver_opts", Shape::Pairs(Pairs::Options)),
    field("template_driver", Shape::Text),
];
static SECRET_OBJECT: Object = object(&SECRET_FIELDS);
/// An entry of `secrets`.
pub(super) static SECRET: Shape = Shape::Expand(expand::external, &Shape::Object(&SECRET_OBJECT));

static CONFIG_OBJECT: Object = object(&[
    field("name", Shape::Text),
    field("file", Shape::Text),
    field("environment", Shape::Text),
    field("content", Shape::Text),
    field("external", Shape::Bool),
    field("labels", Shape::Pairs(Pairs::ObjectLabels)),
    field("template_driver", Shape::Text),
]);
/// An entry of `configs`.
pub(super) static CONFIG: Shape = Shape::Expand(expand::external, &Shape::Object(&CONFIG_OBJECT));

static FILE_REFERENCE_OBJECT: Object = Object {
    required: &["source"],
    ..object(&[
        field("source", Shape::Text),
        field("target", Shape::Text),
        field("uid", Shape::Text),
        field("gid", Shape::Text),
        field("mode", Shape::Kept(&Shape::Mode)),
    ])
};
static FILE_REFERENCE: Shape = Shape::Expand(
    expand::file_reference,
    &Shape::Object(&FILE_REFERENCE_OBJECT),
);
/// `secrets` of a service or a build.
pub(super) static SECRET_REFERENCES: Shape = Shape::Set(&FILE_REFERENCE, expand::secret_key);
/// `configs` of a service.
pub(super) static CONFIG_REFERENCES: Shape = Shape::Set(&FILE_REFERENCE, expand::config_key);

static ENV_FILE_OBJECT: Object = Object {
    required: &["path"],
    ..closed(&[
        field("path", Shape::Kept(&Shape::Text)),
        field("required", Shape::Kept(&Shape::Bool)),
        field("format", Shape::Text),
    ])
};
static ENV_FILE_LIST: Shape = Shape::Set(&Shape::Object(&ENV_FILE_OBJECT), expand::path_key);
/// `env_file`.
pub(super) static ENV_FILES: Shape = Shape::Expand(expand::env_files, &ENV_FILE_LIST);

static MODEL_OBJECT: Object = Object {
    required: &["model"],
    ..object(&[
        field("name", Shape::Text),
        field("model", Shape::Text),
        field("context_size", bare(i64::MIN, i64::MAX, false)),
        field("runtime_flags", Shape::List(&Shape::Text)),
    ])
};
/// An entry of `models`.
pub(super) static MODEL: Shape = Shape::Object(&MODEL_OBJECT);
