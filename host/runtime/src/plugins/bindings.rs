//! Bindings to the contracts in `wit/`, generated at compile time.
//!
//! One generation for all four worlds, so that they share their types; which
//! role a component has is decided by what it exports, see `package`.
#![allow(
    unsafe_code,
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    clippy::all,
    clippy::pedantic,
    reason = "generated"
)]

wasmtime::component::bindgen!({
    path: "../../wit",
    inline: "
        package sinops:runtime;

        world all-roles {
            import wasi:sockets/ip-name-lookup@0.2.12;
            import sinops:host/log@0.1.0;
            import sinops:host/containers@0.1.0;
            import sinops:host/mail@0.1.0;
            export sinops:plugin/deploy-step@0.1.0;
            export sinops:plugin/collector@0.1.0;
            export sinops:plugin/evaluator@0.1.0;
            export sinops:plugin/notifier@0.1.0;
        }
    ",
    world: "sinops:runtime/all-roles",
    imports: {
        "sinops:host/containers": async | trappable,
        "sinops:host/mail": async | trappable,
        "wasi:sockets/ip-name-lookup.resolve-addresses": async | trappable,
        default: trappable,
    },
    exports: { default: async },
    require_store_data_send: true,
    trappable_error_type: {
        "wasi:sockets/network.error-code" => wasmtime_wasi::p2::SocketError,
    },
    with: {
        "wasi:io": wasmtime_wasi::p2::bindings::io,
        "wasi:sockets/network": wasmtime_wasi::p2::bindings::sockets::network,
        "wasi:sockets/ip-name-lookup.resolve-address-stream": super::network::names::Addresses,
    },
});
