//! What operators do beside a running venue.

mod backup;
mod doctor;
mod history;
mod metrics;
mod parked;

use std::path::Path;

use aerosports_tests::Up;
use serde_json::Value;
use tokio::process::Command;

use crate::BINARY;

/// What a command printed, and whether it succeeded.
struct Output {
    ok: bool,
    printed: String,
    message: String,
}

impl Output {
    /// Its lines as JSON.
    fn lines(&self) -> Vec<Value> {
        assert!(!self.printed.is_empty() || self.ok, "{}", self.message);
        self.printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// That it succeeded.
    fn succeeded(self) -> Self {
        assert!(self.ok, "{}\n{}", self.printed, self.message);
        self
    }
}

/// Runs a command on the folder of a venue, whether that runs or not.
async fn run_in(folder: &Path, arguments: &[&str]) -> Output {
    let command = Command::new(BINARY).args(arguments).arg("--data-dir").arg(folder).output();
    let output = command.await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Output { ok: output.status.success(), printed: text(output.stdout), message: text(output.stderr) }
}

async fn run(up: &Up, arguments: &[&str]) -> Output {
    run_in(up.data_dir(), arguments).await
}

/// Changes a file of the venue by hand.
async fn sqlite(file: &Path, sql: &str) -> String {
    let output = Command::new("sqlite3").args(["-cmd", ".timeout 10000"]).arg(file).arg(sql).output().await;
    let output = output.expect("no sqlite3: run `apt-get install sqlite3`, or ./tests/run, which does it");
    assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The serving table of this name.
async fn table(file: &Path, name: &str) -> String {
    let sql =
        format!("SELECT '{name}__v' || version FROM active_tables WHERE table_name = '{name}' AND run = 1");
    sqlite(file, &sql).await
}
