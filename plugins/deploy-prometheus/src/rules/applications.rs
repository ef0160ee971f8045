//! What serves users. Names of metrics are settings.

use super::table::{Rule, Subject, rule};

const fn application(
    name: &'static str,
    metrics: &'static [&'static str],
    expression: &'static str,
) -> Rule {
    rule(name, Subject::Application, "", metrics, expression)
}

const LATENCY: &str =
    "histogram_quantile(0.99, sum by (service, le) (rate({duration}_bucket[5m]))) > {threshold}";

pub(crate) const RULES: &[Rule] = &[
    application(
        "HttpErrorRateHigh",
        &["{requests}"],
        "sum by (service) (rate({requests}{{status}=~\"5..\"}[5m])) / (sum by (service) (rate({requests}[5m])) > 0) > {threshold}",
    )
    .over(0.05)
    .for_("5m")
    .warning()
    .says(
        "{{ $labels.service }} answers with errors",
        "{{ $value | humanizePercentage }} of the requests fail.",
    ),
    application(
        "HttpErrorBudgetBurn",
        &["{requests}"],
        "(sum by (service) (rate({requests}{{status}=~\"5..\"}[1h])) / (sum by (service) (rate({requests}[1h])) > 0) > {threshold}) and (sum by (service) (rate({requests}{{status}=~\"5..\"}[5m])) / (sum by (service) (rate({requests}[5m])) > 0) > {threshold})",
    )
    .over(0.144)
    .for_("2m")
    .says(
        "{{ $labels.service }} fails its users",
        "{{ $value | humanizePercentage }} of the requests of the last hour failed, and they still do.",
    ),
    application("HttpLatencyHigh", &["{duration}"], LATENCY).over(1.0).for_("10m").warning().says(
        "{{ $labels.service }} is slow",
        "One request in a hundred takes longer than {{ $value | humanizeDuration }}.",
    ),
    application("HttpLatencyCritical", &["{duration}"], LATENCY).over(5.0).for_("5m").says(
        "{{ $labels.service }} is very slow",
        "One request in a hundred takes longer than {{ $value | humanizeDuration }}.",
    ),
    application(
        "ApplicationMetricsMissing",
        &["up"],
        "up{class=\"application\"} == 1 unless on (service) {requests}",
    )
    .for_("1h")
    .severity("info")
    .says(
        "Nobody watches the requests of {{ $labels.service }}",
        "It serves metrics, but not {requests}: the rules for errors and latency do not see it.",
    ),
];
