//! wasi:sockets: TCP to where a granted name led or to a granted address.
//! No listening, no UDP.

use crate::plugins::call::{Call, Phase};
use sinops_core::grants::destination::{Endpoint, HostPattern};
use std::net::SocketAddr;
use std::sync::Arc;
use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi::sockets::SocketAddrUse;

/// Sets up what sockets may do in this call.
pub(crate) fn allow(wasi: &mut WasiCtxBuilder, call: &Arc<Call>) {
    let tcp = call.phase == Phase::Effects && !call.grants.tcp.is_empty();
    wasi.allow_tcp(tcp);
    let call = Arc::clone(call);
    wasi.socket_addr_check(move |address, wanted| {
        let good = is_good(&call, address, wanted);
        Box::pin(async move { good })
    });
}

fn is_good(call: &Call, address: SocketAddr, wanted: SocketAddrUse) -> bool {
    // Connecting binds to a free port by itself; it says so with this address.
    let implicit = address.ip().is_unspecified() && address.port() == 0;
    if matches!(wanted, SocketAddrUse::TcpBind) && implicit {
        return call.phase == Phase::Effects;
    }
    if !matches!(wanted, SocketAddrUse::TcpConnect) {
        call.deny("sockets can only connect over TCP; listening and UDP are not offered");
        return false;
    }
    if call.refuse_if_pure("TCP").is_some() {
        return false;
    }
    let host = HostPattern::Address(address.ip());
    let endpoint = Endpoint {
        host: host.clone(),
        port: address.port(),
    };
    let granted = call.is_allowed_tcp(&address)
        || (call.grants.allows_tcp(&endpoint)
            && call
                .grants
                .allows_address(&host, address.ip())
                .map_err(|reason| call.deny(reason))
                .is_ok());
    if !granted {
        let asked = call
            .asks
            .iter()
            .any(|ask| matches!(ask, sinops_core::grants::Capability::Tcp(_)));
        call.deny(format!(
            "TCP to {endpoint} is not granted; {}",
            call.how_to_grant("tcp", &endpoint.to_string(), asked)
        ));
    }
    granted && call.count_connection()
}
