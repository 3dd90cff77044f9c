//! Cached folds of long streams: the only place that uses `bincode`.
//!
//! A snapshot's schema number changes whenever its state's shape does; an old number is refolded.

use domain::{
    Aggregate,
    automation::{Automation, AutomationState, ExistingAutomation, Force},
    claim::Claim,
    game::Game,
    ids::LocationId,
    location::Location,
    play::Play,
    player::Player,
    plug::{Plug, PlugState, RelayState},
    room::{Room, RoomState},
    setting::Setting,
    wristband::{Wristband, WristbandState},
};
use serde::{Serialize, de::DeserializeOwned};

use super::automation_spec::SpecV1;

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

impl Snapshotted for Plug {
    const SCHEMA: Option<u32> = Some(1);
    fn freeze(state: &PlugState) -> Option<Vec<u8>> {
        to_bytes(state)
    }
    fn thaw(bytes: &[u8]) -> Option<PlugState> {
        from_bytes(bytes)
    }
}

/// An [`AutomationState`] in a form with serde.
#[derive(Serialize, serde::Deserialize)]
struct FrozenAutomation {
    location: LocationId,
    /// As JSON, because bincode has no enums that are told apart by a field.
    spec: String,
    enabled: bool,
    force: Option<(RelayState, jiff::Timestamp)>,
}

impl Snapshotted for Automation {
    const SCHEMA: Option<u32> = Some(1);
    fn freeze(state: &AutomationState) -> Option<Vec<u8>> {
        let AutomationState::Existing(automation) = state else { return None };
        to_bytes(&FrozenAutomation {
            location: automation.location,
            spec: serde_json::to_string(&SpecV1::from(&automation.spec)).ok()?,
            enabled: automation.enabled,
            force: automation.force.map(|force| (force.state, force.until)),
        })
    }
    fn thaw(bytes: &[u8]) -> Option<AutomationState> {
        let frozen: FrozenAutomation = from_bytes(bytes)?;
        let spec: SpecV1 = serde_json::from_str(&frozen.spec).ok()?;
        Some(AutomationState::Existing(Box::new(ExistingAutomation {
            location: frozen.location,
            spec: spec.into(),
            enabled: frozen.enabled,
            force: frozen.force.map(|(state, until)| Force { state, until }),
        })))
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
