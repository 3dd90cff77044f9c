//! Cases of games and their variants.

use serde_json::json;

use super::{Case, command, creation};

pub(super) fn cases() -> Vec<Case> {
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
