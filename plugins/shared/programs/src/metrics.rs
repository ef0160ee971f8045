//! Who serves a metric.

use crate::{Metrics, Program, Version, all, catalog};

/// Whether a program serves a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provision {
    /// It does.
    Known,
    /// Its name begins like those that it serves.
    Plausible,
    /// It does from this version on.
    Since(Version),
    /// Not that we know of.
    No,
}

impl Program {
    /// Whether this program serves a metric in this version (none: the
    /// newest), itself: of a database, its exporter is asked.
    #[must_use]
    pub fn provides(&self, metric: &str, version: Option<Version>) -> Provision {
        // What Prometheus makes of every scrape.
        if catalog::OF_EVERY_SCRAPE.contains(&metric) {
            return Provision::Known;
        }
        let since = catalog::SINCE
            .iter()
            .find(|(name, program, _)| *name == metric && *program == self.name);
        if let (Some((.., since)), Some(version)) = (since, version)
            && version < *since
        {
            return Provision::Since(*since);
        }
        let base = ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|end| metric.strip_suffix(end));
        let known = |name: &str| self.names.contains(&name);
        if known(metric) || base.is_some_and(known) {
            Provision::Known
        } else if self.prefixes.iter().any(|it| metric.starts_with(it)) {
            Provision::Plausible
        } else {
            Provision::No
        }
    }

    /// The program whose endpoint has the metrics of this one.
    #[must_use]
    pub fn metrics_from(&'static self) -> Option<&'static Program> {
        match self.metrics {
            Metrics::Through(exporter) => crate::named(exporter.program),
            Metrics::None => None,
            Metrics::Served { .. } | Metrics::Switched { .. } => Some(self),
        }
    }
}

/// Programs that serve a metric, best first.
#[must_use]
pub fn providers(metric: &str) -> Vec<&'static Program> {
    let mut found: Vec<(bool, &'static Program)> = all()
        .filter_map(|program| match program.provides(metric, None) {
            Provision::Known => Some((false, program)),
            Provision::Plausible => Some((true, program)),
            Provision::Since(_) | Provision::No => None,
        })
        .collect();
    found.sort_by_key(|(plausible, _)| *plausible);
    found.into_iter().map(|(_, program)| program).collect()
}

/// Names of the programs that serve a metric, for messages.
#[must_use]
pub fn provider_names(metric: &str) -> Vec<&'static str> {
    providers(metric).iter().map(|it| it.name).collect()
}

/// What several programs with their versions say of a metric: the best answer.
pub fn provision<'p>(
    metric: &str,
    programs: impl IntoIterator<Item = (&'p Program, Option<Version>)>,
) -> Provision {
    let mut best = Provision::No;
    for (program, version) in programs {
        match program.provides(metric, version) {
            Provision::Known => return Provision::Known,
            Provision::Plausible => best = Provision::Plausible,
            since @ Provision::Since(_) if best == Provision::No => best = since,
            Provision::Since(_) | Provision::No => {}
        }
    }
    best
}
