//! Plugs that the search found: known ones are followed, unknown ones registered.

use domain::ids::LocationId;
use tplink_hs1xx::discovery::Found;

use super::Worker;
use crate::sink::FoundPlug;

impl Worker {
    pub(super) fn found_plugs(&mut self, found: &[Found]) {
        let now = self.clocks.now();
        let mut unknown: Option<Vec<FoundPlug>> = None;
        for site in self.sites.values_mut().filter(|site| site.engine.is_leading()) {
            let here = site.found(found, now);
            // Unknown to one location may be known to another.
            unknown = Some(match unknown {
                None => here,
                Some(others) => others.into_iter().filter(|plug| here.contains(plug)).collect(),
            });
        }
        let mut locations = self.sites.keys();
        if let (Some(location), None, Some(unknown)) = (locations.next().copied(), locations.next(), unknown)
        {
            self.register(location, unknown);
        }
    }

    /// Unknown plugs belong to this location when it is the only one.
    fn register(&self, location: LocationId, unknown: Vec<FoundPlug>) {
        if unknown.is_empty() {
            return;
        }
        let sink = self.parts.sink.clone();
        tokio::spawn(async move {
            for plug in unknown {
                if let Err(error) = sink.register(location, &plug).await {
                    let error = format!("{error:#}");
                    tracing::warn!(error, address = %plug.address, "a plug that was found is not registered");
                }
            }
        });
    }
}
