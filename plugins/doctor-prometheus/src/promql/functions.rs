//! The functions of PromQL, from their table.

/// What an expression gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Scalar,
    Vector,
    Matrix,
    Text,
}

impl Kind {
    fn parse(letter: char) -> Option<Self> {
        Some(match letter {
            's' => Self::Scalar,
            'v' => Self::Vector,
            'm' => Self::Matrix,
            't' => Self::Text,
            _ => return None,
        })
    }

    /// As a person calls it.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Scalar => "a number",
            Self::Vector => "an instant vector",
            Self::Matrix => "a range such as `metric[5m]`",
            Self::Text => "a text in quotes",
        }
    }
}

/// A function.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Function {
    pub(super) gives: Kind,
    /// Of its arguments; the last one counts for all that follow.
    pub(super) takes: Vec<Kind>,
    pub(super) least: usize,
    pub(super) most: usize,
}

const TABLE: &str = include_str!("functions.table");

/// The function of a name.
pub(super) fn find(name: &str) -> Option<Function> {
    TABLE.lines().find_map(|line| {
        let rest = line.strip_prefix(name)?.strip_prefix(' ')?;
        let mut words = rest.split(' ');
        Some(Function {
            gives: Kind::parse(words.next()?.chars().next()?)?,
            takes: words.next()?.chars().filter_map(Kind::parse).collect(),
            least: words.next()?.parse().ok()?,
            most: words.next()?.parse().ok()?,
        })
    })
}

/// The names of all functions.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    TABLE
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split(' ').next())
}

#[cfg(test)]
mod tests {
    use super::{find, names};

    #[test]
    fn every_line_of_the_table_is_a_function() {
        for name in names() {
            assert!(find(name).is_some(), "{name}");
        }
        assert!(names().count() > 80);
    }
}
