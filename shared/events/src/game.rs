//! Stored form of game events. A variant lies flat in its event, beside its id.

use domain::{
    game::{GameEvent, Mode, VariantSpec},
    ids::{GameId, VariantId},
    values::{Code, Name},
};

use crate::{stored_events, stored_struct};

stored_struct! {
    VariantSpec {
        name: Name,
        mode: Mode,
        levels: u32,
        max_iterations: u32,
        iteration_seconds: u32,
        max_players: u32,
        instructions: String,
        media_links: Vec<String>,
    }
}

stored_events! {
    GameEvent {
        "game.added.v1" {
            id as "game_id": GameId,
            code: Code,
            name: Name,
            max_players: u32,
        } => Added,
        "game.changed.v1" { name: Name, max_players: u32 } => Changed,
        "game.retired.v1" {} => Retired,
        "game.variant_added.v1" {
            id as "variant_id": VariantId,
            #[serde(flatten)]
            spec: VariantSpec,
        } => VariantAdded,
        "game.variant_changed.v1" {
            id as "variant_id": VariantId,
            #[serde(flatten)]
            spec: VariantSpec,
        } => VariantChanged,
        "game.variant_retired.v1" { id as "variant_id": VariantId } => VariantRetired,
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::golden::assert_golden;

    const VARIANT: VariantId = VariantId(Uuid::from_u128(2));

    #[test]
    fn games_match_their_goldens() {
        assert_golden(GameEvent::Added {
            id: GameId(Uuid::from_u128(1)),
            code: Code::stored("lasers"),
            name: Name::stored("Laser Maze"),
            max_players: 6,
        });
        assert_golden(GameEvent::Changed { name: Name::stored("Lasers"), max_players: 8 });
        assert_golden(GameEvent::Retired);
    }

    #[test]
    fn variants_match_their_goldens() {
        let spec = VariantSpec {
            levels: 5,
            instructions: "Run.\nDo not touch the light.".into(),
            media_links: vec!["https://cdn.example.org/rush.mp4".into()],
            ..VariantSpec::new(Name::stored("Rush"), Mode::Alliance, 4)
        };
        assert_golden(GameEvent::VariantAdded { id: VARIANT, spec });
        let spec = VariantSpec::new(Name::stored("Rush"), Mode::Pvp, 2);
        assert_golden(GameEvent::VariantChanged { id: VARIANT, spec });
        assert_golden(GameEvent::VariantRetired { id: VARIANT });
    }
}
