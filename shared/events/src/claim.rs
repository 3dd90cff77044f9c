//! Stored form of claims.

use domain::claim::ClaimEvent;

use crate::stored_events;

stored_events! {
    ClaimEvent {
        "claim.claimed.v1" { owner: String } => Claimed,
        "claim.released.v1" {} => Released,
        "claim.joined.v1" { owner: String, manner: String } => Joined,
        "claim.left.v1" { owner: String } => Left,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden::assert_golden;

    #[test]
    fn claims_match_their_goldens() {
        assert_golden(ClaimEvent::Claimed { owner: "location-0191".into() });
        assert_golden(ClaimEvent::Released);
        assert_golden(ClaimEvent::Joined { owner: "plug-0191".into(), manner: "outlet".into() });
        assert_golden(ClaimEvent::Left { owner: "plug-0191".into() });
    }
}
