//! A container that is stopped remembers the ids of its networks: where one was removed and
//! made again under its name, the engine would not start it any more. It is led into the
//! new one, under the names and addresses that it had.

use super::{DockerEngine, EngineError};
use bollard::models::{
    EndpointIpamConfig, EndpointSettings, NetworkConnectRequest, NetworkDisconnectRequest,
};
use bollard::query_parameters as query;

/// Characters of the short id by which the engine knows a container in each network.
const SHORT_ID: usize = 12;

impl DockerEngine {
    /// Whether any network of the container was made anew.
    pub(super) async fn reattach(&self, id: &str) -> Result<bool, EngineError> {
        let operation = format!("attach container {id} to its networks again");
        let found = self
            .docker
            .inspect_container(id, None::<query::InspectContainerOptions>)
            .await
            .map_err(|error| self.fault(&operation, error))?;
        let networks = found.network_settings.and_then(|it| it.networks);
        let mut moved = false;
        for (name, endpoint) in networks.into_iter().flatten() {
            let now = self
                .docker
                .inspect_network(&name, None::<query::InspectNetworkOptions>)
                .await;
            // One that is gone is told by the start.
            let Ok(now) = now else { continue };
            if now.id == endpoint.network_id {
                continue;
            }
            let leave = NetworkDisconnectRequest {
                container: id.to_owned(),
                force: Some(true),
            };
            let join = NetworkConnectRequest {
                container: id.to_owned(),
                endpoint_config: Some(asked_for(endpoint, id)),
            };
            self.docker
                .disconnect_network(&name, leave)
                .await
                .map_err(|error| self.fault(&operation, error))?;
            self.docker
                .connect_network(&name, join)
                .await
                .map_err(|error| self.fault(&operation, error))?;
            moved = true;
        }
        Ok(moved)
    }
}

/// What was asked for, without what the engine chose.
fn asked_for(endpoint: EndpointSettings, id: &str) -> EndpointSettings {
    let short = id.get(..SHORT_ID).unwrap_or(id);
    let aliases = endpoint.aliases.map(|mut aliases| {
        aliases.retain(|alias| alias != short);
        aliases
    });
    EndpointSettings {
        ipam_config: endpoint
            .ipam_config
            .filter(|asked| *asked != EndpointIpamConfig::default()),
        aliases,
        links: endpoint.links,
        driver_opts: endpoint.driver_opts.filter(|options| !options.is_empty()),
        gw_priority: endpoint.gw_priority.filter(|priority| *priority != 0),
        ..EndpointSettings::default()
    }
}
