//! Every route, over HTTP on a real store. What all of them have in common is driven from the route table:
//! a route without a [`cases::Case`] fails here.

mod access;
mod automations;
pub(super) mod cases;
mod contract;
mod desk;
mod erasure;
mod forms;
mod games;
mod players;
mod plays;
mod plugs;
mod reports;
mod rooms;
mod scheduler;
mod service;
mod settings;
pub(super) mod world;

use std::collections::BTreeSet;

use crate::testing::Installation;

#[tokio::test]
async fn the_list_of_routes_has_no_defects() {
    let api = Installation::new().await.app().await.api();
    assert_eq!(api.defects(), Vec::<String>::new());
}

#[tokio::test]
async fn every_route_has_a_case_and_every_case_a_route() {
    let routes = Installation::new().await.app().await.api().routes();
    let routes: BTreeSet<&str> = routes.iter().map(|route| route.path).collect();
    let table = cases::all();
    let cases: BTreeSet<&str> = table.iter().map(|case| case.path).collect();
    assert_eq!(cases, routes);
    assert_eq!(table.len(), routes.len(), "one case a route");
}
