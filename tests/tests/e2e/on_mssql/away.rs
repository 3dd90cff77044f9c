//! The database goes away in the middle of the day: commands are answered 503 meanwhile, nothing acknowledged is
//! lost, and everything resumes by itself.

use std::{net::SocketAddr, time::Duration};

use aerosports::{
    client::Reply,
    demo::{Target, run},
};
use aerosports_tests::{MssqlDatabase, Proxy, Services, nats};
use serde_json::json;
use tokio::{process::Command, time::Instant};

use super::{agree, day};
use crate::BINARY;

/// The longest until everything works again.
const PATIENCE: Duration = Duration::from_mins(1);

#[tokio::test]
async fn commands_are_put_off_while_the_connections_are_cut() {
    let database = MssqlDatabase::create().await;
    let mut proxy = Proxy::start(database.address().unwrap()).await.unwrap();
    let url = database.url_at(proxy.address);
    let services = Services::start_on(BINARY, &nats::binaries().remove(0), &url).await.unwrap();
    through_an_outage(&services, &database, async || {
        proxy.cut().await;
        put_off(&services.target()).await;
        proxy.restore().await.unwrap();
    })
    .await;
    // What still leads through the proxy would keep the database from being dropped.
    drop(services);
    proxy.cut().await;
}

/// Kills the server itself, for which it has to be alone on it: `AEROSPORTS_TEST_MSSQL_KILL` and
/// `AEROSPORTS_TEST_MSSQL_START` hold shell commands.
#[tokio::test]
async fn killing_mssql_puts_commands_off_until_it_is_started_again() {
    let command = |name| std::env::var(name).unwrap_or_else(|_| panic!("set {name} to a shell command"));
    let (kill, start) = (command("AEROSPORTS_TEST_MSSQL_KILL"), command("AEROSPORTS_TEST_MSSQL_START"));
    let database = MssqlDatabase::create().await;
    let services = Services::start_on(BINARY, &nats::binaries().remove(0), &database.url()).await.unwrap();
    through_an_outage(&services, &database, async || {
        shell(&kill).await;
        put_off(&services.target()).await;
        shell(&start).await;
    })
    .await;
}

async fn shell(command: &str) {
    let status = Command::new("sh").args(["-c", command]).status().await.unwrap();
    assert!(status.success(), "{command}: {status}");
}

/// The day, with `outage` in its middle; then all is as if nothing had been.
async fn through_an_outage(services: &Services, database: &MssqlDatabase, outage: impl AsyncFnOnce()) {
    let target = services.target();
    let of_day = target.clone();
    let clients = tokio::spawn(async move { run(&of_day, &day(), |_, _| {}).await });
    tokio::time::sleep(Duration::from_millis(900)).await;
    assert!(!clients.is_finished(), "the day is over before the outage");
    outage().await;
    let ledger = clients.await.unwrap().unwrap();
    assert!(ledger.retried > 0, "nobody noticed");
    for address in ready_services(services) {
        until(address, "/readyz", |reply| reply.status == 200).await;
    }
    agree(&target, &ledger, database).await;
}

fn ready_services(services: &Services) -> [SocketAddr; 4] {
    [&services.command_api, &services.query_api, &services.projector, &services.device_worker]
        .map(|process| process.address)
}

/// While the database is away: a command is answered 503 with `Retry-After`, and `/readyz` says so.
async fn put_off(target: &Target) {
    let mut client = aerosports_tests::client(target.command, &target.api_key);
    let body = json!({"code": "away", "name": "Away", "time_zone": "Europe/Berlin"}).to_string();
    let reply = client.post("/v1/locations", &[], body).await.unwrap();
    assert_eq!(reply.status, 503, "{}", reply.text());
    assert!(reply.headers.contains_key("retry-after"), "{:?}", reply.headers);
    assert_eq!(reply.headers["content-type"], "application/problem+json");
    for address in [target.command, target.query] {
        until(address, "/readyz", |reply| reply.status == 503).await;
        until(address, "/healthz", |reply| reply.status == 200).await;
    }
}

async fn until(address: SocketAddr, path: &str, holds: impl Fn(&Reply) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    let mut client = aerosports_tests::client(address, "");
    loop {
        match client.get(path, &[]).await {
            Ok(reply) if holds(&reply) => return,
            outcome => assert!(Instant::now() < deadline, "{address}{path}: {outcome:?}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
