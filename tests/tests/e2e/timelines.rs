//! A log that was restored to an earlier state goes on with `aerosports timeline start`, which the alarm names. Here on
//! the embedded database; `on_mssql/restored.rs` has it under services that go on running.

use std::{fs, net::SocketAddr, path::Path, time::Duration};

use aerosports::client::Reply;
use aerosports_tests::{Services, nats};
use serde_json::{Value, json};
use tokio::{
    process::Command,
    time::{Instant, sleep},
};

use crate::{BINARY, support};

pub const LOCATIONS: &str = "/v1/locations";
const PATIENCE: Duration = Duration::from_mins(1);

/// The token of its opening.
pub async fn open_location(services: &Services, code: &str) -> String {
    let mut commands = aerosports_tests::client(services.command_api.address, &services.admin);
    let body = json!({"code": code, "name": code, "time_zone": "Europe/Berlin"});
    let opened = support::accepted(&mut commands, LOCATIONS, &body).await;
    opened["token"].as_str().unwrap().to_owned()
}

/// The codes of all locations in their order, as of `token`.
pub async fn locations(services: &Services, token: &str) -> Vec<String> {
    let mut queries = aerosports_tests::client(services.query_api.address, &services.admin);
    let listed = support::shown(&mut queries, LOCATIONS, token).await;
    let codes = listed["items"].as_array().unwrap().iter();
    let mut codes: Vec<_> = codes.map(|row| row["code"].as_str().unwrap().to_owned()).collect();
    codes.sort();
    codes
}

/// Waits until `/readyz` answers `status`; its body.
pub async fn is_ready(address: SocketAddr, status: u16) -> String {
    let (mut client, deadline) = (aerosports_tests::client(address, ""), Instant::now() + PATIENCE);
    loop {
        match client.get("/readyz", &[]).await {
            Ok(reply) if reply.status == status => return reply.text(),
            outcome => assert!(Instant::now() < deadline, "{:?}", outcome.map(|reply| reply.text())),
        }
        sleep(Duration::from_millis(50)).await;
    }
}

/// Runs `aerosports timeline`; its output or what it failed with.
pub async fn timeline(arguments: &[&str], database: &str, nats: &str) -> Result<String, String> {
    let output = Command::new(BINARY)
        .arg("timeline")
        .args(arguments)
        .args(["--database", database, "--nats", nats])
        .stdin(std::process::Stdio::null())
        .output()
        .await
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

/// Starts timeline 2 as an operator does, and checks what is refused on the way and what is kept of it.
pub async fn heal(services: &Services, database: &str, after: u64) {
    let nats = services.nats.url();
    let alarm = is_ready(services.command_api.address, 503).await;
    assert!(alarm.contains("aerosports timeline start"), "{alarm}");
    let log = fs::read_to_string(services.data_dir().join("command-api.log")).unwrap();
    assert!(
        log.lines().any(|line| line.contains("until an operator acts") && line.contains("timeline start"))
    );

    let unasked = timeline(&["start"], database, &nats).await.unwrap_err();
    assert!(unasked.contains("--yes"), "{unasked}");
    let started =
        timeline(&["start", "--yes", "--by", "anna", "--reason", "the disk broke"], database, &nats).await;
    assert!(started.unwrap().contains("timeline 2 was started"));
    is_ready(services.command_api.address, 200).await;

    let again = timeline(&["start", "--yes"], database, &nats).await.unwrap_err();
    assert!(again.contains("no new timeline is needed"), "{again}");
    let kept: Value =
        serde_json::from_str(&timeline(&["list", "--json"], database, &nats).await.unwrap()).unwrap();
    let said =
        json!({"timeline": 2, "after": after, "by": "anna", "reason": "the disk broke", "at": kept["at"]});
    assert_eq!(kept, said);
}

/// What `token` of the lost state is answered.
pub async fn ask_for(services: &Services, token: &str) -> Reply {
    let mut queries = aerosports_tests::client(services.query_api.address, &services.admin);
    queries.get(LOCATIONS, &[("aero-min-position", token)]).await.unwrap()
}

fn copy(from: &Path, to: &Path) {
    for name in ["events.db", "events.db-wal", "events.db-shm"] {
        if from.join(name).exists() {
            fs::copy(from.join(name), to.join(name)).unwrap();
        } else {
            let _absent = fs::remove_file(to.join(name));
        }
    }
}

async fn kill(services: &mut Services) {
    for process in [
        &mut services.command_api,
        &mut services.query_api,
        &mut services.projector,
        &mut services.device_worker,
    ] {
        process.kill().await.unwrap();
    }
}

async fn serve(services: &mut Services) {
    services.command_api = services.serve("command-api").await.unwrap();
    services.projector = services.serve("projector").await.unwrap();
    services.query_api = services.serve("query-api").await.unwrap();
}

#[tokio::test]
async fn a_restored_log_goes_on_with_a_new_timeline() {
    let mut services = Services::start(BINARY, &nats::binaries().remove(0)).await.unwrap();
    let (folder, backup) = (services.data_dir().to_owned(), tempfile::tempdir().unwrap());
    let database = format!("sqlite:{}", folder.display());
    let kept = open_location(&services, "kept").await;
    assert_eq!(locations(&services, &kept).await, ["kept"]);
    kill(&mut services).await;
    copy(&folder, backup.path());
    serve(&mut services).await;
    open_location(&services, "lost").await;
    let lost = open_location(&services, "lost-too").await;
    assert_eq!(locations(&services, &lost).await, ["kept", "lost", "lost-too"]);
    // A healthy log is left alone.
    let needless = timeline(&["start", "--yes"], &database, &services.nats.url()).await.unwrap_err();
    assert!(needless.contains("no new timeline is needed"), "{needless}");

    kill(&mut services).await;
    copy(backup.path(), &folder);
    for name in ["read.db", "read.db-wal", "read.db-shm"] {
        let _absent = fs::remove_file(folder.join(name));
    }
    serve(&mut services).await;
    let position: u64 = kept.split_once('.').unwrap().1.parse().unwrap();
    heal(&services, &database, position).await;
    let after = open_location(&services, "after").await;
    assert_eq!(
        after,
        format!("2.{}", position + (lost.split_once('.').unwrap().1.parse::<u64>().unwrap() - position) / 2)
    );
    assert_eq!(locations(&services, &after).await, ["after", "kept"]);
    assert_eq!(ask_for(&services, &lost).await.status, 409);
}
