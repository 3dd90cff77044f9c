//! The workspace's texts, as the tidy tests read them.

use std::{
    fs,
    path::{Path, PathBuf},
};

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every Rust file of the workspace with its path from the root.
pub fn sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in ["aerosports", "command-api", "query-api", "projector", "device-worker", "shared", "tests"]
    {
        collect(&root().join(folder), &["rs"], &mut found);
    }
    assert!(found.len() > 100, "the tidy test looks in the wrong place: {} files", found.len());
    found
}

/// Every document of the repository with its path from the root.
pub fn documents() -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect(&root(), &["md"], &mut found);
    assert!(found.iter().any(|(path, _)| path == "README.md"), "the tidy test looks in the wrong place");
    found
}

/// Everything that people read: code, documents, tables, settings.
pub fn texts() -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect(&root(), &["rs", "md", "sql", "toml", "yaml", "html", "js"], &mut found);
    found
}

fn collect(folder: &Path, extensions: &[&str], found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy();
        if path.is_dir() {
            if !["target", "node_modules"].contains(&&*name) && !name.starts_with('.') {
                collect(&path, extensions, found);
            }
        } else if path.extension().is_some_and(|extension| extensions.iter().any(|known| extension == *known))
        {
            let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
            found.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
}

/// A line without the comment at its end; nothing of a line that is a comment.
pub fn code_of(line: &str) -> &str {
    if line.trim_start().starts_with("//") { "" } else { line.split(" // ").next().unwrap_or(line) }
}

/// The text before the tests that stand at the end of a file.
pub fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text)
}

/// Whether a file holds tests and what they need.
pub fn is_test(path: &str) -> bool {
    path.starts_with("tests/") || path.contains("/tests/") || path.contains("tests.rs")
}
