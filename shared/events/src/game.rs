//! Stored form of game events.

use serde::{Deserialize, Serialize};

use super::{DecodeError, EncodeError, Encoded, json, parse};
use domain::{
    game::{GameEvent, Mode, VariantSpec},
    ids::{GameId, VariantId},
    values::{Code, Name},
};

const ADDED_V1: &str = "game.added.v1";
const CHANGED_V1: &str = "game.changed.v1";
const RETIRED_V1: &str = "game.retired.v1";
const VARIANT_ADDED_V1: &str = "game.variant_added.v1";
const VARIANT_CHANGED_V1: &str = "game.variant_changed.v1";
const VARIANT_RETIRED_V1: &str = "game.variant_retired.v1";

#[derive(Serialize, Deserialize)]
struct AddedV1 {
    game_id: GameId,
    code: String,
    name: String,
    max_players: u32,
}

#[derive(Serialize, Deserialize)]
struct ChangedV1 {
    name: String,
    max_players: u32,
}

#[derive(Serialize, Deserialize)]
struct RetiredV1 {}

/// Of a variant that was added or changed: both store all of it.
#[derive(Serialize, Deserialize)]
struct VariantV1 {
    variant_id: VariantId,
    name: String,
    mode: ModeV1,
    levels: u32,
    max_iterations: u32,
    iteration_seconds: u32,
    max_players: u32,
    instructions: String,
    media_links: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ModeV1 {
    Alliance,
    Pvp,
    Custom,
}

#[derive(Serialize, Deserialize)]
struct VariantRetiredV1 {
    variant_id: VariantId,
}

pub(super) fn encode(event: &GameEvent) -> Result<Encoded, EncodeError> {
    match event {
        GameEvent::Added { id, code, name, max_players } => json(
            ADDED_V1,
            &AddedV1 {
                game_id: *id,
                code: code.to_string(),
                name: name.to_string(),
                max_players: *max_players,
            },
        ),
        GameEvent::Changed { name, max_players } => {
            json(CHANGED_V1, &ChangedV1 { name: name.to_string(), max_players: *max_players })
        }
        GameEvent::Retired => json(RETIRED_V1, &RetiredV1 {}),
        GameEvent::VariantAdded { id, spec } => json(VARIANT_ADDED_V1, &stored_variant(*id, spec)),
        GameEvent::VariantChanged { id, spec } => json(VARIANT_CHANGED_V1, &stored_variant(*id, spec)),
        GameEvent::VariantRetired { id } => json(VARIANT_RETIRED_V1, &VariantRetiredV1 { variant_id: *id }),
    }
}

pub(super) fn decode(event_type: &str, data: &str) -> Result<GameEvent, DecodeError> {
    Ok(match event_type {
        ADDED_V1 => {
            let v1: AddedV1 = parse(event_type, data)?;
            GameEvent::Added {
                id: v1.game_id,
                code: Code::stored(&v1.code),
                name: Name::stored(&v1.name),
                max_players: v1.max_players,
            }
        }
        CHANGED_V1 => {
            let v1: ChangedV1 = parse(event_type, data)?;
            GameEvent::Changed { name: Name::stored(&v1.name), max_players: v1.max_players }
        }
        RETIRED_V1 => {
            let RetiredV1 {} = parse(event_type, data)?;
            GameEvent::Retired
        }
        VARIANT_ADDED_V1 => {
            let (id, spec) = variant(parse(event_type, data)?);
            GameEvent::VariantAdded { id, spec }
        }
        VARIANT_CHANGED_V1 => {
            let (id, spec) = variant(parse(event_type, data)?);
            GameEvent::VariantChanged { id, spec }
        }
        VARIANT_RETIRED_V1 => {
            GameEvent::VariantRetired { id: parse::<VariantRetiredV1>(event_type, data)?.variant_id }
        }
        _ => return Err(DecodeError::UnknownType(event_type.to_owned())),
    })
}

fn stored_variant(id: VariantId, spec: &VariantSpec) -> VariantV1 {
    VariantV1 {
        variant_id: id,
        name: spec.name.to_string(),
        mode: match spec.mode {
            Mode::Alliance => ModeV1::Alliance,
            Mode::Pvp => ModeV1::Pvp,
            Mode::Custom => ModeV1::Custom,
        },
        levels: spec.levels,
        max_iterations: spec.max_iterations,
        iteration_seconds: spec.iteration_seconds,
        max_players: spec.max_players,
        instructions: spec.instructions.clone(),
        media_links: spec.media_links.clone(),
    }
}

fn variant(stored: VariantV1) -> (VariantId, VariantSpec) {
    let spec = VariantSpec {
        name: Name::stored(&stored.name),
        mode: match stored.mode {
            ModeV1::Alliance => Mode::Alliance,
            ModeV1::Pvp => Mode::Pvp,
            ModeV1::Custom => Mode::Custom,
        },
        levels: stored.levels,
        max_iterations: stored.max_iterations,
        iteration_seconds: stored.iteration_seconds,
        max_players: stored.max_players,
        instructions: stored.instructions,
        media_links: stored.media_links,
    };
    (stored.variant_id, spec)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::golden::assert_golden;

    const VARIANT: VariantId = VariantId(Uuid::from_u128(2));

    #[test]
    fn golden_games() {
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
    fn golden_variants() {
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
