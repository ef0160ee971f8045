//! What to do about a mistake of the syntax.

/// What mostly is behind a mistake of the syntax.
pub(super) fn syntax_hint(info: &str) -> Option<String> {
    let hint = [
        ("tab", "indent with blanks, not with tabs"),
        ("anchor", "define it above with `&` and its name"),
        ("quote", "close the quote, or use the other kind around it"),
        (
            "mapping values",
            "quote a value that holds `: `, and look at the indentation",
        ),
        ("bracket", "close what was opened, in the reverse order"),
        (
            "flow",
            "close `[` with `]` and `{` with `}`, with commas between",
        ),
        (
            "expected",
            "look at the indentation of this line and the one above",
        ),
        (
            "indent",
            "look at the indentation of this line and the one above",
        ),
    ];
    let info = info.to_ascii_lowercase();
    let known = hint.iter().find(|(word, _)| info.contains(word));
    known.map(|(_, hint)| (*hint).to_owned())
}
