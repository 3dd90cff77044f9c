//! Looks for plugs on the network: those that moved, and those that are not registered.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use domain::plug::{HardwareId, MacAddress, PlugIdentity, PlugNetworks};
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;
use tplink_hs1xx::{
    Discovery, SysInfo,
    discovery::{Discovered, Found, Target},
};

use crate::sink::FoundPlug;

/// Where and how often.
#[derive(Clone, Debug)]
pub struct Search {
    /// Broadcast or single addresses.
    pub targets: Vec<Target>,
    /// Pause between two searches.
    pub every: Duration,
    /// Shortest pause between two searches, however often one is asked for.
    pub at_most_every: Duration,
    /// Pause after each of the three queries of a search.
    pub interval: Duration,
}

impl Default for Search {
    fn default() -> Self {
        Self {
            targets: vec![Target::BROADCAST],
            every: Duration::from_mins(5),
            at_most_every: Duration::from_secs(30),
            interval: Duration::from_secs(1),
        }
    }
}

/// Searches every few minutes, and when `wanted` says so, until `stop`. What answers from outside of `networks` is
/// passed over.
pub async fn run(
    search: Search,
    networks: PlugNetworks,
    wanted: Arc<Notify>,
    found: mpsc::UnboundedSender<Vec<Found>>,
    stop: CancellationToken,
) {
    let searching = async {
        loop {
            let discovery = Discovery::new().targets(search.targets.clone()).interval(search.interval);
            match discovery.collect().await {
                Ok(Discovered { plugs, unsupported, .. }) => {
                    for device in unsupported {
                        tracing::warn!(
                            address = %device.address, speaks = device.device.encryption,
                            "a device's firmware is not supported: it can be seen, not switched"
                        );
                    }
                    let near = plugs.into_iter().filter(|found| networks.contain(found.address)).collect();
                    // There is no receiver any more while the worker stops.
                    let _ = found.send(near);
                }
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::debug!(error, "plugs cannot be searched for");
                }
            }
            tokio::time::sleep(search.at_most_every).await;
            let rest = search.every.saturating_sub(search.at_most_every);
            // Out of time or asked for: both mean another search.
            let _ = tokio::time::timeout(rest, wanted.notified()).await;
        }
    };
    stop.run_until_cancelled(searching).await;
}

/// The plugs of a device that answered: itself, or each outlet of a strip. None when it tells no MAC.
#[must_use]
pub fn plugs_of(address: SocketAddr, info: &SysInfo) -> Vec<FoundPlug> {
    let (Some(mac), Ok(device_id)) = (info.mac, info.device_id.as_str().parse::<HardwareId>()) else {
        return Vec::new();
    };
    let mac = MacAddress(mac.0);
    let named = |alias: &str| if alias.trim().is_empty() { info.model.clone() } else { alias.to_owned() };
    let plug = |child_id: Option<HardwareId>, alias: &str| FoundPlug {
        identity: PlugIdentity { mac, device_id: device_id.clone(), child_id },
        model: info.model.clone(),
        name: named(alias),
        address,
        has_energy_meter: info.has_energy_meter,
    };
    if info.children.is_empty() {
        return vec![plug(None, &info.alias)];
    }
    let outlets = info.children.iter();
    outlets.filter_map(|child| Some(plug(Some(child.id.as_str().parse().ok()?), &child.alias))).collect()
}
