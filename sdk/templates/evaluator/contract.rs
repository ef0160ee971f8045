//! The plugin natively.

use plugin_crate::PluginType;
use serde_json::json;
use sinops_sdk::collector::gauge;
use sinops_sdk::evaluator::Evaluator;
use sinops_sdk::read_settings;
use sinops_sdk::testing::check_evaluator;

#[test]
fn keeps_the_contract() {
    check_evaluator::<PluginType>(&json!([{ "name": "Hot", "metric": "heat", "max": 80 }]));
}

#[test]
fn only_what_is_above_is_found() {
    let rules = r#"[{ "name": "Hot", "metric": "heat", "max": 80 }]"#;
    let plugin: PluginType = read_settings(rules).unwrap();
    let heat = gauge("heat", "", "", [(vec![], 80.0), (vec![], 81.0)]);
    let found = plugin.evaluate(&[heat], 0).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].summary, "heat is 81");
}
