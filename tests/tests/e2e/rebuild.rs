//! Views built anew from the first event are the views that grew with the day, byte for byte.

use std::time::Duration;

use aerosports::demo::{Day, run};
use aerosports_tests::Up;
use serde_json::Value;

use crate::BINARY;

/// Every read table's rows as text, in key order.
fn dump(folder: &std::path::Path) -> String {
    let output = std::process::Command::new("sqlite3")
        .arg(folder.join("read.db"))
        .arg("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%\\_\\_v%' ESCAPE '\\' ORDER BY name")
        .output()
        .expect("no sqlite3: run `apt-get install sqlite3`, or ./tests/run, which does it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tables = String::from_utf8(output.stdout).unwrap();
    assert!(tables.lines().count() >= 8, "tables: {tables}");
    let dump = |table: &str| {
        let output = std::process::Command::new("sqlite3")
            .arg(folder.join("read.db"))
            .arg(".mode quote")
            .arg(format!("SELECT * FROM \"{table}\""))
            .output()
            .unwrap();
        assert!(output.status.success(), "{table}: {}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let mut rows: Vec<_> = text.lines().collect();
        rows.sort_unstable();
        format!("{table}\n{}\n", rows.join("\n"))
    };
    tables.lines().map(dump).collect()
}

#[tokio::test]
async fn a_rebuild_from_zero_gives_byte_equal_tables() {
    let mut up = Up::start(BINARY).await.unwrap();
    let day = Day { guests: 80, ..Day::default() };
    run(&up.target(), &day, |_, _| {}).await.unwrap();
    everything_is_projected(&up).await;
    stop(&mut up).await;
    assert!(
        !up.data_dir().join("read.db-wal").exists(),
        "a clean stop leaves one file, without what was erased"
    );
    let grown = dump(up.data_dir());
    for file in ["read.db", "read.db-wal", "read.db-shm"] {
        let _absent = std::fs::remove_file(up.data_dir().join(file));
    }
    up.restart().await.unwrap();
    everything_is_projected(&up).await;
    stop(&mut up).await;
    let rebuilt = dump(up.data_dir());
    assert!(grown == rebuilt, "{}", first_difference(&grown, &rebuilt));
}

async fn everything_is_projected(up: &Up) {
    let mut client = up.client();
    for _ in 0..600 {
        let reply = client.get("/v1/projections", &[]).await.unwrap();
        let page: Value = reply.json().unwrap();
        let items = page["items"].as_array().cloned().unwrap_or_default();
        if items.len() >= 9 && items.iter().all(|item| item["lag"] == 0 && item["parked"] == 0) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the projections do not catch up");
}

async fn stop(up: &mut Up) {
    up.process.signal("TERM").await.unwrap();
    assert!(up.process.wait().await.unwrap().success());
}

fn first_difference(grown: &str, rebuilt: &str) -> String {
    let pair = grown.lines().zip(rebuilt.lines()).find(|(a, b)| a != b);
    format!(
        "{} lines grown, {} rebuilt; first difference: {pair:?}",
        grown.lines().count(),
        rebuilt.lines().count()
    )
}
