//! A leaky bucket an address for look-ups of unknown keys, so that guessing cannot keep the store busy. Good keys
//! are not counted, however many devices start at once behind one address, and are never held back: see
//! [`super::issued`]. The buckets live in one process and protect that process's store connection only.

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
pub(super) struct FailedAttempts(Mutex<HashMap<IpAddr, Instant>>);

impl FailedAttempts {
    /// Whether `address` may have a key looked up that nobody knows yet, or how long to wait.
    pub(super) fn check(&self, address: IpAddr) -> Result<(), Duration> {
        let now = Instant::now();
        let Ok(mut free_at) = self.0.lock() else { return Ok(()) };
        if free_at.len() >= MAX_ADDRESSES {
            free_at.retain(|_, at| *at > now);
        }
        let Some(at) = free_at.get(&subscriber(address)) else {
            return if free_at.len() < MAX_ADDRESSES { Ok(()) } else { Err(REFILL) };
        };
        let excess = (*at + REFILL).saturating_duration_since(now + REFILL * BURST);
        if excess.is_zero() { Ok(()) } else { Err(excess) }
    }

    /// Notes that `address` goes on guessing while it is held back, which keeps it held back.
    pub(super) fn hold_back(&self, address: IpAddr) {
        let full = Instant::now() + REFILL * BURST;
        let Ok(mut free_at) = self.0.lock() else { return };
        if let Some(at) = free_at.get_mut(&subscriber(address)) {
            *at = (*at).max(full);
        }
    }

    /// Counts a look-up from `address` that found nothing.
    pub(super) fn count(&self, address: IpAddr) {
        let now = Instant::now();
        let Ok(mut free_at) = self.0.lock() else { return };
        let at = free_at.entry(subscriber(address)).or_insert(now);
        *at = (*at).max(now) + REFILL;
    }
}

/// Whom an address stands for: whoever has one IPv6 address has its whole /64.
#[must_use]
pub fn subscriber(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() & (u128::MAX << 64)).into()),
        v4 @ IpAddr::V4(_) => v4,
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
        let attempts = FailedAttempts::default();
        for _ in 0..BURST {
            assert_eq!(attempts.check(HERE), Ok(()));
            attempts.count(HERE);
        }
        assert_eq!(attempts.check(HERE), Err(REFILL));
        assert_eq!(attempts.check(THERE), Ok(()), "another address is not held back");
        tokio::time::advance(REFILL).await;
        assert_eq!(attempts.check(HERE), Ok(()));
        attempts.count(HERE);
        assert!(attempts.check(HERE).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_that_goes_on_guessing_is_not_let_in_again() {
        let attempts = FailedAttempts::default();
        for _ in 0..BURST {
            attempts.count(HERE);
        }
        for _ in 0..10 {
            tokio::time::advance(REFILL / 2).await;
            assert!(attempts.check(HERE).is_err());
            attempts.hold_back(HERE);
        }
        tokio::time::advance(REFILL).await;
        assert_eq!(attempts.check(HERE), Ok(()));
    }

    #[test]
    fn a_subscriber_has_a_whole_network_of_ipv6() {
        let subscriber = |text: &str| subscriber(text.parse().unwrap());
        assert_eq!(subscriber("2001:db8::1"), subscriber("2001:db8::ffff:1"));
        assert_ne!(subscriber("2001:db8::1"), subscriber("2001:db8:0:1::1"));
        assert_eq!(subscriber("::ffff:10.0.0.2"), THERE);
    }
}
