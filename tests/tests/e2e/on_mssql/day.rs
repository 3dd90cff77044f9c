//! The simulated day, audited, also while services are killed.

use std::time::Duration;

use aerosports::demo::run;

use super::{Chain, agree, day};

#[tokio::test]
async fn every_play_of_a_day_is_accounted_for() {
    let chain = Chain::start().await;
    let target = chain.services.target();
    let ledger = run(&target, &day(), |_, _| {}).await.unwrap();
    agree(&target, &ledger, &chain.database).await;
}

#[tokio::test]
async fn killed_services_lose_and_double_nothing() {
    let mut chain = Chain::start().await;
    let target = chain.services.target();
    let of_day = target.clone();
    let clients = tokio::spawn(async move { run(&of_day, &day(), |_, _| {}).await });
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(600)).await;
        chain.services.command_api.kill().await.unwrap();
        chain.services.projector.kill().await.unwrap();
        let address = chain.services.command_api.address;
        chain.services.command_api = chain.services.serve_at("command-api", address).await.unwrap();
        chain.services.projector = chain.services.serve("projector").await.unwrap();
    }
    let ledger = clients.await.unwrap().unwrap();
    assert!(ledger.retried > 0, "no kill met a request");
    agree(&target, &ledger, &chain.database).await;
}
