use super::*;
use serde_json::json;

fn wanted() -> Value {
    json!({
        "Image": "web:1", "Env": ["A=1"], "Labels": {"team": "x", "sinops.config-hash": "h"},
        "ExposedPorts": {"80/tcp": {}},
        "HostConfig": {
            "NetworkMode": "shop_net", "Binds": ["/a:/b:ro"], "Memory": 10,
            "Mounts": [{"Type": "volume", "Source": "shop_data", "Target": "/data"}],
            "PortBindings": {"80/tcp": [{"HostPort": "8080"}]},
        },
        "NetworkingConfig": {"EndpointsConfig": {"shop_net": {"Aliases": ["shop-web-1", "web"]}}},
    })
}

fn image() -> Value {
    json!({"Env": ["PATH=/bin"], "Cmd": ["serve"], "Volumes": ["/cache"]})
}

fn found() -> Value {
    json!({
        "Id": "abcdef0123456789",
        "Config": {
            "Hostname": "abcdef012345", "Image": "web:1", "Env": ["PATH=/bin", "A=1"],
            "Cmd": ["serve"], "Entrypoint": null, "ExposedPorts": {"80": {}}, "User": "", "Tty": false,
            "Labels": {"team": "x", "com.docker.compose.project": "shop"},
        },
        "HostConfig": {
            "NetworkMode": "shop_net", "Memory": 10, "MemorySwap": 20, "ShmSize": 67_108_864,
            "CgroupnsMode": "host", "IpcMode": "private", "Runtime": "runc",
            "RestartPolicy": {"Name": "", "MaximumRetryCount": 0},
            "PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]},
            "LogConfig": {"Type": "json-file", "Config": {}}, "CapAdd": null, "Dns": [],
        },
        "Mounts": [
            {"Type": "bind", "Source": "/a", "Destination": "/b", "RW": false},
            {"Type": "volume", "Name": "shop_data", "Destination": "/data", "RW": true},
            {"Type": "volume", "Name": "0".repeat(64), "Destination": "/cache", "RW": true},
        ],
        "NetworkSettings": {"Networks": {"shop_net": {"Aliases": ["web", "shop-web-1", "abcdef012345"], "IPAMConfig": {}}}},
    })
}

fn habits() -> Habits {
    Habits {
        log_driver: "json-file".to_owned(),
        ..Habits::default()
    }
}

#[test]
fn what_image_and_engine_add_is_no_difference() {
    assert_eq!(compare(&wanted(), &found(), &image(), &habits()), []);
}

#[test]
fn every_difference_is_named_with_both_sides() {
    for (pointer, value, expected) in [
        (
            "/Config/Env",
            json!(["PATH=/bin", "A=2", "B=1"]),
            &["environment.A 2 1", "environment.B 1 -"][..],
        ),
        (
            "/Config/Cmd",
            json!(["other"]),
            &[r#"command ["other"] ["serve"]"#],
        ),
        ("/Config/User", json!("10"), &["user 10 -"]),
        ("/Config/Labels", json!({}), &["labels.team - x"]),
        ("/Config/Hostname", json!("host"), &["hostname host -"]),
        ("/HostConfig/Memory", json!(10_i64), &[]),
        (
            "/HostConfig/Privileged",
            json!(true),
            &["privileged true -"],
        ),
        (
            "/HostConfig/RestartPolicy",
            json!({"Name": "always"}),
            &["restart always no"],
        ),
        ("/HostConfig/IpcMode", json!("host"), &["ipc host -"]),
        ("/HostConfig/ShmSize", json!(1), &["shm_size 1 -"]),
        (
            "/HostConfig/LogConfig",
            json!({"Type": "syslog", "Config": {"tag": "x"}}),
            &["logging.driver syslog json-file"],
        ),
        // The engine's own options.
        (
            "/HostConfig/LogConfig",
            json!({"Type": "json-file", "Config": {"max-file": "3"}}),
            &[],
        ),
        (
            "/Config/ExposedPorts",
            json!({"80/tcp": {}, "81/udp": {}}),
            &[r#"expose ["80/tcp","81/udp"] ["80/tcp"]"#],
        ),
        (
            "/NetworkSettings/Networks",
            json!({}),
            &["networks (shop_net) - attached"],
        ),
    ] {
        let mut other = found();
        let place = pointer.rsplit_once('/').unwrap();
        other.pointer_mut(place.0).unwrap()[place.1] = value;
        let said: Vec<String> = compare(&wanted(), &other, &image(), &habits())
            .into_iter()
            .map(|it| {
                let or = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
                format!("{} {} {}", it.path, or(it.old), or(it.new))
            })
            .collect();
        assert_eq!(said, expected, "{pointer}");
    }
    let mut other = found();
    other["Mounts"][0]["RW"] = json!(true);
    let said = compare(&wanted(), &other, &image(), &habits());
    assert_eq!(said[0].path, "volumes (/b)");
    assert_eq!(said[0].old.as_deref(), Some("bind /a"));
}

#[test]
fn options_of_mounts_and_logs_are_compared() {
    assert_eq!(
        said(|wanted, _| {
            wanted["HostConfig"]["LogConfig"] =
                json!({"Type": "json-file", "Config": {"max-size": "1m"}});
        }),
        ["logging.options.max-size: - | 1m"]
    );
    assert_eq!(
        said(|wanted, _| wanted["HostConfig"]["Binds"] = json!(["/a:/b:ro,rslave"])),
        ["volumes (/b): bind /a (read-only) | bind /a (read-only), propagation rslave"]
    );
    let tmpfs =
        |size: u64| json!({"Type": "tmpfs", "Target": "/t", "TmpfsOptions": {"SizeBytes": size}});
    assert_eq!(
        said(|wanted, found| {
            let list = wanted["HostConfig"]["Mounts"].as_array_mut().unwrap();
            list.push(tmpfs(2));
            found["HostConfig"]["Mounts"] = json!([tmpfs(1)]);
            let list = found["Mounts"].as_array_mut().unwrap();
            list.push(json!({"Type": "tmpfs", "Destination": "/t", "RW": true}));
        }),
        ["volumes (/t): tmpfs, size 1 | tmpfs, size 2"]
    );
    // The engine makes the host name an alias.
    assert_eq!(
        said(|wanted, found| {
            wanted["Hostname"] = json!("shop");
            found["Config"]["Hostname"] = json!("shop");
            let aliases = &mut found["NetworkSettings"]["Networks"]["shop_net"]["Aliases"];
            aliases.as_array_mut().unwrap().push(json!("shop"));
        }),
        [""; 0]
    );
}

#[test]
fn one_thing_in_other_words_is_no_difference() {
    let (mut wanted, mut found) = (wanted(), found());
    wanted["ExposedPorts"] = json!({"80/tcp": {}, "90/udp": {}, "91/udp": {}});
    found["Config"]["ExposedPorts"] = json!({"80/tcp": {}, "90-91/udp": {}});
    for (key, want, is) in [
        ("ExtraHosts", json!(["a:1", "b:2"]), json!(["b:2", "a:1"])),
        (
            "SecurityOpt",
            json!(["no-new-privileges=true", "seccomp={\"a\":1}"]),
            json!([
                "seccomp={\n  \"a\": 1\n}",
                "no-new-privileges:true",
                "label=disable"
            ]),
        ),
        ("CapAdd", json!(["CAP_CHOWN"]), json!(["chown"])),
        ("PidMode", json!("host"), json!("host")),
        ("BlkioWeight", json!(300), json!(0)),
        ("PidsLimit", json!(-1), Value::Null),
    ] {
        wanted["HostConfig"][key] = want;
        found["HostConfig"][key] = is;
    }
    assert_eq!(compare(&wanted, &found, &image(), &habits()), []);
}

/// What a changed create body and a changed container are said to differ in.
fn said(change: impl Fn(&mut Value, &mut Value)) -> Vec<String> {
    let (mut wanted, mut found) = (wanted(), found());
    change(&mut wanted, &mut found);
    let all = compare(&wanted, &found, &image(), &habits()).into_iter();
    let or = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    all.map(|it| format!("{}: {} | {}", it.path, or(it.old), or(it.new)))
        .collect()
}

#[test]
fn what_has_no_value_is_there_as_well() {
    assert_eq!(
        said(|wanted, found| {
            wanted["HostConfig"]["Tmpfs"] = json!({"/other": ""});
            found["HostConfig"]["Tmpfs"] = json!({"/scratch": ""});
        }),
        [r#"tmpfs: {"/scratch":""} | {"/other":""}"#]
    );
    assert_eq!(
        said(|wanted, _| wanted["Labels"]["bare"] = json!("")),
        ["labels.bare: - | -"]
    );
    assert_eq!(
        said(|wanted, found| {
            wanted["HostConfig"]["Sysctls"] = json!({});
            found["HostConfig"]["Tmpfs"] = Value::Null;
        }),
        [""; 0]
    );
}

#[test]
fn a_hardware_address_is_compared_while_there_is_one() {
    let with = |address: &'static str| {
        move |wanted: &mut Value, found: &mut Value| {
            wanted["MacAddress"] = json!("02:42:AC:11:00:09");
            found["NetworkSettings"]["Networks"]["shop_net"]["MacAddress"] = json!(address);
        }
    };
    assert_eq!(said(with("02:42:ac:11:00:09")), [""; 0]);
    assert_eq!(said(with("")), [""; 0], "it is stopped");
    assert_eq!(
        said(with("02:42:ac:11:00:08")),
        ["mac_address: 02:42:ac:11:00:08 | 02:42:ac:11:00:09"]
    );
}

#[test]
fn masks_that_were_taken_away_are_seen() {
    let bare = || json!([]);
    assert_eq!(
        said(|_, found| found["HostConfig"]["MaskedPaths"] = bare()),
        ["security_opt: systempaths=unconfined | -"]
    );
    assert_eq!(
        said(|wanted, found| {
            found["HostConfig"]["MaskedPaths"] = bare();
            wanted["HostConfig"]["MaskedPaths"] = bare();
        }),
        [""; 0]
    );
    assert_eq!(
        said(|wanted, found| {
            found["HostConfig"]["MaskedPaths"] = json!(["/proc/acpi"]);
            wanted["HostConfig"]["MaskedPaths"] = bare();
        }),
        ["security_opt: - | systempaths=unconfined"]
    );
}

#[test]
fn relabelling_and_labels_of_mounts_are_compared() {
    assert_eq!(
        said(|wanted, found| {
            wanted["HostConfig"]["Binds"] = json!(["/a:/b:ro,z"]);
            found["Mounts"][0]["Mode"] = json!("ro,Z");
            // Of volumes the engine says so by itself.
            found["Mounts"][1]["Mode"] = json!("z");
        }),
        ["volumes (/b): bind /a (read-only), selinux Z | bind /a (read-only), selinux z"]
    );
    assert_eq!(
        said(|wanted, _| {
            wanted["HostConfig"]["Mounts"][0]["VolumeOptions"] = json!({"Labels": {"a": "b"}});
        }),
        [r#"volumes (/data): volume shop_data | volume shop_data, labels {"a":"b"}"#]
    );
}

#[test]
fn nothing_and_zero_are_told_apart_where_they_differ() {
    assert_eq!(
        said(|wanted, found| {
            wanted["StopTimeout"] = json!(0);
            wanted["HostConfig"]["MemorySwappiness"] = json!(0);
            found["HostConfig"]["MemorySwappiness"] = json!(-1);
        }),
        ["stop_grace_period: - | 0", "mem_swappiness: - | 0"]
    );
    let (mut wanted, found) = (wanted(), found());
    wanted["HostConfig"]["MemorySwappiness"] = json!(10);
    wanted["HostConfig"]["OomKillDisable"] = json!(true);
    let habits = Habits {
        dropped: vec!["MemorySwappiness", "OomKillDisable"],
        ..habits()
    };
    assert_eq!(compare(&wanted, &found, &image(), &habits), []);
}

#[test]
fn links_on_the_bridge_of_the_engine_are_compared() {
    let links = |is: &'static str| {
        move |wanted: &mut Value, found: &mut Value| {
            wanted["NetworkingConfig"] = Value::Null;
            wanted["HostConfig"]["NetworkMode"] = json!("bridge");
            wanted["HostConfig"]["Links"] = json!(["shop-db-1:db"]);
            found["HostConfig"]["NetworkMode"] = json!("bridge");
            found["HostConfig"]["Links"] = json!([is]);
        }
    };
    assert_eq!(said(links("/shop-db-1:/shop-web-1/db")), [""; 0]);
    assert_eq!(
        said(links("/shop-db-1:/shop-web-1/store")),
        [r#"links: ["shop-db-1:store"] | ["shop-db-1:db"]"#]
    );
}
