//! Every line of the README's tour runs, in order, in one shell, as a reader would type it.

use std::path::Path;

use aerosports_tests::Up;
use tokio::process::Command;

use crate::BINARY;

/// The shell lines between `<!-- tour -->` and `<!-- /tour -->`.
fn tour() -> String {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let (_, rest) = readme.split_once("<!-- tour -->").expect("the README has a tour");
    let (tour, _) = rest.split_once("<!-- /tour -->").expect("the tour ends");
    let mut inside = false;
    let lines = tour.lines().filter(|line| {
        if line.starts_with("```") {
            inside = line.trim() == "```sh";
            return false;
        }
        inside
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn every_line_of_the_tour_runs() {
    let up = Up::start(BINARY).await.unwrap();
    let script = tour()
        .replace("http://127.0.0.1:8080", &format!("http://{}", up.process.address))
        .replace("target/release/aerosports", BINARY)
        .replace("./data", up.data_dir().to_str().unwrap());
    assert!(
        script.lines().filter(|line| line.contains("post ") || line.contains("curl ")).count() >= 15,
        "the tour lost its curl lines:\n{script}"
    );
    let output = Command::new("bash").args(["-euo", "pipefail", "-c", &script]).output().await.unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{script}\n---\n{out}\n---\n{err}");
}
