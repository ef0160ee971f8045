//! What is left of Jinja in files that no Jinja has gone over.

use std::ops::Range;

/// Tags `{% … %}` in a text, within one line each.
pub fn tags(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text.get(at..)?.find("{%")?;
        let rest = text.get(start..)?;
        let end = rest
            .find("%}")
            .filter(|&end| rest.get(..end).is_some_and(|it| !it.contains('\n')));
        let length = end.map_or(2, |end| end + 2);
        at = start + length;
        Some(start..at)
    })
}

/// A text that something (Helm, Ansible) makes YAML of: tags stand where YAML
/// has keys.
#[must_use]
pub fn makes_yaml(text: &str) -> bool {
    // Indented, `{{` may be the text of a message.
    text.contains("{{ .Values.")
        || text.lines().any(|line| {
            let tag = line.starts_with("{{") || line.starts_with("- {{");
            tag || line.trim_start().starts_with("{%")
        })
}

/// Variables `${NAME}` and `$NAME` in capitals, which a shell would expand.
pub fn variables(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let start = at + text.get(at..)?.find('$')?;
            let rest = text.get(start + 1..)?;
            let (name, length) = match rest.strip_prefix('{') {
                Some(inner) => match inner.find('}') {
                    Some(end) => (inner.get(..end)?, end + 3),
                    None => ("", 1),
                },
                None => {
                    let end = rest
                        .find(|it: char| !(it.is_ascii_alphanumeric() || it == '_'))
                        .unwrap_or(rest.len());
                    (rest.get(..end)?, end + 1)
                }
            };
            at = start + length.max(1);
            let name = name.split(':').next().unwrap_or(name);
            let shell = name.starts_with(|it: char| it.is_ascii_uppercase())
                && name
                    .chars()
                    .all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == '_');
            if shell {
                return Some((start..at, name));
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::{tags, variables};

    #[test]
    fn leftovers_are_found() {
        let text = "a {% raw %}{{ x }}{% endraw %} b {% open\n";
        let found: Vec<_> = tags(text).map(|it| &text[it]).collect();
        assert_eq!(found, ["{% raw %}", "{% endraw %}", "{%"]);
        let text = "${A_B} $C ${x} $1 {{ $labels.y }} ${D:-e} $";
        let found: Vec<_> = variables(text)
            .map(|(at, name)| (&text[at], name))
            .collect();
        assert_eq!(found, [("${A_B}", "A_B"), ("$C", "C"), ("${D:-e}", "D")]);
    }
}
