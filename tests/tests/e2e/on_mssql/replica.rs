//! Views may be read from a replica. What stands for it here is the same database behind a proxy of its own, which
//! shows who is asked.

use aerosports_tests::Proxy;
use serde_json::json;

use super::Chain;
use crate::support;

const LOCATIONS: &str = "/v1/locations";

#[tokio::test]
async fn views_are_read_from_the_replica_and_commands_never_need_it() {
    let mut chain = Chain::start().await;
    let mut proxy = Proxy::start(chain.database.address().unwrap()).await.unwrap();
    let replica = chain.database.url_at(proxy.address);
    chain.services.query_api.kill().await.unwrap();
    chain.services.query_api = chain
        .services
        .serve_on("query-api", &chain.database.url(), &[("AEROSPORTS_DATABASE_REPLICA", &replica)])
        .await
        .unwrap();

    let mut queries = aerosports_tests::client(chain.services.query_api.address, &chain.services.admin);
    let token = open_location(&chain, "first").await;
    support::shown(&mut queries, LOCATIONS, &token).await;

    // An answer that nothing has changed since may still be given; one to a newer question needs the replica.
    proxy.cut().await;
    let later = open_location(&chain, "second").await;
    let reply = queries.get(LOCATIONS, &[("aero-min-position", &later)]).await.unwrap();
    assert_eq!(reply.status, 503, "{}", reply.text());

    proxy.restore().await.unwrap();
    let listed = support::shown(&mut queries, LOCATIONS, &later).await;
    assert!(listed["items"].as_array().unwrap().iter().any(|row| row["code"] == "second"), "{listed}");

    // What still leads through the proxy would keep the database from being dropped.
    chain.services.query_api.kill().await.unwrap();
    proxy.cut().await;
}

/// The token of its opening.
async fn open_location(chain: &Chain, code: &str) -> String {
    let mut commands = aerosports_tests::client(chain.services.command_api.address, &chain.services.admin);
    let body = json!({"code": code, "name": code, "time_zone": "Europe/Berlin"});
    let opened = support::accepted(&mut commands, LOCATIONS, &body).await;
    opened["token"].as_str().unwrap().to_owned()
}
