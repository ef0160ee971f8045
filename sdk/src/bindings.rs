//! What `wit-bindgen` makes of `wit/`: data types, the host's capabilities, and
//! one exporting world per role.
//!
//! Only generated code here. The worlds are narrower than those in `wit/`: a
//! role exports its own interface and imports nothing but data, so that a
//! plugin imports exactly the capabilities that its code calls.

/// Data and capabilities of sinops.
#[allow(
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    unsafe_code,
    clippy::all,
    clippy::restriction,
    clippy::allow_attributes_without_reason,
    reason = "generated"
)]
pub mod host {
    wit_bindgen::generate!({
        path: "../wit",
        inline: "
            package sinops:sdk-host;
            world imports {
                import sinops:plugin/types@0.1.0;
                import sinops:host/log@0.1.0;
                import sinops:host/containers@0.1.0;
                import sinops:host/mail@0.1.0;
            }
        ",
        world: "sinops:sdk-host/imports",
        generate_all,
        additional_derives: [PartialEq],
        pub_export_macro: true,
    });
}

/// `wasi:http`.
#[allow(
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    unsafe_code,
    clippy::all,
    clippy::restriction,
    clippy::allow_attributes_without_reason,
    reason = "generated"
)]
pub mod wasi {
    wit_bindgen::generate!({
        path: "../wit",
        inline: "
            package sinops:sdk-http;
            world imports {
                import wasi:http/outgoing-handler@0.2.12;
            }
        ",
        world: "sinops:sdk-http/imports",
        generate_all,
        pub_export_macro: true,
    });
}

/// The world that exports `notifier`.
#[allow(
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    unsafe_code,
    clippy::all,
    clippy::restriction,
    clippy::allow_attributes_without_reason,
    reason = "generated"
)]
pub mod notifier {
    wit_bindgen::generate!({
        path: "../wit",
        inline: "
            package sinops:sdk-notifier;
            world notifier-plugin {
                export sinops:plugin/notifier@0.1.0;
            }
        ",
        world: "sinops:sdk-notifier/notifier-plugin",
        with: {
            "sinops:plugin/types@0.1.0": crate::bindings::host::sinops::plugin::types,
        },
        generate_all,
        additional_derives: [PartialEq],
        pub_export_macro: true,
        export_macro_name: "export_notifier",
        default_bindings_module: "sinops_sdk::bindings::notifier",
    });
}

/// The world that exports `deploy-step`.
#[allow(
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    unsafe_code,
    clippy::all,
    clippy::restriction,
    clippy::allow_attributes_without_reason,
    reason = "generated"
)]
pub mod deploy_step {
    wit_bindgen::generate!({
        path: "../wit",
        inline: "
            package sinops:sdk-deploy-step;
            world deploy-step-plugin {
                export sinops:plugin/deploy-step@0.1.0;
            }
        ",
        world: "sinops:sdk-deploy-step/deploy-step-plugin",
        with: {
            "sinops:plugin/types@0.1.0": crate::bindings::host::sinops::plugin::types,
        },
        generate_all,
        additional_derives: [PartialEq],
        pub_export_macro: true,
        export_macro_name: "export_deploy_step",
        default_bindings_module: "sinops_sdk::bindings::deploy_step",
    });
}

/// The world that exports `collector`.
#[allow(
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    unsafe_code,
    clippy::all,
    clippy::restriction,
    clippy::allow_attributes_without_reason,
    reason = "generated"
)]
pub mod collector {
    wit_bindgen::generate!({
        path: "../wit",
        inline: "
            package sinops:sdk-collector;
            world collector-plugin {
                export sinops:plugin/collector@0.1.0;
            }
        ",
        world: "sinops:sdk-collector/collector-plugin",
        with: {
            "sinops:plugin/types@0.1.0": crate::bindings::host::sinops::plugin::types,
        },
        generate_all,
        additional_derives: [PartialEq],
        pub_export_macro: true,
        export_macro_name: "export_collector",
        default_bindings_module: "sinops_sdk::bindings::collector",
    });
}

/// The world that exports `evaluator`.
#[allow(
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    unsafe_code,
    clippy::all,
    clippy::restriction,
    clippy::allow_attributes_without_reason,
    reason = "generated"
)]
pub mod evaluator {
    wit_bindgen::generate!({
        path: "../wit",
        inline: "
            package sinops:sdk-evaluator;
            world evaluator-plugin {
                export sinops:plugin/evaluator@0.1.0;
            }
        ",
        world: "sinops:sdk-evaluator/evaluator-plugin",
        with: {
            "sinops:plugin/types@0.1.0": crate::bindings::host::sinops::plugin::types,
        },
        generate_all,
        additional_derives: [PartialEq],
        pub_export_macro: true,
        export_macro_name: "export_evaluator",
        default_bindings_module: "sinops_sdk::bindings::evaluator",
    });
}
