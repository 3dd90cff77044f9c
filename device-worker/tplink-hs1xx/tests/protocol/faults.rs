//! What a client does when a device does what it should not.

use std::error::Error as _;
use std::time::Duration;

use crate::support::{Act, FakePlug, Model};
use tokio::net::{TcpListener, UdpSocket};
use tplink_hs1xx::codec::FrameError;
use tplink_hs1xx::method::{GetSysInfo, SetRelayState};
use tplink_hs1xx::{Client, Error, ErrorCode, Options, ReplyError, Request, SysInfo};

async fn ask(client: &mut Client) -> Result<SysInfo, Error> {
    client.call(&Request::new(GetSysInfo {})).await
}

/// The outcome of one call to a plug that does `act`.
async fn outcome(act: Act) -> Result<SysInfo, Error> {
    let mut fake = FakePlug::start(Model::plug(), [act]).await;
    let mut client = fake.client();
    let outcome = ask(&mut client).await;
    // A refusal is a proper answer and keeps the connection; nothing else does.
    if outcome.as_ref().is_err_and(|error| error.code().is_none()) {
        fake.all_closed().await;
    }
    outcome
}

#[tokio::test]
async fn a_reply_in_single_bytes_is_a_reply() {
    assert_eq!(outcome(Act::Chunks).await.unwrap().alias, "Lamp");
}

#[tokio::test]
async fn an_oversize_length_is_refused() {
    let error = outcome(Act::Raw(vec![0xff, 0xff, 0xff, 0xff, 1])).await;
    assert!(matches!(error, Err(Error::Frame(FrameError::Oversize { .. }))));
}

#[tokio::test]
async fn garbage_is_a_bad_reply() {
    for message in [&b"\x00\xff\x17"[..], b"", b"[1,2"] {
        let error = outcome(Act::Message(message.to_vec())).await;
        assert!(matches!(error, Err(Error::Reply(ReplyError::Json(_)))));
    }
}

#[tokio::test]
async fn a_connection_closed_too_soon_says_how_far_it_came() {
    let none = outcome(Act::CloseAfter(Duration::ZERO)).await;
    assert!(matches!(none, Err(Error::Disconnected { received: 0 })));
    let header = outcome(Act::Cut(3)).await;
    assert!(matches!(header, Err(Error::Disconnected { received: 3 })));
    let body = outcome(Act::Cut(40)).await;
    assert!(matches!(body, Err(Error::Disconnected { received: 40 })));
}

#[tokio::test]
async fn a_half_closed_connection_is_closed() {
    let error = outcome(Act::HalfClose).await;
    assert!(matches!(error, Err(Error::Disconnected { received: 0 })));
}

#[tokio::test]
async fn a_refusal_keeps_the_connection() {
    let refusal = br#"{"system":{"get_sysinfo":{"err_code":-3,"err_msg":"invalid argument"}}}"#;
    let fake = FakePlug::start(Model::plug(), [Act::Message(refusal.to_vec())]).await;
    let mut client = fake.client();
    let error = ask(&mut client).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::InvalidArgument));
    assert!(!error.is_unreachable());
    ask(&mut client).await.unwrap();
    assert_eq!(fake.connections(), 1);
}

#[tokio::test]
async fn an_answer_to_another_question_is_an_error() {
    let other = br#"{"system":{"get_sysinfo":{"err_code":0}}}"#;
    let fake = FakePlug::start(Model::plug(), [Act::Message(other.to_vec())]).await;
    let request = Request::new(SetRelayState::new(true));
    let error = fake.client().call(&request).await;
    assert!(matches!(error, Err(Error::Reply(ReplyError::NoAnswer { .. }))));
}

#[tokio::test]
async fn a_kept_connection_the_device_closed_is_replaced() {
    let script = [Act::AnswerThenClose, Act::AnswerThenClose];
    let fake = FakePlug::start(Model::plug(), script).await;
    let mut client = fake.client();
    for _ in 0..3 {
        ask(&mut client).await.unwrap();
    }
    assert_eq!(fake.connections(), 3);
    assert_eq!(client.resets(), 0, "it said goodbye");
}

#[tokio::test]
async fn a_kept_connection_the_device_forgot_is_replaced_and_counted() {
    let mut fake = FakePlug::start(Model::plug(), [Act::Answer, Act::AnswerThenForget]).await;
    let mut client = fake.client();
    for _ in 0..2 {
        ask(&mut client).await.unwrap();
    }
    fake.all_closed().await;
    assert_eq!(client.resets(), 0, "it is not known yet");
    for _ in 0..2 {
        ask(&mut client).await.unwrap();
        assert_eq!((fake.connections(), client.resets()), (2, 1));
    }
}

#[tokio::test]
async fn a_device_that_never_keeps_a_connection_forgets_none() {
    let script = (0..3).map(|_| Act::AnswerThenForget);
    let mut fake = FakePlug::start(Model::plug(), script).await;
    let mut client = fake.client();
    for connections in 1..=3 {
        ask(&mut client).await.unwrap();
        assert_eq!((fake.connections(), client.resets()), (connections, 0));
        fake.all_closed().await;
    }
}

#[tokio::test]
async fn a_device_that_closes_instead_of_answering_is_asked_twice_at_most() {
    let close = || Act::CloseAfter(Duration::ZERO);
    let fake = FakePlug::start(Model::plug(), [Act::Answer, close(), close()]).await;
    let mut client = fake.client();
    ask(&mut client).await.unwrap();
    let error = ask(&mut client).await;
    assert!(matches!(error, Err(Error::Disconnected { received: 0 })));
    assert_eq!((fake.connections(), fake.requests().len()), (2, 3));
}

#[tokio::test]
async fn a_surplus_of_bytes_never_becomes_the_next_answer() {
    let mut two = Vec::new();
    for alias in ["first", "stale"] {
        let sysinfo = format!(r#"{{"system":{{"get_sysinfo":{{"deviceId":"A","alias":"{alias}"}}}}}}"#);
        two.extend(tplink_hs1xx::codec::encode_frame(sysinfo.as_bytes()).unwrap());
    }
    let fake = FakePlug::start(Model::plug(), [Act::Raw(two)]).await;
    let mut client = fake.client();
    assert_eq!(ask(&mut client).await.unwrap().alias, "first");
    assert_eq!(ask(&mut client).await.unwrap().alias, "Lamp");
    assert_eq!(fake.connections(), 2);
}

#[tokio::test]
async fn a_dropped_call_closes_its_connection() {
    let mut fake = FakePlug::start(Model::plug(), [Act::Hang]).await;
    let mut client = fake.client();
    tokio::select! {
        outcome = ask(&mut client) => panic!("{outcome:?}"),
        () = fake.stalled() => {}
    }
    fake.all_closed().await;
    ask(&mut client).await.unwrap();
    assert_eq!(fake.connections(), 2);
}

#[tokio::test]
async fn a_client_may_keep_no_connection() {
    let mut fake = FakePlug::start(Model::plug(), []).await;
    let mut options = Options::default();
    options.keep_connection = false;
    let mut client = Client::with_options(fake.address, options);
    for _ in 0..2 {
        ask(&mut client).await.unwrap();
        fake.all_closed().await;
    }
    assert_eq!(fake.connections(), 2);
}

/// A TCP port nothing listens on, and a client that asks `firmware_port` about it.
async fn closed_port(firmware_port: u16) -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut options = Options::default();
    options.firmware_port = firmware_port;
    Client::with_options(listener.local_addr().unwrap(), options)
}

#[tokio::test]
async fn a_closed_port_is_refused() {
    let unused = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = unused.local_addr().unwrap().port();
    drop(unused);
    let error = ask(&mut closed_port(port).await).await.unwrap_err();
    assert!(matches!(error, Error::ConnectionRefused { .. }), "{error:?}");
    assert!(error.is_unreachable());
}

#[tokio::test]
async fn newer_firmware_is_told_from_a_plug_that_is_off_line() {
    let device = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut client = closed_port(device.local_addr().unwrap().port()).await;
    let answer = tokio::spawn(async move {
        let mut query = [0; 64];
        let (length, from) = device.recv_from(&mut query).await.unwrap();
        assert_eq!(query[..length], tplink_hs1xx::klap::QUERY);
        let json = r#"{"result":{"device_model":"KP115(EU)","mac":"50-C7-BF-00-00-01",
            "mgt_encrypt_schm":{"encrypt_type":"KLAP","http_port":80}},"error_code":0}"#;
        let reply = [&[0; 16][..], json.as_bytes()].concat();
        device.send_to(&reply, from).await.unwrap();
    });
    let error = ask(&mut client).await.unwrap_err();
    answer.await.unwrap();
    assert_eq!(error.to_string(), "firmware is not supported: it speaks KLAP");
    assert!(!error.is_unreachable());
    let Error::UnsupportedFirmware(device) = error else {
        panic!("{error:?}");
    };
    assert_eq!(device.model, "KP115(EU)");
}

#[tokio::test]
async fn what_is_printed_never_repeats_the_source() {
    let errors = [
        outcome(Act::Raw(vec![0xff; 4])).await.unwrap_err(),
        outcome(Act::Message(b"?".to_vec())).await.unwrap_err(),
        outcome(Act::Message(br#"{"system":{"err_code":-1}}"#.to_vec())).await.unwrap_err(),
    ];
    for error in &errors {
        let mut link: &dyn std::error::Error = error;
        while let Some(source) = link.source() {
            assert!(!link.to_string().contains(&source.to_string()), "{link}");
            link = source;
        }
        assert!(error.source().is_some());
    }
}
