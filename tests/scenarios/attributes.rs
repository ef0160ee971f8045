//! Attributes of compose at the real engine: what is declared is what the engine inspects,
//! what the container sees, and no drift afterwards.

use serde_json::{Value, json};
use sinops_tests::engine::{self, Project, Stack, docker};
use sinops_tests::{Folder, ran};

const COMPOSE: &str = r#"
services:
  limits:
    image: sinops-demo:1
    environment: { DEMO_PORT: "8080" }
    cpu_shares: 512
    cpus: 0.5
    cpuset: "0"
    mem_limit: 64m
    memswap_limit: 96m
    mem_reservation: 32m
    mem_swappiness: 10
    oom_score_adj: 100
    pids_limit: 50
    shm_size: 8m
    ulimits: { nofile: { soft: 1024, hard: 2048 }, nproc: 100 }
  quota:
    image: sinops-demo:1
    environment: { DEMO_PORT: "8080" }
    cpu_period: 50000
    cpu_quota: 25000
    oom_kill_disable: false
  deployed:
    image: sinops-demo:1
    environment: { DEMO_PORT: "8080" }
    deploy:
      replicas: 2
      resources:
        limits: { cpus: "0.25", memory: 48m, pids: 40 }
        reservations: { memory: 16m }
      restart_policy: { condition: on-failure, max_attempts: 3 }
  process:
    image: sinops-demo:1
    environment: { DEMO_PORT: "8080", GIVEN: from-compose }
    env_file: [more.env]
    command: ["serve"]
    entrypoint: ["/usr/local/bin/demo"]
    hostname: box
    domainname: example.org
    user: "1000:1000"
    group_add: ["2000"]
    working_dir: /tmp
    tty: true
    stdin_open: true
    init: true
    stop_signal: SIGINT
    stop_grace_period: 3s
    restart: on-failure:5
    labels: { team: shop, "dotted.label": "yes" }
    extra_hosts: { elsewhere: 192.0.2.7, gate: host-gateway }
    dns: [192.0.2.53]
    dns_search: [example.org]
    dns_opt: ["ndots:2"]
    logging: { driver: json-file, options: { max-size: 1m, max-file: "2" } }
    healthcheck:
      test: ["CMD", "curl", "-f", "http://localhost:8080/health"]
      interval: 7s
      timeout: 3s
      retries: 4
      start_period: 2s
    expose: ["8080", "9000-9001/udp"]
    ports:
      - "127.0.0.1::8080"
      - { target: 9000, protocol: udp, host_ip: 127.0.0.1 }
    post_start: [{ command: [touch, /post-start], user: root }]
  rights:
    image: sinops-demo:1
    environment: { DEMO_PORT: "8080" }
    cap_add: [NET_ADMIN, SYS_NICE]
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    sysctls: { net.core.somaxconn: 1024, net.ipv4.ip_unprivileged_port_start: "0" }
    devices: ["/dev/null:/dev/nothing:rw"]
    device_cgroup_rules: ["c 1:3 mr"]
    read_only: true
    tmpfs: ["/run:size=1m,mode=1770"]
    userns_mode: host
    cgroup: host
    uts: host
    secrets:
      - api_key
      - { source: from_environment, target: renamed, mode: 0440 }
    configs:
      - { source: inline, target: /etc/inline.conf }
      - { source: from_file, target: /etc/file.conf }
  namespaces:
    image: sinops-demo:1
    environment: { DEMO_PORT: "8081" }
    network_mode: service:process
    pid: service:process
    ipc: shareable
  shares:
    image: sinops-demo:1
    environment: { DEMO_PORT: "8080" }
    ipc: service:namespaces
    volumes_from: [storage:ro]
  storage:
    image: sinops-demo:1
    environment: { DEMO_PORT: "8080" }
    volumes:
      - data:/data
      - ./bound:/bound:ro
      - /anonymous
      - { type: volume, source: data, target: /again, volume: { nocopy: true }, read_only: true }
      - { type: bind, source: ./made, target: /made, bind: { create_host_path: true, propagation: rprivate } }
  networked:
    image: sinops-demo:1
    environment: { DEMO_PORT: "8080" }
    mac_address: 02:42:ac:11:65:43
    links: ["storage:store"]
    networks:
      front: { ipv4_address: 10.213.7.9, aliases: [shop, window], priority: 10 }
      back: { ipv6_address: "2001:db8:213::9" }
  nowhere:
    image: sinops-demo:1
    environment: { DEMO_PORT: "8080" }
    network_mode: none
    # Not where `volumes_from` looks: engine 20.10 takes a tmpfs for a volume without a name.
    volumes: [{ type: tmpfs, target: /scratch, tmpfs: { size: 2m, mode: 0o1777 } }]
secrets:
  api_key: { file: ./api_key }
  from_environment: { environment: TOKEN_OF_TEST }
configs:
  inline: { content: "inline of ${NAME_OF_TEST}" }
  from_file: { file: ./file.conf }
volumes:
  data: { labels: { kept: "yes" }, driver_opts: { type: tmpfs, device: tmpfs, o: size=3m } }
networks:
  front: { ipam: { config: [{ subnet: 10.213.7.0/24, gateway: 10.213.7.1 }] }, labels: { side: front } }
  back: { enable_ipv6: true, internal: true, ipam: { config: [{ subnet: 10.213.8.0/24 }, { subnet: "2001:db8:213::/64" }] } }
"#;

/// Service, JSON pointer into the inspected container, expected.
fn table() -> Vec<(&'static str, &'static str, Value)> {
    let mib = |count: u64| json!(count << 20);
    vec![
        ("limits", "/HostConfig/CpuShares", json!(512)),
        ("limits", "/HostConfig/NanoCpus", json!(500_000_000)),
        ("limits", "/HostConfig/CpusetCpus", json!("0")),
        ("limits", "/HostConfig/Memory", mib(64)),
        ("limits", "/HostConfig/MemorySwap", mib(96)),
        ("limits", "/HostConfig/MemoryReservation", mib(32)),
        ("limits", "/HostConfig/OomScoreAdj", json!(100)),
        ("limits", "/HostConfig/PidsLimit", json!(50)),
        ("limits", "/HostConfig/ShmSize", mib(8)),
        (
            "limits",
            "/HostConfig/Ulimits/0",
            json!({ "Name": "nofile", "Soft": 1024, "Hard": 2048 }),
        ),
        (
            "limits",
            "/HostConfig/Ulimits/1",
            json!({ "Name": "nproc", "Soft": 100, "Hard": 100 }),
        ),
        ("quota", "/HostConfig/CpuPeriod", json!(50_000)),
        ("quota", "/HostConfig/CpuQuota", json!(25_000)),
        ("deployed", "/HostConfig/NanoCpus", json!(250_000_000)),
        ("deployed", "/HostConfig/Memory", mib(48)),
        ("deployed", "/HostConfig/PidsLimit", json!(40)),
        ("deployed", "/HostConfig/MemoryReservation", mib(16)),
        (
            "deployed",
            "/HostConfig/RestartPolicy",
            json!({ "Name": "on-failure", "MaximumRetryCount": 3 }),
        ),
        ("process", "/Config/Cmd", json!(["serve"])),
        (
            "process",
            "/Config/Entrypoint",
            json!(["/usr/local/bin/demo"]),
        ),
        ("process", "/Config/Hostname", json!("box")),
        ("process", "/Config/Domainname", json!("example.org")),
        ("process", "/Config/User", json!("1000:1000")),
        ("process", "/HostConfig/GroupAdd", json!(["2000"])),
        ("process", "/Config/WorkingDir", json!("/tmp")),
        ("process", "/Config/Tty", json!(true)),
        ("process", "/Config/OpenStdin", json!(true)),
        ("process", "/HostConfig/Init", json!(true)),
        ("process", "/Config/StopSignal", json!("SIGINT")),
        ("process", "/Config/StopTimeout", json!(3)),
        (
            "process",
            "/HostConfig/RestartPolicy",
            json!({ "Name": "on-failure", "MaximumRetryCount": 5 }),
        ),
        ("process", "/Config/Labels/team", json!("shop")),
        ("process", "/Config/Labels/dotted.label", json!("yes")),
        ("process", "/HostConfig/Dns", json!(["192.0.2.53"])),
        ("process", "/HostConfig/DnsSearch", json!(["example.org"])),
        ("process", "/HostConfig/DnsOptions", json!(["ndots:2"])),
        (
            "process",
            "/HostConfig/LogConfig",
            json!({ "Type": "json-file", "Config": { "max-size": "1m", "max-file": "2" } }),
        ),
        (
            "process",
            "/Config/Healthcheck",
            json!({
                "Test": ["CMD", "curl", "-f", "http://localhost:8080/health"],
                "Interval": 7_000_000_000_u64, "Timeout": 3_000_000_000_u64,
                "StartPeriod": 2_000_000_000_u64, "Retries": 4,
            }),
        ),
        (
            "process",
            "/Config/ExposedPorts",
            json!({ "8080/tcp": {}, "9000/udp": {}, "9001/udp": {} }),
        ),
        (
            "process",
            "/HostConfig/PortBindings/8080~1tcp/0/HostIp",
            json!("127.0.0.1"),
        ),
        (
            "rights",
            "/HostConfig/CapAdd",
            json!(["CAP_NET_ADMIN", "CAP_SYS_NICE"]),
        ),
        ("rights", "/HostConfig/CapDrop", json!(["ALL"])),
        (
            "rights",
            "/HostConfig/SecurityOpt",
            json!(["no-new-privileges=true"]),
        ),
        (
            "rights",
            "/HostConfig/Sysctls/net.core.somaxconn",
            json!("1024"),
        ),
        (
            "rights",
            "/HostConfig/Devices/0",
            json!({
                "PathOnHost": "/dev/null", "PathInContainer": "/dev/nothing", "CgroupPermissions": "rw",
            }),
        ),
        (
            "rights",
            "/HostConfig/DeviceCgroupRules",
            json!(["c 1:3 mr"]),
        ),
        ("rights", "/HostConfig/ReadonlyRootfs", json!(true)),
        (
            "rights",
            "/HostConfig/Tmpfs/~1run",
            json!("size=1m,mode=1770"),
        ),
        ("rights", "/HostConfig/UsernsMode", json!("host")),
        ("rights", "/HostConfig/CgroupnsMode", json!("host")),
        ("rights", "/HostConfig/UTSMode", json!("host")),
        ("namespaces", "/HostConfig/IpcMode", json!("shareable")),
        (
            "networked",
            "/NetworkSettings/Networks/P_front/IPAMConfig/IPv4Address",
            json!("10.213.7.9"),
        ),
        (
            "networked",
            "/NetworkSettings/Networks/P_front/IPAddress",
            json!("10.213.7.9"),
        ),
        (
            "networked",
            "/NetworkSettings/Networks/P_front/MacAddress",
            json!("02:42:ac:11:65:43"),
        ),
        (
            "networked",
            "/NetworkSettings/Networks/P_back/GlobalIPv6Address",
            json!("2001:db8:213::9"),
        ),
        ("nowhere", "/HostConfig/NetworkMode", json!("none")),
        (
            "nowhere",
            "/HostConfig/Mounts/0/TmpfsOptions",
            json!({ "SizeBytes": 2 << 20, "Mode": 0o1777 }),
        ),
    ]
}

struct Stage {
    stack: Stack,
}

impl Stage {
    fn inspect(&self, service: &str) -> Value {
        let text = docker(&["inspect", &self.stack.container(service)]).concat();
        serde_json::from_str::<Value>(&text).unwrap()[0].take()
    }

    /// What a command in the container prints.
    fn sees(&self, service: &str, command: &[&str]) -> String {
        let container = self.stack.container(service);
        let mut words = vec!["exec", container.as_str()];
        words.extend(command);
        docker(&words).join("\n")
    }
}

#[test]
fn what_is_declared_is_what_the_engine_has() {
    if !engine::answers() {
        return;
    }
    let stack = Stack::new(COMPOSE);
    stack
        .folder
        .write("more.env", "OF_FILE=from-file\nGIVEN=hidden-by-compose\n")
        .write("api_key", "key-of-test")
        .write("file.conf", "file of test");
    std::fs::create_dir(stack.folder.path().join("bound")).unwrap();
    stack.folder.write("bound/here", "bound of test");
    let stage = Stage { stack };
    let variables = [("TOKEN_OF_TEST", "token-of-test"), ("NAME_OF_TEST", "name")];
    let run = |words: &[&str]| ran(stage.stack.folder.command(words).envs(variables));
    run(&["run", "deploy"]).expect(0);

    let mut wrong = Vec::new();
    for (service, pointer, expected) in table() {
        let pointer = pointer.replace("/P_", &format!("/{}_", stage.stack.name));
        let found = stage.inspect(service).pointer(&pointer).cloned();
        if found.as_ref() != Some(&expected) {
            wrong.push(format!("{service} {pointer}: {found:?}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    for (service, file, expected) in [
        ("rights", "/run/secrets/api_key", "key-of-test"),
        ("rights", "/run/secrets/renamed", "token-of-test"),
        ("rights", "/etc/inline.conf", "inline of name"),
        ("rights", "/etc/file.conf", "file of test"),
        ("storage", "/bound/here", "bound of test"),
    ] {
        assert_eq!(stage.sees(service, &["cat", file]), expected, "{file}");
    }
    let environment = stage.inspect("process")["Config"]["Env"].to_string();
    for variable in ["GIVEN=from-compose", "OF_FILE=from-file"] {
        assert!(environment.contains(variable), "{environment}");
    }
    let hosts = stage.sees("process", &["cat", "/etc/hosts"]);
    assert!(
        hosts.contains("192.0.2.7") && hosts.contains("elsewhere"),
        "{hosts}"
    );
    stage.sees("process", &["ls", "/post-start"]);
    // Networks, namespaces and volumes of others.
    let id = |service: &str| stage.inspect(service)["Id"].as_str().unwrap().to_owned();
    let mode = |service: &str, key: &str| stage.inspect(service)["HostConfig"][key].clone();
    let of = |service: &str| json!(format!("container:{}", id(service)));
    assert_eq!(mode("namespaces", "NetworkMode"), of("process"));
    assert_eq!(mode("namespaces", "PidMode"), of("process"));
    assert_eq!(mode("shares", "IpcMode"), of("namespaces"));
    assert_eq!(
        mode("shares", "VolumesFrom"),
        json!([format!("{}:ro", id("storage"))])
    );
    let mounts = stage.inspect("storage")["Mounts"].as_array().unwrap().len();
    assert_eq!(mounts, 5);
    let front = stage.inspect("networked");
    let front = &front["NetworkSettings"]["Networks"][format!("{}_front", stage.stack.name)];
    for alias in ["shop", "window", "networked"] {
        assert!(front["Aliases"].to_string().contains(alias), "{front}");
    }
    assert_eq!(
        stage.stack.project.running().len(),
        11,
        "two replicas of one"
    );

    // The comparison of live containers knows all of these attributes.
    run(&["drift", "--exit-code"]).expect(0);
    run(&["run", "deploy"]).expect(0).says(&["nothing to do"]);
    run(&["down", "--volumes"]).expect(0);
    assert!(
        stage.stack.project.containers().is_empty() && stage.stack.project.volumes().is_empty()
    );
}

/// What the engine of this machine cannot do is refused by name before anything changes.
#[test]
fn what_no_engine_is_told_is_refused_by_name() {
    if !engine::answers() {
        return;
    }
    for (attribute, word) in [
        ("credential_spec: { file: x.json }", "credential_spec"),
        ("provider: { type: awesome }", "provider"),
        (
            "deploy: { resources: { reservations: { generic_resources: [{ discrete_resource_spec: { kind: ssd, value: 1 } }] } } }",
            "generic_resources",
        ),
    ] {
        let folder = Folder::new();
        let name = folder.project();
        let project = Project::guard(&name, &[]);
        folder.write(
            "compose.yaml",
            &format!(
                "name: {name}\nservices:\n  web:\n    image: sinops-demo:1\n    {attribute}\n"
            ),
        );
        // Before anything is made, and with its line.
        for arguments in [&["run", "deploy", "--dry-run"][..], &["run", "deploy"]] {
            let place = "compose.yaml:5:5";
            folder.sinops(arguments).expect(1).says(&[word, place]);
        }
        assert!(project.containers().is_empty(), "{attribute}");
        assert!(project.networks().is_empty(), "{attribute}");
    }
}
