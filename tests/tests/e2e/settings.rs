//! Wrong, unknown and contradictory settings stop a start with words, and `config` shows where values come from.

use std::path::Path;

use serde_json::Value;
use tokio::process::Command;

use crate::BINARY;

const SECRET: &str = "Hunter2-hunter2";

struct Ended {
    code: Option<i32>,
    output: String,
    message: String,
}

/// Runs `arguments` to their end, with no `AEROSPORTS_` variable but `environment`.
async fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Ended {
    let ours = std::env::vars_os().map(|(name, _)| name);
    let ours = ours.filter(|name| name.to_string_lossy().starts_with("AEROSPORTS_"));
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(BINARY);
    ours.for_each(|name| {
        command.env_remove(name);
    });
    command.args(arguments).envs(environment.iter().copied()).current_dir(folder.path()).kill_on_drop(true);
    let output = command.output().await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let ended =
        Ended { code: output.status.code(), output: text(output.stdout), message: text(output.stderr) };
    assert!(!ended.message.contains(SECRET) && !ended.output.contains(SECRET), "{}", ended.message);
    ended
}

/// `arguments` do not start with `environment`, and their message has all of `hints`.
async fn refused(arguments: &[&str], environment: &[(&str, &str)], hints: &[&str]) {
    let ended = run(arguments, environment).await;
    assert_eq!(ended.code, Some(2), "{arguments:?}: {}", ended.message);
    for hint in hints {
        assert!(ended.message.contains(hint), "{arguments:?}, {hint}: {}", ended.message);
    }
}

#[tokio::test]
async fn an_unknown_name_stops_every_command_and_the_near_one_is_named() {
    let misspelt = [("AEROSPORTS_LISTN", "127.0.0.1:0")];
    for arguments in [
        &["up"][..],
        &["serve", "query-api"],
        &["migrate"],
        &["keys", "list"],
        &["events", "tail"],
        &["config", "check"],
    ] {
        refused(arguments, &misspelt, &["AEROSPORTS_LISTN", "did you mean AEROSPORTS_LISTEN?"]).await;
    }
}

#[tokio::test]
async fn a_value_without_a_meaning_stops_the_start_by_flag_and_by_variable() {
    refused(&["up", "--listen", "here"], &[], &["--listen", "`here`", "127.0.0.1:8080"]).await;
    refused(&["up"], &[("AEROSPORTS_LISTEN", "here")], &["AEROSPORTS_LISTEN", "`here`"]).await;
    refused(&["up"], &[("AEROSPORTS_LATE_AFTER", "soon")], &["AEROSPORTS_LATE_AFTER", "10s"]).await;
    refused(&["serve", "projector"], &[("AEROSPORTS_DATABASE", SECRET)], &["AEROSPORTS_DATABASE"]).await;
    refused(&["up"], &[("AEROSPORTS_MASTER_KEY", SECRET)], &["AEROSPORTS_MASTER_KEY"]).await;
}

#[tokio::test]
async fn contradictions_stop_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("database");
    std::fs::write(&file, "sqlite:elsewhere").unwrap();
    let file = file.to_str().unwrap();
    let twice = [("AEROSPORTS_DATABASE_FILE", file), ("AEROSPORTS_DATA_DIR", "data")];
    refused(&["up"], &twice, &["given twice", "AEROSPORTS_DATABASE_FILE", "AEROSPORTS_DATA_DIR"]).await;
    let both = [("AEROSPORTS_DATABASE_FILE", file), ("AEROSPORTS_DATABASE", "sqlite:data")];
    refused(&["migrate"], &both, &["AEROSPORTS_DATABASE_FILE are both set"]).await;
    let no_key = [("AEROSPORTS_COMMAND_API", "127.0.0.1:8080")];
    refused(&["serve", "device-worker"], &no_key, &["AEROSPORTS_API_KEY_FILE"]).await;
    let no_file = [("AEROSPORTS_DATABASE_FILE", "/no/such/file")];
    refused(&["keys", "list"], &no_file, &["/no/such/file", "No such file"]).await;
    let demo = ["demo", "--command", "127.0.0.1:1", "--query", "127.0.0.1:1"];
    refused(&demo, &[], &["--api-key", "AEROSPORTS_API_KEY"]).await;
}

#[tokio::test]
async fn check_names_every_problem_at_once() {
    let ended = run(
        &["config", "check", "--listen", "here"],
        &[("AEROSPORTS_LISTN", "x"), ("AEROSPORTS_LOCATION", "mitte")],
    )
    .await;
    assert_eq!(ended.code, Some(2));
    for hint in ["3 settings", "--listen", "AEROSPORTS_LISTN", "AEROSPORTS_LOCATION"] {
        assert!(ended.message.contains(hint), "{hint}: {}", ended.message);
    }
    let fine = run(&["config", "check"], &[]).await;
    assert_eq!((fine.code, fine.message.as_str()), (Some(0), ""));
    let narrow = run(&["config", "check", "--for", "keys"], &[("AEROSPORTS_LOCATION", "mitte")]).await;
    assert_eq!(narrow.code, Some(0), "{}", narrow.message);
}

#[tokio::test]
async fn show_says_where_every_value_comes_from_and_hides_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("database");
    std::fs::write(&file, format!("mssql://sa:{SECRET}@db/aero")).unwrap();
    let environment = [
        ("AEROSPORTS_DATABASE_FILE", file.to_str().unwrap()),
        ("AEROSPORTS_API_KEY", SECRET),
        ("AEROSPORTS_LATE_AFTER", "1s"),
    ];
    let arguments = ["config", "show", "--json", "--listen", "127.0.0.1:9"];
    let shown = run(&arguments, &environment).await;
    assert_eq!((shown.code, shown.message.as_str()), (Some(0), ""));
    let shown: Value = serde_json::from_str(&shown.output).unwrap();
    for (name, value, source) in [
        ("AEROSPORTS_LISTEN", "127.0.0.1:9", "flag"),
        ("AEROSPORTS_DATABASE", "mssql://(hidden)@db/aero", "file"),
        ("AEROSPORTS_API_KEY", "(hidden)", "environment"),
        ("AEROSPORTS_LATE_AFTER", "1s", "environment"),
        ("AEROSPORTS_OVERRIDE_FOR", "15m", "default"),
    ] {
        let row = shown["settings"].as_array().unwrap().iter().find(|row| row["name"] == name).unwrap();
        assert_eq!((&row["value"], &row["source"]), (&value.into(), &source.into()), "{row}");
    }
    let table = run(&["config", "show"], &environment).await.output;
    assert!(table.contains("AEROSPORTS_DATABASE_FILE ("), "{table}");
    assert!(table.contains("(hidden)@db/aero"), "{table}");
}

#[tokio::test]
async fn settings_of_the_compose_file_are_in_order() {
    let compose =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../compose.yaml")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let key = sealing::MasterKey::generate().unwrap().expose_base64();
    let secrets = [("database_url", format!("mssql://sa:{SECRET}@mssql/aerosports\n")), ("master_key", key)];
    for (name, text) in &secrets {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let folder = folder.path().to_str().unwrap();
    let lines = compose.lines().map(str::trim).filter(|line| line.starts_with("AEROSPORTS_"));
    let environment: Vec<(&str, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name, value.replace("/run/secrets", folder)))
        .collect();
    assert!(environment.len() >= 4, "{environment:?}");
    let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let ended = run(&["config", "check"], &environment).await;
    assert_eq!(ended.code, Some(0), "{}", ended.message);
}
