//! Addresses that sent a valid key not long ago: places are kept for them while strangers come in crowds.

use std::{collections::HashMap, net::IpAddr, sync::Mutex, time::Duration};

use tokio::time::Instant;

/// How long an address stays known after its last valid key.
const KNOWN_FOR: Duration = Duration::from_mins(15);
/// Addresses remembered. Only who has a valid key adds one.
const MAX_ADDRESSES: usize = 10_000;

/// When each address last sent a valid key.
#[derive(Debug, Default)]
pub(super) struct KnownPeers(Mutex<HashMap<IpAddr, Instant>>);

impl KnownPeers {
    /// `address` sent a valid key.
    pub(super) fn note(&self, address: IpAddr) {
        let now = Instant::now();
        let Ok(mut known) = self.0.lock() else { return };
        if known.len() >= MAX_ADDRESSES {
            known.retain(|_, at| now - *at < KNOWN_FOR);
        }
        if known.len() < MAX_ADDRESSES || known.contains_key(&address) {
            known.insert(address, now);
        }
    }

    /// Whether `address` sent a valid key not long ago.
    pub(super) fn contains(&self, address: IpAddr) -> bool {
        self.0.lock().is_ok_and(|known| known.get(&address).is_some_and(|at| at.elapsed() < KNOWN_FOR))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_address_is_known_for_a_while() {
        let (known, address) = (KnownPeers::default(), "10.0.0.1".parse().unwrap());
        assert!(!known.contains(address));
        known.note(address);
        tokio::time::advance(KNOWN_FOR / 2).await;
        assert!(known.contains(address));
        tokio::time::advance(KNOWN_FOR).await;
        assert!(!known.contains(address));
    }
}
