//! The network as guests reach it: names are resolved, addresses are checked
//! and connections are made by the host, after the grants have been compared.

mod body;
pub(crate) mod destination;
pub(crate) mod http;
pub(crate) mod names;
pub(crate) mod sockets;
mod tls;

use super::call::Call;
use super::error::PluginError;
use async_trait::async_trait;
use sinops_core::grants::destination::HostPattern;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

/// From a name to its addresses.
#[async_trait]
pub trait Resolver: Send + Sync + fmt::Debug {
    /// All addresses of a name, best first.
    async fn resolve(&self, name: &str) -> std::io::Result<Vec<IpAddr>>;
}

/// Asks the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

#[async_trait]
impl Resolver for SystemResolver {
    async fn resolve(&self, name: &str) -> std::io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((name, 0))
            .await?
            .map(|address| address.ip())
            .collect())
    }
}

/// How the host reaches the network.
#[derive(Debug, Clone)]
pub struct NetworkOptions {
    /// Where names are resolved.
    pub resolver: Arc<dyn Resolver>,
    /// A PEM file with certificate authorities to trust besides Mozilla's.
    pub extra_roots: Option<PathBuf>,
}

impl Default for NetworkOptions {
    fn default() -> Self {
        Self {
            resolver: Arc::new(SystemResolver),
            extra_roots: None,
        }
    }
}

/// One per host, shared by all calls.
#[derive(Debug)]
pub(crate) struct Network {
    resolver: Arc<dyn Resolver>,
    tls: tls::Connector,
}

impl Network {
    pub(crate) fn new(options: NetworkOptions) -> Result<Self, PluginError> {
        Ok(Self {
            resolver: options.resolver,
            tls: tls::Connector::new(options.extra_roots)?,
        })
    }

    /// The addresses of a host that was granted: those that a grant may lead
    /// to. One that it may not refuses the whole name: a name that stands for
    /// a public and an internal address is how the check would be raced.
    pub(crate) async fn lookup(
        &self,
        call: &Call,
        host: &HostPattern,
        port: u16,
    ) -> Result<Vec<SocketAddr>, LookupError> {
        let found = match host {
            HostPattern::Address(address) => vec![*address],
            HostPattern::Name(name) => self
                .resolver
                .resolve(name)
                .await
                .map_err(|error| LookupError::Unknown(error.to_string()))?,
            HostPattern::Below(_) => {
                return Err(LookupError::Unknown("a wildcard is no name".into()));
            }
        };
        if found.is_empty() {
            return Err(LookupError::Unknown("it has no address".into()));
        }
        for address in &found {
            call.grants
                .allows_address(host, *address)
                .map_err(|reason| LookupError::Refused(call.deny(reason)))?;
        }
        Ok(found
            .into_iter()
            .map(|address| SocketAddr::new(address, port))
            .collect())
    }
}

/// Why a host could not be looked up.
#[derive(Debug)]
pub(crate) enum LookupError {
    /// No such name, or no answer.
    Unknown(String),
    /// It leads where a grant does not.
    Refused(#[allow(dead_code, reason = "for Debug; recorded in the call already")] String),
}
