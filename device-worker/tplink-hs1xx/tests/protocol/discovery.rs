//! Discovery on loopback, where every answer is scripted.

use std::net::{SocketAddr, SocketAddrV4};
use std::time::Duration;

use crate::support::Model;
use tokio::net::UdpSocket;
use tplink_hs1xx::discovery::{DiscoveryError, InvalidTarget, Sighting, Target};
use tplink_hs1xx::{Discovery, codec, klap};

const KLAP: &str = r#"{"result":{"device_model":"EP10","mgt_encrypt_schm":{"encrypt_type":"KLAP"}}}"#;

/// Answers every state query with `answers`, in order, and every firmware query with `klap`.
async fn device(answers: Vec<Vec<u8>>, klap: Option<&'static str>) -> SocketAddrV4 {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let SocketAddr::V4(address) = socket.local_addr().unwrap() else {
        panic!("not IPv4");
    };
    tokio::spawn(async move {
        let mut query = [0; 256];
        while let Ok((length, from)) = socket.recv_from(&mut query).await {
            let answers = if query[..length] == klap::QUERY {
                let klap = klap.map(|json| [&[0; 16][..], json.as_bytes()].concat());
                klap.into_iter().collect()
            } else {
                let json = codec::decode_datagram(&query[..length]).unwrap();
                assert_eq!(json, br#"{"system":{"get_sysinfo":{}}}"#);
                answers.clone()
            };
            for answer in answers {
                socket.send_to(&answer, from).await.unwrap();
            }
        }
    });
    address
}

fn sysinfo(model: &Model) -> Vec<u8> {
    codec::encode_datagram(&model.datagram())
}

fn search(targets: &[SocketAddrV4]) -> Discovery {
    Discovery::new().targets(targets.iter().copied()).interval(Duration::from_millis(150)).firmware_port(None)
}

#[tokio::test]
async fn devices_on_loopback_are_found_once_each() {
    let plug = device(vec![sysinfo(&Model::plug())], None).await;
    let strip = Model::strip().with_device_id("8006BB");
    let strip = device(vec![sysinfo(&strip), sysinfo(&strip)], None).await;
    let mut found = search(&[plug, strip]).collect().await.unwrap().plugs;
    found.sort_by_key(|found| found.info.children.len());
    let addresses: Vec<_> = found.iter().map(|found| found.address).collect();
    assert_eq!(addresses, [plug.into(), strip.into()]);
    let child = &found[1].info.children[5];
    assert_eq!(child.id.as_str(), "8006BB05", "two characters get the device id");
}

#[tokio::test]
async fn garbage_hides_nobody() {
    let garbage = vec![
        Vec::new(),
        vec![0xff; 1400],
        b"{}".to_vec(),
        codec::encode_datagram(b"{\"system\":{\"get_sysinfo\":{}}}"),
        codec::encode_datagram(b"[[[["),
        sysinfo(&Model::plug()),
    ];
    let target = device(garbage, None).await;
    let found = search(&[target]).collect().await.unwrap();
    assert_eq!(found.plugs.len(), 1);
    assert_eq!(found.unsupported, []);
}

#[tokio::test]
async fn a_first_datagram_that_got_lost_is_sent_again() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let SocketAddr::V4(address) = socket.local_addr().unwrap() else {
        panic!("not IPv4");
    };
    tokio::spawn(async move {
        let mut query = [0; 256];
        socket.recv_from(&mut query).await.unwrap();
        let (_, from) = socket.recv_from(&mut query).await.unwrap();
        socket.send_to(&sysinfo(&Model::plug()), from).await.unwrap();
    });
    let mut search = search(&[address]).start().await.unwrap();
    assert!(matches!(search.next().await, Some(Sighting::Plug(_))));
    assert_eq!(search.next().await, None);
    assert_eq!(search.next().await, None, "an ended search stays ended");
}

#[tokio::test]
async fn newer_firmware_is_reported_as_such() {
    let target = device(Vec::new(), Some(KLAP)).await;
    let plan = search(&[target]).firmware_port(Some(target.port()));
    let found = plan.collect().await.unwrap();
    assert_eq!(found.plugs, []);
    assert_eq!(found.unsupported.len(), 1);
    assert_eq!(found.unsupported[0].device.encryption, "KLAP");
}

#[tokio::test]
async fn a_device_that_speaks_both_is_a_plug() {
    let target = device(vec![sysinfo(&Model::plug())], Some(KLAP)).await;
    let plan = search(&[target]).firmware_port(Some(target.port()));
    let found = plan.collect().await.unwrap();
    assert_eq!((found.plugs.len(), found.unsupported.len()), (1, 0));
}

#[tokio::test]
async fn a_search_needs_a_target() {
    let nothing = search(&[]).collect().await;
    assert!(matches!(nothing, Err(DiscoveryError::NoTarget)));
}

#[test]
fn targets_are_addresses_with_or_without_a_port() {
    let target = |text: &str| text.parse::<Target>().map(|target| target.to_string());
    assert_eq!(target("192.168.1.255").unwrap(), "192.168.1.255:9999");
    assert_eq!(target("127.0.0.1:19999").unwrap(), "127.0.0.1:19999");
    for wrong in ["", "plug", "::1", "1.2.3", "1.2.3.4:", "1.2.3.4:99999"] {
        assert_eq!(target(wrong), Err(InvalidTarget), "{wrong}");
    }
}
