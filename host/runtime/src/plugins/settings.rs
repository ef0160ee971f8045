//! Settings against the schema that a plugin describes, before the plugin sees
//! them.

use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

/// Something wrong in `settings:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsProblem {
    /// Keys and indices from the settings' root to the place.
    pub path: Vec<String>,
    /// What is wrong and what would be right.
    pub message: String,
}

/// A schema made ready.
#[derive(Debug)]
pub(crate) struct Schema {
    validator: Validator,
    schema: Value,
}

impl Schema {
    /// The reason in words if the plugin's schema is of no use.
    pub(crate) fn new(schema: &Value) -> Result<Self, String> {
        let mut strict = schema.clone();
        let Some(object) = strict.as_object_mut() else {
            return Err("the settings schema is not a JSON object".into());
        };
        // A typo in a key must not pass because an author forgot a line.
        if !object.contains_key("additionalProperties") {
            object
                .entry("unevaluatedProperties")
                .or_insert(Value::Bool(false));
        }
        object
            .entry("type")
            .or_insert_with(|| Value::from("object"));
        let validator = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft202012)
            // Linear time: the pattern is the plugin's and the text the user's.
            .with_pattern_options(PatternOptions::regex())
            .offline()
            .build(&strict)
            .map_err(|error| format!("the settings schema is not valid: {error}"))?;
        Ok(Self {
            validator,
            schema: schema.clone(),
        })
    }

    pub(crate) fn validate(&self, settings: &Value) -> Result<(), Vec<SettingsProblem>> {
        let problems: Vec<SettingsProblem> = self
            .validator
            .iter_errors(settings)
            .take(50)
            .flat_map(|error| self.problems(&error))
            .collect();
        if problems.is_empty() {
            Ok(())
        } else {
            Err(problems)
        }
    }

    fn problems(&self, error: &jsonschema::ValidationError<'_>) -> Vec<SettingsProblem> {
        let path: Vec<String> = error
            .instance_path()
            .as_str()
            .split('/')
            .skip(1)
            .map(|part| part.replace("~1", "/").replace("~0", "~"))
            .collect();
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected }
            | ValidationErrorKind::UnevaluatedProperties { unexpected } => unexpected
                .iter()
                .map(|key| {
                    let mut at = path.clone();
                    at.push(key.clone());
                    SettingsProblem {
                        path: at,
                        message: self.unknown_key(key, &path),
                    }
                })
                .collect(),
            _ => vec![SettingsProblem {
                path,
                message: error.to_string(),
            }],
        }
    }

    fn unknown_key(&self, key: &str, path: &[String]) -> String {
        let known: Vec<&str> = match self.schema.get("properties").and_then(Value::as_object) {
            Some(properties) if path.is_empty() => properties.keys().map(String::as_str).collect(),
            _ => Vec::new(),
        };
        let nearest = known
            .iter()
            .map(|name| (strsim::damerau_levenshtein(name, key), name))
            .filter(|(distance, name)| *distance <= 1 + name.len() / 3)
            .min();
        match nearest {
            Some((_, name)) => format!("unknown key `{key}`; did you mean `{name}`?"),
            None if known.is_empty() => format!("unknown key `{key}`"),
            None => format!("unknown key `{key}`; known are {}", known.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_unknown_key_is_refused_even_if_the_schema_forgot_to() {
        let schema =
            Schema::new(&json!({"type": "object", "properties": {"channel": {"type": "string"}}}))
                .unwrap();
        assert_eq!(schema.validate(&json!({"channel": "#ops"})), Ok(()));
        let problems = schema.validate(&json!({"chanel": "#ops"})).unwrap_err();
        assert_eq!(problems[0].path, ["chanel"]);
        assert_eq!(
            problems[0].message,
            "unknown key `chanel`; did you mean `channel`?"
        );
    }

    #[test]
    fn a_problem_points_at_its_place() {
        let schema = Schema::new(&json!({
            "properties": {"to": {"type": "array", "items": {"type": "string"}}}, "required": ["from"]
        }))
        .unwrap();
        let problems = schema.validate(&json!({"to": ["a", 1]})).unwrap_err();
        assert!(
            problems.iter().any(|problem| problem.path == ["to", "1"]),
            "{problems:?}"
        );
        assert!(
            problems
                .iter()
                .any(|problem| problem.message.contains("from")),
            "{problems:?}"
        );
    }

    #[test]
    fn a_schema_cannot_reach_out() {
        assert!(Schema::new(&json!({"$ref": "https://example.org/schema.json"})).is_err());
        assert!(Schema::new(&json!({"$ref": "file:///etc/passwd"})).is_err());
        assert!(Schema::new(&json!(true)).is_err());
    }
}
