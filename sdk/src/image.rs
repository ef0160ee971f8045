//! Image references, as generators of configuration read them: which program
//! is it, and which version.

/// The last part of the repository, without registry, folder, tag and digest:
/// `prometheus` of `quay.io/prometheus/prometheus:v3.5.0`.
#[must_use]
pub fn program(reference: &str) -> &str {
    let name = split(reference).0;
    name.rsplit('/').next().unwrap_or(name)
}

/// Major and minor version, if the tag is one: `(3, 5)` of `:v3.5.0`.
#[must_use]
pub fn version(reference: &str) -> Option<(u32, u32)> {
    let tag = split(reference).1?;
    let tag = tag.strip_prefix('v').unwrap_or(tag);
    let mut parts = tag.split(['.', '-', '_']);
    let major = parts.next()?.parse().ok()?;
    let minor = parts
        .next()
        .and_then(|minor| minor.parse().ok())
        .unwrap_or(0);
    Some((major, minor))
}

fn split(reference: &str) -> (&str, Option<&str>) {
    let reference = reference
        .split_once('@')
        .map_or(reference, |(name, _)| name);
    match reference.rsplit_once(':') {
        // A colon before a slash belongs to the registry's port.
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (reference, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_fall_apart() {
        for (reference, name, expected) in [
            ("prom/prometheus:v2.48.0", "prometheus", Some((2, 48))),
            ("quay.io/prometheus/node-exporter", "node-exporter", None),
            ("localhost:5000/grafana/loki:3", "loki", Some((3, 0))),
            ("localhost:5000/loki", "loki", None),
            ("grafana/loki:latest", "loki", None),
            ("grafana/loki:2.9.3-amd64@sha256:00", "loki", Some((2, 9))),
            ("redis:7-alpine", "redis", Some((7, 0))),
            ("", "", None),
        ] {
            assert_eq!(
                (program(reference), version(reference)),
                (name, expected),
                "{reference}"
            );
        }
    }
}
