//! Plugs that the search found: known ones are followed, unknown ones registered.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::{ids::LocationId, plug::PlugIdentity};
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
        let (sink, not_registered) = (self.parts.sink.clone(), self.not_registered.clone());
        tokio::spawn(async move {
            for plug in unknown {
                if let Err(error) = sink.register(location, &plug).await {
                    not_registered.log(&plug, format!("{error:#}"));
                }
            }
        });
    }
}

/// Why plugs that were found are not registered, as the log has it. What stays as it is is logged once.
#[derive(Clone, Default)]
pub(super) struct NotRegistered(Arc<Mutex<BTreeMap<PlugIdentity, String>>>);

impl NotRegistered {
    fn log(&self, plug: &FoundPlug, error: String) {
        let mut logged = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if logged.get(&plug.identity) != Some(&error) {
            tracing::warn!(error, address = %plug.address, "a plug that was found is not registered");
            logged.insert(plug.identity.clone(), error);
        }
    }
}
