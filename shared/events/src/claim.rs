//! Stored form of claims.

use serde::{Deserialize, Serialize};

use super::{DecodeError, EncodeError, Encoded, json, parse};
use domain::claim::ClaimEvent;

const CLAIMED_V1: &str = "claim.claimed.v1";
const RELEASED_V1: &str = "claim.released.v1";
const JOINED_V1: &str = "claim.joined.v1";
const LEFT_V1: &str = "claim.left.v1";

#[derive(Serialize, Deserialize)]
struct ClaimedV1 {
    owner: String,
}

#[derive(Serialize, Deserialize)]
struct ReleasedV1 {}

#[derive(Serialize, Deserialize)]
struct JoinedV1 {
    owner: String,
    manner: String,
}

#[derive(Serialize, Deserialize)]
struct LeftV1 {
    owner: String,
}

pub(super) fn encode(event: &ClaimEvent) -> Result<Encoded, EncodeError> {
    match event {
        ClaimEvent::Claimed { owner } => json(CLAIMED_V1, &ClaimedV1 { owner: owner.clone() }),
        ClaimEvent::Released => json(RELEASED_V1, &ReleasedV1 {}),
        ClaimEvent::Joined { owner, manner } => {
            json(JOINED_V1, &JoinedV1 { owner: owner.clone(), manner: manner.clone() })
        }
        ClaimEvent::Left { owner } => json(LEFT_V1, &LeftV1 { owner: owner.clone() }),
    }
}

pub(super) fn decode(event_type: &str, data: &str) -> Result<ClaimEvent, DecodeError> {
    Ok(match event_type {
        CLAIMED_V1 => ClaimEvent::Claimed { owner: parse::<ClaimedV1>(event_type, data)?.owner },
        RELEASED_V1 => {
            let ReleasedV1 {} = parse(event_type, data)?;
            ClaimEvent::Released
        }
        JOINED_V1 => {
            let JoinedV1 { owner, manner } = parse(event_type, data)?;
            ClaimEvent::Joined { owner, manner }
        }
        LEFT_V1 => ClaimEvent::Left { owner: parse::<LeftV1>(event_type, data)?.owner },
        _ => return Err(DecodeError::UnknownType(event_type.to_owned())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden::assert_golden;

    #[test]
    fn golden_claims() {
        assert_golden(ClaimEvent::Claimed { owner: "location-0191".into() });
        assert_golden(ClaimEvent::Released);
        assert_golden(ClaimEvent::Joined { owner: "plug-0191".into(), manner: "outlet".into() });
        assert_golden(ClaimEvent::Left { owner: "plug-0191".into() });
    }
}
