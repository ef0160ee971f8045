//! What may stand where in a compose file, as data.
//!
//! One table per object drives checking, canonical forms and merging alike, so
//! that an attribute is described once. To support another attribute, give its
//! [`Field`] a shape here and its place in the model.

mod resources;
mod service;

use crate::shape::Shaper;
use crate::tree::Node;

pub(crate) use resources::{NETWORK, VOLUME};
pub(crate) use service::SERVICE;

/// Turns a short form into the long one; none when it reported a problem.
pub(crate) type Expander = fn(Node, &mut Shaper<'_>) -> Option<Node>;
/// By what an item of a list is told apart from others.
pub(crate) type KeyOf = fn(&Node) -> String;

/// The form of a value.
#[derive(Debug)]
pub(crate) enum Shape {
    /// Anything at all: extensions.
    Any,
    /// A string.
    Text,
    /// A string, number or boolean, kept as a string.
    Scalar,
    /// A boolean, or a string that spells one.
    Bool,
    /// An integer, or a string that spells one.
    Integer,
    /// A number, or a string that spells one.
    Number,
    /// `1m30s`.
    Duration,
    /// `512m`, kept as the decimal number of bytes.
    Bytes,
    /// File permissions in octal, kept as text.
    Mode,
    /// File permissions, kept as a number.
    ModeNumber,
    /// One of these strings.
    OneOf(&'static [&'static str]),
    /// Words, or a line to be split into them.
    Command,
    /// The `test` of a health check.
    HealthTest,
    /// A number, or `soft` and `hard`.
    Ulimit,
    /// The same shape, or nothing.
    OrNull(&'static Shape),
    /// Known keys only.
    Object(&'static Object),
    /// Keys that the user names.
    Map(&'static Shape),
    /// Items that are appended when files merge.
    List(&'static Shape),
    /// Items that replace earlier ones of the same key when files merge.
    Set(&'static Shape, KeyOf),
    /// `key: value`, or a list of `key=value`; kept as a mapping.
    Pairs(Pairs),
    /// `host: ip`, or a list of `host=ip`; kept as a list.
    Hosts,
    /// A short form in front of a shape.
    Expand(Expander, &'static Shape),
    /// The shape of another table.
    Same(&'static Shape),
    /// A shape that merges in its own way.
    Merge(Merge, &'static Shape),
}

/// What a key without a value means, and which values are text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pairs {
    /// The value comes from the environment of the load; kept as null.
    Environment,
    /// The value is empty.
    Labels,
    /// Only mappings; the value is empty.
    Options,
}

/// Rules that differ from those of the shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Merge {
    /// The later value stands alone, even when it is nothing.
    Replace,
    /// Options merge only under the same driver.
    Logging,
    /// The later pools stand, each over the earlier one of the same subnet.
    Pools,
}

/// A mapping with known keys.
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) fields: &'static [Field],
    /// Whether `x-…` keys may stand in it.
    pub(crate) extensible: bool,
    /// Keys that must be there.
    pub(crate) required: &'static [&'static str],
}

impl Object {
    pub(crate) fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// A known key.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
}

pub(crate) const fn field(name: &'static str, shape: Shape) -> Field {
    Field { name, shape }
}

pub(crate) const fn object(fields: &'static [Field]) -> Object {
    Object {
        fields,
        extensible: true,
        required: &[],
    }
}

pub(crate) const fn closed(fields: &'static [Field]) -> Object {
    Object {
        fields,
        extensible: false,
        required: &[],
    }
}

pub(crate) static TEXTS: Shape = Shape::List(&Shape::Text);

static INCLUDE_ENTRY: Object = closed(&[
    field("path", Shape::Expand(crate::expand::one_or_list, &TEXTS)),
    field("project_directory", Shape::Text),
    field(
        "env_file",
        Shape::Expand(crate::expand::one_or_list, &TEXTS),
    ),
]);
static INCLUDE: Shape = Shape::List(&Shape::Expand(
    crate::expand::include,
    &Shape::Object(&INCLUDE_ENTRY),
));

/// A whole compose file.
pub(crate) static ROOT: Shape = Shape::Object(&ROOT_OBJECT);
static ROOT_OBJECT: Object = object(&[
    field("version", Shape::Any),
    field("name", Shape::Text),
    field("include", Shape::OrNull(&INCLUDE)),
    field("services", Shape::Map(&SERVICE)),
    field("networks", Shape::Map(&NETWORK)),
    field("volumes", Shape::Map(&VOLUME)),
    field("secrets", Shape::Map(&resources::SECRET)),
    field("configs", Shape::Map(&resources::CONFIG)),
    field("models", Shape::Map(&resources::MODEL)),
]);
