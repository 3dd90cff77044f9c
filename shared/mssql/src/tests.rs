//! Connecting where there is no SQL Server.

use std::time::Duration;

use tokio::{io::AsyncReadExt as _, net::TcpListener};

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
        tokio::io::AsyncWriteExt::write_all(&mut tcp, b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
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
