//! Kept sections of generated files: what a person wrote between two marker lines stays
//! when the file is generated anew.
//!
//! ```text
//! # sinops:keep begin partner-rules
//! ...
//! # sinops:keep end
//! ```
//!
//! A marker is a comment, `#` or `//`. A section goes where the new text has the same
//! marker; where it has none, behind the line that it stood behind; where that is gone,
//! to the end.

/// Lines before a section by which its place is found again.
const LONGEST_CONTEXT: usize = 3;

struct Section<'a> {
    name: &'a str,
    /// Marker lines and all between.
    lines: Vec<&'a str>,
    /// The lines before it, without those of other sections; the nearest last.
    before: Vec<&'a str>,
}

enum Marker<'a> {
    Begin(&'a str),
    End,
}

/// `new`, with the kept sections of `old`.
#[must_use]
pub fn kept(old: &str, new: &str) -> String {
    let sections = sections(old);
    if sections.is_empty() {
        return new.to_owned();
    }
    let mut lines: Vec<&str> = new.lines().collect();
    for section in sections {
        let there = lines.iter().position(
            |line| matches!(marker(line), Some(Marker::Begin(name)) if name == section.name),
        );
        match there {
            Some(begin) => {
                let length = lines
                    .iter()
                    .skip(begin)
                    .position(|line| matches!(marker(line), Some(Marker::End)))
                    .map_or(1, |length| length + 1);
                lines.splice(begin..begin + length, section.lines);
            }
            None => {
                let at = place(&lines, &section.before);
                lines.splice(at..at, section.lines);
            }
        }
    }
    let mut text = lines.join("\n");
    text.push('\n');
    text
}

/// Behind the last place where the longest context stands; without one, at the head.
fn place(lines: &[&str], before: &[&str]) -> usize {
    if before.is_empty() {
        return behind_sections(lines, 0);
    }
    for length in (1..=before.len()).rev() {
        let context = before.get(before.len() - length..).unwrap_or_default();
        let found = lines.windows(length).rposition(|window| window == context);
        if let Some(at) = found {
            return behind_sections(lines, at + length);
        }
    }
    lines.len()
}

/// Several sections at one place keep their order.
fn behind_sections(lines: &[&str], mut at: usize) -> usize {
    while let Some(Marker::Begin(_)) = lines.get(at).and_then(|line| marker(line)) {
        let rest = lines.iter().skip(at);
        at += rest
            .take_while(|line| !matches!(marker(line), Some(Marker::End)))
            .count()
            + 1;
    }
    at.min(lines.len())
}

/// A section that does not end is none: nobody knows how far it goes.
fn sections(text: &str) -> Vec<Section<'_>> {
    let mut found = Vec::new();
    let mut open: Option<Section<'_>> = None;
    let mut before: Vec<&str> = Vec::new();
    for line in text.lines() {
        match (marker(line), open.take()) {
            (Some(Marker::Begin(name)), None) => {
                let context = before.len().saturating_sub(LONGEST_CONTEXT);
                open = Some(Section {
                    name,
                    lines: vec![line],
                    before: before.get(context..).unwrap_or_default().to_vec(),
                });
            }
            (Some(Marker::End), Some(mut section)) => {
                section.lines.push(line);
                found.push(section);
            }
            (_, Some(mut section)) => {
                section.lines.push(line);
                open = Some(section);
            }
            (_, None) => before.push(line),
        }
    }
    found
}

fn marker(line: &str) -> Option<Marker<'_>> {
    let line = line.trim();
    let comment = line.strip_prefix('#').or_else(|| line.strip_prefix("//"))?;
    let words = comment.trim_start().strip_prefix("sinops:keep ")?.trim();
    if words == "end" {
        return Some(Marker::End);
    }
    let name = words.strip_prefix("begin")?;
    (name.is_empty() || name.starts_with(' ')).then(|| Marker::Begin(name.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "\
head
jobs:
  - a
  # sinops:keep begin mine
  - extra
  # sinops:keep end
  - b
";

    #[test]
    fn a_section_stays_behind_its_line() {
        let new = "head 2\njobs:\n  - a\n  - b\n  - c\n";
        let text = kept(OLD, new);
        let section = "  # sinops:keep begin mine\n  - extra\n  # sinops:keep end\n";
        assert_eq!(
            text,
            format!("head 2\njobs:\n  - a\n{section}  - b\n  - c\n")
        );
        assert_eq!(kept(&text, new), text, "once more changes nothing");
    }

    #[test]
    fn it_goes_where_the_new_text_has_its_marker() {
        let new = "x\n# sinops:keep begin mine\nhint\n# sinops:keep end\njobs:\n  - a\n";
        assert_eq!(
            kept(OLD, new),
            "x\n  # sinops:keep begin mine\n  - extra\n  # sinops:keep end\njobs:\n  - a\n"
        );
    }

    #[test]
    fn it_is_never_lost() {
        let section = "  # sinops:keep begin mine\n  - extra\n  # sinops:keep end\n";
        assert_eq!(kept(OLD, "other\n"), format!("other\n{section}"));
        let first = format!("// sinops:keep begin\nx\n// sinops:keep end\n{section}rest\n");
        let text = kept(&first, "new\n");
        assert_eq!(text, first.replace("rest\n", "new\n"));
        let behind = format!("a\n{section}# sinops:keep begin two\ny\n# sinops:keep end\nb\n");
        assert_eq!(kept(&behind, "a\nb\n"), behind);
    }

    #[test]
    fn what_is_no_section_is_not_kept() {
        for old in [
            "a\n",
            "# sinops:keep begin x\nno end\n",
            "# sinops:keeper begin\nx\n# sinops:keep end\n",
        ] {
            assert_eq!(kept(old, "new"), "new", "{old}");
        }
    }
}
