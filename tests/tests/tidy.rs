//! The architecture's rules that text can show: who may use what. Reads sources and manifests only.

#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::{
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every Rust file of the workspace with its path from the root.
fn sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in ["aerosports", "command-api", "query-api", "projector", "device-worker", "shared", "tests"]
    {
        collect(&root().join(folder), &mut found);
    }
    assert!(found.len() > 100, "the tidy test looks in the wrong place: {} files", found.len());
    found
}

fn collect(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if path.file_name().unwrap() != "target" {
                collect(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
            found.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
}

/// Lines of `text` that name the crate `name` in code.
fn uses(text: &str, name: &str) -> bool {
    let path = format!("{name}::");
    text.lines().map(str::trim_start).filter(|line| !line.starts_with("//")).any(|line| {
        line.match_indices(&path).any(|(at, _)| {
            !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
                || line[..at].ends_with("::") && line[..at].trim_end_matches(':').is_empty()
        }) || line.starts_with(&format!("use {name};"))
    })
}

fn assert_only_in(name: &str, places: &[&str]) {
    let strays: Vec<_> = sources()
        .into_iter()
        .filter(|(path, text)| uses(text, name) && !places.iter().any(|place| path.starts_with(place)))
        .map(|(path, _)| path)
        .collect();
    assert!(strays.is_empty(), "{name} may be used only in {places:?}, but also: {strays:?}");
    assert!(
        sources()
            .iter()
            .any(|(path, text)| uses(text, name) && places.iter().any(|place| path.starts_with(place))),
        "nobody uses {name} in {places:?}: drop the dependency or this rule"
    );
}

#[test]
fn drivers_stay_in_their_place() {
    assert_only_in("sqlx", &["shared/src/store/sqlite", "shared/src/sql/sqlite.rs"]);
    assert_only_in("tiberius", &["shared/src/mssql", "shared/src/store/mssql", "shared/src/sql/mssql.rs"]);
    assert_only_in("async_nats", &["shared/src/bus/nats", "tests"]);
}

#[test]
fn frozen_crates_stand_behind_one_function() {
    assert_only_in("backoff", &["shared/src/retry.rs"]);
    assert_only_in("bincode", &["shared/src/events/snapshot.rs"]);
}

#[test]
fn the_domain_is_pure() {
    for (path, text) in sources().iter().filter(|(path, _)| path.starts_with("shared/src/domain")) {
        for name in [
            "tokio",
            "sqlx",
            "tiberius",
            "async_nats",
            "axum",
            "serde_json",
            "rand",
            "aws_lc_rs",
            "std::fs",
            "std::net",
        ] {
            // Settings hold JSON, whose form is a rule of theirs.
            let allowed = name == "serde_json" && path.starts_with("shared/src/domain/setting");
            assert!(allowed || !uses(text, name), "{path} uses {name}");
        }
        for upper in ["events", "store", "bus", "sql", "auth", "http", "clock"] {
            assert!(!text.contains(&format!("crate::{upper}")), "{path} looks up at {upper}");
        }
    }
}

#[test]
fn evolve_never_gives_up() {
    for (path, text) in
        sources().iter().filter(|(path, _)| path.starts_with("shared/src/domain") && !path.contains("tests"))
    {
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for word in ["unwrap()", "expect(\"", "panic!(", "unreachable!("] {
            assert!(!text.contains(word), "{path} says {word}");
        }
    }
}

#[test]
fn services_do_not_depend_on_each_other() {
    let services = ["command-api", "query-api", "projector", "device-worker"];
    for service in services {
        let manifest = fs::read_to_string(root().join(service).join("Cargo.toml")).unwrap();
        for other in services.iter().filter(|other| **other != service) {
            assert!(!manifest.contains(&format!("\n{other}")), "{service} depends on {other}");
        }
        assert!(!manifest.contains("\naerosports"), "{service} depends on the binary");
    }
}

#[test]
fn nothing_is_left_for_later() {
    let marks = [["TO", "DO"].concat(), ["FIX", "ME"].concat(), ["#[ig", "nore"].concat()];
    for (path, text) in sources() {
        for mark in &marks {
            assert!(!text.contains(mark.as_str()), "{path} holds {mark}");
        }
    }
}

#[test]
fn every_file_says_its_job() {
    for (path, text) in sources() {
        assert!(text.starts_with("//!") || text.starts_with("#!["), "{path} has no //! header");
    }
}

#[test]
fn every_stored_event_type_has_a_golden_and_every_golden_a_type() {
    let types: std::collections::BTreeSet<String> = shared::events::stored_types().map(str::to_owned).collect();
    let goldens: std::collections::BTreeSet<String> = fs::read_dir(root().join("schema/events"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().trim_end_matches(".json").to_owned())
        .collect();
    assert_eq!(types, goldens);
}
