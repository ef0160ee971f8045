//! Which stand-in goes by which name. Data only.

/// An image that is made on this machine.
pub(crate) struct Image {
    /// The very name that a stack uses.
    pub(crate) name: &'static str,
    pub(crate) program: Program,
}

/// What runs in it.
#[derive(Clone, Copy)]
pub(crate) enum Program {
    /// The demo service under the name of what it stands in for, on the ports
    /// that the real one serves.
    Demo {
        called: &'static str,
        ports: &'static [u16],
    },
    /// A real program of `crate::tools`.
    Real(&'static Real),
}

/// A program from a Debian package, laid out as in its official image.
pub(crate) struct Real {
    /// Layer name; also the folder of `crate::tools` with its data files.
    pub(crate) package: &'static str,
    /// Name below `target/tools/bin`.
    pub(crate) tool: &'static str,
    /// Path in the image; the entry point.
    pub(crate) path: &'static str,
    pub(crate) arguments: &'static [&'static str],
    pub(crate) ports: &'static [u16],
    /// Folders that must be there, the first of them to work in.
    pub(crate) folders: &'static [&'static str],
    /// Folders of the package that the program reads.
    pub(crate) data: &'static [&'static str],
}

static PROMETHEUS_2: Real = Real {
    package: "prometheus-2",
    tool: "prometheus-2",
    path: "bin/prometheus",
    arguments: &[
        "--config.file=/etc/prometheus/prometheus.yml",
        "--storage.tsdb.path=/prometheus",
    ],
    ports: &[9090],
    folders: &["prometheus", "etc/prometheus"],
    data: &[],
};

static PROMETHEUS_3: Real = Real {
    package: "prometheus-3",
    tool: "prometheus",
    path: "bin/prometheus",
    arguments: &[
        "--config.file=/etc/prometheus/prometheus.yml",
        "--storage.tsdb.path=/prometheus",
    ],
    ports: &[9090],
    folders: &["prometheus", "etc/prometheus"],
    data: &[],
};

static ALERTMANAGER: Real = Real {
    package: "alertmanager",
    tool: "alertmanager",
    path: "bin/alertmanager",
    arguments: &[
        "--config.file=/etc/alertmanager/alertmanager.yml",
        "--storage.path=/alertmanager",
    ],
    ports: &[9093, 9094],
    folders: &["alertmanager", "etc/alertmanager"],
    data: &["usr/share/prometheus/alertmanager"],
};

static NODE_EXPORTER: Real = Real {
    package: "node-exporter",
    tool: "node_exporter",
    path: "bin/node_exporter",
    arguments: &[],
    ports: &[9100],
    folders: &["rootfs", "host"],
    data: &[],
};

static BLACKBOX: Real = Real {
    package: "blackbox-exporter",
    tool: "blackbox_exporter",
    path: "bin/blackbox_exporter",
    arguments: &["--config.file=/etc/blackbox_exporter/config.yml"],
    ports: &[9115],
    folders: &["etc/blackbox_exporter"],
    data: &[],
};

static PUSHGATEWAY: Real = Real {
    package: "pushgateway",
    tool: "pushgateway",
    path: "bin/pushgateway",
    arguments: &[],
    ports: &[9091],
    folders: &["pushgateway"],
    data: &[],
};

const fn demo(name: &'static str, called: &'static str, ports: &'static [u16]) -> Image {
    Image {
        name,
        program: Program::Demo { called, ports },
    }
}

const fn real(name: &'static str, program: &'static Real) -> Image {
    Image {
        name,
        program: Program::Real(program),
    }
}

const AGENT_ZERO: &[u16] = &[
    80, 9000, 9001, 9002, 9003, 9004, 9005, 9006, 9007, 9008, 9009,
];
const JAEGER: &[u16] = &[16686, 14268, 14250, 5778, 4317, 4318];
const STATSD: &[u16] = &[9102, 8125];

/// Every name that the examples and the real input use.
pub(crate) const IMAGES: &[Image] = &[
    // examples/quickstart, and whoever needs a service and no particular one:
    // which ports it serves is said where it is used.
    demo("sinops-demo:1", "service", &[]),
    // Applications of the sin-solver stack.
    demo("n8nio/n8n:latest", "n8n", &[5678]),
    demo("n8nio/n8n:1.70.0", "n8n", &[5678]),
    demo("frdel/agent-zero:latest", "agent-zero", AGENT_ZERO),
    demo("opencode:latest", "opencode", &[9000]),
    demo("steel-browser:latest", "steel", &[3000]),
    demo("skyvern-ai:latest", "skyvern", &[3000]),
    demo("stagehand:latest", "stagehand", &[3000]),
    demo("agent-worker:latest", "agent-worker", &[8000]),
    demo("cloudflare/cloudflared:latest", "cloudflared", &[2000]),
    demo("hashicorp/vault:latest", "vault", &[8200]),
    demo("postgres:16-alpine", "postgres", &[5432]),
    demo("redis:7-alpine", "redis-server", &[6379]),
    demo("sin-solver-api:latest", "api-brain", &[8000]),
    demo("sin-solver-dashboard:latest", "dashboard", &[3000]),
    demo("room-service:latest", "room-service", &[8000]),
    demo("room-30-scira-ai-search:latest", "scira", &[3000]),
    demo("captcha-worker:latest", "captcha-worker", &[8019]),
    demo("survey-worker:latest", "survey-worker", &[8000]),
    demo("website-worker:latest", "website-worker", &[8000]),
    // Monitoring.
    real("prom/prometheus:latest", &PROMETHEUS_3),
    real("prom/prometheus:v2.48.0", &PROMETHEUS_2),
    real("prom/prometheus:v3.5.0", &PROMETHEUS_3),
    real("prom/alertmanager:latest", &ALERTMANAGER),
    real("prom/alertmanager:v0.26.0", &ALERTMANAGER),
    real("prom/alertmanager:v0.28.1", &ALERTMANAGER),
    real("prom/node-exporter:v1.7.0", &NODE_EXPORTER),
    real("prom/blackbox-exporter:v0.24.0", &BLACKBOX),
    real("prom/pushgateway:v1.6.2", &PUSHGATEWAY),
    demo("prom/statsd-exporter:v0.26.0", "statsd_exporter", STATSD),
    demo("grafana/grafana:latest", "grafana", &[3000]),
    demo("grafana/grafana:10.2.3", "grafana", &[3000]),
    demo("grafana/loki:latest", "loki", &[3100]),
    demo("grafana/loki:2.9.3", "loki", &[3100]),
    demo("grafana/loki:3.3.2", "loki", &[3100]),
    demo("grafana/promtail:2.9.3", "promtail", &[9080]),
    demo("grafana/alloy:v1.5.1", "alloy", &[12345]),
    demo("jaegertracing/all-in-one:latest", "all-in-one", JAEGER),
    demo("jaegertracing/all-in-one:1.50.0", "all-in-one", JAEGER),
    demo("gcr.io/cadvisor/cadvisor:v0.47.2", "cadvisor", &[8080]),
];
