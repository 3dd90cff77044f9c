//! Routes of the catalogue: games and their variants, the same for every location.

mod add;
mod add_variant;
mod change;
mod change_variant;
mod retire;
mod retire_variant;

use auth::Permission;
use domain::game::Mode;
use http_api::Api;

use crate::CommandApi;

/// The routes, with the permission each needs.
#[must_use]
pub fn routes(api: Api<CommandApi>) -> Api<CommandApi> {
    api.tag("games", "The catalogue: games and their variants, the same for every location.")
        .command(
            "/v1/games",
            Permission::GAME_ADD,
            "Add a game\n\nIts code is unique in the catalogue.",
            add::handler,
        )
        .command(
            "/v1/games/{game}/change",
            Permission::GAME_CHANGE,
            "Change a game\n\nWhat is absent stays as it is. It cannot take fewer players than one of its \
             variants.",
            change::handler,
        )
        .command(
            "/v1/games/{game}/retire",
            Permission::GAME_RETIRE,
            "Retire a game\n\nIt gets no new rooms or variants; rooms that have it play on.",
            retire::handler,
        )
        .command(
            "/v1/games/{game}/variants",
            Permission::GAME_VARIANTS,
            "Add a variant to a game\n\n`id` is the variant's, `stream` and `version` are the game's.",
            add_variant::handler,
        )
        .command(
            "/v1/games/{game}/variants/{variant}/change",
            Permission::GAME_VARIANTS,
            "Change a variant\n\nWhat is absent stays as it is.",
            change_variant::handler,
        )
        .command(
            "/v1/games/{game}/variants/{variant}/retire",
            Permission::GAME_VARIANTS,
            "Retire a variant\n\nIt can no longer be activated or played.",
            retire_variant::handler,
        )
}

/// How the players of a variant stand to each other: together against the room, against each other, or by
/// the game's own rules.
#[derive(Clone, Copy, Debug, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VariantMode {
    /// Together, against the room.
    Alliance,
    /// Against each other.
    Pvp,
    /// By the game's own rules.
    Custom,
}

impl From<VariantMode> for Mode {
    fn from(mode: VariantMode) -> Self {
        match mode {
            VariantMode::Alliance => Self::Alliance,
            VariantMode::Pvp => Self::Pvp,
            VariantMode::Custom => Self::Custom,
        }
    }
}

/// How each is tried out.
#[cfg(test)]
pub(super) mod cases {
    use serde_json::json;

    use crate::routes::tests::cases::{Case, command, creation};

    pub(in crate::routes) fn cases() -> Vec<Case> {
        vec![
            creation("/v1/games", |_| json!({"code": "Dome-1", "name": "Dome", "max_players": 200}))
                .required(&["code", "name", "max_players"])
                .refuses([
                    ("code", json!("two words")),
                    ("code", json!("x".repeat(41))),
                    ("name", json!(" ")),
                    ("name", json!("x".repeat(101))),
                    ("max_players", json!(0)),
                    ("max_players", json!(201)),
                ]),
            command("/v1/games/{game}/change", |_| json!({"name": "Maze", "max_players": 4})).refuses([
                ("name", json!("")),
                ("max_players", json!(0)),
                ("max_players", json!(201)),
            ]),
            command("/v1/games/{game}/retire", |_| json!({})),
            creation("/v1/games/{game}/variants", |_| {
                json!({
                    "name": "Night", "mode": "pvp", "max_players": 8, "levels": 100, "max_iterations": 1000,
                    "iteration_seconds": 3600, "instructions": "Run.\nHide.",
                    "media_links": ["https://cdn.example.org/night.mp4"],
                })
            })
            .required(&["name", "mode", "max_players"])
            .refuses([
                ("name", json!("")),
                ("max_players", json!(0)),
                ("max_players", json!(9)),
                ("levels", json!(0)),
                ("levels", json!(101)),
                ("max_iterations", json!(1001)),
                ("iteration_seconds", json!(3601)),
                ("instructions", json!("x".repeat(5001))),
                ("media_links", json!(["http://cdn.example.org/night.mp4"])),
                ("media_links", json!(["javascript:alert(1)"])),
                ("media_links", json!(vec!["https://cdn.example.org"; 21])),
            ]),
            command("/v1/games/{game}/variants/{variant}/change", |_| {
                json!({
                    "name": "Night", "mode": "custom", "max_players": 8, "levels": 2, "max_iterations": 3,
                    "iteration_seconds": 4, "instructions": "", "media_links": [],
                })
            })
            .refuses([
                ("name", json!("")),
                ("max_players", json!(9)),
                ("levels", json!(0)),
                ("media_links", json!(["https://ana@example.org/"])),
            ]),
            command("/v1/games/{game}/variants/{variant}/retire", |_| json!({})),
        ]
    }
}
