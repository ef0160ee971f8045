//! Counts the bytes of an answer while it is converted.

use crate::plugins::call::Call;
use crate::plugins::error::PluginError;
use serde_json::Value;

/// What an item of a list takes besides its text.
const ITEM: u64 = 16;

/// Bytes of one answer.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    bytes: u64,
}

impl Tally {
    pub(crate) fn text(&mut self, text: String) -> String {
        self.bytes = self
            .bytes
            .saturating_add(u64::try_from(text.len()).unwrap_or(u64::MAX));
        text
    }

    pub(crate) fn option(&mut self, text: Option<String>) -> Option<String> {
        text.map(|text| self.text(text))
    }

    pub(crate) fn list<T, R>(
        &mut self,
        list: Vec<T>,
        mut each: impl FnMut(&mut Self, T) -> R,
    ) -> Vec<R> {
        list.into_iter()
            .map(|item| {
                self.bytes = self.bytes.saturating_add(ITEM);
                each(self, item)
            })
            .collect()
    }

    pub(crate) fn texts(&mut self, list: Vec<String>) -> Vec<String> {
        self.list(list, Self::text)
    }

    /// A JSON document; the error is a reason.
    pub(crate) fn json(&mut self, text: String) -> Result<Value, String> {
        let text = self.text(text);
        serde_json::from_str(&text).map_err(|error| format!("not JSON: {error}"))
    }

    /// The answer, if it is not too large.
    pub(crate) fn finish<T>(self, call: &Call, answer: T) -> Result<T, PluginError> {
        if self.bytes <= call.limits.output {
            return Ok(answer);
        }
        Err(PluginError::Limit {
            plugin: call.plugin.to_string(),
            operation: call.operation,
            what: format!("answered with {} bytes", self.bytes),
            key: "output",
            limit: call.limits.output,
        })
    }
}
