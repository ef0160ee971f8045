//! Lines of a text.

use std::ops::Range;

/// Where the line of an offset begins.
pub(crate) fn start(text: &str, at: usize) -> usize {
    text.get(..at)
        .and_then(|it| it.rfind('\n'))
        .map_or(0, |it| it + 1)
}

/// The lines of a stretch with their ends, if nothing else stands on them but
/// a comment behind it.
pub(crate) fn whole(text: &str, bytes: &Range<usize>) -> Option<Range<usize>> {
    let from = start(text, bytes.start);
    if !text.get(from..bytes.start)?.trim().is_empty() {
        return None;
    }
    let rest = text.get(bytes.end..)?;
    let length = rest.find('\n').map_or(rest.len(), |at| at + 1);
    let behind = rest.get(..length)?.trim();
    (behind.is_empty() || behind.starts_with('#')).then_some(from..bytes.end + length)
}
