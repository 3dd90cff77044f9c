//! What the `plugs` commands print. Names come from devices, which anyone can put on the network: they
//! reach a terminal only without control characters.

use std::{
    fmt::Display,
    io::{self, Write as _},
};

/// The longest name shown in a table.
const MOST_CHARS: usize = 64;

/// One line on standard output.
///
/// # Errors
/// When standard output is closed.
pub fn line(text: impl Display) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{text}")
}

/// A name that a device gives, fit for a table.
pub fn printable(text: &str) -> String {
    harmless(text).chars().take(MOST_CHARS).collect()
}

/// Text with words of a device in it, fit for a terminal.
pub fn harmless(text: &str) -> String {
    text.chars().map(|c| if is_harmless(c) { c } else { '\u{fffd}' }).collect()
}

/// Neither a control character nor one that changes the direction of writing.
fn is_harmless(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `on`, `off`, or `?` when the relay's state is unknown.
pub fn state(on: Option<bool>) -> &'static str {
    match on {
        Some(true) => "on",
        Some(false) => "off",
        None => "?",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_devices_name_cannot_move_the_cursor() {
        assert_eq!(printable("Fog\x1b[2J\r\n\u{202e}gof"), "Fog\u{fffd}[2J\u{fffd}\u{fffd}\u{fffd}gof");
        assert_eq!(printable("Nebel Über 1"), "Nebel Über 1");
        assert_eq!(printable(&"x".repeat(500)).len(), MOST_CHARS);
    }
}
