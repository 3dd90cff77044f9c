//! Who gets through to a route: nobody without a key, and with one only what its kind may do, at its own
//! location. Every route of the table is tried.

use auth::KeyKind::{self, DeviceWorker, GameEngine, Kiosk, Pos, Tablet};
use http_api::{RouteInfo, Scope};

use super::{
    service::Call,
    world::{Stage, World},
};

/// The routes that other kinds than an admin may use, and which. Stated here once more, apart from the tables of
/// roles and of routes, so that a slip in either of them fails.
const OPEN_TO: [(&str, &[KeyKind]); 33] = [
    ("/v1/locations/{location}/players", &[Pos, Tablet]),
    ("/v1/locations/{location}/players/{player}/dependants", &[Pos, Tablet]),
    ("/v1/locations/{location}/players/{player}/correct", &[Pos, Tablet]),
    ("/v1/locations/{location}/players/{player}/waivers", &[Pos, Tablet]),
    ("/v1/locations/{location}/players/{player}/move", &[Pos, Tablet]),
    ("/v1/locations/{location}/parties", &[Pos]),
    ("/v1/locations/{location}/rooms/{room}/out-of-service", &[Pos]),
    ("/v1/locations/{location}/rooms/{room}/return", &[Pos]),
    ("/v1/locations/{location}/wristbands/bulk", &[Pos]),
    ("/v1/locations/{location}/wristbands/add-time", &[Pos]),
    ("/v1/locations/{location}/wristbands/{uid}/unassign", &[Pos]),
    ("/v1/locations/{location}/wristbands/{uid}/set-end", &[Pos]),
    ("/v1/locations/{location}/wristbands/{uid}/pass", &[Pos]),
    ("/v1/locations/{location}/wristbands/{uid}/initialize", &[Pos]),
    ("/v1/locations/{location}/wristbands/{uid}/assign", &[Pos]),
    ("/v1/locations/{location}/wristbands/{uid}/scan", &[Kiosk, Pos]),
    ("/v1/locations/{location}/wristbands/{uid}/add-time", &[Pos]),
    ("/v1/locations/{location}/wristbands/{uid}/renew", &[Pos]),
    ("/v1/locations/{location}/wristbands/{uid}/transfer", &[Pos]),
    ("/v1/locations/{location}/wristbands/{uid}/void", &[Pos]),
    ("/v1/locations/{location}/plays", &[Kiosk, GameEngine]),
    ("/v1/locations/{location}/plays/record", &[Kiosk, GameEngine]),
    ("/v1/locations/{location}/plays/{play}/finish", &[Kiosk, GameEngine]),
    ("/v1/locations/{location}/plays/{play}/abort", &[Kiosk, GameEngine, Pos]),
    ("/v1/locations/{location}/plays/{play}/scores/{player}/correct", &[Pos]),
    ("/v1/locations/{location}/plays/{play}/scores/{player}/void", &[Pos]),
    ("/v1/locations/{location}/plugs", &[DeviceWorker]),
    ("/v1/locations/{location}/plugs/reports", &[DeviceWorker]),
    ("/v1/locations/{location}/plugs/{plug}/ask", &[Pos]),
    ("/v1/locations/{location}/plugs/{plug}/release", &[Pos]),
    ("/v1/locations/{location}/automations/{automation}/force", &[Pos]),
    ("/v1/locations/{location}/automations/{automation}/unforce", &[Pos]),
    ("/v1/locations/{location}/automations/{automation}/pulse", &[Pos]),
];

fn may(kind: KeyKind, path: &str) -> bool {
    let kinds = OPEN_TO.iter().find(|(open, _)| *open == path).map_or(&[][..], |(_, kinds)| *kinds);
    kind == KeyKind::Admin || kinds.contains(&kind)
}

/// Not JSON, so that whoever gets through hears 400 and nothing changes.
const BROKEN: &str = "{";

struct Door {
    world: World,
    routes: Vec<RouteInfo>,
}

impl Door {
    async fn new() -> Self {
        let world = World::at(Stage::Open).await;
        let routes = world.service.installation.app().await.api().routes();
        assert!(routes.len() > 30, "the table is there");
        Self { world, routes }
    }

    async fn status(&self, route: &RouteInfo, location: &str, key: Option<&str>) -> u16 {
        let path = self.world.path(&route.path.replace("{location}", self.world.id(location)));
        let call = Call { path: &path, body: BROKEN.into(), key, headers: &[] };
        self.world.service.call(call).await.status
    }
}

#[tokio::test]
async fn a_caller_without_a_good_key_gets_through_nowhere() {
    let door = Door::new().await;
    let unknown = format!("aero_admin_{}", "A".repeat(43));
    for route in &door.routes {
        for key in [None, Some("hunter2"), Some(unknown.as_str())] {
            let status = door.status(route, "location", key).await;
            assert_eq!(status, 401, "{} with {key:?}", route.path);
        }
    }
}

/// Every kind of key on every route, at home and elsewhere.
#[tokio::test]
async fn a_key_opens_what_its_kind_may_do_at_its_own_location() {
    let door = Door::new().await;
    let home = door.world.location("location");
    for kind in KeyKind::ALL {
        let key = door.world.service.key(kind, kind.is_bound().then_some(home)).await;
        let key = Some(key.expose());
        for route in &door.routes {
            let allowed = may(kind, route.path);
            let through = if allowed { 400 } else { 403 };
            assert_eq!(door.status(route, "location", key).await, through, "{kind} {}", route.path);
            let bound = kind.is_bound() && route.scope == Scope::Location;
            let elsewhere = if allowed && bound { 404 } else { through };
            assert_eq!(door.status(route, "elsewhere", key).await, elsewhere, "{kind} {}", route.path);
        }
    }
}

/// What belongs to every location is an administrator's, whoever else may do more at home one day.
#[tokio::test]
async fn a_route_of_every_location_is_an_admins_only() {
    let door = Door::new().await;
    let global: Vec<_> = door.routes.iter().filter(|route| route.scope == Scope::Global).collect();
    assert!(global.iter().any(|route| route.path == "/v1/settings/{key}/set"));
    for route in global {
        assert!(OPEN_TO.iter().all(|(open, _)| *open != route.path), "{}", route.path);
    }
    for (path, _) in OPEN_TO {
        assert!(door.routes.iter().any(|route| route.path == path), "no route is {path}");
    }
}
