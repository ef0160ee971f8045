//! wasi:sockets/ip-name-lookup: a name is looked up only if a TCP grant covers
//! it, so that lookups cannot carry data out.

use super::LookupError;
use crate::plugins::bindings::wasi::sockets::ip_name_lookup::{Host, HostResolveAddressStream};
use crate::plugins::guest::Guest;
use sinops_core::grants::Capability;
use sinops_core::grants::destination::{Endpoint, HostPattern};
use std::net::IpAddr;
use std::sync::Arc;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::bindings::sockets::network::{
    ErrorCode, Host as NetworkHost, HostNetwork, IpAddress, Network,
};
use wasmtime_wasi::p2::{DynPollable, Pollable, SocketError, subscribe};

/// Addresses that are handed out one by one.
#[derive(Debug)]
#[allow(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Addresses(std::vec::IntoIter<IpAddr>);

#[async_trait::async_trait]
impl Pollable for Addresses {
    async fn ready(&mut self) {}
}

impl Host for Guest {
    async fn resolve_addresses(
        &mut self,
        _: Resource<Network>,
        name: String,
    ) -> Result<Resource<Addresses>, SocketError> {
        let call = Arc::clone(&self.call);
        if call.refuse_if_pure("name lookup").is_some() {
            return Err(ErrorCode::AccessDenied.into());
        }
        let host = HostPattern::parse(&name)
            .or_else(|_| HostPattern::parse(&format!("[{name}]")))
            .map_err(|_| ErrorCode::InvalidArgument)?;
        let ports: Vec<u16> = call
            .grants
            .tcp
            .iter()
            .filter(|granted| granted.host.covers(&host))
            .map(|granted| granted.port)
            .collect();
        let Some(&port) = ports.first() else {
            let asked = call.asks.iter().any(|ask| match ask {
                Capability::Tcp(ask) => {
                    ask == "*" || Endpoint::parse(ask).is_ok_and(|ask| ask.host.covers(&host))
                }
                _ => false,
            });
            call.deny(format!(
                "looking up `{}` is not granted; {}",
                crate::plugins::log::escape(&name),
                call.how_to_grant("tcp", &format!("{host}:PORT"), asked)
            ));
            return Err(ErrorCode::AccessDenied.into());
        };
        if !call.count_connection() {
            return Err(ErrorCode::NewSocketLimit.into());
        }
        let found = self
            .network
            .lookup(&call, &host, port)
            .await
            .map_err(|error| match error {
                LookupError::Unknown(_) => ErrorCode::NameUnresolvable,
                LookupError::Refused(_) => ErrorCode::AccessDenied,
            })?;
        for address in &found {
            for &port in &ports {
                call.allow_tcp(std::net::SocketAddr::new(address.ip(), port));
            }
        }
        let addresses: Vec<IpAddr> = found.into_iter().map(|address| address.ip()).collect();
        Ok(self.table.push(Addresses(addresses.into_iter()))?)
    }
}

impl HostResolveAddressStream for Guest {
    fn resolve_next_address(
        &mut self,
        stream: Resource<Addresses>,
    ) -> Result<Option<IpAddress>, SocketError> {
        Ok(self.table.get_mut(&stream)?.0.next().map(Into::into))
    }

    fn subscribe(
        &mut self,
        stream: Resource<Addresses>,
    ) -> wasmtime::Result<Resource<DynPollable>> {
        subscribe(&mut self.table, stream)
    }

    fn drop(&mut self, stream: Resource<Addresses>) -> wasmtime::Result<()> {
        self.table.delete(stream)?;
        Ok(())
    }
}

// The shared error conversion that the generated code calls.
impl NetworkHost for Guest {
    fn convert_error_code(&mut self, error: SocketError) -> wasmtime::Result<ErrorCode> {
        error.downcast()
    }

    fn network_error_code(
        &mut self,
        _: Resource<wasmtime::Error>,
    ) -> wasmtime::Result<Option<ErrorCode>> {
        Ok(None)
    }
}

impl HostNetwork for Guest {
    fn drop(&mut self, network: Resource<Network>) -> wasmtime::Result<()> {
        self.table.delete(network)?;
        Ok(())
    }
}
