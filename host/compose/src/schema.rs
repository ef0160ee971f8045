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
    /// A boolean and nothing else.
    OnlyBool,
    /// A string, or a boolean kept as one.
    BoolOrText,
    /// An integer or a string, kept as a string.
    IntegerOrText,
    /// An integer or a string, kept as it is until files are merged.
    Published,
    /// A whole number within bounds.
    Integer(Whole),
    /// A number, or a string that spells one; kept with 32 bits as compose does.
    Number,
    /// The same, which compose reads once all files are merged.
    LateNumber,
    /// `1m30s`.
    Duration,
    /// `512m`, kept as the decimal number of bytes.
    Bytes,
    /// The same, where a plain number is not allowed.
    BytesText,
    /// File permissions in octal, kept as text.
    Mode,
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
    /// Items that are appended when files merge, and of which no two are equal.
    Unique(&'static Shape),
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
    /// A scalar that is kept even when it is zero or empty.
    Kept(&'static Shape),
}

impl Shape {
    /// Whether nothing may stand here once all files are merged.
    pub(crate) fn takes_nothing(&self) -> bool {
        match self {
            Self::Same(shape)
            | Self::Expand(_, shape)
            | Self::Merge(_, shape)
            | Self::Kept(shape) => shape.takes_nothing(),
            Self::Any | Self::Command | Self::OrNull(_) => true,
            _ => false,
        }
    }

    /// What must stand here, in the words of a message.
    pub(crate) fn wanted(&self) -> &'static str {
        match self {
            Self::Same(shape)
            | Self::Expand(_, shape)
            | Self::Merge(_, shape)
            | Self::Kept(shape)
            | Self::OrNull(shape) => shape.wanted(),
            Self::Object(_) | Self::Map(_) => "a mapping",
            Self::List(_) | Self::Unique(_) | Self::Set(..) => "a list",
            Self::Pairs(Pairs::Options | Pairs::LogOptions | Pairs::Texts) => "a mapping",
            Self::Pairs(_) | Self::Hosts => "a mapping or a list",
            Self::Bool | Self::OnlyBool => "a boolean",
            Self::Integer(_) | Self::Number | Self::LateNumber => "a number",
            Self::HealthTest => "a string or a list of strings",
            _ => "a string",
        }
    }
}

/// Which whole numbers there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Whole {
    pub(crate) least: i64,
    pub(crate) most: i64,
    /// A fraction is allowed, and cut off.
    pub(crate) fraction: bool,
    /// A string may spell it.
    pub(crate) text: bool,
}

/// Any whole number, or a string that spells one.
pub(crate) const INTEGER: Shape = whole(i64::MIN, i64::MAX);
/// A number whose fraction is cut off, or a string that spells a whole one.
pub(crate) const CUT: Shape = Shape::Integer(Whole {
    fraction: true,
    ..WHOLE
});
/// A whole number that is not negative, or a string that spells one.
pub(crate) const NATURAL: Shape = whole(0, i64::MAX);
const WHOLE: Whole = Whole {
    least: i64::MIN,
    most: i64::MAX,
    fraction: false,
    text: true,
};

pub(crate) const fn whole(least: i64, most: i64) -> Shape {
    Shape::Integer(Whole {
        least,
        most,
        ..WHOLE
    })
}

/// A number that no string may spell.
pub(crate) const fn bare(least: i64, most: i64, fraction: bool) -> Shape {
    Shape::Integer(Whole {
        least,
        most,
        fraction,
        text: false,
    })
}

/// What a key without a value means, and which values are text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pairs {
    /// The value comes from the environment of the load; kept as null.
    Environment,
    /// The value is empty.
    Labels,
    /// The value is empty, and no two pairs are equal.
    UniqueLabels,
    /// The same, where a mapping and a list do not merge.
    ObjectLabels,
    /// Only mappings of strings and numbers.
    Options,
    /// Only mappings of strings and numbers; the value may be missing.
    LogOptions,
    /// Only mappings of strings.
    Texts,
    /// Each key has a value, which is a string.
    Contexts,
    /// Keys of `build.ssh`: without a value only `default`.
    Agents,
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
    /// A list is appended to a list; a scalar gives way to either, and to it nothing.
    Scalar,
}

/// A mapping with known keys.
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) fields: &'static [Field],
    /// Whether `x-…` keys may stand in it.
    pub(crate) extensible: bool,
    /// Other keys only earn a warning: compose does not look for them.
    pub(crate) forgiving: bool,
    /// Keys that must be there once all files are merged.
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
        forgiving: false,
        required: &[],
    }
}

pub(crate) const fn closed(fields: &'static [Field]) -> Object {
    Object {
        fields,
        extensible: false,
        forgiving: false,
        required: &[],
    }
}

pub(crate) static TEXTS: Shape = Shape::List(&Shape::Text);
pub(crate) static UNIQUE_TEXTS: Shape = Shape::Unique(&Shape::Text);

static INCLUDE_ENTRY: Object = Object {
    forgiving: true,
    ..closed(&[
        field(
            "path",
            Shape::Expand(crate::expand::one_or_list, &UNIQUE_TEXTS),
        ),
        field("project_directory", Shape::Text),
        field(
            "env_file",
            Shape::Expand(crate::expand::one_or_list, &UNIQUE_TEXTS),
        ),
    ])
};
/// `include`.
pub(crate) static INCLUDE: Shape = Shape::List(&Shape::Expand(
    crate::expand::include,
    &Shape::Object(&INCLUDE_ENTRY),
));

/// A whole compose file.
pub(crate) static ROOT: Shape = Shape::Object(&ROOT_OBJECT);
static ROOT_OBJECT: Object = object(&[
    field("version", Shape::Text),
    field("name", Shape::Text),
    field("include", Shape::OrNull(&INCLUDE)),
    field("services", Shape::Map(&SERVICE)),
    field("networks", Shape::Map(&NETWORK)),
    field("volumes", Shape::Map(&VOLUME)),
    field("secrets", Shape::Map(&resources::SECRET)),
    field("configs", Shape::Map(&resources::CONFIG)),
    field("models", Shape::Map(&resources::MODEL)),
]);
