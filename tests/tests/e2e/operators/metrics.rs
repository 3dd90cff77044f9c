//! What Prometheus and people ask a running process, on an address of its own.

use aerosports_tests::Up;
use serde_json::{Value, json};

use crate::{BINARY, support};

/// Where `up` says that it answers operators.
fn operator_address(up: &Up) -> String {
    let log = std::fs::read_to_string(up.data_dir().join("up.log")).unwrap();
    let line = log.lines().find(|line| line.contains("/metrics and /status are answered")).unwrap();
    let (_, rest) = line.split_once("127.0.0.1:").unwrap_or_else(|| panic!("{line}"));
    let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
    format!("127.0.0.1:{port}")
}

#[tokio::test]
async fn metrics_and_status_are_answered_on_an_address_of_their_own() {
    let up = Up::start_with(BINARY, &[("AEROSPORTS_OPERATOR_LISTEN", "127.0.0.1:0")]).await.unwrap();
    let location = json!({"code": "here", "name": "Here", "time_zone": "Europe/Berlin"});
    let opened = support::accepted(&mut up.client(), "/v1/locations", &location).await;
    support::shown(&mut up.client(), "/v1/locations", opened["token"].as_str().unwrap()).await;
    let end = support::last_position(up.data_dir()).await;

    let address: std::net::SocketAddr = operator_address(&up).parse().unwrap();
    aerosports_tests::contract::learn(address).await.unwrap();
    let mut operator = aerosports_tests::client(address, "");
    let metrics = operator.get("/metrics", &[]).await.unwrap();
    assert_eq!(metrics.status, 200);
    let text = metrics.text();
    for line in [
        format!("aerosports_log_position {end}"),
        "aerosports_ready 1".to_owned(),
        "aerosports_store_writable 1".to_owned(),
        "# TYPE aerosports_projection_lag_seconds gauge".to_owned(),
        "# EOF".to_owned(),
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is missing:\n{text}");
    }
    let locations =
        text.lines().find(|line| line.starts_with("aerosports_projection_position{projection=\"locations\""));
    assert!(locations.unwrap().ends_with(&format!(" {end}")), "{text}");

    let status: Value = operator.get("/status", &[]).await.unwrap().json().unwrap();
    assert_eq!((&status["ready"], &status["log"]["position"]), (&json!(true), &json!(end)), "{status}");
    assert!(status["projections"].as_array().unwrap().iter().all(|one| one["state"] == "active"), "{status}");
    assert!(
        status["checks"].as_array().unwrap().iter().any(|check| check["name"] == "event_store"),
        "{status}"
    );
    let elsewhere = up.client().get("/metrics", &[]).await.unwrap();
    assert_eq!(elsewhere.status, 404, "not on the public address");
}
