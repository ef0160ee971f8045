//! Whether what is scraped and probed answers.

use super::table::{Rule, Subject, rule};

/// Fires for a declared service that is scraped or probed nowhere.
pub(crate) const SERVICE_ABSENT: &str = "ServiceAbsent";
const PROBE: &str = "blackbox-exporter";

pub(crate) const RULES: &[Rule] = &[
    rule("Watchdog", Subject::Service, "", &[], "vector(1)").severity("none").says(
        "Alerting works",
        "Always fires. If it does not arrive, no other alert does.",
    ),
    rule("ServiceDown", Subject::Service, "", &["up"], "up{job!~\"blackbox-(http|tcp|icmp)\"} == 0")
        .for_("1m")
        .says(
            "{{ $labels.service }} is down",
            "{{ $labels.instance }} of job {{ $labels.job }} does not answer scrapes.",
        ),
    rule(
        "ServiceFlapping",
        Subject::Service,
        "",
        &["up"],
        "changes(up{job!~\"blackbox-(http|tcp|icmp)\"}[30m]) > {threshold}",
    )
    .over(6.0)
    .warning()
    .says(
        "{{ $labels.service }} comes and goes",
        "{{ $labels.instance }} has gone or come back {{ $value }} times within 30 minutes.",
    ),
    rule(
        "JobDown",
        Subject::Service,
        "",
        &["up"],
        "sum by (job) (up) == 0 and count by (job) (up) > 1",
    )
    .for_("1m")
    .says(
        "All of {{ $labels.job }} is down",
        "No target of job {{ $labels.job }} answers scrapes.",
    ),
    rule(
        "ScrapeSlow",
        Subject::Service,
        "",
        &["scrape_duration_seconds"],
        "avg_over_time(scrape_duration_seconds{job!~\"blackbox-(http|tcp|icmp)\"}[5m]) > {threshold}",
    )
    .over(5.0)
    .for_("10m")
    .warning()
    .says(
        "{{ $labels.service }} is slow to answer scrapes",
        "{{ $labels.instance }} takes {{ $value | humanizeDuration }}; after 10 seconds it counts as down.",
    ),
    rule(SERVICE_ABSENT, Subject::Service, "", &["up"], "absent(up{service={service}})")
        .for_("5m")
        .says(
            "{service} is not monitored",
            "It is declared, and Prometheus knows no target of it: another configuration runs than the one that was generated.",
        ),
    rule("ProbeFailed", Subject::Probe, PROBE, &["probe_success"], "probe_success == 0")
        .for_("2m")
        .says(
            "{{ $labels.service }} does not answer",
            "The probe of {{ $labels.instance }} by module {{ $labels.module }} fails.",
        ),
    rule(
        "ProbeSlow",
        Subject::Probe,
        PROBE,
        &["probe_duration_seconds"],
        "avg_over_time(probe_duration_seconds[5m]) > {threshold}",
    )
    .over(1.0)
    .for_("5m")
    .warning()
    .says(
        "{{ $labels.service }} answers slowly",
        "A probe of {{ $labels.instance }} takes {{ $value | humanizeDuration }}.",
    ),
    rule(
        "ProbeUnresponsive",
        Subject::Probe,
        PROBE,
        &["probe_duration_seconds"],
        "avg_over_time(probe_duration_seconds[5m]) > {threshold}",
    )
    .over(4.0)
    .for_("5m")
    .says(
        "{{ $labels.service }} hardly answers",
        "A probe of {{ $labels.instance }} takes {{ $value | humanizeDuration }}.",
    ),
    rule(
        "ProbeServerError",
        Subject::Probe,
        PROBE,
        &["probe_http_status_code"],
        "probe_http_status_code >= 500",
    )
    .for_("1m")
    .says(
        "{{ $labels.service }} answers with an error",
        "{{ $labels.instance }} answers with status {{ $value }}.",
    ),
    rule(
        "TlsCertificateExpires",
        Subject::Probe,
        PROBE,
        &["probe_ssl_earliest_cert_expiry"],
        "probe_ssl_earliest_cert_expiry - time() < {threshold} * 86400",
    )
    .over(20.0)
    .for_("1h")
    .warning()
    .says(
        "The certificate of {{ $labels.instance }} expires soon",
        "It expires in {{ $value | humanizeDuration }}.",
    ),
    rule(
        "TlsCertificateExpiresNow",
        Subject::Probe,
        PROBE,
        &["probe_ssl_earliest_cert_expiry"],
        "probe_ssl_earliest_cert_expiry - time() < {threshold} * 86400",
    )
    .over(3.0)
    .for_("10m")
    .says(
        "The certificate of {{ $labels.instance }} is about to expire",
        "It expires in {{ $value | humanizeDuration }}.",
    ),
];
