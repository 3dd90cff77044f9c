//! A leaky bucket an address for look-ups of unknown keys, so that guessing cannot keep the store busy. Known
//! keys never come here. Lives in one process: it protects that process's store connection, nothing else.

use std::{collections::HashMap, net::IpAddr, sync::Mutex, time::Duration};

use tokio::time::Instant;

/// Look-ups an address may make at once.
const BURST: u32 = 20;
/// One more every so often.
const REFILL: Duration = Duration::from_millis(200);
/// Addresses remembered; beyond it those that owe nothing any more are forgotten.
const MAX_ADDRESSES: usize = 10_000;

/// When each address will owe nothing any more.
#[derive(Debug, Default)]
pub(super) struct Misses(Mutex<HashMap<IpAddr, Instant>>);

impl Misses {
    /// Counts a look-up from `address`, or says how long to wait.
    pub(super) fn count(&self, address: IpAddr) -> Result<(), Duration> {
        let now = Instant::now();
        let Ok(mut free_at) = self.0.lock() else { return Ok(()) };
        if free_at.len() >= MAX_ADDRESSES {
            free_at.retain(|_, at| *at > now);
        }
        if free_at.len() >= MAX_ADDRESSES && !free_at.contains_key(&address) {
            return Err(REFILL);
        }
        let at = free_at.entry(address).or_insert(now);
        let next = (*at).max(now) + REFILL;
        let excess = (next - now).saturating_sub(REFILL * BURST);
        if excess.is_zero() {
            *at = next;
            Ok(())
        } else {
            Err(excess)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
    const THERE: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2));

    #[tokio::test(start_paused = true)]
    async fn an_address_is_held_back_after_its_burst_and_let_in_again_later() {
        let misses = Misses::default();
        for _ in 0..BURST {
            assert_eq!(misses.count(HERE), Ok(()));
        }
        assert_eq!(misses.count(HERE), Err(REFILL));
        assert_eq!(misses.count(THERE), Ok(()), "another address is not held back");
        tokio::time::advance(REFILL).await;
        assert_eq!(misses.count(HERE), Ok(()));
        assert!(misses.count(HERE).is_err());
    }
}
