//! Finds the line of a key in a YAML text, for problems that are found after
//! the text was read: a path of keys comes in, the line of the deepest key
//! that is there comes out.
//!
//! Works on lines and indentation. Flow style (`{a: 1}`) is found down to the
//! line that it begins in; that is near enough to point at.

/// A found key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// From 1.
    pub(crate) line: usize,
    /// How many keys of the path were found.
    pub(crate) depth: usize,
}

/// A line that is neither empty nor a comment.
#[derive(Debug, Clone, Copy)]
struct Line<'a> {
    number: usize,
    indent: usize,
    text: &'a str,
}

/// The deepest key of `path` that `text` has.
pub(crate) fn locate(text: &str, path: &[String]) -> Option<Place> {
    let lines: Vec<Line<'_>> = text
        .lines()
        .enumerate()
        .map(|(index, line)| Line {
            number: index + 1,
            indent: line.len() - line.trim_start().len(),
            text: line.trim(),
        })
        .filter(|line| !line.text.is_empty() && !line.text.starts_with('#'))
        .collect();
    let mut block: &[Line<'_>] = &lines;
    let mut place = None;
    for (depth, key) in path.iter().enumerate() {
        let Some((found, inner)) = child(block, key) else {
            break;
        };
        place = Some(Place {
            line: found.number,
            depth: depth + 1,
        });
        block = inner;
    }
    place
}

/// The line of a key among the outermost lines of a block, and what it holds.
fn child<'a, 'b>(block: &'b [Line<'a>], key: &str) -> Option<(Line<'a>, &'b [Line<'a>])> {
    let outer = block.iter().map(|line| line.indent).min()?;
    let mut items = 0;
    for (index, line) in block
        .iter()
        .enumerate()
        .filter(|(_, line)| line.indent == outer)
    {
        let is_item = line.text == "-" || line.text.starts_with("- ");
        let matches = if is_item {
            items += 1;
            key.parse::<usize>().is_ok_and(|wanted| wanted + 1 == items)
                || names(line.text.trim_start_matches("- ").trim_start(), key)
        } else {
            names(line.text, key)
        };
        if matches {
            let rest = block.get(index + 1..)?;
            // `key:` may be followed by `- item` at its own indentation.
            let end = rest
                .iter()
                .position(|next| {
                    next.indent < outer
                        || next.indent == outer && (is_item || !next.text.starts_with("- "))
                })
                .unwrap_or(rest.len());
            return Some((*line, rest.get(..end)?));
        }
    }
    None
}

/// `key:`, `"key": …` and the like.
fn names(text: &str, key: &str) -> bool {
    let unquoted = text.trim_start_matches(['"', '\'']);
    unquoted.strip_prefix(key).is_some_and(|rest| {
        let rest = rest.trim_start_matches(['"', '\'']);
        rest == ":" || rest.starts_with(": ")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# a comment
services:
  web:
    image: web
    ports:
    - 80:80
    - 81:81
  solver-1.1:
    healthcheck: { test: [CMD, true] }
networks:
  web:
    name: x
tiers:
  - name: data
    services: [db]
  - name: apps
    services: [web]
";

    fn line(path: &[&str]) -> Option<(usize, usize)> {
        let path: Vec<String> = path.iter().map(|&key| key.to_owned()).collect();
        locate(TEXT, &path).map(|place| (place.line, place.depth))
    }

    #[test]
    fn keys_are_found_by_their_path() {
        assert_eq!(line(&["services", "web", "image"]), Some((4, 3)));
        assert_eq!(line(&["networks", "web"]), Some((11, 2)));
        assert_eq!(line(&["services", "web", "ports", "1"]), Some((7, 4)));
        assert_eq!(line(&["tiers", "1", "services"]), Some((17, 3)));
    }

    #[test]
    fn the_deepest_key_that_is_there_is_good_enough() {
        assert_eq!(
            line(&["services", "solver-1.1", "healthcheck", "test"]),
            Some((9, 3))
        );
        assert_eq!(line(&["services", "web", "volumes"]), Some((3, 2)));
        assert_eq!(line(&["nothing"]), None);
    }
}
