//! Versions, as tags of images and settings name them.

/// A version of a program. Missing parts are 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The first number.
    pub major: u32,
    /// The second.
    pub minor: u32,
    /// The third.
    pub patch: u32,
}

impl Version {
    /// A version of two numbers.
    #[must_use]
    pub const fn new(major: u32, minor: u32) -> Self {
        Self {
            major,
            minor,
            patch: 0,
        }
    }

    /// Reads `v3.5.0`, `2.53` or `7-alpine`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().strip_prefix('v').unwrap_or(text.trim());
        let mut parts = text.split(['.', '-', '_', '+']);
        let major = parts.next()?.parse().ok()?;
        let mut next = || parts.next().and_then(|part| part.parse().ok());
        let minor = next();
        let patch = minor.and_then(|_| next());
        Some(Self {
            major,
            minor: minor.unwrap_or(0),
            patch: patch.unwrap_or(0),
        })
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// The version that an image's tag names. None for `latest` and the like and
/// without a tag: the newest.
#[must_use]
pub fn of(reference: &str) -> Option<Version> {
    let name = reference.split('@').next().unwrap_or(reference);
    let (_, tag) = name.rsplit_once(':')?;
    // A colon before a slash belongs to the registry's port.
    (!tag.contains('/')).then(|| Version::parse(tag)).flatten()
}

/// Whether a version has what came with `since`; the newest has it.
#[must_use]
pub fn has(version: Option<Version>, since: Version) -> bool {
    version.is_none_or(|version| version >= since)
}

#[cfg(test)]
mod tests {
    use super::{Version, has, of};

    #[test]
    fn tags_name_versions() {
        for (reference, expected) in [
            ("prom/prometheus:v2.53.1", Some((2, 53, 1))),
            ("postgres:16-alpine", Some((16, 0, 0))),
            ("grafana/loki:2.9.3-amd64@sha256:00", Some((2, 9, 3))),
            ("localhost:5000/loki", None),
            ("localhost:5000/loki:3", Some((3, 0, 0))),
            ("redis:latest", None),
            ("redis", None),
            ("redis@sha256:00", None),
        ] {
            let found = of(reference).map(|it| (it.major, it.minor, it.patch));
            assert_eq!(found, expected, "{reference}");
        }
        assert!(has(None, Version::new(3, 0)));
        assert!(has(Version::parse("3.5"), Version::new(3, 0)));
        assert!(!has(Version::parse("2.53.9"), Version::new(3, 0)));
    }
}
