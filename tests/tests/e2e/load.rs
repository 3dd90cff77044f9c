//! `aerosports load`: every measurement runs, on a small share of its data.

use serde_json::Value;

use crate::plugs::{failed, json_lines, run};

/// The figures of one measurement, by name.
async fn measured(only: &str) -> Value {
    let arguments =
        ["load", "--only", only, "--scale", "0.004", "--seconds", "1", "--connections", "4", "--json"];
    let (ok, output, errors) = run(&arguments).await;
    assert!(ok, "{only}: {errors}");
    json_lines(&output).remove(0)
}

/// Measures, and expects a value in each of these units.
async fn gives(only: &str, units: &[&str]) {
    let figures = measured(only).await;
    let figures = figures.as_object().unwrap();
    for unit in units {
        let some = |figure: &Value| figure["unit"] == *unit && figure["value"].as_f64().unwrap() > 0.0;
        assert!(figures.values().any(some), "{only} has no {unit}: {figures:?}");
    }
}

#[tokio::test]
async fn load_measures_appends() {
    gives("append", &["commands/s", ""]).await;
}

#[tokio::test]
async fn load_measures_commands() {
    gives("commands", &["commands/s", "ms"]).await;
}

#[tokio::test]
async fn load_measures_the_leaderboard() {
    gives("leaderboard", &["requests/s", "ms"]).await;
}

#[tokio::test]
async fn load_measures_the_projection() {
    gives("projection", &["events/s"]).await;
}

#[tokio::test]
async fn load_measures_the_start() {
    gives("startup", &["MiB", "ms"]).await;
}

#[tokio::test]
async fn load_measures_plugs() {
    gives("plugs", &["ms", "MiB", "%", "requests/s"]).await;
}

#[tokio::test]
async fn load_prints_what_it_measured_when_a_later_measurement_fails() {
    let arguments = ["load", "--only", "commands", "--only", "sql-server", "--seconds", "1", "--json"];
    let (ok, output, errors) = run(&arguments).await;
    assert!(!ok && errors.contains("sql-server needs --database"), "{errors}");
    assert!(json_lines(&output).remove(0).as_object().unwrap().len() > 3, "{output}");
}

#[tokio::test]
async fn load_says_what_a_scale_is() {
    for scale in ["0", "1.5", "half"] {
        let message = failed(&["load", "--scale", scale]).await;
        assert!(message.contains("a number above 0 and at most 1"), "{message}");
    }
}
