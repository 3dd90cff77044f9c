//! Settings in effect: the nearest scope wins.

use domain::{
    ids::{RoomId, VariantId},
    setting::{Scope, SettingEvent, SettingKey, SettingValue},
};
use serde_json::json;
use uuid::Uuid;

use crate::world::{ELSEWHERE, HOME, World};

const ROOM: RoomId = RoomId(Uuid::from_u128(3));
const VARIANT: VariantId = VariantId(Uuid::from_u128(5));

async fn set(world: &World, scope: Scope, key: &str, value: Option<SettingValue>) {
    let key = SettingKey::stored(key);
    let location = match scope {
        Scope::Global => None,
        Scope::Location(location) | Scope::Room(location, _) | Scope::Variant(location, _) => Some(location),
    };
    let stream = scope.stream(&key);
    let fact = match value {
        Some(value) => SettingEvent::Set { scope, key, value },
        None => SettingEvent::Unset { scope, key },
    };
    world.say(&stream, location, fact).await;
}

#[tokio::test]
async fn the_nearest_scope_wins_and_farther_ones_show_through() {
    let world = World::new().await;
    let text = |text: &str| Some(SettingValue::Text(text.to_owned()));
    set(&world, Scope::Global, "a.flag", Some(SettingValue::Boolean(true))).await;
    set(&world, Scope::Global, "theme", text("global")).await;
    set(&world, Scope::Location(HOME), "theme", text("venue")).await;
    set(&world, Scope::Location(ELSEWHERE), "theme", text("elsewhere")).await;
    set(&world, Scope::Room(HOME, ROOM), "theme", text("room")).await;
    set(&world, Scope::Variant(HOME, VARIANT), "theme", text("variant")).await;
    set(&world, Scope::Location(HOME), "layout", Some(SettingValue::Json("{\"b\": [1, 2.50]}".into()))).await;
    set(&world, Scope::Location(HOME), "volume", Some(SettingValue::Number(0.5))).await;

    let theme =
        |value: &str, scope: &str| json!({"key": "theme", "value": value, "type": "text", "scope": scope});
    assert_eq!(
        world.items("settings").await,
        [
            json!({"key": "a.flag", "value": true, "type": "boolean", "scope": "global"}),
            json!({"key": "layout", "value": {"b": [1, 2.5]}, "type": "json", "scope": "location"}),
            theme("venue", "location"),
            json!({"key": "volume", "value": 0.5, "type": "number", "scope": "location"}),
        ]
    );
    for (query, value, scope) in [
        (format!("room_id={ROOM}"), "room", "room"),
        (format!("variant_id={VARIANT}"), "variant", "variant"),
        (format!("room_id={ROOM}&variant_id={VARIANT}"), "variant", "variant"),
        (format!("room_id={}", VARIANT.0), "venue", "location"),
    ] {
        assert_eq!(world.items(&format!("settings?{query}")).await[2], theme(value, scope), "{query}");
    }
    set(&world, Scope::Location(HOME), "theme", None).await;
    assert_eq!(world.items("settings").await[2], theme("global", "global"));
}

#[tokio::test]
async fn settings_are_paged_by_key() {
    let world = World::new().await;
    for key in ["c", "a", "b", "d"] {
        set(&world, Scope::Global, key, Some(SettingValue::Boolean(true))).await;
        set(&world, Scope::Location(HOME), key, Some(SettingValue::Boolean(false))).await;
    }
    let path = format!("/v1/locations/{HOME}/settings?limit=3");
    let first = world.see(&world.desk, &path).await.ok();
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = world.see(&world.desk, &format!("{path}&cursor={cursor}")).await.ok();
    let keys = |page: &serde_json::Value| {
        page["items"].as_array().unwrap().iter().map(|item| item["key"].clone()).collect::<Vec<_>>()
    };
    assert_eq!((keys(&first), keys(&second)), (vec![json!("a"), json!("b"), json!("c")], vec![json!("d")]));
}
