//! From compose text to the engine's body, as a reader of either would expect.

use super::*;
use sinops_compose::{FileObject, Network, Service, Volume};

fn spec(service: Value) -> ContainerSpec {
    let service: Service = serde_json::from_value(service).unwrap();
    let network = |name: &str| Network {
        name: name.to_owned(),
        ..Network::default()
    };
    ContainerSpec {
        project: "shop".to_owned(),
        project_directory: "/srv/shop".to_owned(),
        service_name: "api".to_owned(),
        number: 1,
        name: "shop-api-1".to_owned(),
        config_hash: "abc".to_owned(),
        networks: ["front", "back", "default"]
            .map(|key| (key.to_owned(), network(&format!("shop_{key}"))))
            .into_iter()
            .collect(),
        volumes: [(
            "data".to_owned(),
            Volume {
                name: "shop_data".to_owned(),
                ..Volume::default()
            },
        )]
        .into_iter()
        .collect(),
        secrets: [
            (
                "key".to_owned(),
                FileObject {
                    file: Some("/srv/shop/key.pem".to_owned()),
                    ..FileObject::default()
                },
            ),
            (
                "token".to_owned(),
                FileObject {
                    content: Some("t0ken".to_owned()),
                    ..FileObject::default()
                },
            ),
        ]
        .into_iter()
        .collect(),
        service,
        ..ContainerSpec::default()
    }
}

fn body(service: Value, api: usize) -> Value {
    let plan =
        plan(&spec(service), &Lookups::default(), Api(api)).unwrap_or_else(|e| panic!("{e}"));
    serde_json::to_value(plan.body).unwrap()
}

fn refusal(service: Value, api: usize) -> String {
    match plan(&spec(service), &Lookups::default(), Api(api)) {
        Ok(_) => panic!("it was accepted"),
        Err(error) => error.to_string(),
    }
}

use serde_json::{Value, json};

#[test]
fn plain_attributes() {
    let body = body(
        json!({
            "image": "api:1", "command": ["serve", "--all"], "entrypoint": [], "user": "10:10",
            "working_dir": "/app", "hostname": "api.local", "tty": true, "stdin_open": true,
            "stop_signal": "SIGINT", "stop_grace_period": "1m30.5s",
            "environment": {"A": "1=2", "B": null},
            "cap_add": ["NET_ADMIN"], "cap_drop": ["ALL"], "privileged": true, "read_only": true,
            "init": true, "shm_size": "2147483648", "mem_limit": "1048576",
            "sysctls": {"net.core.somaxconn": "1024"}, "dns": ["1.1.1.1"],
            "extra_hosts": ["db=10.0.0.1", "six=[::1]", "host=host-gateway"],
            "tmpfs": ["/run", "/tmp:size=64m,mode=1777"],
            "ulimits": {"nproc": 65535, "nofile": {"soft": 1, "hard": 2}},
            "devices": [{"source": "/dev/kmsg", "target": "/dev/kmsg", "permissions": "rwm"}],
            "logging": {"driver": "json-file", "options": {"max-size": "10m"}},
            "security_opt": ["no-new-privileges:true", "seccomp:unconfined", "systempaths=unconfined"],
            "deploy": {"resources": {
                "limits": {"cpus": 1.5, "memory": "2048", "pids": 9},
                "reservations": {"cpus": 0.5, "memory": "1024", "devices": [{"capabilities": ["gpu"], "count": 1}]}
            }},
            "pid": "host",
        }),
        41,
    );
    for (path, expected) in [
        ("/Image", json!("api:1")),
        ("/Cmd", json!(["serve", "--all"])),
        ("/Entrypoint", json!([])),
        ("/User", json!("10:10")),
        ("/WorkingDir", json!("/app")),
        ("/Hostname", json!("api.local")),
        ("/Tty", json!(true)),
        ("/OpenStdin", json!(true)),
        ("/StopSignal", json!("SIGINT")),
        ("/StopTimeout", json!(91)),
        ("/Env", json!(["A=1=2", "B"])),
        ("/HostConfig/CapAdd", json!(["CAP_NET_ADMIN"])),
        ("/HostConfig/CapDrop", json!(["ALL"])),
        ("/HostConfig/Privileged", json!(true)),
        ("/HostConfig/ReadonlyRootfs", json!(true)),
        ("/HostConfig/Init", json!(true)),
        ("/HostConfig/ShmSize", json!(2_147_483_648_i64)),
        ("/HostConfig/Sysctls/net.core.somaxconn", json!("1024")),
        ("/HostConfig/Dns", json!(["1.1.1.1"])),
        (
            "/HostConfig/ExtraHosts",
            json!(["db:10.0.0.1", "six:::1", "host:host-gateway"]),
        ),
        ("/HostConfig/Tmpfs/~1tmp", json!("size=64m,mode=1777")),
        ("/HostConfig/Tmpfs/~1run", json!("")),
        (
            "/HostConfig/Ulimits",
            json!([{"Name": "nproc", "Soft": 65535, "Hard": 65535}, {"Name": "nofile", "Soft": 1, "Hard": 2}]),
        ),
        ("/HostConfig/Devices/0/CgroupPermissions", json!("rwm")),
        ("/HostConfig/LogConfig/Config/max-size", json!("10m")),
        (
            "/HostConfig/SecurityOpt",
            json!(["no-new-privileges=true", "seccomp=unconfined"]),
        ),
        ("/HostConfig/MaskedPaths", json!([])),
        ("/HostConfig/NanoCpus", json!(1_500_000_000_i64)),
        ("/HostConfig/Memory", json!(2048)),
        ("/HostConfig/PidsLimit", json!(9)),
        ("/HostConfig/MemoryReservation", json!(1024)),
        (
            "/HostConfig/DeviceRequests/0/Capabilities",
            json!([["gpu"]]),
        ),
        ("/HostConfig/PidMode", json!("host")),
        ("/HostConfig/NetworkMode", json!("none")),
    ] {
        assert_eq!(body.pointer(path), Some(&expected), "{path}");
    }
}

#[test]
fn ports_may_be_ranges_udp_and_bound_to_an_address() {
    let body = body(
        json!({
            "image": "api", "expose": ["9000", "9001-9002/udp"],
            "networks": {"front": null},
            "ports": [
                {"target": 80, "published": "8080", "protocol": "tcp", "host_ip": "127.0.0.1"},
                {"target": 80, "published": "8000-8010"},
                {"target": 53, "published": "5353", "protocol": "udp"},
                {"target": 99},
            ],
        }),
        41,
    );
    assert_eq!(
        body["HostConfig"]["PortBindings"],
        json!({
            "80/tcp": [
                {"HostIp": "127.0.0.1", "HostPort": "8080"},
                {"HostPort": "8000-8010"},
            ],
            "53/udp": [{"HostPort": "5353"}],
            "99/tcp": [{"HostPort": ""}],
        })
    );
    let exposed: Vec<&String> = body["ExposedPorts"].as_object().unwrap().keys().collect();
    assert_eq!(exposed.len(), 6, "{exposed:?}");
    assert!(refusal(
        json!({"image": "api", "network_mode": "host", "ports": [{"target": 80, "published": "81"}]}),
        41
    )
    .contains("network_mode: host"));
}

#[test]
fn an_older_engine_gets_one_network_and_a_newer_one_all() {
    let service = json!({
        "image": "api",
        "networks": {
            "front": null,
            "back": {"priority": 5, "ipv4_address": "172.20.0.9", "aliases": ["db", "api"]},
        },
    });
    let spec = spec(service);
    let old = plan(&spec, &Lookups::default(), Api(41)).ok().unwrap();
    assert_eq!(old.connect.len(), 1);
    assert_eq!(old.connect[0].0, "shop_front");
    let body = serde_json::to_value(old.body).unwrap();
    assert_eq!(body["HostConfig"]["NetworkMode"], "shop_back");
    let back = &body["NetworkingConfig"]["EndpointsConfig"]["shop_back"];
    assert_eq!(back["IPAMConfig"]["IPv4Address"], "172.20.0.9");
    assert_eq!(back["Aliases"], json!(["shop-api-1", "api", "db"]));

    let new = plan(&spec, &Lookups::default(), Api(44)).ok().unwrap();
    assert!(new.connect.is_empty());
    let body = serde_json::to_value(new.body).unwrap();
    let endpoints = &body["NetworkingConfig"]["EndpointsConfig"];
    assert_eq!(endpoints.as_object().unwrap().len(), 2);
}

#[test]
fn a_bind_whose_source_must_exist_goes_the_way_that_checks_it() {
    let body = body(
        json!({
            "image": "api",
            "volumes": [
                {"type": "bind", "source": "/a", "target": "/b", "bind": {"create_host_path": true}},
                {"type": "bind", "source": "/a", "target": "/plain"},
                {"type": "bind", "source": "/a", "target": "/strict", "bind": {}},
                {"type": "bind", "source": "/c", "target": "/d", "read_only": true,
                 "bind": {"create_host_path": true, "propagation": "rslave"}},
                {"type": "bind", "source": "/e", "target": "/f", "read_only": true, "bind": {}},
                {"type": "volume", "source": "data", "target": "/data", "volume": {"nocopy": true}},
                {"type": "volume", "target": "/anonymous"},
                {"type": "tmpfs", "target": "/t", "tmpfs": {"size": "1024", "mode": 1023}},
            ],
            "secrets": [{"source": "key"}, {"source": "token"}],
        }),
        41,
    );
    assert_eq!(
        body["HostConfig"]["Binds"],
        json!(["/a:/b:rw", "/a:/plain:rw", "/c:/d:ro,rslave"])
    );
    assert_eq!(
        body["HostConfig"]["Mounts"],
        json!([
            {"Target": "/strict", "Source": "/a", "Type": "bind"},
            {"Target": "/f", "Source": "/e", "Type": "bind", "ReadOnly": true},
            {"Target": "/data", "Source": "shop_data", "Type": "volume", "VolumeOptions": {"NoCopy": true}},
            {"Target": "/anonymous", "Type": "volume"},
            {"Target": "/t", "Type": "tmpfs", "TmpfsOptions": {"SizeBytes": 1024, "Mode": 1023}},
            {"Target": "/run/secrets/key", "Source": "/srv/shop/key.pem", "Type": "bind", "ReadOnly": true},
        ])
    );
}

#[test]
fn secrets_with_a_content_or_an_owner_are_copied() {
    use super::super::files::{Content, archive, copies};
    let spec = spec(json!({
        "image": "api",
        "secrets": [
            {"source": "key", "target": "/etc/key", "uid": "5", "mode": "0400"},
            {"source": "token"},
        ],
    }));
    let found = copies(&spec).unwrap();
    assert_eq!(found[0].target, "/etc/key");
    assert_eq!((found[0].uid, found[0].mode), (5, 0o400));
    assert_eq!(found[1].content, Content::Text("t0ken".to_owned()));
    assert_eq!(found[1].target, "/run/secrets/token");
    let files: Vec<_> = found
        .into_iter()
        .map(|copy| (copy, b"x".to_vec()))
        .collect();
    let bytes = archive("/", &files.iter().collect::<Vec<_>>()).unwrap();
    let mut names = Vec::new();
    for entry in tar::Archive::new(bytes.as_slice()).entries().unwrap() {
        names.push(entry.unwrap().path().unwrap().display().to_string());
    }
    assert_eq!(names, ["etc/key", "run/secrets/token"]);
}

#[test]
fn fields_that_an_older_engine_refuses_are_not_sent() {
    let service = json!({
        "image": "api",
        "healthcheck": {"test": ["CMD", "true"], "interval": "1s", "start_interval": "100ms", "retries": 3},
    });
    let old = body(service.clone(), 43);
    assert_eq!(old["Healthcheck"]["Interval"], json!(1_000_000_000_i64));
    assert_eq!(old["Healthcheck"].get("StartInterval"), None);
    assert_eq!(old["Healthcheck"].get("Timeout"), None, "the image's holds");
    assert_eq!(
        body(service, 44)["Healthcheck"]["StartInterval"],
        json!(100_000_000_i64)
    );
    let off = body(
        json!({"image": "api", "healthcheck": {"disable": true}}),
        41,
    );
    assert_eq!(off["Healthcheck"]["Test"], json!(["NONE"]));
}

#[test]
fn what_cannot_be_honoured_is_refused_by_name() {
    for (service, api, named) in [
        (json!({}), 53, "image"),
        (
            json!({"image": "a", "deploy": {"mode": "global"}}),
            53,
            "deploy.mode: global",
        ),
        (
            json!({"image": "a", "deploy": {"placement": {"constraints": ["node.role==manager"]}}}),
            53,
            "deploy.placement",
        ),
        (
            json!({"image": "a", "deploy": {"endpoint_mode": "dnsrr"}}),
            53,
            "endpoint_mode",
        ),
        (
            json!({"image": "a", "volumes": [{"type": "cluster", "source": "x", "target": "/x"}]}),
            53,
            "type cluster",
        ),
        (
            json!({"image": "a", "volumes": [{"type": "image", "source": "x", "target": "/x"}]}),
            47,
            "API 1.48",
        ),
        (
            json!({"image": "a", "volumes": [{"type": "volume", "source": "data", "target": "/x", "volume": {"subpath": "s"}}]}),
            44,
            "subpath",
        ),
        (
            json!({"image": "a", "networks": {"back": null, "front": {"mac_address": "02:42:ac:11:00:01"}}}),
            43,
            "mac_address",
        ),
        (
            json!({"image": "a", "ulimits": {"nofile": "many"}}),
            53,
            "ulimits.nofile",
        ),
        (
            json!({"image": "a", "stop_grace_period": "soon"}),
            53,
            "stop_grace_period",
        ),
        (
            json!({"image": "a", "networks": {"other": null}}),
            53,
            "network `other`",
        ),
        (
            json!({"image": "a", "network_mode": "service:db"}),
            53,
            "service db",
        ),
    ] {
        let text = refusal(service, api);
        assert!(text.contains(named), "{named}: {text}");
        assert!(text.contains("api"), "which service? {text}");
    }
}

#[test]
fn the_older_forms_and_rare_attributes_reach_the_body() {
    let service = json!({
        "image": "api", "mem_limit": "4096", "mem_reservation": "2048", "memswap_limit": "-1",
        "mem_swappiness": "60", "cpus": 0.5, "cpu_shares": 512, "cpu_period": 1000,
        "cpu_quota": 500, "cpu_rt_period": 9, "cpu_rt_runtime": 8, "cpuset": "0,1",
        "cpu_count": 2, "cpu_percent": 12.5, "pids_limit": 99, "oom_kill_disable": true,
        "oom_score_adj": -5, "cgroup": "private", "cgroup_parent": "/shop", "ipc": "shareable",
        "uts": "host", "userns_mode": "host", "domainname": "example", "dns_opt": ["ndots:1"],
        "dns_search": ["shop.example"], "group_add": ["mail"], "runtime": "runc",
        "isolation": "default", "storage_opt": {"size": "1G"}, "device_cgroup_rules": ["c 1:3 mr"],
        "gpus": [{"count": -1, "driver": "nvidia"}],
        "blkio_config": {
            "weight": 300, "weight_device": [{"path": "/dev/sda", "weight": 400}],
            "device_read_bps": [{"path": "/dev/sda", "rate": "1024"}],
            "device_write_iops": [{"path": "/dev/sda", "rate": "30"}],
        },
        "volumes_from": ["container:old:ro"],
        "post_start": [{"command": ["a"]}],
    });
    let body = body(service, 41);
    for (path, expected) in [
        ("/HostConfig/Memory", json!(4096)),
        ("/HostConfig/MemoryReservation", json!(2048)),
        ("/HostConfig/MemorySwap", json!(-1)),
        ("/HostConfig/MemorySwappiness", json!(60)),
        ("/HostConfig/NanoCpus", json!(500_000_000)),
        ("/HostConfig/CpuShares", json!(512)),
        ("/HostConfig/CpuPeriod", json!(1000)),
        ("/HostConfig/CpuQuota", json!(500)),
        ("/HostConfig/CpuRealtimePeriod", json!(9)),
        ("/HostConfig/CpuRealtimeRuntime", json!(8)),
        ("/HostConfig/CpusetCpus", json!("0,1")),
        ("/HostConfig/CpuCount", json!(2)),
        ("/HostConfig/CpuPercent", json!(1250)),
        ("/HostConfig/PidsLimit", json!(99)),
        ("/HostConfig/OomKillDisable", json!(true)),
        ("/HostConfig/OomScoreAdj", json!(-5)),
        ("/HostConfig/CgroupnsMode", json!("private")),
        ("/HostConfig/CgroupParent", json!("/shop")),
        ("/HostConfig/IpcMode", json!("shareable")),
        ("/HostConfig/UTSMode", json!("host")),
        ("/HostConfig/UsernsMode", json!("host")),
        ("/Domainname", json!("example")),
        ("/HostConfig/DnsOptions", json!(["ndots:1"])),
        ("/HostConfig/DnsSearch", json!(["shop.example"])),
        ("/HostConfig/GroupAdd", json!(["mail"])),
        ("/HostConfig/Runtime", json!("runc")),
        ("/HostConfig/Isolation", json!("default")),
        ("/HostConfig/StorageOpt/size", json!("1G")),
        ("/HostConfig/DeviceCgroupRules", json!(["c 1:3 mr"])),
        (
            "/HostConfig/DeviceRequests/0/Capabilities",
            json!([["gpu"]]),
        ),
        ("/HostConfig/DeviceRequests/0/Count", json!(-1)),
        ("/HostConfig/BlkioWeight", json!(300)),
        (
            "/HostConfig/BlkioWeightDevice",
            json!([{"Path": "/dev/sda", "Weight": 400}]),
        ),
        (
            "/HostConfig/BlkioDeviceReadBps",
            json!([{"Path": "/dev/sda", "Rate": 1024}]),
        ),
        (
            "/HostConfig/BlkioDeviceWriteIOps",
            json!([{"Path": "/dev/sda", "Rate": 30}]),
        ),
        ("/HostConfig/VolumesFrom", json!(["old:ro"])),
        (
            "/Labels/sinops.hooks",
            json!(r#"{"post_start":[{"command":["a"]}]}"#),
        ),
    ] {
        assert_eq!(body.pointer(path), Some(&expected), "{path}");
    }
}

#[test]
fn an_attribute_goes_where_the_api_version_has_its_place() {
    let of = |service: Value, api| plan(&spec(service), &Lookups::default(), Api(api)).unwrap();
    let service = json!({
        "image": "api", "mac_address": "02:42:ac:11:00:01", "networks": {"front": null, "back": null},
    });
    let old = of(service.clone(), 41);
    assert_eq!(old.mac_address.as_deref(), Some("02:42:ac:11:00:01"));
    assert_eq!(old.connect.len(), 1, "the second network has its own call");
    let new = of(service, 44);
    assert_eq!((new.mac_address, new.connect.len()), (None, 0));
    let text = serde_json::to_value(&new.body).unwrap();
    let endpoint = "/NetworkingConfig/EndpointsConfig/shop_back/MacAddress";
    assert_eq!(text.pointer(endpoint), Some(&json!("02:42:ac:11:00:01")));

    for (service, api, needs) in [
        (
            json!({"image": "a", "annotations": {"a": "b"}}),
            43,
            "annotations (needs API 1.43)",
        ),
        (
            json!({"image": "a", "networks": {"front": {"gw_priority": 1}}}),
            48,
            "networks.front.gw_priority (needs API 1.48)",
        ),
        (
            json!({"image": "a", "networks": {"front": {"interface_name": "eth7"}}}),
            49,
            "networks.front.interface_name (needs API 1.49)",
        ),
    ] {
        assert!(refusal(service.clone(), api - 1).contains(needs), "{needs}");
        of(service, api);
    }
}

#[test]
fn links_name_the_containers_of_the_service() {
    let mut spec = spec(json!({
        "image": "a", "links": ["db:store"], "external_links": ["other:ext"], "networks": {"front": null},
    }));
    spec.siblings
        .insert("db".to_owned(), vec!["shop-db-1".to_owned()]);
    let plan = plan(&spec, &Lookups::default(), Api(41)).unwrap();
    let body = serde_json::to_value(plan.body).unwrap();
    assert_eq!(
        body.pointer("/NetworkingConfig/EndpointsConfig/shop_front/Links"),
        Some(&json!([
            "shop-db-1:store",
            "shop-db-1:db-1",
            "shop-db-1:shop-db-1",
            "other:ext"
        ]))
    );
}

#[test]
fn files_of_a_read_only_container_are_copied_into_volumes_of_its_own() {
    let body = body(
        json!({"image": "a", "read_only": true, "secrets": [{"source": "token"}]}),
        41,
    );
    let mounts = body.pointer("/HostConfig/Mounts").unwrap();
    assert_eq!(
        *mounts,
        json!([{"Target": "/run/secrets", "Type": "volume"}])
    );
    let root = json!({"image": "a", "read_only": true, "secrets": [{"source": "token", "target": "/token"}]});
    assert!(refusal(root, 41).contains("/token"));
}

#[test]
fn devices_that_are_described_to_the_engine_are_asked_for_by_their_names() {
    let body = body(
        json!({"image": "api", "devices": [
            {"source": "vendor.com/class=first", "target": "vendor.com/class=first", "permissions": "rwm"},
            {"source": "/dev/a=b", "target": "/dev/a=b", "permissions": "r"},
        ]}),
        41,
    );
    assert_eq!(
        body["HostConfig"]["DeviceRequests"],
        json!([{"Driver": "cdi", "DeviceIDs": ["vendor.com/class=first"]}])
    );
    assert_eq!(body["HostConfig"]["Devices"].as_array().unwrap().len(), 1);
}
