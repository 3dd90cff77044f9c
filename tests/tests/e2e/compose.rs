//! The compose file is one that Docker Compose understands.

use std::{path::Path, process::Command};

#[test]
fn compose_config_accepts_the_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(root.join("compose.yaml"), folder.path().join("compose.yaml")).unwrap();
    std::fs::create_dir(folder.path().join("secrets")).unwrap();
    for secret in ["mssql_password", "master_key", "database_url"] {
        std::fs::write(folder.path().join("secrets").join(secret), "x").unwrap();
    }
    let plugin = Command::new("docker").args(["compose", "version"]).output();
    let has_plugin = plugin.is_ok_and(|output| output.status.success());
    let mut command = if has_plugin { Command::new("docker") } else { Command::new("docker-compose") };
    if has_plugin {
        command.arg("compose");
    }
    let output = command.args(["config", "-q"]).current_dir(folder.path()).output().expect(
        "neither `docker compose` nor docker-compose: run `apt-get install docker-compose`, or ./tests/run",
    );
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
