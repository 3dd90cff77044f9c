//! Who may use what. Cargo keeps most of it: a crate can name only what its manifest lists. These tests keep the
//! manifests, the drawing of them in the documents, and what a service links.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
    process::Command,
};

use crate::sources::{root, sources};

/// The dependencies that the packages of this workspace have on each other, tests' left out.
type Arrows = BTreeMap<String, BTreeSet<String>>;

/// Folders with a manifest, from the workspace's list.
fn members() -> Vec<PathBuf> {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let list = manifest.split_once("members = [").unwrap().1.split_once(']').unwrap().0;
    list.split('"').skip(1).step_by(2).map(|member| root().join(member)).collect()
}

/// The names under `[dependencies]` of a manifest.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let Some((_, after)) = manifest.split_once("\n[dependencies]\n") else { return BTreeSet::new() };
    let section = after.split("\n[").next().unwrap();
    let names = section.lines().filter_map(|line| line.split(['.', ' ', '=']).next());
    names.filter(|name| !name.is_empty() && !name.starts_with('#')).map(str::to_owned).collect()
}

fn package(manifest: &str) -> String {
    manifest.split_once("name = \"").unwrap().1.split_once('"').unwrap().0.to_owned()
}

fn arrows() -> Arrows {
    let manifests: Vec<_> =
        members().iter().map(|member| fs::read_to_string(member.join("Cargo.toml")).unwrap()).collect();
    let ours: BTreeSet<_> = manifests.iter().map(|manifest| package(manifest)).collect();
    let used = |manifest: &String| dependencies(manifest).intersection(&ours).cloned().collect();
    manifests.iter().map(|manifest| (package(manifest), used(manifest))).collect()
}

/// Everything that `from` reaches.
fn reached(arrows: &Arrows, from: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![from.to_owned()];
    while let Some(next) = open.pop() {
        open.extend(arrows[&next].iter().filter(|to| found.insert((*to).clone())).cloned());
    }
    found
}

/// `arrows` without those that follow from others: what a drawing needs to show.
fn reduced(arrows: &Arrows) -> BTreeSet<(String, String)> {
    let follows = |from: &str, to: &String| {
        arrows[from].iter().filter(|other| *other != to).any(|other| reached(arrows, other).contains(to))
    };
    let each = arrows.iter().flat_map(|(from, to)| to.iter().map(move |to| (from.clone(), to.clone())));
    each.filter(|(from, to)| !follows(from, to)).collect()
}

/// The arrows `a --> b` of the drawing in `docs/architecture.md`.
fn drawn() -> BTreeSet<(String, String)> {
    let text = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let drawing = text.split_once("```mermaid\n").unwrap().1.split_once("```").unwrap().0;
    let arrows = drawing.lines().filter_map(|line| line.trim().split_once(" --> "));
    arrows.map(|(from, to)| (from.to_owned(), to.to_owned())).collect()
}

#[test]
fn the_drawing_of_the_crates_shows_their_manifests() {
    // The tests' own crates use everything and are used by nothing.
    let mut arrows = arrows();
    arrows.retain(|from, _| !from.ends_with("-tests"));
    let (real, drawn) = (reduced(&arrows), drawn());
    let lines =
        |of: BTreeSet<_>| of.into_iter().map(|(from, to): (String, String)| format!("{from} --> {to}"));
    let missing: Vec<_> = lines(&real - &drawn).collect();
    let wrong: Vec<_> = lines(&drawn - &real).collect();
    assert!(missing.is_empty() && wrong.is_empty(), "not drawn: {missing:#?}\ndrawn, but not so: {wrong:#?}");
}

/// The table of crates in the architecture and the manifests say the same.
#[test]
fn crates_use_what_the_architecture_says() {
    let text = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let (_, table) = text.split_once("| Crate | Uses | Job |").unwrap();
    let rows: Vec<_> = table.lines().skip(2).take_while(|line| line.starts_with('|')).collect();
    let arrows = arrows();
    let mut differences = Vec::new();
    let mut listed = BTreeSet::new();
    for row in rows {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let folder = cells[1].trim_matches('`');
        let manifest = fs::read_to_string(root().join(folder).join("Cargo.toml"));
        let Ok(name) = manifest.map(|manifest| package(&manifest)) else {
            differences.push(format!("{folder} has no manifest"));
            continue;
        };
        let said: BTreeSet<String> =
            cells[2].split(", ").filter(|name| !name.is_empty()).map(str::to_owned).collect();
        if arrows[&name] != said {
            differences.push(format!("{folder}: the table says {said:?}, the manifest {:?}", arrows[&name]));
        }
        listed.insert(name);
    }
    let missing: Vec<_> =
        arrows.keys().filter(|name| !listed.contains(*name) && !name.ends_with("-tests")).collect();
    assert!(differences.is_empty() && missing.is_empty(), "{differences:#?}, not in the table: {missing:?}");
}

#[test]
fn a_service_depends_on_no_other_service() {
    let services = ["command-api", "query-api", "projector", "device-worker", "aerosports"];
    let arrows = arrows();
    for service in &services[..4] {
        let reached = reached(&arrows, service);
        let others: Vec<_> = services.iter().filter(|other| reached.contains(**other)).collect();
        assert!(others.is_empty(), "{service} depends on {others:?}");
    }
}

#[test]
fn the_domain_uses_values_only() {
    let manifest = fs::read_to_string(root().join("shared/domain/Cargo.toml")).unwrap();
    let values = [
        "croner",
        "icu_properties",
        "idna",
        "ipnet",
        "jiff",
        "serde",
        "serde_json",
        "thiserror",
        "unicode-normalization",
        "uuid",
    ];
    assert_eq!(dependencies(&manifest), values.map(str::to_owned).into());
}

#[test]
fn the_domain_touches_no_file_and_no_network() {
    for (path, text) in sources().iter().filter(|(path, _)| path.starts_with("shared/domain/src")) {
        for module in ["std::fs", "std::net", "std::process", "std::thread"] {
            assert!(!text.contains(module), "{path} uses {module}");
        }
    }
}

/// The packages that `service` links when it is built by itself.
fn linked(service: &str) -> BTreeSet<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let tree = Command::new(cargo)
        .args(["tree", "--offline", "--locked", "--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .args(["--package", service])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).unwrap();
    tree.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

#[test]
fn a_service_links_only_what_it_needs() {
    let http = ["axum", "hyper", "auth", "http-api"];
    // `mssql` without its feature `driver` is a few texts.
    let driver = ["tiberius"];
    for (service, unwanted) in [
        ("command-api", &["tiberius", "sqlx", "async-nats", "read-store", "bus"][..]),
        ("query-api", &["tiberius", "async-nats", "bus"]),
        ("projector", &[&http[..], &driver, &["async-nats"]].concat()),
        ("device-worker", &[&http[..], &driver, &["async-nats"]].concat()),
    ] {
        let linked = linked(service);
        let found: Vec<_> = unwanted.iter().filter(|name| linked.contains(**name)).collect();
        assert!(linked.len() > 20 && found.is_empty(), "{service} links {found:?}");
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
    let elsewhere: Vec<_> = sources()
        .into_iter()
        .filter(|(path, text)| uses(text, name) && !places.iter().any(|place| path.starts_with(place)))
        .map(|(path, _)| path)
        .collect();
    assert!(elsewhere.is_empty(), "{name} may be used only in {places:?}, but also: {elsewhere:?}");
}

/// A crate with two drivers keeps each in a module of its own, which no manifest can say.
#[test]
fn a_driver_stays_in_its_module() {
    assert_only_in("sqlx", &["shared/store/src/sqlite", "shared/read-store/src/sqlite.rs"]);
    assert_only_in(
        "tiberius",
        &["shared/mssql/src", "shared/store/src/mssql", "shared/read-store/src/mssql.rs"],
    );
    assert_only_in("async_nats", &["shared/bus/src/nats", "tests"]);
}

#[test]
fn a_frozen_crate_stands_behind_one_function() {
    assert_only_in("backoff", &["shared/runtime/src/retry.rs"]);
    assert_only_in("bincode", &["shared/events/src/snapshot.rs"]);
}
