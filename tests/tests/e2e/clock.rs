//! The machine's clock jumps back a day, as libfaketime plays it, while the service runs and before it starts.

use std::time::Duration;

use aerosports_tests::{Up, WallClock};
use serde_json::{Value, json};

use crate::{BINARY, support};

const A_DAY: i64 = 86_400;

/// Loads 120 minutes on a new band and shows what is left on `band`.
async fn load(up: &Up, location: &str, uid: &str, band: &str) -> u64 {
    let (mut client, here) = (up.client(), format!("/v1/locations/{location}/wristbands"));
    let body = json!({"minutes": 120, "starts": "now"});
    let answer = support::accepted(&mut client, &format!("{here}/{uid}/initialize"), &body).await;
    let token = answer["token"].as_str().unwrap();
    support::shown(&mut client, &format!("{here}/{band}"), token).await["minutes_left"].as_u64().unwrap()
}

/// What `/readyz`, which says that it is ready, says of the clock.
async fn advice(up: &Up) -> Value {
    let reply = up.client().get("/readyz", &[]).await.unwrap();
    assert_eq!(reply.status, 200, "{}", reply.text());
    let health: Value = reply.json().unwrap();
    let mut checks = health["checks"].as_array().unwrap().iter();
    checks.find(|check| check["name"] == "clock").unwrap()["reason"].clone()
}

async fn until_said(up: &Up) {
    while !advice(up).await.to_string().contains("clock lies before the newest stored event") {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let log = std::fs::read_to_string(up.data_dir().join("up.log")).unwrap();
    let said = log.lines().filter(|line| line.contains("clock lies before")).count();
    assert!(said >= 1, "{log}");
}

#[tokio::test]
async fn a_band_has_no_more_time_left_when_the_clock_jumps_back() {
    let clock = WallClock::right();
    let mut up = Up::start_with(BINARY, &clock.environment()).await.unwrap();
    let location = support::location(&up, "jump").await;
    assert_eq!(load(&up, &location, "B-1", "B-1").await, 120);
    assert_eq!(advice(&up).await, Value::Null);
    clock.set(-A_DAY);
    assert!(load(&up, &location, "B-2", "B-1").await <= 120);
    assert!(load(&up, &location, "B-3", "B-3").await <= 120);
    until_said(&up).await;
    up.process.signal("TERM").await.unwrap();
    up.process.wait().await.unwrap();
    up.restart_with(&clock.environment()).await.unwrap();
    assert!(load(&up, &location, "B-4", "B-1").await <= 120);
    until_said(&up).await;
    clock.set(0);
    while advice(&up).await != Value::Null {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
