//! Short files that mean a lot, and long ones: refused with a word, or loaded, and
//! always within bounds.
#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::path::{Path, PathBuf};

use sinops_compose::{Files, LoadRequest, SourceFile};

struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _: &Path) -> std::io::Result<String> {
        Err(std::io::ErrorKind::NotFound.into())
    }
}

/// How many services it has, or the first error.
fn load(text: &str, variable: &str) -> Result<usize, String> {
    let loaded = sinops_compose::load(LoadRequest {
        files: vec![SourceFile {
            path: PathBuf::from("/p/compose.yml"),
            text: text.to_owned(),
        }],
        project_name: None,
        project_directory: PathBuf::from("/p"),
        environment: [("VALUE".to_owned(), variable.to_owned())].into(),
        profiles: Vec::new(),
        reader: &NoFiles,
        skip: sinops_compose::Skip::default(),
    });
    match loaded {
        Ok(loaded) => Ok(loaded.project.services.len()),
        Err(error) => {
            let first = error.diagnostics.first().unwrap();
            assert!(first.location.is_some(), "{first:?}");
            Err(format!("{}: {}", first.code, first.message))
        }
    }
}

#[track_caller]
fn refused(text: &str, expected: &str) {
    let problem = load(text, "").unwrap_err();
    assert!(problem.starts_with(expected), "{problem}");
}

const REST: &str = "services: {w: {image: a}}\n";

/// `a0` to `a20`, each holding the one before ten times.
fn multiplied(first: &str, open: &str, close: &str) -> String {
    let mut text = format!("x-a0: &a0 {first}\n");
    for level in 1..20 {
        let before = format!("*a{}", level - 1);
        let aliases = vec![before; 10].join(",");
        text.push_str(&format!("x-a{level}: &a{level} {open}{aliases}{close}\n"));
    }
    text + REST
}

#[test]
fn aliases_that_multiply() {
    const TOO_LARGE: &str = "yaml-too-large: the file expands to more than";
    refused(&multiplied("[x, y]", "[", "]"), TOO_LARGE);
    refused(&multiplied("{x: y}", "{<<: [", "]}"), TOO_LARGE);
    // Few values, but long ones.
    let long = format!("\"{}\"", "x".repeat(1_000_000));
    refused(&multiplied(&long, "[", "]"), TOO_LARGE);
}

#[test]
fn deep_nesting() {
    let deep = |open: &str, close: &str| {
        format!(
            "x-a: {}1{}\n{REST}",
            open.repeat(5_000),
            close.repeat(5_000)
        )
    };
    refused(
        &deep("[", "]"),
        "yaml-syntax: invalid YAML: recursion limit",
    );
    refused(&deep("{a: ", "}"), "yaml-too-large");
    let blocks: String = (1..3_000)
        .map(|level| format!("{}a:\n", " ".repeat(level)))
        .collect();
    refused(&format!("x-a:\n{blocks}{REST}"), "yaml-too-large");
    assert_eq!(
        load(
            &format!("x-a: {}{}\n{REST}", "[".repeat(90), "]".repeat(90)),
            ""
        ),
        Ok(1)
    );
}

#[test]
fn chains_of_merge_keys() {
    let chain = |length: usize| {
        let links: String = (1..length)
            .map(|link| format!("x-a{link}: &a{link} {{<<: *a{}, k{link}: 1}}\n", link - 1))
            .collect();
        format!("x-a0: &a0 {{k: 1}}\n{links}{REST}")
    };
    assert_eq!(load(&chain(90), ""), Ok(1));
    refused(&chain(10_000), "yaml-too-large");
}

#[test]
fn long_files() {
    let long = format!("x-a: \"{}\"\n{REST}", "x".repeat(100_000_000));
    refused(
        &long,
        "yaml-too-large: the file has 95 MB; more than 8 MB are not read",
    );
    refused(
        &"---\na: b\n".repeat(2_000),
        "yaml-too-large: the file holds more than",
    );
    let twice = "x-a: 1\n".repeat(200_000);
    refused(&format!("{twice}{REST}"), "duplicate-key");
    let comment = format!("# {}\n{REST}", "x".repeat(1_000_000));
    assert_eq!(load(&comment, ""), Ok(1));
}

#[test]
fn templates_that_multiply() {
    let value = "v".repeat(100_000);
    let many = "${VALUE}".repeat(1_000);
    let text = format!("services: {{w: {{image: a, hostname: \"{many}\"}}}}\n");
    let problem = load(&text, &value).unwrap_err();
    assert!(problem.starts_with("template-too-large"), "{problem}");
    let values: String = (0..1_000)
        .map(|index| format!("K{index}: '${{VALUE}}', "))
        .collect();
    let text = format!("services: {{w: {{image: a, environment: {{{values}}}}}}}\n");
    let problem = load(&text, &value).unwrap_err();
    assert!(problem.starts_with("template-too-large"), "{problem}");
    // A file of variables, each twice the one before.
    let doubled: String = (1..60)
        .map(|index| format!("A{index}=$A{}$A{}\n", index - 1, index - 1))
        .collect();
    let problem = sinops_compose::parse_env_file(&format!("A0=0123456789\n{doubled}"));
    assert!(problem.unwrap_err().reason.contains("comes to more than"));
}

#[test]
fn ranges_of_ports_that_multiply() {
    let ranges: String = (0..200)
        .map(|index| format!("'127.0.0.{index}:1-65535:1-65535', "))
        .collect();
    refused(
        &format!("services: {{w: {{image: a, ports: [{ranges}]}}}}\n"),
        "invalid-value: `services.w.ports`: the ports of the project come to more than",
    );
}

#[test]
fn long_chains_of_extends() {
    let chain = |length: usize| {
        let links: String = (1..length)
            .map(|link| format!("  s{link}: {{extends: s{}}}\n", link - 1))
            .collect();
        format!("services:\n  s0: {{image: a}}\n{links}")
    };
    assert_eq!(load(&chain(150), ""), Ok(150));
    // In this order each finds the one before resolved.
    assert_eq!(load(&chain(5_000), ""), Ok(5_000));
    let backwards: String = (0..5_000)
        .map(|link| format!("  s{link}: {{extends: s{}}}\n", link + 1))
        .collect();
    refused(
        &format!("services:\n{backwards}  s5000: {{image: a}}\n"),
        "extends-too-long: more than 200 services extend one another",
    );
}
