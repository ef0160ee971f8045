//! The end of a text of unknown length.

use super::OUTPUT_LIMIT;

/// Keeps the last bytes of what is pushed.
#[derive(Debug, Default)]
pub(super) struct Tail {
    bytes: Vec<u8>,
}

impl Tail {
    pub(super) fn push(&mut self, more: &[u8]) {
        self.bytes.extend_from_slice(more);
        let excess = self.bytes.len().saturating_sub(OUTPUT_LIMIT);
        self.bytes.drain(..excess);
    }

    /// Cut at a character, not within one.
    pub(super) fn text(&self) -> String {
        let start = if self.bytes.len() == OUTPUT_LIMIT {
            self.bytes
                .iter()
                .position(|byte| byte & 0b1100_0000 != 0b1000_0000)
                .unwrap_or_default()
        } else {
            0
        };
        String::from_utf8_lossy(self.bytes.get(start..).unwrap_or_default()).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_kept_and_no_character_is_cut() {
        let mut tail = Tail::default();
        tail.push(b"beginning");
        tail.push("é".repeat(OUTPUT_LIMIT / 2).as_bytes());
        tail.push(b"x");
        let text = tail.text();
        assert!(text.starts_with('é') && text.ends_with("éx"), "{text}");
        assert!(text.len() <= OUTPUT_LIMIT);
        assert!(!text.contains('\u{fffd}'));
    }
}
