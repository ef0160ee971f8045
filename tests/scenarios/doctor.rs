//! `sinops doctor`: what is found, at which line, and what mending leaves.

use serde_json::Value;
use sinops_tests::{Folder, Ran, real_input, root};
use std::collections::BTreeSet;
use std::path::Path;

/// What the first user's files are known to have: severity, file, line, code, and a word of
/// the message.
const REAL: &[(&str, &str, u64, &str, &str)] = &[
    (
        "critical",
        "docker-compose.legacy.yml",
        279,
        "compose/undefined-service",
        "agent-05-steel-browser",
    ),
    (
        "warning",
        "docker-compose.enterprise.yml",
        208,
        "compose/health-port",
        "80",
    ),
    (
        "critical",
        "docker-compose.monitoring.yml",
        212,
        "compose/mount-below-read-only",
        "/var/log",
    ),
    (
        "warning",
        "docker-compose.monitoring.yml",
        204,
        "compose/end-of-life",
        "promtail",
    ),
    (
        "warning",
        "docker-compose.monitoring.yml",
        112,
        "compose/plaintext-password",
        "GF_SECURITY_ADMIN_PASSWORD",
    ),
    (
        "warning",
        "docker-compose.monitoring.yml",
        210,
        "compose/docker-socket",
        "socket",
    ),
    (
        "warning",
        "docker-compose.monitoring.yml",
        76,
        "compose/published-admin",
        "9090",
    ),
    (
        "warning",
        "docker-compose.monitoring.yml",
        58,
        "prometheus/admin-api",
        "admin API",
    ),
    (
        "warning",
        "docker-compose.enterprise.yml",
        126,
        "compose/latest",
        "vault",
    ),
    (
        "critical",
        "monitoring/prometheus/prometheus.yml",
        163,
        "prometheus/unknown-field",
        "retention.time",
    ),
    (
        "critical",
        "monitoring/prometheus/prometheus.yml",
        164,
        "prometheus/unknown-field",
        "retention.size",
    ),
    (
        "critical",
        "monitoring/prometheus/prometheus.yml",
        165,
        "prometheus/unknown-field",
        "wal-compression",
    ),
    (
        "warning",
        "monitoring/prometheus/prometheus.yml",
        9,
        "prometheus/template-in-label",
        "ExternalURL",
    ),
    (
        "warning",
        "monitoring/prometheus/prometheus.yml",
        38,
        "prometheus/address",
        "172.20.0.13",
    ),
    (
        "warning",
        "monitoring/prometheus/prometheus.yml",
        92,
        "prometheus/sd-file-missing",
        "docker-targets.json",
    ),
    (
        "warning",
        "monitoring/prometheus/prometheus.yml",
        95,
        "prometheus/meta-label",
        "docker_sd_configs",
    ),
    (
        "warning",
        "monitoring/prometheus/prometheus.yml",
        103,
        "prometheus/no-metrics",
        "Redis",
    ),
    (
        "warning",
        "monitoring/prometheus/prometheus.yml",
        103,
        "prometheus/address",
        "172.20.0.10",
    ),
    (
        "warning",
        "monitoring/prometheus/prometheus.yml",
        109,
        "prometheus/no-metrics",
        "PostgreSQL",
    ),
    (
        "warning",
        "monitoring/prometheus/prometheus.yml",
        148,
        "prometheus/no-metrics",
        "14269",
    ),
    (
        "critical",
        "monitoring/prometheus/blackbox.yml",
        56,
        "blackbox/regex",
        "+PONG",
    ),
    (
        "critical",
        "monitoring/alertmanager/alertmanager.yml",
        17,
        "alertmanager/unexpanded-variable",
        "SLACK_WEBHOOK_URL",
    ),
    (
        "warning",
        "monitoring/alertmanager/alertmanager.yml",
        13,
        "alertmanager/unexpanded-variable",
        "SMTP_PASSWORD",
    ),
    (
        "warning",
        "monitoring/alertmanager/alertmanager.yml",
        39,
        "alertmanager/deprecated-matchers",
        "match",
    ),
    (
        "warning",
        "monitoring/alertmanager/alertmanager.yml",
        187,
        "alertmanager/deprecated-matchers",
        "source_match",
    ),
    (
        "warning",
        "monitoring/alertmanager/alertmanager.yml",
        90,
        "alertmanager/jinja",
        "raw",
    ),
    (
        "warning",
        "monitoring/loki/loki-config.yaml",
        37,
        "loki/old-store",
        "boltdb-shipper",
    ),
    (
        "warning",
        "monitoring/loki/loki-config.yaml",
        39,
        "loki/old-schema",
        "v11",
    ),
    (
        "warning",
        "monitoring/loki/loki-config.yaml",
        49,
        "loki/gone-in-3",
        "shared_store",
    ),
    (
        "warning",
        "monitoring/loki/loki-config.yaml",
        72,
        "loki/gone-in-3",
        "max_look_back_period",
    ),
    (
        "warning",
        "monitoring/loki/loki-config.yaml",
        74,
        "loki/table-manager",
        "table manager",
    ),
    (
        "critical",
        "monitoring/loki/loki-config.yaml",
        84,
        "loki/unknown-field",
        "query_timeout",
    ),
    (
        "warning",
        "monitoring/loki/loki-config.yaml",
        90,
        "loki/gone-in-3",
        "max_transfer_retries",
    ),
    (
        "warning",
        "monitoring/loki/promtail-config.yml",
        20,
        "promtail/end-of-life",
        "Promtail",
    ),
    (
        "warning",
        "monitoring/grafana/provisioning/datasources/datasources.yml",
        10,
        "grafana/no-uid",
        "Prometheus",
    ),
    (
        "critical",
        "monitoring/grafana/provisioning/dashboards/dashboards.yml",
        12,
        "grafana/folder",
        "folder",
    ),
];

fn findings(ran: &Ran) -> Vec<Value> {
    let document: Value = serde_json::from_str(&ran.stdout)
        .unwrap_or_else(|error| panic!("{error}:\n{}\n{}", ran.stdout, ran.stderr));
    document["findings"].as_array().expect("findings").clone()
}

fn codes(found: &[Value]) -> BTreeSet<&str> {
    found.iter().filter_map(|it| it["code"].as_str()).collect()
}

#[test]
fn every_known_defect_of_the_real_input_is_found_at_its_line() {
    let Some(source) = real_input() else { return };
    let folder = Folder::copy_of(&source);
    let ran = folder
        .sinops(&["doctor", "--no-tools", "--format", "json"])
        .expect(1);
    let found = findings(&ran);
    for (severity, file, line, code, word) in REAL {
        assert!(
            found.iter().any(|it| {
                it["severity"] == *severity
                    && it["place"]["file"] == *file
                    && it["place"]["line"] == *line
                    && it["code"] == *code
                    && it["message"].as_str().is_some_and(|it| it.contains(word))
            }),
            "{severity} {file}:{line} {code} `{word}` is not among:\n{found:#?}"
        );
    }
    for it in &found {
        assert!(it["help"].is_string(), "without a mend: {it:#}");
        assert!(
            it["code"].as_str().is_some_and(|it| it.contains('/')),
            "{it:#}"
        );
    }
    // The alert rules are good.
    assert!(
        found
            .iter()
            .all(|it| it["place"]["file"] != "monitoring/prometheus/alerts.yml")
    );
}

#[test]
fn mending_the_real_input_leaves_nothing_that_could_be_mended() {
    let Some(source) = real_input() else { return };
    let folder = Folder::copy_of(&source);
    let before = folder.listing();
    let _ = folder
        .sinops(&["doctor", "--no-tools", "--fix", "--out", "mended"])
        .expect(1);
    // What was looked at is as it was.
    let mended = folder.path().join("mended");
    let now: Vec<_> = folder
        .listing()
        .into_iter()
        .filter(|(path, _)| !path.starts_with(&mended) && !path.starts_with("mended"))
        .filter(|(path, _)| before.iter().any(|(old, _)| old == path))
        .collect();
    assert_eq!(now, before);
    let again = folder.sinops(&["doctor", "mended", "--no-tools", "--format", "json"]);
    let left = findings(&again);
    let left: Vec<&Value> = left
        .iter()
        .filter(|it| it["severity"] == "critical")
        .collect();
    // What takes a decision remains: a dependency that is not there, and where to mount logs.
    let codes: BTreeSet<&str> = left.iter().filter_map(|it| it["code"].as_str()).collect();
    assert_eq!(
        codes,
        BTreeSet::from(["compose/mount-below-read-only", "compose/undefined-service"]),
        "{left:#?}"
    );
    // It is not written over.
    let _ = folder
        .sinops(&["doctor", "--no-tools", "--fix", "--out", "mended"])
        .expect(1)
        .says(&["is not empty"]);
}

#[test]
fn a_clean_folder_is_clean_and_nothing_is_written() {
    let folder = Folder::new();
    folder.write(
        "compose.yaml",
        "services:\n  web:\n    image: nginx:1.29\n    ports: ['127.0.0.1:8080:80']\n",
    );
    let before = folder.listing();
    let _ = folder
        .sinops(&["doctor", "--deny", "warnings"])
        .expect(0)
        .says(&["nothing found in 1 file"]);
    let now: Vec<_> = folder
        .listing()
        .into_iter()
        .filter(|(path, _)| !path.components().any(|it| it.as_os_str() == ".cache"))
        .collect();
    assert_eq!(now, before);
}

#[test]
fn a_folder_without_compose_files_is_looked_at_as_well() {
    let folder = Folder::new();
    folder.write(
        "p/prometheus.yml",
        "global:\n  scrape_intervall: 15s\nscrape_configs: []\n",
    );
    let ran = folder.sinops(&["doctor", "--no-tools"]).expect(1);
    let _ = ran.says(&[
        "prometheus/unknown-field",
        "p/prometheus.yml:2:3",
        "did you mean `scrape_interval`?",
        "1 error in 1 file",
    ]);
    let _ = folder
        .sinops(&["doctor", "--no-tools", "--fix", "--in-place"])
        .expect(1)
        .says(&["mended 1 of 1 finding, in 1 file"]);
    let text = std::fs::read_to_string(folder.path().join("p/prometheus.yml")).unwrap();
    assert_eq!(
        text,
        "global:\n  scrape_interval: 15s\nscrape_configs: []\n"
    );
    let _ = folder.sinops(&["doctor", "--no-tools"]).expect(0);
}

#[test]
fn files_that_sinops_yaml_names_are_one_project() {
    let folder = Folder::new();
    folder.write(
        "compose.yaml",
        "services:\n  web:\n    image: nginx:1.29\nnetworks:\n  n:\n",
    );
    folder.write(
        "compose.more.yaml",
        "services:\n  more:\n    image: nginx:1.29\n    networks: [n]\n",
    );
    folder.write(
        "sinops.yaml",
        "compose: [compose.yaml, compose.more.yaml]\n",
    );
    let _ = folder.sinops(&["doctor", "--no-tools"]).expect(0);
}

#[test]
fn warnings_fail_only_when_they_are_denied_and_codes_can_be_allowed() {
    let folder = Folder::new();
    folder.write("compose.yaml", "services:\n  web:\n    image: nginx\n");
    let _ = folder
        .sinops(&["doctor"])
        .expect(0)
        .says(&["compose/latest", "1 warning"]);
    let _ = folder.sinops(&["doctor", "--deny", "warnings"]).expect(1);
    let _ = folder
        .sinops(&["doctor", "--deny", "warnings", "--allow", "compose/latest"])
        .expect(0);
}

#[test]
fn secrets_of_the_files_are_not_shown() {
    let folder = Folder::new();
    folder.write(
        "compose.yaml",
        "services:\n  db:\n    image: app\n    environment:\n      DB_PASSWORD: hunter2hunter2\n",
    );
    for format in ["text", "json", "sarif"] {
        let ran = folder.sinops(&["doctor", "--format", format]).expect(0);
        assert!(!ran.text().contains("hunter2"), "{}", ran.text());
        let _ = ran.says(&["compose/plaintext-password"]);
    }
}

#[test]
fn sarif_is_what_forges_read() {
    let folder = Folder::new();
    folder.write(
        "prometheus.yml",
        "scrape_configs:\n  - job_name: a\n    metric_path: /x\n",
    );
    let ran = folder
        .sinops(&["doctor", "--no-tools", "--format", "sarif"])
        .expect(1);
    let log: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let result = &run["results"][0];
    let rule = result["ruleIndex"]
        .as_u64()
        .and_then(|it| usize::try_from(it).ok())
        .unwrap();
    assert_eq!(run["tool"]["driver"]["rules"][rule]["id"], result["ruleId"]);
    assert_eq!(result["level"], "error");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "prometheus.yml");
    assert_eq!(place["region"]["startLine"], 3);
    assert_eq!(place["region"]["startColumn"], 5);
    assert_eq!(
        result["fixes"][0]["artifactChanges"][0]["replacements"][0]["insertedContent"]["text"],
        "metrics_path"
    );
}

#[test]
fn a_validator_on_the_path_has_its_say() {
    let Some(promtool) = sinops_tests::tool("promtool") else {
        return;
    };
    let folder = Folder::new();
    folder.write("bin/keep", "");
    std::os::unix::fs::symlink(&promtool, folder.path().join("bin/promtool")).unwrap();
    folder.write(
        "ops/prometheus.yml",
        "scrape_configs:\n  - job_name: a\n    metric_path: /x\n",
    );
    let mut command = folder.command(&["doctor", "ops", "--format", "json"]);
    command.env("PATH", folder.path().join("bin"));
    let ran = sinops_tests::ran(&mut command).expect(1);
    let found = findings(&ran);
    assert!(codes(&found).is_superset(&BTreeSet::from([
        "prometheus/unknown-field",
        "promtool/refused"
    ])));
    let verdict = found
        .iter()
        .find(|it| it["code"] == "promtool/refused")
        .unwrap();
    assert_eq!(verdict["place"]["line"], 3, "{verdict:#}");
}

#[test]
fn steps_of_ones_own_come_instead_of_the_built_in_ones() {
    let folder = Folder::new();
    folder.write("compose.yaml", "services:\n  web:\n    image: nginx\n");
    folder.write(
        "prometheus.yml",
        "scrape_configs:\n  - job_name: a\n    x: 1\n",
    );
    folder.write(
        "sinops.yaml",
        "pipelines: { doctor: { steps: [doctor-prometheus] } }\n",
    );
    let ran = folder
        .sinops(&["doctor", "--no-tools", "--format", "json"])
        .expect(1);
    assert_eq!(
        codes(&findings(&ran)),
        BTreeSet::from(["prometheus/unknown-field"])
    );
    // A step that acts is none that looks.
    folder.write(
        "sinops.yaml",
        "pipelines: { doctor: { steps: [deploy-tiers] } }\n",
    );
    let _ = folder
        .sinops(&["doctor", "--no-tools"])
        .expect(1)
        .says(&["only looks"]);
}

/// What is generated gives the doctor nothing to say.
#[test]
fn what_is_generated_is_found_sound() {
    let folder = Folder::copy_of(&root().join("examples/sin-solver"));
    let compose = folder.path().join("compose.monitoring.yaml");
    let text = std::fs::read_to_string(&compose).unwrap();
    // Hidden folders are not looked at; below this one the containers see the files.
    folder.write(
        "compose.monitoring.yaml",
        &text.replace("./.sinops/generated/", "./generated/"),
    );
    folder
        .sinops(&["generate", "monitoring", "--out", "generated"])
        .expect(0);
    let ran = folder
        .sinops(&["doctor", "--no-tools", "--format", "json"])
        .expect(0);
    let about: Vec<Value> = findings(&ran)
        .into_iter()
        .filter(|it| {
            let file = it["place"]["file"].as_str().unwrap_or_default();
            file.starts_with("generated/")
        })
        .collect();
    assert_eq!(about, Vec::<Value>::new());
    assert!(folder.path().join("generated/loki/loki.yaml").is_file());

    // There is nothing to watch with in the other one.
    let folder = Folder::copy_of(&root().join("examples/quickstart"));
    folder.sinops(&["generate", "--out", "generated"]).expect(0);
    folder
        .sinops(&["doctor", "--no-tools"])
        .expect(0)
        .says(&["nothing found"]);
}

/// The page of codes names each code that a plugin has, and no other.
#[test]
fn the_page_of_codes_is_complete() {
    let mut used = BTreeSet::new();
    for entry in std::fs::read_dir(root().join("plugins")).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        if name.starts_with("doctor-") {
            collect(&entry.path().join("src"), &mut used);
        }
    }
    // Those that tables are checked with.
    for area in ["prometheus", "blackbox", "alertmanager", "loki", "promtail"] {
        used.insert(format!("{area}/unknown-field"));
        used.insert(format!("{area}/wrong-value"));
        if area != "loki" {
            used.insert(format!("{area}/missing-field"));
            used.insert(format!("{area}/two-logins"));
        }
    }
    let page = std::fs::read_to_string(root().join("docs/doctor.md")).unwrap();
    let told: BTreeSet<String> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .filter_map(|line| line.split('`').next())
        .map(str::to_owned)
        .collect();
    let missing: Vec<_> = used.difference(&told).collect();
    let gone: Vec<_> = told.difference(&used).collect();
    assert!(
        missing.is_empty() && gone.is_empty(),
        "missing: {missing:#?}\ngone: {gone:#?}"
    );
}

/// Texts of the form `"area/kind"` in sources.
fn collect(folder: &Path, into: &mut BTreeSet<String>) {
    const AREAS: [&str; 9] = [
        "compose/",
        "prometheus/",
        "blackbox/",
        "alertmanager/",
        "loki/",
        "logs/",
        "promtail/",
        "alloy/",
        "grafana/",
    ];
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, into);
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for word in text.split('"').skip(1) {
            let code = AREAS.iter().any(|area| word.starts_with(area))
                && word.len() < 40
                && word.chars().all(|it| {
                    it.is_ascii_lowercase() || it.is_ascii_digit() || matches!(it, '/' | '-')
                });
            if code {
                into.insert(word.to_owned());
            }
        }
    }
}
