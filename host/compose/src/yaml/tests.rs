use super::*;

fn load(text: &str) -> (Vec<Node>, Report) {
    let mut report = Report::default();
    let file = report.sources.add("a.yml".into(), text.to_owned());
    (parse(file, text, &mut report), report)
}

fn one(text: &str) -> Node {
    let (mut documents, report) = load(text);
    assert!(report.diagnostics.is_empty(), "{:?}", report.diagnostics);
    documents.remove(0)
}

fn error(text: &str) -> (String, u32) {
    let (_, report) = load(text);
    let first = report.diagnostics.first().expect("a diagnostic");
    (
        first.message.clone(),
        first.location.as_ref().map_or(0, |l| l.line),
    )
}

#[test]
fn scalars_resolve_as_in_compose() {
    let cases: [(&str, Value); 12] = [
        ("0777", Value::Int(511)),
        ("0o17", Value::Int(15)),
        ("0x1F", Value::Int(31)),
        ("1_000", Value::Int(1000)),
        ("-5", Value::Int(-5)),
        ("1.10", Value::Float(1.1)),
        ("1e3", Value::Float(1000.0)),
        ("yes", Value::Text("yes".into())),
        ("on", Value::Text("on".into())),
        ("True", Value::Bool(true)),
        ("22:22", Value::Text("22:22".into())),
        ("~", Value::Null),
    ];
    for (text, value) in cases {
        let node = one(&format!("a: {text}"));
        let expected = Node::new(value, Mark::NONE);
        assert!(
            node.get("a").is_some_and(|a| a.same_data(&expected)),
            "{text}: {node:?}"
        );
    }
    assert_eq!(one("a: \"1\"").get("a").and_then(Node::as_text), Some("1"));
    assert_eq!(
        one("a: !!str 1").get("a").and_then(Node::as_text),
        Some("1")
    );
}

#[test]
fn marks_point_at_keys_and_values() {
    let node = one("a:\n  bé: x\n");
    let b = node.get("a").and_then(|a| a.get("bé")).expect("b");
    assert_eq!(
        (b.key.line, b.key.column, b.key.offset, b.key.length),
        (2, 3, 5, 3)
    );
    assert_eq!(
        (b.mark.line, b.mark.column, b.mark.offset, b.mark.length),
        (2, 7, 10, 1)
    );
}

#[test]
fn merge_keys_give_way_to_own_keys() {
    let node = one("b: &b {x: 1, y: 1}\nc: &c {y: 2, z: 2}\na:\n  <<: [*b, *c]\n  x: 0\n");
    let a = node.get("a").expect("a");
    let read = |key: &str| a.get(key).and_then(Node::scalar_text);
    assert_eq!(
        (read("x"), read("y"), read("z")),
        (Some("0".into()), Some("1".into()), Some("2".into()))
    );
    assert!(a.get("<<").is_none());
}

#[test]
fn duplicate_keys_are_errors_with_both_lines() {
    let (message, line) = error("a: 1\nb: 2\na: 3\n");
    assert_eq!(
        (message.as_str(), line),
        ("the key `a` is already set on line 1", 3)
    );
}

#[test]
fn keys_must_be_strings() {
    assert_eq!(
        error("a:\n  80: x\n"),
        ("a key must be a string, this one is a number".into(), 2)
    );
}

#[test]
fn alias_expansion_is_bounded() {
    let mut text = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for level in 1..12 {
        let before = level - 1;
        let aliases = vec![format!("*a{before}"); 10].join(",");
        text.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    assert!(error(&text).0.contains("expands to more than"));
    let mut deep = String::from("a0: &a0 {}\n");
    for level in 1..500 {
        deep.push_str(&format!("a{level}: &a{level} {{x: *a{}}}\n", level - 1));
    }
    assert!(error(&deep).0.contains("levels"));
    assert!(error(&"[".repeat(100_000)).0.starts_with("invalid YAML"));
}

#[test]
fn an_alias_inside_its_own_value_is_an_error() {
    assert!(error("a: &a\n  b: *a\n").0.contains("alias"));
}

#[test]
fn tags_survive_aliases_and_unknown_ones_are_named() {
    let node = one("x: &x !override [1]\na: *x\nb: !reset null\n");
    assert_eq!(node.get("a").map(|a| a.tag), Some(Tag::Override));
    assert_eq!(node.get("b").map(|b| b.tag), Some(Tag::Reset));
    let (documents, report) = load("a: !foo 1\n");
    let a = documents.first().and_then(|node| node.get("a"));
    assert_eq!(a.and_then(Node::as_text), Some("1"));
    let told = report.diagnostics.first().map(|told| told.message.as_str());
    assert_eq!(told, Some("unknown YAML tag `!foo`"));
    assert!(!report.has_errors());
}

#[test]
fn syntax_errors_have_a_place() {
    let (message, line) = error("a: 1\nb: [1, 2\nc: 3\n");
    assert!(message.starts_with("invalid YAML"), "{message}");
    assert!(line >= 2);
}

#[test]
fn several_documents() {
    assert_eq!(load("a: 1\n---\nb: 2\n").0.len(), 2);
    assert!(load("").0.is_empty());
    assert!(load("# nothing\n").0.is_empty());
}

#[test]
fn texts_end_as_in_compose() {
    for (text, expected) in [
        ("a: |\n  b", "b"),
        ("a: |\n  b\n", "b\n"),
        ("a: >\n  b\n  c", "b c"),
        ("a: \"b\"#c", "b"),
        ("a: 'b'#c\nd: \"e\"#f\n", "b"),
        ("a: b#c", "b#c"),
    ] {
        assert_eq!(one(text).get("a").and_then(Node::as_text), Some(expected));
    }
}
