//! The generated monitoring on the real servers: all targets come up, a service that
//! stops is told of and told of as mended, and a deploy reloads Prometheus in its stride.

use serde_json::Value;
use sinops_tests::http::{self, Sink, get};
use sinops_tests::{Folder, free_port, mail, tool};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Real programs as local processes, all on ports of their own.
struct Stack {
    folder: Folder,
    prometheus: String,
    alertmanager: String,
    /// Where `run monitor` serves its own metrics.
    sinops: String,
    web: u16,
    slack: Sink,
    mail: mail::Sink,
}

const SERVICES: [&str; 5] = ["prometheus", "alertmanager", "node", "probes", "web"];

impl Stack {
    /// None, after saying so, where a program is missing.
    fn new() -> Option<Self> {
        let prometheus = tool("prometheus")?;
        tool("alertmanager")?;
        let node = tool("node_exporter")?;
        let blackbox = tool("blackbox_exporter")?;
        let mail = mail::Sink::start()?;
        let slack = Sink::start(vec![("200 OK", "", "ok")]);
        let folder = Folder::new();
        let ports: Vec<u16> = SERVICES.iter().map(|_| free_port()).collect();
        let alertmanager = relocated(folder.path())?;
        let out = folder.path().join(".sinops/generated");
        let data = folder.path().join("data");
        folder
            .write("slack-url", &format!("{}/services/T0/B0/x", slack.origin()))
            .write("data/here", "");
        let service = |name: &str, image: &str, port: u16, command: &[String]| {
            let command = serde_json::to_string(command).expect("texts");
            format!(
                "  {name}:\n    image: {image}\n    labels: {{ prometheus.io/scrape: \"true\", prometheus.io/port: \"{port}\" }}\n    x-sinops: {{ process: {{ command: {command} }} }}\n"
            )
        };
        let words = |program: &std::path::Path, rest: &[String]| -> Vec<String> {
            let mut words = vec![program.display().to_string()];
            words.extend_from_slice(rest);
            words
        };
        let listen = |port: u16| format!("--web.listen-address=127.0.0.1:{port}");
        let file = |path: &str| format!("--config.file={}", out.join(path).display());
        let mut compose = format!("name: {}\nservices:\n", folder.project());
        compose += &service(
            "prometheus",
            "prom/prometheus:v3.5.0",
            ports[0],
            &words(
                &prometheus,
                &[
                    listen(ports[0]),
                    file("prometheus/prometheus.yml"),
                    format!("--storage.tsdb.path={}", data.join("prometheus").display()),
                    "--storage.tsdb.retention.time=30d".to_owned(),
                ],
            ),
        );
        compose += &service(
            "alertmanager",
            "prom/alertmanager:v0.28.1",
            ports[1],
            &words(
                &alertmanager,
                &[
                    listen(ports[1]),
                    file("alertmanager/alertmanager.yml"),
                    format!("--storage.path={}", data.join("alertmanager").display()),
                    "--cluster.listen-address=".to_owned(),
                ],
            ),
        );
        let exporter = words(&node, &[listen(ports[2])]);
        compose += &service("node", "prom/node-exporter:v1.10.2", ports[2], &exporter);
        let exporter = words(
            &blackbox,
            &[listen(ports[3]), file("blackbox/blackbox.yml")],
        );
        compose += &service(
            "probes",
            "prom/blackbox-exporter:v0.27.0",
            ports[3],
            &exporter,
        );
        compose += &service("web", "shop/web:1", ports[4], &["demo".to_owned()]);
        compose += &format!(
            "    environment: {{ DEMO_PORT: \"{0}\", DEMO_READY_DELAY_MS: \"4000\" }}\n    healthcheck: {{ test: [CMD, curl, -f, \"http://localhost:{0}/health\"], interval: 30s }}\n",
            ports[4]
        );
        folder.write("compose.yaml", &compose);
        let stack = Self {
            prometheus: format!("127.0.0.1:{}", ports[0]),
            alertmanager: format!("127.0.0.1:{}", ports[1]),
            sinops: format!("127.0.0.1:{}", free_port()),
            web: ports[4],
            folder,
            slack,
            mail,
        };
        stack.configure("");
        Some(stack)
    }

    /// Everything faster than people would have it.
    fn configure(&self, more: &str) {
        self.folder.write(
            "sinops.yaml",
            &format!(
                r##"
engine: process
gate: {{ timeout: 20s }}
pipelines:
  deploy:
    steps: [deploy-prometheus, deploy-alertmanager, deploy-blackbox, deploy-preflight, deploy-tiers]
plugins:
  deploy-prometheus:
    settings:
      interval: 1s
      sinops: {sinops}
      rules: {{ ServiceDown: {{ for: 4s }} }}
{more}
  deploy-alertmanager:
    settings:
      group-wait: 1s
      group-interval: 1s
      repeat-interval: 1h
      smtp: {{ smarthost: "127.0.0.1:{mail}", from: alerts@example.org, require-tls: false }}
      receivers:
        - name: team
          slack: {{ channel: "#alerts", api-url-file: {folder}/slack-url }}
        - name: mail
          severities: [critical]
          email: {{ to: ops@example.com }}
"##,
                sinops = self.sinops,
                mail = self.mail.port(),
                folder = self.folder.path().display()
            ),
        );
    }

    /// The answer of Prometheus's or Alertmanager's API.
    fn ask(&self, address: &str, path: &str) -> Option<Value> {
        let (status, body) = get(address, path)?;
        (status == 200).then(|| serde_json::from_str(&body).ok())?
    }

    /// Results of an instant query.
    fn query(&self, expression: &str) -> Vec<Value> {
        let path = format!("/api/v1/query?query={}", encoded(expression));
        let answer = self.ask(&self.prometheus, &path).unwrap_or_default();
        answer["data"]["result"]
            .as_array()
            .cloned()
            .unwrap_or_default()
    }

    /// Whether the Alertmanager holds an alert about a service.
    fn has_arrived(&self, name: &str, service: &str) -> Option<()> {
        let alerts = self.ask(&self.alertmanager, "/api/v2/alerts")?;
        let found = alerts.as_array()?.iter().any(|alert| {
            alert["labels"]["alertname"] == name && alert["labels"]["service"] == service
        });
        found.then_some(())
    }

    /// State of an alert about a service, as Prometheus has it.
    fn alert(&self, name: &str, service: &str) -> Option<String> {
        let answer = self.ask(&self.prometheus, "/api/v1/alerts")?;
        let alerts = answer["data"]["alerts"].as_array()?;
        let found = alerts.iter().find(|alert| {
            alert["labels"]["alertname"] == name && alert["labels"]["service"] == service
        })?;
        Some(found["state"].as_str()?.to_owned())
    }

    /// Whether a notification came that holds all of these words.
    fn told(&self, words: &[&str]) -> (bool, bool) {
        let all = |text: &str| words.iter().all(|word| text.contains(word));
        let slack = self.slack.requests().iter().any(|it| all(&it.body));
        let mail = self.mail.messages();
        let mail = mail
            .iter()
            .any(|it| all(it["text"].as_str().unwrap_or_default()));
        (slack, mail)
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        let _ = self.folder.sinops(&["down"]);
    }
}

/// Debian's Alertmanager reads templates from where it is installed, and here it is only
/// unpacked: a copy that looks for them in the folder that it runs in.
fn relocated(folder: &Path) -> Option<PathBuf> {
    const INSTALLED: &str = "/usr/share/prometheus/alertmanager";
    let unpacked = tool("alertmanager")?.canonicalize().ok()?;
    let templates = unpacked
        .ancestors()
        .map(|above| above.join(&INSTALLED[1..]))
        .find(|path| path.is_dir());
    // Another build has the templates inside.
    let Some(templates) = templates else {
        return Some(unpacked);
    };
    for template in std::fs::read_dir(templates).expect("templates").flatten() {
        if template.path().extension().is_some_and(|end| end == "tmpl") {
            let copy = folder.join(template.file_name());
            std::fs::copy(template.path(), copy).expect("a copy of the template");
        }
    }
    let mut program = std::fs::read(&unpacked).expect("the program");
    let here = format!("{:/<1$}", ".", INSTALLED.len());
    let mut at = 0;
    while let Some(found) = program[at..]
        .windows(INSTALLED.len())
        .position(|window| window == INSTALLED.as_bytes())
    {
        at += found;
        program[at..at + here.len()].copy_from_slice(here.as_bytes());
    }
    let copy = folder.join("alertmanager");
    std::fs::write(&copy, program).expect("a copy of the program");
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&copy, executable).expect("it may be executed");
    Some(copy)
}

fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

#[test]
fn a_service_that_stops_is_told_of_and_a_deploy_leaves_no_gap() {
    let Some(stack) = Stack::new() else { return };
    stack.folder.sinops(&["run", "deploy"]).expect(0);
    let _monitor = stack.folder.monitor(&stack.sinops);

    // All targets that there should be, and no other, are up.
    http::until("all targets are up", || {
        let answer = stack.ask(&stack.prometheus, "/api/v1/targets")?;
        let targets = answer["data"]["activeTargets"].as_array()?;
        let mut services: Vec<&str> = targets
            .iter()
            .filter(|target| !target["labels"]["job"].as_str().is_some_and(is_probe))
            .filter_map(|target| target["labels"]["service"].as_str())
            .collect();
        services.sort_unstable();
        let mut expected = SERVICES.to_vec();
        expected.push("sinops");
        expected.sort_unstable();
        let up = targets.iter().all(|target| target["health"] == "up");
        (services == expected && up).then_some(())
    });
    http::until("the probe of the service succeeds", || {
        let probes = stack.query("probe_success{service=\"web\"} == 1");
        (!probes.is_empty()).then_some(())
    });

    // One stops.
    stop(stack.web);
    http::until("ServiceDown is pending", || {
        (stack.alert("ServiceDown", "web")? == "pending").then_some(())
    });
    http::until("ServiceDown fires", || {
        (stack.alert("ServiceDown", "web")? == "firing").then_some(())
    });
    http::until("the Alertmanager has it", || {
        stack.has_arrived("ServiceDown", "web")
    });
    http::until("Slack and mail tell of it", || {
        (stack.told(&["web is down"]) == (true, true)).then_some(())
    });

    // It comes back, by a deploy that the monitoring knows of.
    let mut deploy = stack.folder.command(&["run", "deploy"]).spawn().unwrap();
    http::until("the Alertmanager knows of the deploy", || {
        stack.has_arrived("DeployInProgress", "sinops")
    });
    assert!(deploy.wait().unwrap().success());
    http::until("DeployInProgress is over", || {
        let is_over = stack.alert("DeployInProgress", "sinops").is_none();
        is_over.then_some(())
    });
    http::until("ServiceDown is over", || {
        stack.alert("ServiceDown", "web").is_none().then_some(())
    });
    http::until("Slack tells that it is over", || {
        let requests = stack.slack.requests();
        let over = requests.iter().any(|request| {
            let text = request.body.to_lowercase();
            text.contains("web is down") && (text.contains("resolved") || text.contains("good"))
        });
        over.then_some(())
    });

    // A changed configuration is loaded by the process that runs, without a gap.
    let started = stack.query("process_start_time_seconds{service=\"prometheus\"}");
    let before = Instant::now();
    stack.configure("      endpoints: [\"tcp://localhost:1\"]");
    stack
        .folder
        .sinops(&["run", "deploy"])
        .expect(0)
        .says(&["reload"]);
    http::until("the new configuration is loaded", || {
        let answer = stack.ask(&stack.prometheus, "/api/v1/status/config")?;
        answer["data"]["yaml"]
            .as_str()?
            .contains("localhost:1")
            .then_some(())
    });
    std::thread::sleep(Duration::from_secs(4));
    let again = stack.query("process_start_time_seconds{service=\"prometheus\"}");
    let value = |found: &[Value]| found[0]["value"][1].clone();
    assert_eq!(
        value(&started),
        value(&again),
        "Prometheus was started anew"
    );
    let seconds = before.elapsed().as_secs() + 5;
    let samples = stack.query(&format!("up{{service=\"node\"}}[{seconds}s]"));
    let times: Vec<f64> = samples[0]["values"]
        .as_array()
        .expect("samples")
        .iter()
        .filter_map(|sample| sample[0].as_f64())
        .collect();
    assert!(times.len() >= 5, "{times:?}");
    let gap = times
        .windows(2)
        .map(|two| two[1] - two[0])
        .fold(0.0, f64::max);
    assert!(
        gap < 1.9,
        "a scrape is missing: {gap} s between two of {times:?}"
    );
}

fn is_probe(job: &str) -> bool {
    job.starts_with("blackbox-") && job != "blackbox-exporter"
}

/// Ends the process that listens on a port, as a crash would.
fn stop(port: u16) {
    let pid = listener(port).expect("somebody listens");
    let ended = sinops_tests::ran(std::process::Command::new("kill").args(["-KILL", &pid]));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
}

/// The process that listens on a port (proc(5)).
fn listener(port: u16) -> Option<String> {
    let table = std::fs::read_to_string("/proc/net/tcp").ok()?
        + &std::fs::read_to_string("/proc/net/tcp6").unwrap_or_default();
    let end = format!(":{port:04X}");
    let inode = table.lines().find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let listens = words.get(1)?.ends_with(&end) && *words.get(3)? == "0A";
        listens.then(|| words.get(9).map(|it| format!("socket:[{it}]")))?
    })?;
    let processes = std::fs::read_dir("/proc").ok()?.flatten();
    for process in processes {
        let files = std::fs::read_dir(process.path().join("fd"));
        for file in files.into_iter().flatten().flatten() {
            if std::fs::read_link(file.path()).is_ok_and(|it| it.as_os_str() == inode.as_str()) {
                return Some(process.file_name().to_string_lossy().into_owned());
            }
        }
    }
    None
}
