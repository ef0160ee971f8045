//! The plugin natively.

use plugin_crate::PluginType;
use serde_json::json;
use sinops_sdk::deploy_step::{DeployStep, Operation, Planning};
use sinops_sdk::read_settings;
use sinops_sdk::testing::check_deploy_step;
use sinops_sdk::types::Service;

#[test]
fn keeps_the_contract() {
    check_deploy_step::<PluginType>(&json!({ "path": "list.txt" }));
}

#[test]
fn the_images_are_listed() {
    let plugin: PluginType = read_settings("{}").unwrap();
    let mut planning = Planning::default();
    planning.stack.services = vec![Service {
        name: "web".to_owned(),
        image: Some("nginx:1".to_owned()),
        ..Service::default()
    }];
    let proposal = plugin.plan(&planning).unwrap();
    let Operation::WriteFile(file) = &proposal.actions[0].operation else {
        panic!("{proposal:?}");
    };
    assert_eq!((file.path.as_str(), file.content.as_str()), ("images.txt", "web nginx:1\n"));
}
