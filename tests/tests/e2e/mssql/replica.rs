//! Views may be read from a replica. What stands for it here is the same database behind a proxy of its own, which
//! shows who is asked.

use std::time::Duration;

use aerosports::client::{Client, Reply};
use aerosports_tests::Proxy;
use serde_json::json;
use tokio::time::Instant;

use super::Chain;

/// The longest until a read works again.
const PATIENCE: Duration = Duration::from_mins(1);

#[tokio::test]
async fn views_are_read_from_the_replica_and_commands_never_need_it() {
    let Some(mut chain) = Chain::start().await else { return };
    let mut proxy = Proxy::start(chain.database.address().unwrap()).await.unwrap();
    let replica = chain.database.url_at(proxy.address);
    chain.services.query_api.kill().await.unwrap();
    chain.services.query_api = chain
        .services
        .serve_on("query-api", &chain.database.url(), &[("AEROSPORTS_DATABASE_REPLICA", &replica)])
        .await
        .unwrap();

    let token = open_location(&chain, "first").await;
    until(&chain, &token, |reply| reply.status == 200).await;

    // An answer that nothing has changed since may still be given; one to a newer question needs the replica.
    proxy.cut().await;
    let later = open_location(&chain, "second").await;
    until(&chain, &later, |reply| reply.status == 503).await;

    proxy.restore().await.unwrap();
    let reply = until(&chain, &later, |reply| reply.status == 200).await;
    assert!(reply.text().contains("second"), "{}", reply.text());

    // What still leads through the proxy would keep the database from being dropped.
    chain.services.query_api.kill().await.unwrap();
    proxy.cut().await;
}

/// Its consistency token.
async fn open_location(chain: &Chain, code: &str) -> String {
    let mut client = Client::new(chain.services.command_api.address, &chain.services.admin);
    let body = json!({"code": code, "name": code, "time_zone": "Europe/Berlin"}).to_string();
    let reply = client.post("/v1/locations", &[], body).await.unwrap();
    assert_eq!(reply.status, 201, "{}", reply.text());
    let body: serde_json::Value = reply.json().unwrap();
    body["token"].as_str().unwrap().to_owned()
}

async fn until(chain: &Chain, token: &str, holds: impl Fn(&Reply) -> bool) -> Reply {
    let deadline = Instant::now() + PATIENCE;
    let mut client = Client::new(chain.services.query_api.address, &chain.services.admin);
    loop {
        match client.get("/v1/locations", &[("aero-min-position", token)]).await {
            Ok(reply) if holds(&reply) => return reply,
            outcome => assert!(Instant::now() < deadline, "{outcome:?}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
