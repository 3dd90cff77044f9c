//! Who may use what. Cargo keeps these rules once each part of `shared` is a crate with a manifest of its own; a
//! rule goes from here when a manifest keeps it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use crate::sources::{root, sources};

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
    let elsewhere: Vec<_> = sources()
        .into_iter()
        .filter(|(path, text)| uses(text, name) && !places.iter().any(|place| path.starts_with(place)))
        .map(|(path, _)| path)
        .collect();
    assert!(elsewhere.is_empty(), "{name} may be used only in {places:?}, but also: {elsewhere:?}");
    assert!(
        sources()
            .iter()
            .any(|(path, text)| uses(text, name) && places.iter().any(|place| path.starts_with(place))),
        "nobody uses {name} in {places:?}: drop the dependency or this rule"
    );
}

#[test]
fn drivers_stay_in_their_place() {
    assert_only_in("sqlx", &["shared/store/src/sqlite", "shared/read-store/src/sqlite.rs"]);
    assert_only_in(
        "tiberius",
        &["shared/mssql/src", "shared/store/src/mssql", "shared/read-store/src/mssql.rs"],
    );
    assert_only_in("async_nats", &["shared/bus/src/nats", "tests"]);
}

#[test]
fn frozen_crates_stand_behind_one_function() {
    assert_only_in("backoff", &["shared/runtime/src/retry.rs"]);
    assert_only_in("bincode", &["shared/events/src/snapshot.rs"]);
}

#[test]
fn the_domain_is_pure() {
    for (path, text) in sources().iter().filter(|(path, _)| path.starts_with("shared/domain/src")) {
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
            let allowed = name == "serde_json" && path.starts_with("shared/domain/src/setting");
            assert!(allowed || !uses(text, name), "{path} uses {name}");
        }
        for upper in ["events", "store", "bus", "sql", "auth", "http", "clock"] {
            assert!(!text.contains(&format!("crate::{upper}")), "{path} looks up at {upper}");
        }
    }
}

/// The table of crates in the architecture and the manifests say the same.
#[test]
fn crates_use_what_the_architecture_says() {
    let text = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let (_, table) = text.split_once("| Crate | Uses | Job |").unwrap();
    let rows: Vec<_> = table.lines().skip(2).take_while(|line| line.starts_with('|')).collect();
    assert!(rows.len() > 15, "only {} crates", rows.len());
    let members = members();
    let mut differences = Vec::new();
    for row in rows {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let folder = cells[1].trim_matches('`');
        let said: BTreeSet<String> =
            cells[2].split(", ").filter(|name| !name.is_empty()).map(str::to_owned).collect();
        let used = uses_of(folder, &members);
        if used.as_ref() != Some(&said) {
            differences.push(format!("{folder}: the table says {said:?}, the manifest {used:?}"));
        }
    }
    assert!(differences.is_empty(), "{differences:#?}");
}

/// Names of the workspace's crates by the folders they are in; the last part of the folder is what the table says.
fn members() -> BTreeMap<String, String> {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let (_, dependencies) = manifest.split_once("[workspace.dependencies]").unwrap();
    let paths = dependencies.lines().filter_map(|line| {
        let (name, rest) = line.split_once('=')?;
        let (_, path) = rest.split_once("path = \"")?;
        let folder = path.split('"').next()?.rsplit('/').next()?;
        Some((name.trim().to_owned(), folder.to_owned()))
    });
    paths.chain([("aerosports".to_owned(), "aerosports".to_owned())]).collect()
}

/// What of the workspace the crate in `folder` depends on, tests aside; none where there is no such crate.
fn uses_of(folder: &str, members: &BTreeMap<String, String>) -> Option<BTreeSet<String>> {
    let manifest = fs::read_to_string(root().join(folder).join("Cargo.toml")).ok()?;
    let (_, dependencies) = manifest.split_once("\n[dependencies]\n")?;
    let lines = dependencies.lines().take_while(|line| !line.starts_with('['));
    let names = lines.filter_map(|line| line.split(['.', ' ', '=']).next());
    Some(names.filter_map(|name| members.get(name).cloned()).collect())
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
