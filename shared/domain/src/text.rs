//! Which texts people may write: what each character of them shows, decided by Unicode's properties.
//!
//! A text that shows nothing, or reorders what is shown, can pass for another. Joiners and variation
//! selectors show nothing either, yet Persian, Malayalam and emoji need them: they are allowed where they
//! change the shape of what is beside them, and nowhere else.
//!
//! Source: RFC 5892 appendix A.1 and A.2 for joiners; UTS 51 for emoji.

use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{
        BinaryProperty, CanonicalCombiningClass, DefaultIgnorableCodePoint, EmojiComponent, EmojiModifier,
        EnumeratedProperty, ExtendedPictographic, GeneralCategory, Ideographic, JoiningType,
    },
};

use crate::values::InvalidValue;

const NON_JOINER: char = '\u{200C}';
const JOINER: char = '\u{200D}';
/// It is a symbol by its properties, and a blank to the eye.
const BLANK_BRAILLE: char = '\u{2800}';

/// `text` without the blanks around it, when it is 1 to `max` characters and shows all of them.
///
/// # Errors
/// `Empty`, `TooLong`, `Invisible`.
pub fn visible_text(text: &str, max: usize) -> Result<&str, InvalidValue> {
    let text = text.trim();
    if text.is_empty() {
        return Err(InvalidValue::Empty);
    }
    at_most(text, max)?;
    all_visible(text, |_| false)?;
    if text.chars().any(shows_by_itself) { Ok(text) } else { Err(InvalidValue::Empty) }
}

/// Checks that `text`, which may be empty, has at most `max` characters and shows all of them; line breaks
/// and tabs are allowed.
///
/// # Errors
/// `TooLong`, `Invisible`.
pub fn visible_lines(text: &str, max: usize) -> Result<(), InvalidValue> {
    at_most(text, max)?;
    all_visible(text, |c| matches!(c, '\n' | '\r' | '\t'))
}

/// `text` with a blank for each character that shows nothing.
pub(crate) fn shown(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    (0..chars.len()).map(|at| if is_visible(&chars, at) { chars[at] } else { ' ' }).collect()
}

fn at_most(text: &str, max: usize) -> Result<(), InvalidValue> {
    let actual = text.chars().count();
    if actual > max { Err(InvalidValue::TooLong { max, actual }) } else { Ok(()) }
}

fn all_visible(text: &str, also: fn(char) -> bool) -> Result<(), InvalidValue> {
    if text.is_ascii() {
        return match text.chars().find(|c| c.is_control() && !also(*c)) {
            Some(c) => Err(InvalidValue::Invisible { code: c.into() }),
            None => Ok(()),
        };
    }
    let chars: Vec<char> = text.chars().collect();
    match (0..chars.len()).find(|at| !also(chars[*at]) && !is_visible(&chars, *at)) {
        Some(at) => Err(InvalidValue::Invisible { code: chars[at].into() }),
        None => Ok(()),
    }
}

/// Whether the character at `at` shows something, or shapes what is beside it.
fn is_visible(chars: &[char], at: usize) -> bool {
    let (before, c, after) = (&chars[..at], chars[at], &chars[at + 1..]);
    match c {
        NON_JOINER => follows_virama(before) || is_between_joining_letters(before, after),
        JOINER => {
            follows_virama(before)
                || after.first().is_some_and(|next| is_virama(*next))
                || is_between_joining_letters(before, after)
                || is_between_pictures(before, after)
        }
        '\u{FE0E}' | '\u{FE0F}' => before.last().is_some_and(|c| has_picture_form(*c)),
        '\u{FE00}'..='\u{FE0D}' | '\u{E0100}'..='\u{E01EF}' => {
            before.last().is_some_and(|c| is::<Ideographic>(*c))
        }
        _ => shows(c),
    }
}

/// Whether `c` shows something whatever stands beside it; blanks between words do.
fn shows(c: char) -> bool {
    let hidden = is::<DefaultIgnorableCodePoint>(c) || (u32::from(c) & 0xFFFE) == 0xFFFE;
    let category = property::<GeneralCategory>(c);
    let nothing = matches!(
        category,
        GeneralCategory::Control | GeneralCategory::LineSeparator | GeneralCategory::ParagraphSeparator
    );
    // Number signs that enclose digits are the format characters that show.
    let unshown_format = category == GeneralCategory::Format && !encloses_digits(c);
    // The replacement for an object that is not there, and musical and Khitan fillers.
    let filler = matches!(c, '\u{FDD0}'..='\u{FDEF}' | '\u{FFFC}' | '\u{1D159}' | '\u{16FE4}');
    !(hidden || nothing || unshown_format || filler)
}

/// Unicode's property `Prepended_Concatenation_Mark`.
fn encloses_digits(c: char) -> bool {
    matches!(
        c,
        '\u{0600}'
            ..='\u{0605}'
                | '\u{06DD}'
                | '\u{070F}'
                | '\u{0890}'
                | '\u{0891}'
                | '\u{08E2}'
                | '\u{110BD}'
                | '\u{110CD}'
    )
}

/// Whether `c` is seen by itself: neither a blank nor a mark on another character.
fn shows_by_itself(c: char) -> bool {
    use GeneralCategory as G;
    let leaning = matches!(
        property::<G>(c),
        G::SpaceSeparator | G::NonspacingMark | G::EnclosingMark | G::SpacingMark | G::Format
    );
    c != BLANK_BRAILLE && !leaning && shows(c)
}

fn follows_virama(before: &[char]) -> bool {
    before.last().is_some_and(|c| is_virama(*c))
}

fn is_virama(c: char) -> bool {
    property::<CanonicalCombiningClass>(c) == CanonicalCombiningClass::Virama
}

/// Whether a letter that joins to its left stands before, and one that joins to its right behind; marks in
/// between do not count.
fn is_between_joining_letters(before: &[char], after: &[char]) -> bool {
    let joining = |c: &char| property::<JoiningType>(*c);
    let mut left = before.iter().rev().map(joining).filter(|kind| *kind != JoiningType::Transparent);
    let mut right = after.iter().map(joining).filter(|kind| *kind != JoiningType::Transparent);
    matches!(left.next(), Some(JoiningType::LeftJoining | JoiningType::DualJoining))
        && matches!(right.next(), Some(JoiningType::RightJoining | JoiningType::DualJoining))
}

/// Whether the joiner makes one picture of two.
fn is_between_pictures(before: &[char], after: &[char]) -> bool {
    let mut left = before.iter().rev().skip_while(|c| **c == '\u{FE0F}' || is::<EmojiModifier>(**c));
    left.next().is_some_and(|c| is::<ExtendedPictographic>(*c))
        && after.first().is_some_and(|c| is::<ExtendedPictographic>(*c))
}

/// Whether a selector can make `c` a picture or a plain sign: pictures, and the digits of keycaps.
fn has_picture_form(c: char) -> bool {
    is::<ExtendedPictographic>(c) || (c.is_ascii() && is::<EmojiComponent>(c))
}

fn is<P: BinaryProperty>(c: char) -> bool {
    CodePointSetData::new::<P>().contains(c)
}

fn property<P: EnumeratedProperty>(c: char) -> P {
    CodePointMapData::<P>::new().get(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> Option<u32> {
        match visible_text(text, 100) {
            Err(InvalidValue::Invisible { code }) => Some(code),
            _ => None,
        }
    }

    #[test]
    fn a_character_that_shows_nothing_is_refused_wherever_it_stands() {
        for c in [
            '\0',
            '\u{7F}',
            '\u{85}',
            '\u{AD}',
            '\u{34F}',
            '\u{61C}',
            '\u{115F}',
            '\u{1160}',
            '\u{17B4}',
            '\u{17B5}',
            '\u{180B}',
            '\u{180E}',
            '\u{200B}',
            '\u{200C}',
            '\u{200D}',
            '\u{200E}',
            '\u{200F}',
            '\u{2028}',
            '\u{2029}',
            '\u{202E}',
            '\u{2060}',
            '\u{2064}',
            '\u{2066}',
            '\u{206F}',
            '\u{3164}',
            '\u{FDD0}',
            '\u{FE00}',
            '\u{FE0F}',
            '\u{FEFF}',
            '\u{FFA0}',
            '\u{FFF9}',
            '\u{FFFC}',
            '\u{FFFE}',
            '\u{16FE4}',
            '\u{1BCA0}',
            '\u{1D159}',
            '\u{1D173}',
            '\u{1FFFE}',
            '\u{E0001}',
            '\u{E0041}',
            '\u{E0100}',
            '\u{10FFFF}',
        ] {
            let inside = format!("An{c}na");
            assert_eq!(refused(&inside), Some(c.into()), "U+{:04X}", u32::from(c));
            assert!(visible_text(&c.to_string(), 100).is_err(), "U+{:04X} alone", u32::from(c));
        }
    }

    #[test]
    fn a_text_of_blanks_and_marks_is_empty() {
        for text in ["", " \t", "\u{3000}", "\u{2800}", "\u{2800} \u{2800}", "\u{301}", "\u{20DD}", "\u{903}"]
        {
            assert_eq!(visible_text(text, 100), Err(InvalidValue::Empty), "{text:?}");
        }
        assert_eq!(visible_text("\u{2801}\u{2800}\u{2803}", 100), Ok("\u{2801}\u{2800}\u{2803}"));
    }

    #[test]
    fn joiners_and_selectors_are_allowed_where_they_shape_what_is_beside_them() {
        for text in [
            "علی\u{200C}رضا",      // Persian: two words written as one
            "مح\u{64F}\u{200C}مد", // a vowel sign between letter and non-joiner
            "നന്\u{200D}ദിനി",      // Malayalam chillu
            "ක්\u{200D}රිස්ටි",        // Sinhala conjunct
            "র\u{200D}\u{9CD}যাব",  // Bengali, where the joiner stands before the virama
            "क्\u{200C}ष",          // Devanagari, halant shown
            "\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}",
            "\u{1F469}\u{1F3FD}\u{200D}\u{1F680}",
            "\u{2764}\u{FE0F}",
            "1\u{FE0F}\u{20E3}",
            "葛\u{E0100}城",
            "\u{0601}2026",
        ] {
            assert_eq!(visible_text(text, 100), Ok(text), "{text:?}");
            assert_eq!(shown(text), text);
        }
    }

    #[test]
    fn joiners_are_refused_between_letters_that_do_not_join() {
        for text in ["A\u{200D}na", "Ana\u{200C}", "\u{200C}علی", "علی\u{200C}", "\u{1F468}\u{200D}a"] {
            assert!(refused(text).is_some(), "{text:?}");
        }
        assert_eq!(shown("A\u{200D}na\u{2029}!"), "A na !");
    }

    #[test]
    fn lines_may_be_empty_and_hold_breaks_and_tabs() {
        assert_eq!(visible_lines("", 10), Ok(()));
        assert_eq!(visible_lines("a\r\n\tß", 10), Ok(()));
        assert_eq!(visible_lines("a\u{2028}", 10), Err(InvalidValue::Invisible { code: 0x2028 }));
        assert_eq!(visible_lines("a\u{0}", 10), Err(InvalidValue::Invisible { code: 0 }));
        assert_eq!(visible_lines("abc", 2), Err(InvalidValue::TooLong { max: 2, actual: 3 }));
    }
}
