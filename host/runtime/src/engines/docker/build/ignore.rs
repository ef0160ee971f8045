//! `.dockerignore`: which files of a context stay at home. The last pattern that
//! matches a path, or a folder that it lies in, decides; `!` takes back.

use globset::{GlobBuilder, GlobMatcher};

/// The patterns of one file, in their order.
#[derive(Debug, Default)]
pub(super) struct Ignore {
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    glob: GlobMatcher,
    /// Takes back.
    back: bool,
}

impl Ignore {
    /// Reads a `.dockerignore`.
    ///
    /// # Errors
    /// The pattern that is none.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut rules = Vec::new();
        for line in text.lines() {
            if line.starts_with('#') {
                continue;
            }
            let line = line.trim();
            let (back, pattern) = match line.strip_prefix('!') {
                Some(rest) => (true, rest.trim()),
                None => (false, line),
            };
            let Some(pattern) = clean(pattern) else {
                continue;
            };
            // Braces have no meaning there.
            let literal = pattern.replace('{', "\\{").replace('}', "\\}");
            let glob = GlobBuilder::new(&literal)
                .literal_separator(true)
                .backslash_escape(true)
                .build()
                .map_err(|error| format!("`{line}` is no pattern: {}", error.kind()))?
                .compile_matcher();
            rules.push(Rule { glob, back });
        }
        Ok(Self { rules })
    }

    /// Whether a path, relative to the context, is left out.
    pub(super) fn excludes(&self, path: &str) -> bool {
        let mut excluded = false;
        for rule in &self.rules {
            // One that would change nothing need not be asked.
            if rule.back == excluded && rule.matches(path) {
                excluded = !rule.back;
            }
        }
        excluded
    }

    /// Whether something inside an excluded folder may be taken back.
    pub(super) fn takes_back(&self) -> bool {
        self.rules.iter().any(|rule| rule.back)
    }
}

impl Rule {
    fn matches(&self, path: &str) -> bool {
        let parents = path
            .char_indices()
            .filter(|(_, c)| *c == '/')
            .filter_map(|(end, _)| path.get(..end));
        parents.chain([path]).any(|path| self.glob.is_match(path))
    }
}

/// Without `.`, `..` and slashes that say nothing; none if nothing is left.
fn clean(pattern: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in pattern.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_what_they_mean_to_docker() {
        for (text, excluded, kept) in [
            ("# a\n\n*.log\n", &["a.log"][..], &["a/b.log", "# a"][..]),
            ("**/*.log", &["a.log", "a/b/c.log"], &["a.txt"]),
            ("/target/", &["target", "target/a/b"], &["a/target"]),
            ("docs/**", &["docs/a", "docs/a/b"], &["docs"]),
            (
                "*\n!src\n!Dockerfile",
                &["a", "b/c"],
                &["src/a", "Dockerfile"],
            ),
            (
                "src\n!src/keep\nsrc/keep/not",
                &["src/a", "src/keep/not"],
                &["src/keep/a"],
            ),
            ("a?c", &["abc"], &["ac", "a/c"]),
            ("[ab].txt", &["a.txt"], &["c.txt"]),
            ("{a}", &["{a}"], &["a"]),
            ("./x/../y", &["y"], &["x"]),
        ] {
            let ignore = Ignore::parse(text).unwrap();
            for path in excluded {
                assert!(ignore.excludes(path), "{text:?} keeps {path}");
            }
            for path in kept {
                assert!(!ignore.excludes(path), "{text:?} excludes {path}");
            }
        }
        assert!(Ignore::parse("a[").unwrap_err().contains("a["));
    }
}
