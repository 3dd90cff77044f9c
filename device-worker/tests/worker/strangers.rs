//! Addresses at which no plug is, or at which none may be.

use std::net::SocketAddr;

use domain::plug::PlugNetworks;
use plug_simulator::{Fault, Model, Plug};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    task::JoinHandle,
};

use crate::venue::Venue;

/// Greets whoever connects, as servers of other protocols do, and hangs up.
async fn greeter(greeting: &'static str) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let greeting_all = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(greeting.as_bytes()).await;
            let _ = stream.read(&mut [0; 512]).await;
        }
    });
    (address, greeting_all)
}

fn closed() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[tokio::test]
async fn what_is_no_plug_says_nothing_in_a_history() {
    let venue = Venue::open().await;
    let silent = Plug::start(Model::plug("silent")).await.unwrap();
    silent.set_fault(Fault::Mute).await.unwrap();
    let (ssh, greeting) = greeter("SSH-2.0-OpenSSH_9.6\r\n").await;
    let (short, greeting_short) = greeter("\0\0\0\u{4}nope").await;
    let mut plugs = vec![];
    for address in [ssh, short, closed(), silent.address()] {
        let plug = Plug::start(Model::plug("elsewhere")).await.unwrap();
        plugs.push(venue.register_at(&plug, None, address).await);
    }
    let mut config = venue.config("a");
    config.client.exchange = std::time::Duration::from_millis(300);
    let worker = venue.start(config).await;
    for plug in plugs {
        let lost = venue.sink.report("unreachable", |report| report["plug_id"] == plug.to_string()).await;
        assert_eq!(lost["error"], "it did not answer as a plug");
    }
    worker.kill().await;
    greeting.abort();
    greeting_short.abort();
}

#[tokio::test]
async fn a_plug_registered_outside_of_the_networks_is_not_connected_to() {
    let venue = Venue::open().await;
    let (plug, id) = venue.plug(Model::plug("light")).await;
    venue.bind(id).await;
    let mut config = venue.config("a");
    config.plug_networks = PlugNetworks::default();
    let worker = venue.start(config).await;
    let lost = venue.sink.report("unreachable", |report| report["plug_id"] == id.to_string()).await;
    assert_eq!(lost["error"], "its address is in no network of plugs");
    worker.kill().await;
    assert!(plug.heard().is_empty() && !plug.is_on());
}
