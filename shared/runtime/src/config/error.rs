//! What can be wrong with settings. Every message names the setting and says what to change; none shows a secret.

use std::{error::Error, fmt, io};

/// What is wrong with a setting.
#[derive(Debug, thiserror::Error)]
pub enum SettingError {
    /// It must be there.
    #[error("{name} is not set: {remedy}")]
    Missing {
        /// The setting.
        name: &'static str,
        /// How to set it.
        remedy: String,
    },
    /// Both it and its file are given.
    #[error("{0} and {0}_FILE are both set: keep one")]
    Twice(&'static str),
    /// Its value does not have the expected form.
    #[error("{given_as} {}must be {expected}{}", shown(.value.as_ref()), because(.reason.as_ref()))]
    Refused {
        /// The flag or variable that holds the value.
        given_as: String,
        /// The value, unless it is a secret.
        value: Option<String>,
        /// The form it must have.
        expected: &'static str,
        /// Why it does not have that form.
        reason: Option<String>,
    },
    /// Its value is not text.
    #[error("{0} must be UTF-8 text")]
    NotText(String),
    /// Its file cannot be read.
    #[error("{variable} names the file {path}, which cannot be read")]
    File {
        /// The variable.
        variable: String,
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Its file holds nothing.
    #[error("{variable} names the file {path}, which is empty")]
    EmptyFile {
        /// The variable.
        variable: String,
        /// The file.
        path: String,
    },
    /// A variable that begins like a setting and is none.
    #[error("{name} is no setting: {hint}")]
    Unknown {
        /// The variable.
        name: String,
        /// What to do about it.
        hint: String,
    },
    /// Settings that do not go together.
    #[error("{0}")]
    Contradiction(String),
}

fn shown(value: Option<&String>) -> String {
    value.map(|value| format!("is `{value}`, and ")).unwrap_or_default()
}

fn because(reason: Option<&String>) -> String {
    reason.map(|reason| format!(": {reason}")).unwrap_or_default()
}

impl SettingError {
    /// The message with its causes, in one line.
    #[must_use]
    pub fn with_causes(&self) -> String {
        crate::causes::with_causes(self)
    }
}

/// Everything that is wrong with the settings of a process, at once. Never empty.
#[derive(Debug)]
pub struct Problems(pub Vec<SettingError>);

impl Error for Problems {}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [one] => f.write_str(&one.with_causes()),
            several => {
                write!(f, "{} settings need a change", several.len())?;
                several.iter().try_for_each(|problem| write!(f, "\n  {}", problem.with_causes()))
            }
        }
    }
}
