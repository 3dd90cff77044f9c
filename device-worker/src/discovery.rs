//! Looks for plugs on the network: those that moved, and those that are not registered.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use domain::{
    plug::{HardwareId, MacAddress, Model, PlugIdentity, PlugNetworks},
    values::Name,
};
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;
use tplink_hs1xx::{
    Discovery, SysInfo,
    discovery::{Discovered, Found, Target},
};

use crate::sink::FoundPlug;

/// What a device is called that names neither itself nor its model.
const NAMELESS: &str = "plug";

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
    let plug = |child_id: Option<HardwareId>, alias: &str| {
        let (model, name) = names(&info.model, alias);
        let identity = PlugIdentity { mac, device_id: device_id.clone(), child_id };
        FoundPlug { identity, model, name, address, has_energy_meter: info.has_energy_meter }
    };
    if info.children.is_empty() {
        return vec![plug(None, &info.alias)];
    }
    let outlets = info.children.iter();
    outlets.filter_map(|child| Some(plug(Some(child.id.as_str().parse().ok()?), &child.alias))).collect()
}

/// What a device calls its model, and what it or an outlet of it is called: by its alias, if that shows anything.
fn names(model: &str, alias: &str) -> (Model, Name) {
    let model = Model::shown(model).unwrap_or_else(|| Model::stored(NAMELESS));
    let name = Name::shown(alias).unwrap_or_else(|| model.clone());
    (model, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_shows_nothing_is_none() {
        let named = |model: &str, alias: &str| names(model, alias).1.to_string();
        assert_eq!(named("HS300(US)", " Fog\u{200B}"), "Fog");
        for nothing in ["", " ", "\u{3164}", "\u{2800}", "\u{200B}\u{200E}", "\u{301}"] {
            assert_eq!(named("HS300(US)", nothing), "HS300(US)", "{nothing:?}");
            assert_eq!(named(nothing, nothing), NAMELESS, "{nothing:?}");
        }
    }
}
