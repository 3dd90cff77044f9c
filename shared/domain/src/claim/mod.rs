//! Claims keep a key unique: one stream a key, so that two claimers meet at the same version. A key that several
//! may have at once is shared instead; who may share it with whom is for those to say who ask.

mod event;
#[cfg(test)]
mod tests;

pub use event::ClaimEvent;

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{Aggregate, BrokenRule, DomainEvent, RefusalKind, ids::StreamName};

/// The aggregate.
#[derive(Debug)]
pub struct Claim;

/// Who has the key; none when it is free.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ClaimState {
    /// The stream of the thing that has it.
    pub owner: Option<String>,
    /// The streams of the things that share it, and in what manner each does.
    pub sharers: BTreeMap<String, String>,
}

/// Why a key was not given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    /// Something else has it. The message is silent about which.
    #[error("this {what} is already in use; choose another")]
    Taken {
        /// What the key is, in words.
        what: &'static str,
        /// The stream of what has it.
        owner: String,
    },
}

impl BrokenRule for ClaimError {
    fn code(&self) -> &'static str {
        match self {
            Self::Taken { .. } => "already_in_use",
        }
    }

    fn kind(&self) -> RefusalKind {
        RefusalKind::Conflict
    }

    fn existing(&self) -> Option<Uuid> {
        let Self::Taken { owner, .. } = self;
        owner.split_once('-').and_then(|(_, id)| id.parse().ok())
    }
}

impl Aggregate for Claim {
    type Event = ClaimEvent;
    type State = ClaimState;
    const CATEGORY: &'static str = "claim";

    fn evolve(mut state: ClaimState, event: &ClaimEvent) -> ClaimState {
        match event {
            ClaimEvent::Claimed { owner } => state.owner = Some(owner.clone()),
            ClaimEvent::Released => state.owner = None,
            ClaimEvent::Joined { owner, manner } => {
                state.sharers.insert(owner.clone(), manner.clone());
            }
            ClaimEvent::Left { owner } => {
                state.sharers.remove(owner);
            }
        }
        state
    }

    fn event_of(event: &DomainEvent) -> Option<&ClaimEvent> {
        match event {
            DomainEvent::Claim(event) => Some(event),
            _ => None,
        }
    }
}

/// The stream of `key` among the keys of `kind`, such as `location_code`.
#[must_use]
pub fn stream(kind: &str, key: &str) -> StreamName {
    StreamName::new(Claim::CATEGORY, format_args!("{kind}:{key}"))
}

/// Gives the key to `owner`; nothing happens when it already has it.
///
/// # Errors
/// `Taken`; `what` names the key in the message.
pub fn claim(
    state: &ClaimState,
    owner: &StreamName,
    what: &'static str,
) -> Result<Vec<ClaimEvent>, ClaimError> {
    match &state.owner {
        None => Ok(vec![ClaimEvent::Claimed { owner: owner.to_string() }]),
        Some(current) if current == owner.as_str() => Ok(vec![]),
        Some(other) => Err(ClaimError::Taken { what, owner: other.clone() }),
    }
}

/// Frees the key if `owner` has it.
#[must_use]
pub fn release(state: &ClaimState, owner: &StreamName) -> Vec<ClaimEvent> {
    match &state.owner {
        Some(current) if current == owner.as_str() => vec![ClaimEvent::Released],
        _ => vec![],
    }
}

/// Lets `owner` share the key in this manner; nothing happens when it does already.
#[must_use]
pub fn join(state: &ClaimState, owner: &StreamName, manner: &str) -> Vec<ClaimEvent> {
    if state.sharers.get(owner.as_str()).is_some_and(|current| current == manner) {
        return vec![];
    }
    vec![ClaimEvent::Joined { owner: owner.to_string(), manner: manner.to_owned() }]
}

/// Ends that `owner` shares the key, if it does.
#[must_use]
pub fn leave(state: &ClaimState, owner: &StreamName) -> Vec<ClaimEvent> {
    if state.sharers.contains_key(owner.as_str()) {
        vec![ClaimEvent::Left { owner: owner.to_string() }]
    } else {
        vec![]
    }
}
