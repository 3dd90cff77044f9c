//! The code of a wristband. Readers write the number of one and the same tag in many ways; it has one form here.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Deserializer};

use super::InvalidId;
use crate::{
    checked::{self, CheckedValue, Refused},
    text_form::{HasTextForm, TextForm},
};

/// The code printed in or read from a wristband: 1 to 64 of `A-Z a-z 0-9 . _ -`.
///
/// The number of a tag, 4, 7, 8 or 10 bytes in hexadecimal digits, has upper case and nothing between its bytes,
/// however a reader writes it: `04:a2:1f:…`, `04-A2-1F-…`, `04 a2 1f …` and `0x04a21f…` are the same band.
///
/// Source: ISO/IEC 14443-3 §6.5.4 and ISO/IEC 15693-3 §4.1 for the lengths.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(into = "String")]
pub struct WristbandUid(Arc<str>);

impl WristbandUid {
    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// From a stored event, which was checked when it was written.
    #[must_use]
    pub fn stored(text: &str) -> Self {
        Self(text.into())
    }

    /// The forms under which this band may be stored, today's first. Tag numbers were once stored as they were
    /// written.
    #[must_use]
    pub fn stored_forms(&self) -> Vec<Self> {
        let Some(upper) = tag_number(&self.0) else { return vec![self.clone()] };
        let lower = upper.to_ascii_lowercase();
        let mut forms = vec![Self::stored(&upper), Self::stored(&lower)];
        forms.extend([upper, lower].map(|digits| Self(in_bytes(&digits).into())));
        forms.dedup();
        if !forms.contains(self) {
            forms.push(self.clone());
        }
        forms
    }
}

/// The digits of `text` in upper case, if it is the number of a tag.
fn tag_number(text: &str) -> Option<String> {
    let unmarked = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    let digits: String = match unmarked.chars().nth(2) {
        Some(separator @ (':' | '-' | ' ')) => {
            let bytes = unmarked.split(separator);
            bytes.map(|byte| (byte.len() == 2).then_some(byte)).collect::<Option<_>>()?
        }
        _ => unmarked.to_owned(),
    };
    let is_number =
        matches!(digits.len(), 8 | 14 | 16 | 20) && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_number.then(|| digits.to_ascii_uppercase())
}

/// `digits` with a hyphen between each two.
fn in_bytes(digits: &str) -> String {
    let digits: Vec<char> = digits.chars().collect();
    digits.chunks(2).map(String::from_iter).collect::<Vec<_>>().join("-")
}

impl FromStr for WristbandUid {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        if let Some(number) = tag_number(text) {
            return Ok(Self(number.into()));
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if (1..=64).contains(&text.len()) && text.chars().all(plain) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidId {
                kind: "wristband uid",
                expected: "1 to 64 letters, digits, dots, underscores or hyphens, or the number of a tag \
                           such as 04:A2:1F:6B:5E:80:00",
            })
        }
    }
}

impl HasTextForm for WristbandUid {
    const TEXT_FORM: TextForm = TextForm {
        meaning: Some(
            "The code printed in or read from the band. Tag numbers are taken in any spelling and answered in upper \
             case with nothing between their bytes.",
        ),
        format: None,
        pattern: Some("^[A-Za-z0-9._: -]{1,64}$"),
    };
}

impl CheckedValue for WristbandUid {
    type Raw = String;

    fn check(text: String) -> Result<Self, Refused> {
        Ok(text.parse::<Self>()?)
    }

    fn stand_in() -> Self {
        Self("-".into())
    }
}

impl<'de> Deserialize<'de> for WristbandUid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            return checked::deserialize(deserializer);
        }
        // A snapshot holds what was serialised, not what people write.
        String::deserialize(deserializer).map(|text| Self(text.into()))
    }
}

impl From<WristbandUid> for String {
    fn from(uid: WristbandUid) -> Self {
        uid.0.as_ref().to_owned()
    }
}

impl fmt::Display for WristbandUid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        text.parse::<WristbandUid>().unwrap().to_string()
    }

    #[test]
    fn a_tag_number_has_one_form_however_it_is_written() {
        for text in [
            "04A21F6B5E8000",
            "04a21f6b5e8000",
            "04-A2-1F-6B-5E-80-00",
            "04:a2:1f:6b:5e:80:00",
            "04 A2 1f 6b 5e 80 00",
            "0x04a21f6b5e8000",
            "0X04:A2:1F:6B:5E:80:00",
        ] {
            assert_eq!(read(text), "04A21F6B5E8000", "{text}");
        }
        for (text, form) in [("deadbeef", "DEADBEEF"), ("e00401008f3e2b1c", "E00401008F3E2B1C")] {
            assert_eq!(read(text), form);
        }
    }

    #[test]
    fn a_code_that_is_no_tag_number_stays_as_it_is() {
        for text in ["G-1", "g-1", "B-17", "abc", "12345678", "1234-5678", "04-a2-1", "abcdefgh", "deadbee"] {
            assert_eq!(read(text), text);
            assert_eq!(WristbandUid::stored(text).stored_forms()[0].as_str(), text);
        }
    }

    #[test]
    fn a_code_of_other_characters_is_refused() {
        for text in ["", "two words", "a:b", "\u{e4}", "04:A2:1F", "04:A2-1F:6B", &"x".repeat(65)] {
            assert!(text.parse::<WristbandUid>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn every_form_that_a_tag_number_was_once_stored_in_is_known() {
        let uid: WristbandUid = "04:a2:1f:6b".parse().unwrap();
        let forms: Vec<_> = uid.stored_forms().iter().map(ToString::to_string).collect();
        assert_eq!(forms, ["04A21F6B", "04a21f6b", "04-A2-1F-6B", "04-a2-1f-6b"]);
        let odd = WristbandUid::stored("04a21F6b").stored_forms();
        assert_eq!(odd.last(), Some(&WristbandUid::stored("04a21F6b")));
        assert_eq!(WristbandUid::stored("12345678").stored_forms().len(), 2);
    }
}
