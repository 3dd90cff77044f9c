//! Every line of the documents' walk-throughs runs, in order, in one shell, as a reader would type it.

use std::path::Path;

use aerosports_tests::{
    Up,
    plugs::{Cause, Model, Plug},
};
use tokio::process::Command;

use crate::BINARY;

/// The shell lines of a document between `<!-- name -->` and `<!-- /name -->`.
fn lines(document: &str, name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(document);
    let text = std::fs::read_to_string(path).unwrap();
    let (_, rest) = text.split_once(&format!("<!-- {name} -->")).expect("the document has it");
    let (part, _) = rest.split_once(&format!("<!-- /{name} -->")).expect("it ends");
    let mut inside = false;
    let lines = part.lines().filter(|line| {
        if line.starts_with("```") {
            inside = line.trim() == "```sh";
            return false;
        }
        inside
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Runs `script` against `up`; what it printed.
async fn run(up: &Up, script: &str) -> String {
    let script = script
        .replace("http://127.0.0.1:8080", &format!("http://{}", up.process.address))
        .replace("target/release/aerosports", BINARY)
        .replace("./data", up.data_dir().to_str().unwrap());
    let output = Command::new("bash").args(["-euo", "pipefail", "-c", &script]).output().await.unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{script}\n---\n{out}\n---\n{err}");
    out.into_owned()
}

#[tokio::test]
async fn every_line_of_the_tour_runs() {
    let up = Up::start(BINARY).await.unwrap();
    let script = lines("README.md", "tour");
    assert!(
        script.lines().filter(|line| line.contains("post ") || line.contains("curl ")).count() >= 15,
        "the tour lost its curl lines:\n{script}"
    );
    run(&up, &script).await;
}

#[tokio::test]
async fn every_line_about_plugs_runs_after_the_tour() {
    let up = Up::start(BINARY).await.unwrap();
    let plug = Plug::start(Model::new_meter("Fog machine")).await.unwrap();
    let host = format!("HOST={}", plug.address().ip());
    let plugs = lines("docs/plugs.md", "plugs").replace("HOST=127.0.0.1", &host);
    let script = format!("{}\n{plugs}", lines("README.md", "tour"));
    let out = run(&up, &script).await;
    assert!(out.contains("exit code 1"), "{out}");
    assert!(out.contains(r#""fact":"switched","state":"off","reason":"enough""#), "{out}");
    // The switch by hand, by a play, and by an ask.
    let changes: Vec<_> = plug.changes().iter().map(|change| (change.on, change.cause)).collect();
    let once = [(true, Cause::Request), (false, Cause::Request)];
    assert_eq!(changes, [once, once, once].concat());
}
