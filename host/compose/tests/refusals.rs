//! What is refused or warned about, with its line and its remedy.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may fail by panicking"
)]

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use sinops_compose::{Files, LoadError, LoadRequest, Loaded, Severity, SourceFile};

#[derive(Default)]
struct Memory(HashMap<PathBuf, String>);

impl Files for Memory {
    fn read(&self, path: &Path) -> std::io::Result<String> {
        self.0
            .get(path)
            .cloned()
            .ok_or_else(|| std::io::ErrorKind::NotFound.into())
    }
}

fn load_with(files: &[&str], others: &[(&str, &str)]) -> Result<Loaded, LoadError> {
    let files = files.iter().enumerate().map(|(index, text)| SourceFile {
        path: PathBuf::from(format!("/p/{index}.yml")),
        text: (*text).to_owned(),
    });
    let others = others
        .iter()
        .map(|(path, text)| (PathBuf::from(path), (*text).to_owned()));
    sinops_compose::load(LoadRequest {
        files: files.collect(),
        project_name: None,
        project_directory: PathBuf::from("/p"),
        environment: Default::default(),
        profiles: Vec::new(),
        reader: &Memory(others.collect()),
        skip: sinops_compose::Skip::default(),
    })
}

/// `code line message [hint]` of every error.
fn errors(files: &[&str], others: &[(&str, &str)]) -> Vec<String> {
    let error = load_with(files, others).expect_err("it should be refused");
    lines(&error.diagnostics, Severity::Error)
}

fn lines(diagnostics: &[sinops_compose::Diagnostic], severity: Severity) -> Vec<String> {
    diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity == severity)
        .map(|diagnostic| {
            let place = diagnostic.location.as_ref().map(|place| {
                format!(
                    "{}:{}",
                    place.file.file_name().unwrap().to_string_lossy(),
                    place.line
                )
            });
            format!(
                "{} {} {} [{}]",
                diagnostic.code,
                place.unwrap_or_default(),
                diagnostic.message,
                diagnostic.hint.as_deref().unwrap_or("")
            )
        })
        .collect()
}

fn refused(text: &str, expected: &str) {
    let errors = errors(&[text], &[]);
    assert!(
        errors.first().unwrap().starts_with(expected),
        "\n{}\n{expected}",
        errors.join("\n")
    );
}

#[test]
fn unknown_keys_name_the_nearest_one() {
    refused(
        "services:\n  web:\n    image: a\n    healtcheck: {test: x}\n",
        "unknown-key 0.yml:4 unknown key `healtcheck` in `services.web` [did you mean `healthcheck`?]",
    );
    refused(
        "service: {}\n",
        "unknown-key 0.yml:1 unknown key `service` at the top level [did you mean `services`?]",
    );
    refused(
        "services:\n  a.b:\n    image: a\n    zzzzzz: 1\n",
        "unknown-key 0.yml:4 unknown key `zzzzzz` in `services.\"a.b\"` [keys of your own start with `x-`]",
    );
    refused(
        "services: {web: {image: a, deploy: {resources: {limits: {cpu: 1}}}}}",
        "unknown-key 0.yml:1 unknown key `cpu` in `services.web.deploy.resources.limits` [did you mean `cpus`?]",
    );
}

#[test]
fn undefined_references() {
    refused(
        "services:\n  web:\n    image: a\n    depends_on:\n      - databse\n  database: {image: b}\n",
        "undefined-service 0.yml:5 the service `web` depends on `databse`, which is not defined [did you mean `database`?]",
    );
    refused(
        "services:\n  web:\n    image: a\n    networks: [font]\nnetworks: {front: }\n",
        "undefined-resource 0.yml:4 the service `web` uses the network `font`, which is not defined [did you mean `front`?]",
    );
    refused(
        "services:\n  web:\n    image: a\n    volumes:\n      - data:/x\n",
        "undefined-resource 0.yml:5 the service `web` uses the volume `data`, which is not defined [define it below `volumes`, or write `./data` for a folder]",
    );
    for kind in ["secrets", "configs"] {
        let what = kind.trim_end_matches('s');
        refused(
            &format!("services:\n  web:\n    image: a\n    {kind}: [key]\n"),
            &format!(
                "undefined-resource 0.yml:4 the service `web` uses the {what} `key`, which is not defined [define it below `{kind}`]"
            ),
        );
    }
    refused(
        "services:\n  web:\n    image: a\n    depends_on: [debug]\n  debug: {image: d, profiles: [dev, x]}\n",
        "inactive-service 0.yml:4 the service `web` depends on `debug`, which is only there with the profile dev or x",
    );
    refused(
        "services: {web: {image: a, network_mode: 'service:vpm'}, vpn: {image: v}}",
        "undefined-service 0.yml:1 the service `web` depends on `vpm`, which is not defined [did you mean `vpn`?]",
    );
}

#[test]
fn cycles_are_printed() {
    refused(
        "services:\n  a: {image: a, depends_on: [b]}\n  b: {image: b, depends_on: [c]}\n  c: {image: c, depends_on: [a]}\n",
        "dependency-cycle 0.yml:4 the services wait for each other: a -> b -> c -> a",
    );
    refused(
        "services: {a: {image: a, depends_on: [a]}}",
        "dependency-cycle 0.yml:1 the services wait for each other: a -> a",
    );
}

#[test]
fn long_chains_of_dependencies_are_fine() {
    let mut text = String::from("services:\n  s0: {image: a}\n");
    for index in 1..2000 {
        text.push_str(&format!(
            "  s{index}: {{image: a, depends_on: [s{}]}}\n",
            index - 1
        ));
    }
    assert_eq!(
        load_with(&[&text], &[]).unwrap().project.services.len(),
        2000
    );
}

#[test]
fn a_service_needs_something_to_run() {
    refused(
        "services:\n  web: {ports: [80]}\n",
        "no-image 0.yml:2 the service `web` has neither `image` nor `build`",
    );
    let process = "services: {web: {x-sinops: {process: {command: [a]}}}}";
    assert_eq!(
        load_with(&[process], &[]).unwrap().project.services.len(),
        1
    );
}

#[test]
fn bad_values() {
    for (service, expected) in [
        (
            "ports: ['80:x']",
            "invalid-value 0.yml:1 `services.w.ports`: `80:x` is not a port: `x` is not a port between 1 and 65535 or a range",
        ),
        (
            "ports: [{target: 99999}]",
            "invalid-value 0.yml:1 `services.w.ports`: `99999` is not a port between 1 and 65535",
        ),
        (
            "ports: 80",
            "wrong-type 0.yml:1 `services.w.ports` must be a list, not a number",
        ),
        (
            "image: 1",
            "wrong-type 0.yml:1 `services.w.image` must be a string, not a number [quote it: `\"1\"`]",
        ),
        (
            "command: [a, 1]",
            "wrong-type 0.yml:1 `services.w.command[1]` must be a string, not a number [quote it: `\"1\"`]",
        ),
        (
            "command: \"a 'b\"",
            "invalid-value 0.yml:1 `services.w.command`: the command line has an open quote",
        ),
        (
            "mem_limit: 5x",
            "invalid-value 0.yml:1 `services.w.mem_limit`: `5x` is not a size",
        ),
        (
            "healthcheck: {interval: 30}",
            "wrong-type 0.yml:1 `services.w.healthcheck.interval` must be a string like `30s`, not a number [add a unit: `30s`]",
        ),
        (
            "healthcheck: {interval: 30q}",
            "invalid-value 0.yml:1 `services.w.healthcheck.interval`: `30q` is not a duration",
        ),
        (
            "healthcheck: {test: [curl, x]}",
            "invalid-value 0.yml:1 `services.w.healthcheck.test`: a list must start with `CMD`",
        ),
        (
            "healthcheck: {retries: -1}",
            "invalid-value 0.yml:1 `services.w.healthcheck.retries`: `-1` is not 0 or more",
        ),
        (
            "privileged: maybe",
            "invalid-value 0.yml:1 `services.w.privileged`: `maybe` is not a boolean",
        ),
        (
            "depends_on: {a: {condition: service_healty}}",
            "invalid-value 0.yml:1 `services.w.depends_on.a.condition`: unknown value `service_healty` [did you mean `service_healthy`?]",
        ),
        (
            "environment: {A: [1]}",
            "wrong-type 0.yml:1 `services.w.environment.A` must be a string, a number or a boolean, not a list",
        ),
        (
            "environment: ['A =1']",
            "invalid-value 0.yml:1 `services.w.environment`: the name `A ` ends with a space",
        ),
        (
            "volumes: ['aa::b']",
            "invalid-value 0.yml:1 `services.w.volumes[0]`: `aa::b` is not a volume: a part of it is empty",
        ),
        (
            "volumes: [{type: bind, source: a}]",
            "missing-key 0.yml:1 `services.w.volumes` needs the key `target`",
        ),
        (
            "devices: ['a:b:c:d']",
            "invalid-value 0.yml:1 `services.w.devices[0]`: `a:b:c:d` has too many colons",
        ),
        (
            "extra_hosts: [a]",
            "invalid-value 0.yml:1 `services.w.extra_hosts`: an extra host needs an address",
        ),
        (
            "container_name: -x",
            "invalid-value 0.yml:1 `services.w.container_name`: `-x` cannot be a container name",
        ),
        (
            "scale: 2, container_name: xx",
            "conflict 0.yml:1 `w` runs more than once",
        ),
        (
            "scale: 2, deploy: {replicas: 3}",
            "conflict 0.yml:1 `w`: `scale` and `deploy.replicas` differ",
        ),
        (
            "network_mode: host, networks: [default]",
            "conflict 0.yml:1 `w`: `network_mode` and `networks` exclude each other",
        ),
        (
            "tmpfs: /x, volumes: ['./a:/x']",
            "conflict 0.yml:1 `w` mounts `/x` twice",
        ),
        (
            "env_file: no.env",
            "file-not-read 0.yml:1 `env_file` cannot read /p/no.env",
        ),
        (
            "environment: {A: '${B'}",
            "invalid-template 0.yml:1 the `${…}` in this value cannot be read [close it with `}`, or write `$$` for a dollar sign]",
        ),
        (
            "environment: {A: '${B:?set B}'}",
            "required-variable 0.yml:1 the variable `B` is required and has no value: set B",
        ),
        (
            "scale: '${N}'",
            "invalid-value 0.yml:1 `services.w.scale`: the value is empty [is a variable behind it unset? `${NAME:-default}` gives a default]",
        ),
        (
            "ulimits: {nofile: {soft: 1}}",
            "missing-key 0.yml:1 `services.w.ulimits.nofile` needs the key `hard`",
        ),
    ] {
        let image = if service.starts_with("image") {
            ""
        } else {
            "image: i, "
        };
        refused(&format!("services: {{w: {{{image}{service}}}}}"), expected);
    }
}

#[test]
fn names_that_must_be_unique_or_plain() {
    refused(
        "services:\n  a: {image: a, container_name: cc}\n  b: {image: b, container_name: cc}\n",
        "duplicate-container-name 0.yml:3 the services `a` and `b` have the same container name `cc`",
    );
    refused(
        "services: {'a b': {image: a}}",
        "invalid-name 0.yml:1 `a b` cannot be a name in `services`",
    );
    let request = |name: &str| {
        sinops_compose::load(LoadRequest {
            files: vec![SourceFile {
                path: "/a.yml".into(),
                text: "services: {}".into(),
            }],
            project_name: Some(name.to_owned()),
            project_directory: "/p".into(),
            environment: Default::default(),
            profiles: Vec::new(),
            reader: &Memory::default(),
            skip: sinops_compose::Skip::default(),
        })
    };
    let error = request("My.App").unwrap_err();
    assert_eq!(
        lines(&error.diagnostics, Severity::Error),
        [
            "invalid-project-name  `My.App` cannot be a project name: it must start with a lower-case letter or a digit and hold only those, `_` and `-` [use `myapp`]"
        ]
    );
    assert_eq!(request("my-app").unwrap().project.name, "my-app");
}

#[test]
fn resources_that_contradict_themselves() {
    refused(
        "services: {w: {image: i}}\nsecrets:\n  s: {}\n",
        "missing-key 0.yml:3 `s` in `secrets` has no content [set one of: file, environment]",
    );
    refused(
        "services: {w: {image: i}}\nconfigs:\n  s: {file: a, content: b}\n",
        "conflict 0.yml:3 `s` in `configs`: file, environment, content exclude each other",
    );
    refused(
        "services: {w: {image: i}}\nvolumes:\n  v: {external: true, driver: local}\n",
        "conflict 0.yml:3 `v` in `volumes` is external, so `driver` has no effect",
    );
}

#[test]
fn several_mistakes_come_at_once_with_the_file_of_each() {
    let base = "services:\n  web:\n    image: 1\n    prots: [80]\n";
    let over = "services:\n  web:\n    privileged: x\n";
    let found = errors(&[base, over], &[]);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(
        found[0].contains("0.yml:3") && found[1].contains("0.yml:4"),
        "{found:?}"
    );
    assert!(found[2].contains("1.yml:3"), "{found:?}");
}

#[test]
fn a_file_of_mistakes_is_cut_short() {
    let mut text = String::from("services:\n  web:\n    image: a\n");
    for index in 0..5_000 {
        text.push_str(&format!("    k{index}: 1\n"));
    }
    assert_eq!(errors(&[&text], &[]).len(), 100);
}

#[test]
fn a_mistake_behind_an_anchor_is_told_once() {
    let text = "x-a: &a {image: 1}\nservices:\n  a: *a\n  b: *a\n  c: *a\n";
    assert_eq!(errors(&[text], &[]).len(), 3, "each names its service");
    let text = "x-a: &a {retries: x}\nservices: {a: {image: a, healthcheck: *a}}\n";
    assert_eq!(errors(&[text], &[]).len(), 1);
}

#[test]
fn extends_and_include_problems() {
    refused(
        "services:\n  web: {extends: bas}\n  base: {image: a}\n",
        "undefined-service 0.yml:2 `extends` names the service `bas`, which /p/0.yml does not define [did you mean `base`?]",
    );
    refused(
        "services:\n  a: {extends: b}\n  b: {extends: a}\n",
        "extends-cycle 0.yml:3 `extends` goes round in a circle: a -> b -> a",
    );
    refused(
        "services:\n  a: {extends: {service: b, file: no.yml}}\n",
        "file-not-read 0.yml:2 `extends` cannot read /p/no.yml",
    );
    refused(
        "include: [no.yml]\nservices: {}\n",
        "file-not-read 0.yml:1 `include` cannot read /p/no.yml",
    );
    let circle = [
        ("/p/0.yml", "include: [1.yml]"),
        ("/p/1.yml", "include: [0.yml]"),
    ];
    let found = errors(&["include: [1.yml]\nservices: {a: {image: a}}"], &circle);
    assert!(
        found[0].contains("include-cycle 1.yml:1")
            && found[0].contains("/p/0.yml -> /p/1.yml -> /p/0.yml"),
        "{found:?}"
    );
    let other = [("/p/o.yml", "services:\n  web: {image: other}\n")];
    let found = errors(
        &["include: [o.yml]\nservices:\n  web: {image: mine}\n"],
        &other,
    );
    assert!(
        found[0].starts_with("include-conflict 0.yml:3 `web` in `services` is also defined by an included file (/p/o.yml:2:3)"),
        "{found:?}"
    );
    let base = [("/p/b/b.yml", "services:\n  b:\n    image: 7\n")];
    let found = errors(
        &["services: {a: {extends: {service: b, file: b/b.yml}}}"],
        &base,
    );
    assert!(
        found[0].starts_with("wrong-type b.yml:3 `services.b.image`"),
        "{found:?}"
    );
}

#[test]
fn forms_that_do_not_merge() {
    let base = "services:\n  w:\n    image: a\n    gpus: [{count: 2}]\n    secrets: [s]\n    volumes: ['v:/v']\nsecrets: {s: {file: s, labels: [a=1]}}\nvolumes: {v: {labels: {a: 1}}}\n";
    for (over, expected) in [
        (
            "services:\n  w:\n    gpus: all\n",
            "merge-conflict 1.yml:3 this cannot be merged with what was said before (/p/0.yml:4:5): the forms differ",
        ),
        (
            "secrets:\n  s: {labels: {b: 1}}\n",
            "merge-conflict 1.yml:2 this cannot be merged",
        ),
        (
            "secrets:\n  s: {labels: [a=1]}\n",
            "duplicate-item 1.yml:2 `a` is already set to the same value, see line 7 of the earlier file",
        ),
        (
            "volumes:\n  v: {labels: [a=1]}\n",
            "duplicate-item 1.yml:2 `a` is already set to the same value",
        ),
    ] {
        let found = errors(&[base, over], &[]);
        assert!(found[0].starts_with(expected), "{found:?}");
    }
    let found = errors(
        &["services: {b: {image: a, gpus: [{count: 2}]}, w: {extends: b, gpus: all}}"],
        &[],
    );
    assert!(found[0].starts_with("merge-conflict 0.yml:1"), "{found:?}");
    let other = [(
        "/p/o.yml",
        "services:\n  b: {image: b}\n  c: {image: '${NO:?x}'}\n",
    )];
    let found = errors(
        &["services: {w: {extends: {service: b, file: o.yml}}}"],
        &other,
    );
    assert!(
        found[0].starts_with("required-variable o.yml:3"),
        "{found:?}"
    );
}

#[test]
fn broken_files() {
    refused("a: [1\nb", "yaml-syntax 0.yml:");
    refused(
        "- a\n",
        "not-a-compose-file 0.yml:1 a compose file must be a mapping, not a list",
    );
    refused(
        "services: {a: {image: a}, a: {image: b}}",
        "duplicate-key 0.yml:1 the key `a` is already set on line 1",
    );
    refused("# nothing\n", "empty 0.yml:1 the compose files are empty");
    refused(
        "services: {a: }",
        "wrong-type 0.yml:1 `services.a` must be a mapping, not nothing",
    );
}

#[test]
fn warnings_come_once() {
    let text = "version: '3'\nservices:\n  a: {image: 'i${TAG}', command: '${TAG} ${OTHER} && b'}\n  b: {image: 'i${TAG}', privileged: yes, volumes: ['v:/v', './x:/x:qq']}\n";
    let loaded = load_with(&[text], &[]).unwrap();
    let warnings = lines(&loaded.warnings, Severity::Warning);
    let codes: Vec<&str> = warnings
        .iter()
        .map(|w| w.split(' ').next().unwrap())
        .collect();
    assert_eq!(
        codes,
        [
            "command-cut",
            "yaml-1.1-boolean",
            "drive-letter",
            "unknown-option",
            "obsolete-key",
            "unset-variable",
            "unset-variable"
        ],
        "{warnings:#?}"
    );
    assert!(
        warnings[5].contains("0.yml:3 the variable `TAG` is not set"),
        "{warnings:#?}"
    );
}
