//! The plugin against a double of the host.

use plugin_crate::PluginType;
use serde_json::json;
use sinops_sdk::collector::{Collector, Target, Verdict};
use sinops_sdk::containers::State;
use sinops_sdk::read_settings;
use sinops_sdk::testing::{Host, check_collector};

#[test]
fn keeps_the_contract() {
    check_collector::<PluginType>(&json!({ "most-restarts": 5 }));
}

#[test]
fn too_many_restarts_fail() {
    let host = Host::new();
    for (restarts, expected) in [(0, Verdict::Pass), (3, Verdict::Fail)] {
        let state = State {
            running: true,
            health: "none".to_owned(),
            health_output: String::new(),
            restarts,
            exit_code: None,
        };
        host.container("1", state);
        let target = Target {
            name: "web".to_owned(),
            container: Some("1".to_owned()),
            ..Target::default()
        };
        let plugin: PluginType = read_settings("{}").unwrap();
        let reading = plugin.collect(&[target], 0).unwrap();
        assert_eq!(reading.checks[0].verdict, expected);
    }
}
