//! Takes away values that say nothing: compose knows no difference between an
//! attribute that is zero or empty and one that is not there.

use crate::schema::Shape;
use crate::tree::{Node, Value};

/// Prunes everything below `node`.
pub(crate) fn prune(node: &mut Node, shape: &'static Shape) {
    match (shape, &mut node.value) {
        (
            Shape::Same(shape)
            | Shape::OrNull(shape)
            | Shape::Expand(_, shape)
            | Shape::Merge(_, shape)
            | Shape::Kept(shape),
            _,
        ) => prune(node, shape),
        (Shape::Object(object), Value::Map(fields)) => {
            fields.retain(|name, field| {
                let Some(known) = object.field(name) else {
                    return true;
                };
                prune(field, &known.shape);
                !says_nothing(field, &known.shape)
            });
        }
        (Shape::Map(inner), Value::Map(fields)) => {
            for field in fields.values_mut() {
                prune(field, inner);
            }
        }
        (Shape::List(inner) | Shape::Unique(inner) | Shape::Set(inner, _), Value::List(items)) => {
            for item in items {
                prune(item, inner);
            }
        }
        _ => {}
    }
}

fn says_nothing(node: &Node, shape: &'static Shape) -> bool {
    match (shape, &node.value) {
        (
            Shape::Same(shape)
            | Shape::OrNull(shape)
            | Shape::Expand(_, shape)
            | Shape::Merge(_, shape),
            _,
        ) => says_nothing(node, shape),
        (Shape::Kept(_) | Shape::Any | Shape::Object(_) | Shape::Command, _) => false,
        (Shape::Bytes | Shape::BytesText, Value::Text(text)) => text == "0",
        (Shape::Duration, Value::Text(text)) => text == "0s",
        (_, Value::Text(text)) => text.is_empty(),
        (_, Value::Bool(value)) => !value,
        (_, Value::Int(value)) => *value == 0,
        (_, Value::Float(value)) => *value == 0.0,
        (_, Value::List(items)) => items.is_empty(),
        (_, Value::Map(fields)) => fields.is_empty(),
        (_, Value::Null | Value::Time(_)) => false,
    }
}
