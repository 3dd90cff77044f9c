//! Texts in JSON, on their way to a server that may not undo JSON's escapes.

use std::borrow::Cow;

/// Each character that JSON escapes, and what stands for it on the way: not every server undoes the escapes.
/// Unicode keeps these code points for such uses. The first two are all that JSON text has.
pub const STAND_INS: [(char, char); 5] =
    [('"', '\u{fdd0}'), ('\\', '\u{fdd1}'), ('\n', '\u{fdd2}'), ('\r', '\u{fdd3}'), ('\t', '\u{fdd4}')];

/// `text` without a character of [`STAND_INS`]; the statement that takes it puts them back.
#[must_use]
pub fn with_stand_ins(text: &str) -> Cow<'_, str> {
    let stand_in = |c| STAND_INS.iter().find(|(plain, _)| *plain == c).map(|(_, stand_in)| *stand_in);
    if !text.contains(|c| stand_in(c).is_some()) {
        return text.into();
    }
    text.chars().map(|c| stand_in(c).unwrap_or(c)).collect()
}
