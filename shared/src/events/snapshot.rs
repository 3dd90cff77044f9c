//! Cached folds of long streams: the only place that uses `bincode`.
//!
//! A snapshot's schema number changes whenever its state's shape does; an old number is refolded.

use serde::{Serialize, de::DeserializeOwned};

use crate::domain::{
    Aggregate,
    claim::Claim,
    game::Game,
    location::Location,
    play::Play,
    player::Player,
    room::{Room, RoomState},
    setting::Setting,
    wristband::{Wristband, WristbandState},
};

/// How an aggregate's state is cached, if at all.
pub trait Snapshotted: Aggregate {
    /// The state's schema; none for streams too short to be worth it.
    const SCHEMA: Option<u32>;
    /// The state in bytes.
    fn freeze(state: &Self::State) -> Option<Vec<u8>>;
    /// The state again; none when the bytes are not this schema's.
    fn thaw(bytes: &[u8]) -> Option<Self::State>;
}

/// Streams whose tail is longer than this get a snapshot.
pub const TAIL_LIMIT: usize = 100;

macro_rules! never_snapshotted {
    ($($aggregate:ty),* $(,)?) => {
        $(impl Snapshotted for $aggregate {
            const SCHEMA: Option<u32> = None;
            fn freeze(_: &Self::State) -> Option<Vec<u8>> {
                None
            }
            fn thaw(_: &[u8]) -> Option<Self::State> {
                None
            }
        })*
    };
}
never_snapshotted!(Claim, Game, Location, Play, Player, Setting);

impl Snapshotted for Room {
    const SCHEMA: Option<u32> = Some(1);
    fn freeze(state: &RoomState) -> Option<Vec<u8>> {
        to_bytes(state)
    }
    fn thaw(bytes: &[u8]) -> Option<RoomState> {
        from_bytes(bytes)
    }
}

impl Snapshotted for Wristband {
    const SCHEMA: Option<u32> = Some(1);
    fn freeze(state: &WristbandState) -> Option<Vec<u8>> {
        to_bytes(state)
    }
    fn thaw(bytes: &[u8]) -> Option<WristbandState> {
        from_bytes(bytes)
    }
}

/// `state` in bincode.
#[must_use]
pub fn to_bytes(state: &impl Serialize) -> Option<Vec<u8>> {
    bincode::serde::encode_to_vec(state, bincode::config::standard()).ok()
}

/// A state out of bincode; none unless all bytes were used.
#[must_use]
pub fn from_bytes<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    match bincode::serde::decode_from_slice(bytes, bincode::config::standard()) {
        Ok((state, read)) if read == bytes.len() => Some(state),
        _ => None,
    }
}
