//! Who gets through to a route: nobody without a key, and with one only what its kind may do, at its own
//! location. Driven from the route table.

use shared::{
    auth::KeyKind,
    http::{RouteInfo, Scope},
};

use super::{
    service::Call,
    world::{Stage, World},
};

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
async fn nobody_gets_through_without_a_good_key() {
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
            let allowed = kind.permissions().contains(route.permission.unwrap());
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
async fn only_an_admin_changes_what_belongs_to_every_location() {
    let door = Door::new().await;
    let global: Vec<_> = door.routes.iter().filter(|route| route.scope == Scope::Global).collect();
    assert!(global.iter().any(|route| route.path == "/v1/settings/{key}/set"));
    for route in global {
        for kind in KeyKind::ALL.into_iter().filter(|kind| kind.is_bound()) {
            assert!(!kind.permissions().contains(route.permission.unwrap()), "{kind} {}", route.path);
        }
    }
}
