//! Connecting where there is no SQL Server.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::{MssqlConfig, MssqlError, Refusal, Timeouts, connect};

/// How connecting to `config` is refused; the password is never told.
pub(crate) async fn refusal(config: &MssqlConfig) -> (Refusal, String) {
    match connect(config, Timeouts::default()).await {
        Err(MssqlError::Refused(refusal, what)) => {
            assert!(!what.contains(config.password.expose()), "{what}");
            (refusal, what)
        }
        Err(other) => panic!("expected a refusal, got {other:?}"),
        Ok(_) => panic!("expected a refusal, got a connection"),
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_or_silent_is_unavailable_soon() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = MssqlConfig::parse(&format!("mssql://app:s3cret@127.0.0.1:{port}/aero")).unwrap();
    let quick = Timeouts { connect: Duration::from_millis(500), ..Timeouts::default() };
    let silent = connect(&config, quick).await.expect_err("nobody answers");
    assert!(matches!(&silent, MssqlError::Unavailable(what) if what.contains("did not answer")), "{silent}");
    drop(listener);
    let gone = connect(&config, Timeouts::default()).await.expect_err("nobody listens");
    assert!(matches!(&gone, MssqlError::Unavailable(what) if what.contains(&port.to_string())), "{gone}");
}

#[tokio::test]
async fn a_server_that_speaks_something_else_is_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let answering = tokio::spawn(async move {
        let (mut tcp, _) = listener.accept().await.unwrap();
        let mut request = [0; 64];
        let _read = tcp.read(&mut request).await.unwrap();
        tcp.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    });
    let config = MssqlConfig::parse(&format!("mssql://app:s3cret@127.0.0.1:{port}/aero")).unwrap();
    let error = connect(&config, Timeouts::default()).await.expect_err("this is no SQL Server");
    assert!(matches!(error, MssqlError::Unavailable(_)), "{error:?}");
    answering.await.unwrap();
}

#[tokio::test]
async fn a_missing_file_of_authorities_is_named() {
    let url = "mssql://app:s3cret@127.0.0.1:1/aero?trust_cert_ca=/no/such/ca.pem";
    let (refusal, what) = refusal(&MssqlConfig::parse(url).unwrap()).await;
    assert_eq!(refusal, Refusal::Certificate);
    assert!(what.contains("/no/such/ca.pem"), "{what}");
}

/// One packet of the protocol: its kind and content. Source: MS-TDS 2.2.3.1, a header of eight bytes with the length in
/// the third and fourth.
async fn packet(tcp: &mut TcpStream) -> (u8, Vec<u8>) {
    let mut header = [0; 8];
    tcp.read_exact(&mut header).await.unwrap();
    let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
    let mut content = vec![0; length - header.len()];
    tcp.read_exact(&mut content).await.unwrap();
    (header[0], content)
}

/// An encrypted connection may have packets of at most 16 383 bytes. Source: MS-TDS 2.2.6.4, `PacketSize`; SQL Server's
/// own option "network packet size".
#[tokio::test]
async fn the_packets_asked_for_are_small_enough_for_an_encrypted_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = tokio::spawn(async move {
        let (mut tcp, _) = listener.accept().await.unwrap();
        assert_eq!(packet(&mut tcp).await.0, 0x12, "PRELOGIN");
        // Version 16, and no encryption. Source: MS-TDS 2.2.6.5: option, offset, length; 0xff ends the list.
        let options = [0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff, 16, 0, 0, 0, 0, 0, 2];
        let mut answer = vec![4, 1, 0, 26, 0, 0, 1, 0];
        answer.extend(options);
        tcp.write_all(&answer).await.unwrap();
        let (kind, login) = packet(&mut tcp).await;
        assert_eq!(kind, 0x10, "LOGIN7");
        // Length, version, packet size: little-endian.
        u32::from_le_bytes(login[8..12].try_into().unwrap())
    });
    let url = format!("mssql://app:s3cret@127.0.0.1:{port}/aero?encrypt=off");
    let ended = connect(&MssqlConfig::parse(&url).unwrap(), Timeouts::default()).await;
    assert!(ended.is_err(), "nobody answers the login");
    let bytes = asked.await.unwrap();
    assert!((4_096..=16_383).contains(&bytes), "{bytes}");
}
