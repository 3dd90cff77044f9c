//! Says in a caller's words what serde found wrong: which field, what it must be, what it is. Works on the
//! texts of serde's own error types, which have kept their form for years; an unknown text is passed on.

use super::problem::FieldError;

/// Longest message; a found value may be as long as the whole body.
const MAX_MESSAGE: usize = 300;

/// How a field is written in [`FieldError::field`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notation {
    /// `/results/0/points`.
    Pointer,
    /// `limit`.
    Name,
}

/// The refused field of a serde error with the text `message`, at the place `segments` lead to.
pub(super) fn field_error(mut segments: Vec<String>, message: &str, notation: Notation) -> FieldError {
    let message = without_place(message);
    let (code, named) = kind_of(message);
    if let Some(named) = named
        && segments.last().is_none_or(|last| last != named)
    {
        segments.push(named.to_owned());
    }
    let label = segments.iter().rev().find(|part| part.parse::<u32>().is_err());
    let sentence = sentence(label.map_or("the body", String::as_str), label.is_some(), code, message);
    FieldError { field: written(&segments, notation), message: shortened(sentence), code }
}

/// A place as [`FieldError::field`] names it.
pub(super) fn written(segments: &[String], notation: Notation) -> String {
    match notation {
        Notation::Name => segments.join("."),
        Notation::Pointer => segments.iter().fold(String::new(), |mut pointer, part| {
            pointer.push('/');
            pointer.push_str(&part.replace('~', "~0").replace('/', "~1"));
            pointer
        }),
    }
}

/// `serde_json` ends its messages with the place in the text, which a path says better.
pub(super) fn without_place(message: &str) -> &str {
    message.rfind(" at line ").map_or(message, |at| &message[..at])
}

/// Whether `serde_json`'s syntax error is about one value and not about the whole text.
pub(super) fn names_a_value(message: &str) -> bool {
    matches!(kind_of(without_place(message)).0, "out_of_range" | "not_text")
}

/// The error's stable code, and the field it names itself.
fn kind_of(message: &str) -> (&'static str, Option<&str>) {
    let kinds = [
        ("missing field `", "missing"),
        ("unknown field `", "unknown"),
        ("duplicate field `", "duplicate"),
        ("unknown variant `", "unknown_value"),
        ("invalid type: ", "wrong_type"),
        ("invalid value: ", "invalid_value"),
        ("invalid length ", "invalid_length"),
        ("recursion limit exceeded", "too_deep"),
        ("number out of range", "out_of_range"),
        ("lone leading surrogate in hex escape", "not_text"),
        ("unexpected end of hex escape", "not_text"),
    ];
    let Some((start, code)) = kinds.into_iter().find(|(start, _)| message.starts_with(start)) else {
        return ("invalid", None);
    };
    let names_field = matches!(code, "missing" | "unknown" | "duplicate");
    let named = message[start.len()..].split('`').next().filter(|_| names_field);
    (code, named)
}

fn sentence(label: &str, is_field: bool, code: &str, message: &str) -> String {
    let subject = if is_field { format!("`{label}`") } else { label.to_owned() };
    match code {
        "missing" => format!("{subject} is missing"),
        "out_of_range" => format!("{subject} is a number beyond what can be worked with"),
        "not_text" => format!(
            "{subject} has half of a surrogate pair (\\uD800 to \\uDFFF), which stands for no character"
        ),
        "duplicate" => format!("{subject} is there twice"),
        "unknown" => format!("{subject} is not known here{}", expectation(message, "known: ")),
        "unknown_value" => {
            let found = message.split('`').nth(1).unwrap_or_default();
            format!("{subject} must be {}, is `{found}`", listed(message))
        }
        "wrong_type" | "invalid_value" => {
            match message.split_once(": ").and_then(|(_, rest)| split_found(rest)) {
                Some((found, expected)) => {
                    format!("{subject} must be {}, is {}", plain_type(expected), plain_found(found))
                }
                None => format!("{subject}: {message}"),
            }
        }
        _ => format!("{subject}: {}", plain_parse_error(message)),
    }
}

/// `<found>, expected <expected>`; the found text may hold commas itself.
fn split_found(rest: &str) -> Option<(&str, &str)> {
    rest.rsplit_once(", expected ")
}

fn expectation(message: &str, lead: &str) -> String {
    if message.contains(", expected ") { format!("; {lead}{}", listed(message)) } else { String::new() }
}

/// What serde expected, as its own list of names in backticks.
fn listed(message: &str) -> &str {
    let expected = message.rsplit_once(", expected ").map_or("", |(_, expected)| expected);
    expected.strip_prefix("one of ").unwrap_or(expected)
}

fn plain_type(expected: &str) -> String {
    let plain = match expected {
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" | "usize" => "a whole number, 0 or more",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a sequence" => "an array",
        "a map" => "an object",
        "string or map" => "a string",
        "unit" => "null",
        "a formatted UUID string" => "a UUID",
        other if other.starts_with("struct ") || other.starts_with("internally tagged") => "an object",
        other if other.starts_with("a nonzero ") => "a whole number other than 0",
        other => other,
    };
    plain.to_owned()
}

fn plain_found(found: &str) -> String {
    let plain = [("map", "an object"), ("sequence", "an array"), ("unit value", "null"), ("null", "null")];
    if let Some((_, plain)) = plain.into_iter().find(|(word, _)| *word == found) {
        return plain.to_owned();
    }
    let words = [("integer ", ""), ("floating point ", ""), ("boolean ", ""), ("string ", "the text ")];
    words
        .into_iter()
        .find_map(|(word, plain)| Some(format!("{plain}{}", found.strip_prefix(word)?)))
        .unwrap_or_else(|| found.to_owned())
}

/// Texts of `std`'s number and boolean parsers, met in query strings.
fn plain_parse_error(message: &str) -> &str {
    match message {
        "invalid digit found in string" | "cannot parse integer from empty string" => {
            "must be a whole number"
        }
        "number too large to fit in target type" => "is too large",
        "number too small to fit in target type" => "is too small",
        "provided string was not `true` or `false`" => "must be true or false",
        "invalid float literal" => "must be a number",
        // The library's words count characters and groups.
        uuid if uuid.starts_with("UUID parsing failed") => {
            "must be a UUID such as 01964d3a-7e1c-7bb0-a1f4-6d1f0f6d2c11"
        }
        other => other,
    }
}

fn shortened(message: String) -> String {
    match message.char_indices().nth(MAX_MESSAGE) {
        Some((at, _)) => format!("{}…", &message[..at]),
        None => message,
    }
}
