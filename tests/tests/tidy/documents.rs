//! Documents lead to what is there: links, headings, tests and files that they name.

use std::{collections::BTreeSet, path::Path};

use crate::sources::{documents, root, sources};

/// The longest a README is read to its end.
const README_LINES: usize = 200;

#[test]
fn the_readme_is_short() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let lines = readme.lines().count();
    assert!(lines < README_LINES, "{lines} lines: move a part into docs");
}

#[test]
fn links_in_documents_lead_somewhere() {
    let documents = documents();
    let mut broken = Vec::new();
    for (path, text) in &documents {
        let folder = root().join(path).parent().unwrap().to_owned();
        for link in
            links(text).into_iter().filter(|link| !link.contains("://") && !link.starts_with("mailto:"))
        {
            let (file, heading) =
                link.split_once('#').map_or((link.as_str(), None), |(file, at)| (file, Some(at)));
            let target = if file.is_empty() { root().join(path) } else { folder.join(file) };
            if !target.exists() {
                broken.push(format!("{path}: {link}: no such file"));
            } else if heading.is_some_and(|heading| !has_heading(&target, heading)) {
                broken.push(format!("{path}: {link}: no such heading"));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// The targets of `[text](target)` outside of code.
fn links(text: &str) -> Vec<String> {
    let prose = prose(text);
    let targets = prose.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.map(str::to_owned).collect()
}

/// `text` without code blocks and code spans.
fn prose(text: &str) -> String {
    let mut inside = false;
    let lines = text.lines().filter(|line| {
        let fence = line.trim_start().starts_with("```");
        inside ^= fence;
        !inside && !fence
    });
    let prose = lines.collect::<Vec<_>>().join("\n");
    prose.split('`').step_by(2).collect()
}

fn has_heading(file: &Path, anchor: &str) -> bool {
    let text = std::fs::read_to_string(file).unwrap();
    let mut inside = false;
    text.lines().any(|line| {
        inside ^= line.starts_with("```");
        !inside && line.starts_with('#') && slug(line.trim_start_matches('#')) == anchor
    })
}

/// A heading's anchor, as code hosts make it.
fn slug(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[test]
fn tests_named_in_documents_exist() {
    let sources = sources();
    let known: BTreeSet<&str> = sources
        .iter()
        .flat_map(|(_, text)| text.split("fn ").skip(1))
        .filter_map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next())
        .collect();
    for path in ["README.md", "docs/architecture.md"] {
        let text = std::fs::read_to_string(root().join(path)).unwrap();
        let named: Vec<_> = code_spans(&text).into_iter().filter(|span| is_test_name(span)).collect();
        assert!(named.len() >= 8, "{path} names tests: {named:?}");
        let missing: Vec<_> = named.iter().filter(|name| !known.contains(name.as_str())).collect();
        assert!(missing.is_empty(), "{path} names tests that are not there: {missing:#?}");
    }
}

fn is_test_name(span: &str) -> bool {
    span.matches('_').count() >= 3
        && span.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

#[test]
fn files_named_in_documents_exist() {
    let mut missing = Vec::new();
    let folders = [
        "shared/",
        "command-api/",
        "query-api/",
        "projector/",
        "device-worker/",
        "aerosports/",
        "tests/",
        "schema/",
        "docs/",
    ];
    for (path, text) in documents() {
        for span in
            code_spans(&text).into_iter().filter(|span| folders.iter().any(|folder| span.starts_with(folder)))
        {
            let is_path = !span.contains(['<', '…', ' ', '*']);
            if is_path && !root().join(&span).exists() {
                missing.push(format!("{path}: {span}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn log_messages_named_in_operations_exist() {
    let text = std::fs::read_to_string(root().join("docs/operations.md")).unwrap();
    let (_, logs) = text.split_once("## What the logs say").unwrap();
    let rows: Vec<_> = logs.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    assert!(rows.len() >= 10, "only {} messages", rows.len());
    let sources = sources();
    let missing: Vec<_> =
        rows.into_iter().filter(|message| !sources.iter().any(|(_, text)| text.contains(message))).collect();
    assert!(missing.is_empty(), "nothing logs {missing:#?}");
}

/// Without packages cargo takes the default members alone, and the runner finds no test.
#[test]
fn test_commands_in_documents_find_tests() {
    let sources = sources();
    let mut found = 0;
    let mut problems = Vec::new();
    for (path, text) in documents() {
        for line in text.lines().filter(|line| line.contains("nextest run") || line.contains("tests/run ")) {
            found += 1;
            let by_cargo = line.split_once("cargo nextest run").map(|(_, rest)| rest);
            if by_cargo.is_some_and(|rest| ![" --workspace", " -p "].iter().any(|which| rest.contains(which)))
            {
                problems.push(format!("{path}: names no package: {line}"));
            }
            if line.contains("test(on_mssql)")
                && by_cargo.is_some_and(|rest| !rest.contains("--profile mssql"))
            {
                problems.push(format!("{path}: the default profile leaves these out: {line}"));
            }
            for name in line.split("test(").skip(1).filter_map(|rest| rest.split(')').next()) {
                if !sources.iter().any(|(path, text)| path.contains(name) || text.contains(name)) {
                    problems.push(format!("{path}: no test is called so: {name}"));
                }
            }
        }
    }
    assert!(found >= 4, "only {found} commands");
    assert!(problems.is_empty(), "{problems:#?}");
}

/// What stands between backticks on one line, outside of code blocks.
fn code_spans(text: &str) -> Vec<String> {
    let mut inside = false;
    let lines = text.lines().filter(|line| {
        let fence = line.trim_start().starts_with("```");
        inside ^= fence;
        !inside && !fence
    });
    lines.flat_map(|line| line.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

#[test]
fn links_and_headings_are_found_in_prose_only() {
    let text = "# A *b*: c's\n[one](x.md#y) `[two](z.md)`\n```sh\n[three](w.md)\n```\n";
    assert_eq!(links(text), ["x.md#y"]);
    assert_eq!(slug(" A *b*: c's"), "a-b-cs");
    assert_eq!(code_spans(text), ["[two](z.md)"]);
}
