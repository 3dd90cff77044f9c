//! What a value's text looks like, said once for every document that describes it.

use std::sync::Arc;

use uuid::Uuid;

/// The form of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextForm {
    /// What it names, as a sentence.
    pub meaning: Option<&'static str>,
    /// The format's name in JSON Schema, such as `uuid`.
    pub format: Option<&'static str>,
    /// A regular expression that every such text matches.
    pub pattern: Option<&'static str>,
}

/// A value that is written as a text of one form.
pub trait HasTextForm {
    /// The form.
    const TEXT_FORM: TextForm;
}

impl HasTextForm for Uuid {
    const TEXT_FORM: TextForm = TextForm { meaning: Some("The id."), format: Some("uuid"), pattern: None };
}

impl HasTextForm for String {
    const TEXT_FORM: TextForm = TextForm { meaning: None, format: None, pattern: None };
}

impl HasTextForm for Arc<str> {
    const TEXT_FORM: TextForm = String::TEXT_FORM;
}

/// One value that is a text, or a tuple of up to four.
pub trait HasTextForms {
    /// The form of each, in their order.
    const TEXT_FORMS: &'static [TextForm];
}

impl<T: HasTextForm> HasTextForms for T {
    const TEXT_FORMS: &'static [TextForm] = &[T::TEXT_FORM];
}

macro_rules! tuple {
    ($($part:ident)+) => {
        impl<$($part: HasTextForm),+> HasTextForms for ($($part,)+) {
            const TEXT_FORMS: &'static [TextForm] = &[$($part::TEXT_FORM),+];
        }
    };
}
tuple!(A);
tuple!(A B);
tuple!(A B C);
tuple!(A B C D);
