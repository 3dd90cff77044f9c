//! What stands under a waiver.

use std::{fmt, sync::Arc};

use crate::{
    checked::checked_values,
    values::{InvalidValue, Name},
};

/// A signature: a name, and perhaps what was drawn. Stored only sealed.
#[derive(Clone, PartialEq, Eq)]
pub struct Signature {
    /// Who signed.
    pub signed_by: Name,
    /// What was drawn.
    pub drawing: Option<Drawing>,
}

impl From<Name> for Signature {
    fn from(signed_by: Name) -> Self {
        Self { signed_by, drawing: None }
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature(…)")
    }
}

/// A drawn signature: the path of an SVG picture, or a picture in base64. 1 to 65 536 printable ASCII characters
/// without `<` and `&`, so that it is no markup wherever it is shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Drawing(Arc<str>);

impl Drawing {
    /// Most characters.
    pub const MAX: usize = 65_536;

    /// Checks `text`.
    ///
    /// # Errors
    /// `Empty`, `TooLong`, `Malformed`.
    pub fn new(text: &str) -> Result<Self, InvalidValue> {
        let printable = |b: u8| matches!(b, b' '..=b'~') && !matches!(b, b'<' | b'&');
        match text.len() {
            0 => Err(InvalidValue::Empty),
            actual if actual > Self::MAX => Err(InvalidValue::TooLong { max: Self::MAX, actual }),
            _ if text.bytes().all(printable) => Ok(Self(text.into())),
            _ => Err(InvalidValue::Malformed {
                expected: "the path of an SVG picture, or a picture in base64",
            }),
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// From a stored event, which was checked when it was written.
    #[must_use]
    pub fn stored(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Drawing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Drawing(…)")
    }
}

checked_values! {
    Drawing: String, |text| Self::new(&text), else Self("M0 0".into());
}
