//! What people meet first: addresses with names, a port that is taken, a demo that is interrupted.

use std::{
    path::Path,
    process::{Output, Stdio},
};

use aerosports_tests::{Process, Up};
use tokio::process::Command;

use crate::{BINARY, support};

/// Runs `aerosports`; its exit code and standard error.
async fn ran(arguments: &[&str], environment: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut command = Command::new(BINARY);
    command.args(arguments).envs(environment.iter().copied()).stdin(Stdio::null());
    let Output { status, stderr, .. } = command.output().await.unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

#[tokio::test]
async fn a_host_may_be_a_name_where_an_address_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["up", "--listen", "localhost:0", "--data-dir", folder.path().to_str().unwrap()];
    let up = Process::start(Path::new(BINARY), "up", &arguments, folder.path()).await.unwrap();
    assert!(up.address.ip().is_loopback() && up.address.is_ipv4(), "{}", up.address);
    let (code, message) = ran(&["ping", &format!("localhost:{}", up.address.port())], &[]).await;
    assert_eq!(code, Some(0), "{message}");
    let (code, message) = ran(&["ping", "localhost"], &[]).await;
    assert!(code == Some(2) && message.contains("give host and port"), "{message}");
    let (code, message) = ran(&["up", "--listen", "nobody.invalid:0"], &[]).await;
    assert!(code == Some(1) && message.contains("cannot be resolved"), "{message}");
}

#[tokio::test]
async fn a_port_that_is_taken_leaves_no_folder_behind() {
    let (taken, folder) = (std::net::TcpListener::bind("127.0.0.1:0").unwrap(), tempfile::tempdir().unwrap());
    let address = taken.local_addr().unwrap().to_string();
    let data = folder.path().join("venue");
    let (code, message) = ran(&["up", "--listen", &address, "--data-dir", data.to_str().unwrap()], &[]).await;
    assert!(code == Some(1) && message.contains("another program does already"), "{message}");
    assert!(!data.exists());
}

#[tokio::test]
async fn up_on_sql_server_is_refused_with_advice_that_can_be_followed() {
    let database = [("AEROSPORTS_DATABASE", "mssql://aero:pw@127.0.0.1/aero")];
    let (code, message) = ran(&["up", "--listen", "127.0.0.1:0"], &database).await;
    assert_eq!(code, Some(1));
    assert!(message.contains("aerosports serve") && message.contains("AEROSPORTS_DATABASE"), "{message}");
    assert!(!message.contains("--data-dir"), "{message}");
}

#[tokio::test]
async fn a_master_key_that_others_can_read_is_warned_of() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut up = Up::start(BINARY).await.unwrap();
    let log = || std::fs::read_to_string(up.data_dir().join("up.log")).unwrap();
    assert!(!log().contains("chmod 600"), "{}", log());
    let open = std::fs::Permissions::from_mode(0o666);
    std::fs::set_permissions(up.data_dir().join("master.key"), open).unwrap();
    up.process.signal("TERM").await.unwrap();
    up.process.wait().await.unwrap();
    up.restart().await.unwrap();
    let log = std::fs::read_to_string(up.data_dir().join("up.log")).unwrap();
    assert!(log.contains("chmod 600") && log.contains("666"), "{log}");
}

#[tokio::test]
async fn a_small_demo_succeeds_and_says_nothing_of_keys() {
    for guests in ["1", "9", "25"] {
        let (code, message) = ran(&["demo", "--guests", guests], &[]).await;
        assert_eq!(code, Some(0), "{guests} guests: {message}");
        assert!(!message.contains("master key"), "{message}");
    }
}

#[tokio::test]
async fn a_demo_ends_at_a_signal_and_says_that_the_day_is_not_over() {
    for signal in ["INT", "TERM"] {
        // A minute of the day takes a minute.
        let mut command = Command::new(BINARY);
        command.args(["demo", "--speed", "60"]).stdin(Stdio::null()).stdout(Stdio::null());
        let demo = command.stderr(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let id = demo.id().unwrap();
        support::until_signals_are_taken(id).await;
        let sent =
            Command::new("kill").args([&format!("-{signal}"), &id.to_string()]).status().await.unwrap();
        assert!(sent.success());
        let output = demo.wait_with_output().await.unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(130), "SIG{signal}: {message}");
        assert!(message.contains("the day is not over"), "{message}");
    }
}

#[tokio::test]
async fn an_error_in_the_log_has_its_causes_and_no_backtrace() {
    let mut up = Up::start(BINARY).await.unwrap();
    let location = support::location(&up, "mitte").await;
    up.process.signal("TERM").await.unwrap();
    up.process.wait().await.unwrap();
    let damage = "UPDATE events SET data = '{}' WHERE type = 'location.opened.v1'";
    let sqlite = Command::new("sqlite3").arg(up.data_dir().join("events.db")).arg(damage).status().await;
    assert!(
        sqlite.expect("no sqlite3: run `apt-get install sqlite3`, or ./tests/run, which does it").success()
    );
    up.restart_with(&[("RUST_BACKTRACE", "1")]).await.unwrap();
    let rename =
        up.client().post(&format!("/v1/locations/{location}/rename"), &[], r#"{"name": "Ost"}"#).await;
    assert_eq!(rename.unwrap().status, 500);
    let log = std::fs::read_to_string(up.data_dir().join("up.log")).unwrap();
    let error = log.lines().find(|line| line.contains("\"ERROR\"")).unwrap();
    assert!(error.contains("error"), "{error}");
    assert!(!log.contains("backtrace") && !log.contains(".rs:"), "{log}");
}
