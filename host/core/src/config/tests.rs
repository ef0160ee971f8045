use super::*;

#[test]
fn empty() {
    let config = Config::parse("").unwrap();
    assert_eq!(config, Config::resolve(schema::File::default()).unwrap());
    assert!(config.pipelines.contains_key(DEPLOY));
}

#[test]
fn unknown_key_names_the_nearest() {
    let error = Config::parse("project: x\npipelins: {}\n").unwrap_err();
    assert_eq!(error.message, "unknown key `pipelins`");
    assert_eq!(error.hint.as_deref(), Some("did you mean `pipelines`?"));
    assert_eq!(error.location.map(|(line, _)| line), Some(2));
}

#[test]
fn limits_stay_below_the_ceiling() {
    let error = Config::parse("plugins: { x: { limits: { memory: 2GiB } } }").unwrap_err();
    assert!(
        error.message.contains("above the operator's ceiling"),
        "{error}"
    );
    let config =
        Config::parse("limits: { memory: 4GiB }\nplugins: { x: { limits: { memory: 2GiB } } }")
            .unwrap();
    assert_eq!(config.plugin("x").limits.memory, 2 << 30);
}

#[test]
fn secrets_need_one_source() {
    for (text, part) in [
        ("secrets: { a: {} }", "no source"),
        ("secrets: { a: { env: A, file: b } }", "two sources"),
        (
            "plugins: { p: { grants: { secrets: [a] } } }",
            "does not define",
        ),
    ] {
        let error = Config::parse(text).unwrap_err();
        assert!(error.message.contains(part), "{text}: {error}");
    }
}

#[test]
fn sources() {
    assert_eq!(
        PluginSource::parse("notifier-slack"),
        PluginSource::Builtin("notifier-slack".into())
    );
    assert_eq!(
        PluginSource::parse("./a/b.wasm"),
        PluginSource::File("./a/b.wasm".into())
    );
    assert_eq!(
        PluginSource::parse("b.wasm"),
        PluginSource::File("b.wasm".into())
    );
}

#[test]
fn only_built_in_plugins_may_look_without_a_grant() {
    let config =
        Config::parse("plugins: { mine: { source: ./mine.wasm }, x: { grants: { exec: true } } }")
            .unwrap();
    assert_eq!(config.plugin("mine").grants, Grants::default());
    for name in ["x", "not-configured"] {
        let grants = config.plugin(name).grants;
        assert!(grants.containers && grants.health_check, "{name}");
        assert_eq!(grants.exec, name == "x");
    }
}

#[test]
fn output_is_a_folder_or_says_more() {
    let default = Config::parse("").unwrap();
    assert_eq!(
        (default.output.as_str(), default.overwrite),
        (".sinops/generated", false)
    );
    let short = Config::parse("output: out").unwrap();
    assert_eq!((short.output.as_str(), short.overwrite), ("out", false));
    let long = Config::parse("output: { overwrite: true }").unwrap();
    assert_eq!(
        (long.output.as_str(), long.overwrite),
        (".sinops/generated", true)
    );
    let error = Config::parse("output: { foldr: x }").unwrap_err();
    assert_eq!(error.hint.as_deref(), Some("did you mean `folder`?"));
}
