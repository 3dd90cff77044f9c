//! How many files and sockets this process may have open, and how many of them may be connections.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Most that is kept for other files: stores, their pools, the bus, logs.
const MOST_FOR_OTHERS: u64 = 512;
/// Most connections that wait for a place.
const MOST_WAITING: u64 = 64;

/// How many connections there may be at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Room {
    /// Being served.
    pub(super) serving: usize,
    /// Waiting for a place.
    pub(super) waiting: usize,
}

/// Raises the soft limit of open files to the hard one; none: there is no limit.
pub(super) fn raise_limit() -> Option<u64> {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(error) => {
            tracing::debug!(error = &error as &dyn std::error::Error, "the limit of open files stays");
            limit.current
        }
    }
}

/// As many connections as are `wanted`, where a process with at most `limit` open files can have them.
pub(super) fn room(limit: Option<u64>, wanted: usize) -> Room {
    let limit = limit.unwrap_or(u64::MAX);
    let for_us = limit - MOST_FOR_OTHERS.min(limit / 2);
    let waiting = MOST_WAITING.min(for_us / 8).max(1);
    let serving = usize::try_from(for_us.saturating_sub(waiting).max(1)).unwrap_or(usize::MAX);
    Room { serving: serving.min(wanted), waiting: usize::try_from(waiting).unwrap_or(1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_descriptors_for_everything_else() {
        let room = |limit, wanted| {
            let Room { serving, waiting } = room(limit, wanted);
            (serving, waiting)
        };
        assert_eq!(room(None, 4_096), (4_096, 64));
        assert_eq!(room(Some(1_048_576), 4_096), (4_096, 64));
        assert_eq!(room(Some(1_024), 4_096), (448, 64));
        assert_eq!(room(Some(256), 4_096), (112, 16));
        assert_eq!(room(Some(64), 4_096), (28, 4));
        assert_eq!(room(Some(3), 4_096), (1, 1));
    }

    #[test]
    fn the_soft_limit_becomes_the_hard_one() {
        let raised = raise_limit();
        let limit = getrlimit(Resource::Nofile);
        assert_eq!((limit.current, raised), (limit.maximum, limit.maximum));
    }
}
