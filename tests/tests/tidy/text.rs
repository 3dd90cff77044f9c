//! Rules that only the text shows: no manifest and no type keeps them.

use std::fs;

use crate::sources::{code_of, is_test, root, sources, without_tests};

#[test]
fn evolve_never_gives_up() {
    let in_domain = |path: &str| path.starts_with("shared/domain/src");
    let files: Vec<_> = sources().into_iter().filter(|(path, _)| in_domain(path) && !is_test(path)).collect();
    assert!(files.len() > 20, "the domain is elsewhere");
    for (path, text) in files {
        let text = without_tests(&text);
        for word in ["unwrap()", "expect(\"", "panic!(", "unreachable!("] {
            assert!(!text.contains(word), "{path} says {word}");
        }
    }
}

#[test]
fn sources_hold_no_unfinished_work() {
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

/// `aerosports_tests::client` holds every answer against the document; a bare client would not.
#[test]
fn end_to_end_clients_hold_answers_against_the_document() {
    for (path, text) in sources().iter().filter(|(path, _)| path.starts_with("tests/tests/e2e/")) {
        // The protocol of plugs has a client too.
        let of_the_api = text.contains("aerosports::client") || text.contains("    client::");
        assert!(!of_the_api || !text.contains("Client::new("), "{path}: use aerosports_tests::client");
    }
}

#[test]
fn every_stored_event_type_has_a_golden_and_every_golden_a_type() {
    let types: std::collections::BTreeSet<String> = events::stored_types().map(str::to_owned).collect();
    let goldens: std::collections::BTreeSet<String> = fs::read_dir(root().join("schema/events"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().trim_end_matches(".json").to_owned())
        .collect();
    assert_eq!(types, goldens);
}

/// `%error` and `?error` say what failed and not why: `Display` rightly leaves the causes out.
#[test]
fn errors_are_logged_with_their_causes() {
    let found: Vec<_> = production_lines()
        .filter(|(_, line)| ["%error", "?error"].iter().any(|field| has_field(line, field)))
        .map(|(place, _)| place)
        .collect();
    assert_eq!(found, Vec::<String>::new(), "log `error = &error as &dyn Error`");
}

/// A column's number is right until somebody adds another. The driver's own modules count on purpose.
#[test]
fn columns_are_read_by_name() {
    let drivers = ["shared/read-store/", "shared/store/", "shared/mssql/"];
    let found: Vec<_> = production_lines()
        .filter(|(place, line)| !drivers.iter().any(|folder| place.starts_with(folder)) && by_number(line))
        .map(|(place, _)| place)
        .collect();
    assert_eq!(found, Vec::<String>::new(), "read the column by its name");
}

/// Every line of code that is no test's, with its file and number.
fn production_lines() -> impl Iterator<Item = (String, String)> {
    let files = sources().into_iter().filter(|(path, _)| !is_test(path));
    files.flat_map(|(path, text)| {
        let lines = without_tests(&text).lines().enumerate();
        lines.map(|(at, line)| (format!("{path}:{}", at + 1), code_of(line).to_owned())).collect::<Vec<_>>()
    })
}

/// Whether `field` stands in `line` as a whole word.
fn has_field(line: &str, field: &str) -> bool {
    line.match_indices(field).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + field.len()..].chars().next();
        // After a name, `?` is the operator that returns early.
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ')')
            && !after.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '.' || c == '(')
    })
}

/// Whether `line` asks a row for a column by its number.
fn by_number(line: &str) -> bool {
    line.match_indices("row.get").any(|(at, _)| {
        let rest = &line[at + "row.get".len()..];
        let argument = match rest.strip_prefix("::<") {
            Some(typed) => typed.split_once(">(").map(|(_, argument)| argument.trim_start_matches('(')),
            None => rest.strip_prefix('('),
        };
        argument.is_some_and(|argument| argument.starts_with(|c: char| c.is_ascii_digit()))
    })
}

#[test]
fn the_searches_find_what_they_should() {
    assert!(has_field("tracing::warn!(%error, \"no\");", "%error"));
    assert!(has_field("tracing::warn!(error = ?error, \"no\");", "?error"));
    assert!(!has_field("tracing::warn!(error = &error as &dyn Error, \"no\");", "%error"));
    assert!(!has_field("tracing::warn!(%error_code, \"no\");", "%error"));
    assert!(by_number("let id = row.get(0)?;"));
    assert!(by_number("let at = row.get::<Option<Timestamp>>(27)?;"));
    assert!(!by_number("let id = row.get(\"id\")?;"));
    assert!(!by_number("let id = row.get::<Uuid>(\"id\")?;"));
}

/// An adapter turns a request into a command or a query, and nothing else: at most fifteen lines a handler.
#[test]
fn handlers_are_adapters_of_fifteen_lines() {
    const MOST: usize = 15;
    let mut seen = 0;
    let mut long = Vec::new();
    for (path, text) in sources() {
        let adapters = ["command-api/src/routes/", "query-api/src/routes/"];
        if path.contains("/tests/") || !adapters.iter().any(|folder| path.starts_with(folder)) {
            continue;
        }
        let lines: Vec<_> = without_tests(&text).lines().collect();
        let starts = lines.iter().enumerate().filter(|(_, line)| line.contains("async fn "));
        for (start, line) in starts.filter(|(_, line)| !line.starts_with(' ')) {
            let end = lines[start..].iter().position(|line| *line == "}").unwrap();
            seen += 1;
            if end + 1 > MOST {
                long.push(format!("{path}:{}: {} lines: {}", start + 1, end + 1, line.trim()));
            }
        }
    }
    assert!(seen > 60, "only {seen} handlers were found");
    assert!(long.is_empty(), "{long:#?}");
}
