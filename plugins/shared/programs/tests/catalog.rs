//! The tables agree with themselves, and services are seen as they are.

use serde_json::json;
use sinops_programs::{
    Endpoint, Metrics, NoEndpoint, Provision, Version, all, by_image, declared_ports, listen_port,
    named, provider_names, provision, scrape,
};
use std::collections::BTreeSet;

#[test]
fn names_and_images_are_unique_and_exporters_exist() {
    let (mut names, mut images) = (BTreeSet::new(), BTreeSet::new());
    for program in all() {
        assert!(names.insert(program.name), "{} twice", program.name);
        for image in program.images {
            assert!(images.insert(*image), "image {image} twice");
        }
        if let Metrics::Through(exporter) = program.metrics {
            assert!(named(exporter.program).is_some(), "{}", exporter.program);
            let image = by_image(exporter.image).map(|it| it.name);
            assert_eq!(image, Some(exporter.program), "{}", exporter.image);
        }
    }
}

#[test]
fn an_endpoint_is_where_the_definition_puts_it() {
    let at = |port: u16, path: &str| {
        Ok(Endpoint {
            port,
            path: path.to_owned(),
        })
    };
    let of = |name: &str, definition| scrape(named(name).unwrap(), &definition);
    assert_eq!(of("prometheus", json!({})), at(9090, "/metrics"));
    assert_eq!(
        of(
            "pushgateway",
            json!({ "command": ["--web.listen-address=:9999"] })
        ),
        at(9999, "/metrics")
    );
    assert_eq!(
        of("cadvisor", json!({ "command": ["-port", "8088"] })),
        at(8088, "/metrics")
    );
    assert_eq!(
        of(
            "alloy",
            json!({ "command": ["run", "--server.http.listen-addr=0.0.0.0:12346", "/etc/a"] })
        ),
        at(12346, "/metrics")
    );
    assert_eq!(
        of(
            "cloudflared",
            json!({ "environment": { "TUNNEL_METRICS": "0.0.0.0:2001" } })
        ),
        at(2001, "/metrics")
    );
    assert!(matches!(
        of("cloudflared", json!({})),
        Err(NoEndpoint::SwitchedOff(_))
    ));
    assert!(matches!(
        of("redis", json!({})),
        Err(NoEndpoint::Through(_))
    ));
    assert_eq!(of("vault", json!({})), Err(NoEndpoint::Never));
}

#[test]
fn ports_are_read_from_any_shape() {
    assert_eq!(
        listen_port(&json!({ "command": "-a --web.listen-address :1" })),
        Some(1)
    );
    assert_eq!(listen_port(&json!({ "command": ["--port-range=3"] })), None);
    assert_eq!(listen_port(&json!({ "command": 7 })), None);
    assert_eq!(
        declared_ports(&json!({
            "ports": [{ "target": 8125, "protocol": "udp" }, { "target": 80 }, { "target": 99999 }],
            "expose": ["80", "9000-9009", "53/udp", 70],
        })),
        [80, 9000, 70]
    );
}

#[test]
fn metrics_have_providers() {
    assert_eq!(provider_names("pg_up"), ["postgres-exporter"]);
    assert_eq!(
        provider_names("probe_http_duration_seconds"),
        ["blackbox-exporter"]
    );
    assert_eq!(
        provider_names("loki_request_duration_seconds_bucket"),
        ["loki"]
    );
    assert_eq!(provider_names("kube_pod_info"), Vec::<&str>::new());
    let cadvisor = named("cadvisor").unwrap();
    let health = |version| cadvisor.provides("container_health_state", version);
    assert_eq!(health(None), Provision::Known);
    assert_eq!(
        health(Version::parse("0.47.2")),
        Provision::Since(Version::new(0, 54))
    );
    let two = [(cadvisor, None), (named("redis-exporter").unwrap(), None)];
    assert_eq!(provision("redis_up", two), Provision::Known);
    assert_eq!(provision("redis_new_thing", two), Provision::Plausible);
    assert_eq!(provision("pg_up", two), Provision::No);
    assert_eq!(provision("up", two), Provision::Known);
}

#[test]
fn a_fragment_is_a_service_to_paste() {
    let Metrics::Through(exporter) = named("redis").unwrap().metrics else {
        panic!("redis serves metrics itself?");
    };
    assert_eq!(
        exporter.fragment("cache", &["backend".to_owned()]),
        "  cache-exporter:\n    image: oliver006/redis_exporter:v1.67.0\n    restart: unless-stopped\n    environment:\n      - REDIS_ADDR=redis://cache:6379\n    networks:\n      - backend\n"
    );
}
