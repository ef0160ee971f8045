//! What a loaded project offers besides its data: origins, texts, hashes.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail by panicking and reads its corpus"
)]

use std::path::{Path, PathBuf};

use sinops_compose::{Files, LoadRequest, Loaded, Project, SourceFile, config_hash};

struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _: &Path) -> std::io::Result<String> {
        Err(std::io::ErrorKind::NotFound.into())
    }
}

fn load(files: &[&str]) -> Loaded {
    let files = files.iter().enumerate().map(|(index, text)| SourceFile {
        path: PathBuf::from(format!("/p/{index}.yml")),
        text: (*text).to_owned(),
    });
    sinops_compose::load(LoadRequest {
        files: files.collect(),
        project_name: None,
        project_directory: PathBuf::from("/p"),
        environment: Default::default(),
        profiles: Vec::new(),
        reader: &NoFiles,
        skip: sinops_compose::Skip::default(),
    })
    .unwrap()
}

#[test]
fn origins_lead_to_the_last_file_that_set_a_value() {
    let loaded = load(&[
        "services:\n  a.b:\n    image: x\n    healthcheck:\n      test: a\n      retries: 1\n    ports:\n      - 80\n      - 81\n",
        "services:\n  a.b:\n    healthcheck:\n      test: b\n    environment: {A: 1}\n",
    ]);
    let at = |path: &[&str]| {
        loaded.origins.locate(path).map(|place| {
            (
                place.file.to_string_lossy().into_owned(),
                place.line,
                place.column,
            )
        })
    };
    let place = |file: &str, line, column| Some((format!("/p/{file}.yml"), line, column));
    assert_eq!(
        at(&["services", "a.b", "healthcheck", "test"]),
        place("1", 4, 7)
    );
    assert_eq!(
        at(&["services", "a.b", "healthcheck", "retries"]),
        place("0", 6, 7)
    );
    assert_eq!(at(&["services", "a.b", "image"]), place("0", 3, 5));
    assert_eq!(at(&["services", "a.b", "ports", "1"]), place("0", 9, 9));
    assert_eq!(
        at(&["services", "a.b", "environment", "A"]),
        place("1", 5, 19)
    );
    // Not written anywhere: the nearest that is.
    assert_eq!(at(&["services", "a.b", "restart"]), place("0", 2, 3));
    assert_eq!(at(&["networks", "default"]), None);
    assert_eq!(loaded.origins.sources().len(), 2);
}

#[test]
fn yaml_loads_to_the_same_project() {
    let text = "name: p\nx-top: {a: [1, 'yes', null, '${X:-a}']}\nservices:\n  web:\n    image: 'a:1'\n    command: [sh, -c, 'echo $$HOME \"q\"\\n']\n    environment: {A: 'true', B: '1', C: , D: \"multi\\nline\", E: ' sp ', F: '', G: '0777', H: null, I: '~', J: '#x', K: 'a: b'}\n    ports: ['80:80', '127.0.0.1:1-3:4-6/udp']\n    volumes: ['./a:/a:ro', 'vol:/v']\n    healthcheck: {test: x, interval: 90s}\n    deploy: {resources: {limits: {cpus: 1.5, memory: 1g}}}\n    x-sinops: {tier: data}\nvolumes: {vol: }\n";
    let first = load(&[text]).project;
    let yaml = sinops_compose::to_yaml(&first).unwrap();
    let second = load(&[&yaml]).project;
    assert_eq!(first, second, "{yaml}");
    let json = sinops_compose::to_json(&first).unwrap().to_string();
    let mut plain = first.clone();
    // As in docker compose, JSON keeps the extensions of the top level only.
    plain.services["web"].extensions.clear();
    assert_eq!(load(&[&json]).project, plain, "{json}");
    let typed: Project = serde_json::from_value(serde_json::to_value(&first).unwrap()).unwrap();
    assert_eq!(typed, first);
}

fn hash(text: &str) -> String {
    let project = load(&[text]).project;
    config_hash(&project.services["w"], &project)
}

#[test]
fn hashes_follow_what_is_in_the_container() {
    let base = "services: {w: {image: a, networks: [n], volumes: ['vol:/v'], environment: {A: 1, B: 2}}, d: {image: d}}\nnetworks: {n: }\nvolumes: {vol: }";
    let same = [
        // Another order of the keys.
        base.replace("A: 1, B: 2", "B: 2, A: 1"),
        base.replace("image: a,", "image: a, depends_on: [d],"),
        base.replace("image: a,", "image: a, scale: 3,"),
        base.replace("image: a,", "image: a, pull_policy: always,"),
        base.replace(
            "image: a,",
            "image: a, deploy: {replicas: 2, update_config: {order: start-first}},",
        ),
        base.replace("image: a,", "image: a, x-sinops: {tier: web},"),
        base.replace("{image: d}", "{image: e}"),
        base.replace("n: }", "n: {labels: {a: 1}}}"),
    ];
    for text in same {
        assert_eq!(hash(base), hash(&text), "{text}");
    }
    let other = [
        base.replace("image: a,", "image: b,"),
        base.replace("A: 1", "A: 2"),
        base.replace(
            "image: a,",
            "image: a, deploy: {resources: {limits: {memory: 1g}}},",
        ),
        base.replace("image: a,", "image: a, labels: {x: 1},"),
        // It travels with the container.
        base.replace("image: a,", "image: a, pre_stop: [{command: [a]}],"),
        base.replace(
            "image: a,",
            "image: a, x-sinops: {process: {command: [a]}},",
        ),
        base.replace("n: }", "n: {driver_opts: {a: 1}}}"),
        base.replace("n: }", "n: {name: other}}"),
        base.replace("vol: }", "vol: {driver: nfs}}"),
    ];
    for text in other {
        assert_ne!(hash(base), hash(&text), "{text}");
    }
    assert_eq!(hash(base).len(), 64);
}

#[test]
fn some_services_come_with_what_they_need() {
    let text = "services:\n  web: {image: a, depends_on: [db], networks: [front], volumes: ['data:/d']}\n  db: {image: b, networks: [back], secrets: [key], depends_on: {extra: {condition: service_started, required: false}}}\n  extra: {image: c, profiles: [more], networks: [other]}\n  job: {image: d, depends_on: [web], configs: [c]}\nnetworks: {front: , back: , other: }\nvolumes: {data: }\nsecrets: {key: {file: k}}\nconfigs: {c: {file: c}}\n";
    let mut project = load(&[text]).project;
    sinops_compose::select_services(&mut project, &["web".to_owned()]).unwrap();
    let names = |keys: Vec<&String>| keys.into_iter().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(names(project.services.keys().collect()), "web db");
    assert_eq!(names(project.networks.keys().collect()), "front back");
    assert_eq!(names(project.volumes.keys().collect()), "data");
    assert_eq!(names(project.secrets.keys().collect()), "key");
    assert!(project.configs.is_empty());
    assert!(project.services["db"].depends_on.is_empty());
    let missing = sinops_compose::select_services(&mut project, &["job".to_owned()]);
    assert_eq!(
        missing.unwrap_err().to_string(),
        "there is no service `job`"
    );
}

/// Any text gives an answer, never a panic.
#[test]
fn damaged_files_do_not_panic() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below.max(1) as u64).unwrap()
    };
    let pieces = [
        "{",
        "}",
        "[",
        "]",
        ":",
        "\n",
        "- ",
        "&a ",
        "*a",
        "<<: ",
        "!reset ",
        "${",
        "}",
        "null",
        "0",
        "-1",
        "'",
        "\"",
        " ",
        "é",
        "9999999999999999999",
    ];
    let mut tried = 0;
    for entry in std::fs::read_dir(corpus).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path().join("compose.yml")).unwrap();
        let characters: Vec<char> = text.chars().collect();
        for _ in 0..60 {
            let mut damaged = characters.clone();
            for _ in 0..=random(3) {
                let at = random(damaged.len());
                match random(3) {
                    0 => {
                        let until = (at + random(20)).min(damaged.len());
                        damaged.drain(at..until);
                    }
                    1 => {
                        let piece = pieces[random(pieces.len())];
                        damaged.splice(at..at, piece.chars());
                    }
                    _ => {
                        let from = random(damaged.len());
                        let until = (from + random(40)).min(damaged.len());
                        let moved: Vec<char> = damaged[from..until].to_vec();
                        damaged.splice(at..at, moved);
                    }
                }
            }
            let text: String = damaged.into_iter().collect();
            let _ = sinops_compose::load(LoadRequest {
                files: vec![SourceFile {
                    path: "/p/a.yml".into(),
                    text,
                }],
                project_name: None,
                project_directory: PathBuf::from("/p"),
                environment: Default::default(),
                profiles: vec!["*".to_owned()],
                reader: &NoFiles,
                skip: sinops_compose::Skip::default(),
            });
            tried += 1;
        }
    }
    assert!(tried > 1000);
}
