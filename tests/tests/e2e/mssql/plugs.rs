//! The database goes away while a device worker runs, and while one starts.

use aerosports_tests::{
    MssqlDatabase, Proxy, Services, nats,
    plugs::{Cause, Model},
};
use serde_json::json;

use crate::{BINARY, plug_faults::venue::Venue};

#[tokio::test]
async fn plugs_are_off_in_time_while_the_worker_is_cut_off_and_also_when_it_restarts_so() {
    let Some(database) = MssqlDatabase::create().await else { return };
    let mut proxy = Proxy::start(database.address().unwrap()).await.unwrap();
    let url = database.url_at(proxy.address);
    let services = Services::start_on(BINARY, &nats::binaries().remove(0), &database.url()).await.unwrap();
    let mut venue = Venue::open_in(services).await;
    venue.services.device_worker.kill().await.unwrap();
    venue.services.device_worker = venue.services.serve_on("device-worker", &url, &[]).await.unwrap();
    let light = venue.light_of(Model::plug("Lights").without_countdown()).await;
    venue.ask_on(&light, 20).await;
    light.becomes(true).await;
    venue.told_switched(&light, "on", 1).await;
    proxy.cut().await;
    light.becomes(false).await;
    proxy.restore().await.unwrap();
    venue.is_off_and_accounted_for(&light).await;

    venue.ask_on(&light, 20).await;
    light.becomes(true).await;
    venue.told_switched(&light, "on", 2).await;
    venue.services.device_worker.kill().await.unwrap();
    proxy.cut().await;
    assert!(light.plug.is_on(), "it was killed too late");
    venue.services.device_worker = venue.services.serve_on("device-worker", &url, &[]).await.unwrap();
    light.becomes(false).await;
    let address = venue.services.device_worker.address;
    venue.is_ready(address, false).await;
    // Of this it hears once it can, and does it then, for it is not late.
    venue.ask_on(&light, 600).await;
    assert_eq!(light.states(), [true, false].repeat(2));
    proxy.restore().await.unwrap();
    venue.is_ready(address, true).await;
    venue.told_switched(&light, "off", 2).await;
    venue.command(&format!("plugs/{}/release", light.id), &json!({})).await;
    venue.ask_on(&light, 600).await;
    light.becomes(true).await;
    venue.command(&format!("plugs/{}/release", light.id), &json!({})).await;
    light.becomes(false).await;
    venue.is_off_and_accounted_for(&light).await;
    assert!(light.plug.changes().iter().all(|change| change.cause == Cause::Request));
    // What still leads through the proxy would keep the database from being dropped.
    drop(venue);
    proxy.cut().await;
}
