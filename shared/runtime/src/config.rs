//! Settings from the environment (`AEROSPORTS_<NAME>`) or from a file named there (`AEROSPORTS_<NAME>_FILE`,
//! for secrets). Every error names the setting and says what it must be; a secret's value is never shown.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, io,
    str::FromStr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Every setting begins with it.
const PREFIX: &str = "AEROSPORTS_";
/// Ends the name of a setting whose value is in a file.
const FILE: &str = "_FILE";

/// A value that must not be seen: `Debug` hides it, and there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Hides `value`.
    #[must_use]
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for its one use.
    #[must_use]
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What is wrong with a setting.
#[derive(Debug, thiserror::Error)]
pub enum SettingError {
    /// It must be there.
    #[error("{0} is not set; set it, or {0}_FILE to a file that holds it")]
    Missing(String),
    /// Both it and its file are given.
    #[error("{0} and {0}_FILE are both set; keep one")]
    Twice(String),
    /// Its value has no meaning.
    #[error("{name} must be {expected}")]
    Refused {
        /// The setting.
        name: String,
        /// The form it must have.
        expected: &'static str,
    },
    /// Its value is not text.
    #[error("{0} must be UTF-8 text")]
    NotText(String),
    /// Its file cannot be read.
    #[error("{name}_FILE names the file {path}, which cannot be read")]
    File {
        /// The setting.
        name: String,
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl SettingError {
    /// A value that is not what it must be: `<name> must be <expected>`.
    #[must_use]
    pub fn refused(name: &str, expected: &'static str) -> Self {
        Self::Refused { name: name.to_owned(), expected }
    }
}

/// The settings of this process. An empty value counts as not set.
#[derive(Debug)]
pub struct Settings {
    values: BTreeMap<String, Secret<String>>,
    asked: Mutex<BTreeSet<String>>,
}

impl Settings {
    /// From the environment.
    ///
    /// # Errors
    /// When a value of ours is not UTF-8.
    pub fn from_env() -> Result<Self, SettingError> {
        let own = std::env::vars_os().filter_map(|(name, value)| {
            let name = name.into_string().ok().filter(|name| name.starts_with(PREFIX))?;
            Some(
                value
                    .into_string()
                    .map_err(|_| SettingError::NotText(name.clone()))
                    .map(|value| (name, value)),
            )
        });
        Ok(Self::from_pairs(own.collect::<Result<Vec<_>, _>>()?))
    }

    /// From names and values.
    pub fn from_pairs<N: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let values = pairs.into_iter().map(|(name, value)| (name.into(), Secret::new(value.into())));
        Self { values: values.collect(), asked: Mutex::default() }
    }

    /// The value of `name`, or of the file that `<name>_FILE` names, without a line end at its end.
    ///
    /// # Errors
    /// When both are set, or the file cannot be read.
    pub fn text(&self, name: &str) -> Result<Option<String>, SettingError> {
        let in_file = format!("{name}{FILE}");
        match (self.find(name), self.find(&in_file)) {
            (Some(_), Some(_)) => Err(SettingError::Twice(name.to_owned())),
            (Some(value), None) => Ok(Some(value.to_owned())),
            (None, Some(path)) => read(name, path),
            (None, None) => Ok(None),
        }
    }

    fn find(&self, name: &str) -> Option<&str> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
        self.values.get(name).map(|value| value.expose().as_str()).filter(|value| !value.is_empty())
    }

    /// The value of `name`, which must be there.
    ///
    /// # Errors
    /// See [`SettingError`].
    pub fn required(&self, name: &str) -> Result<String, SettingError> {
        self.text(name)?.ok_or_else(|| SettingError::Missing(name.to_owned()))
    }

    /// The value of `name` as a `T`; `expected` completes "… must be".
    ///
    /// # Errors
    /// See [`SettingError`].
    pub fn parsed<T: FromStr>(&self, name: &str, expected: &'static str) -> Result<Option<T>, SettingError> {
        let parse = |text: String| text.trim().parse().map_err(|_| SettingError::refused(name, expected));
        self.text(name)?.map(parse).transpose()
    }

    /// The comma-separated values of `name`.
    ///
    /// # Errors
    /// See [`SettingError`].
    pub fn list<T: FromStr>(&self, name: &str, expected: &'static str) -> Result<Vec<T>, SettingError> {
        let text = self.text(name)?.unwrap_or_default();
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(|part| part.parse().map_err(|_| SettingError::refused(name, expected))).collect()
    }

    /// The value of `name` as a length of time: a whole number with `ms`, `s`, `m` or `h`.
    ///
    /// # Errors
    /// See [`SettingError`].
    pub fn duration(&self, name: &str) -> Result<Option<Duration>, SettingError> {
        let refused = || SettingError::refused(name, "a length of time such as 250ms, 10s, 5m or 1h");
        self.text(name)?.map(|text| parse_duration(text.trim()).ok_or_else(refused)).transpose()
    }

    /// The value of `name`, kept from sight.
    ///
    /// # Errors
    /// See [`SettingError`].
    pub fn secret(&self, name: &str) -> Result<Option<Secret<String>>, SettingError> {
        Ok(self.text(name)?.map(Secret::new))
    }

    /// Settings of ours that nobody asked for: probably misspelt.
    #[must_use]
    pub fn unknown(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        self.values
            .keys()
            .filter(|name| name.starts_with(PREFIX) && !asked.contains(*name))
            .cloned()
            .collect()
    }
}

fn read(name: &str, path: &str) -> Result<Option<String>, SettingError> {
    let failed = |source| SettingError::File { name: name.to_owned(), path: path.to_owned(), source };
    let text = std::fs::read_to_string(path).map_err(failed)?;
    let text = text.strip_suffix('\n').map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

fn parse_duration(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs),
        "h" => number.checked_mul(3_600).map(Duration::from_secs),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_from_the_environment_or_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "hunter2\n").unwrap();
        let path = file.path().to_str().unwrap();
        let settings =
            Settings::from_pairs([("AEROSPORTS_A", "1"), ("AEROSPORTS_B_FILE", path), ("AEROSPORTS_C", "")]);
        assert_eq!(settings.required("AEROSPORTS_A").unwrap(), "1");
        assert_eq!(settings.secret("AEROSPORTS_B").unwrap().unwrap().expose(), "hunter2");
        assert_eq!(settings.text("AEROSPORTS_C").unwrap(), None);
    }

    #[test]
    fn errors_name_the_setting_and_show_no_value() {
        let pairs = [
            ("AEROSPORTS_TWICE", "s3cret"),
            ("AEROSPORTS_TWICE_FILE", "s3cret"),
            ("AEROSPORTS_LOST_FILE", "/no/such/file"),
            ("AEROSPORTS_PORT", "s3cret"),
        ];
        let settings = Settings::from_pairs(pairs);
        let errors = [
            ("AEROSPORTS_TWICE", settings.text("AEROSPORTS_TWICE").unwrap_err()),
            ("AEROSPORTS_LOST_FILE", settings.text("AEROSPORTS_LOST").unwrap_err()),
            ("AEROSPORTS_PORT", settings.parsed::<u16>("AEROSPORTS_PORT", "a port").unwrap_err()),
            ("AEROSPORTS_PORT", settings.duration("AEROSPORTS_PORT").unwrap_err()),
            ("AEROSPORTS_MISSING", settings.required("AEROSPORTS_MISSING").unwrap_err()),
        ];
        for (name, error) in errors {
            let text = error.to_string();
            assert!(text.contains(name) && !text.contains("s3cret"), "{text}");
        }
        assert!(!format!("{settings:?}").contains("s3cret"));
    }

    #[test]
    fn values_are_typed() {
        let pairs = [("AEROSPORTS_N", "7"), ("AEROSPORTS_L", "a, b,,c "), ("AEROSPORTS_D", "250ms")];
        let settings = Settings::from_pairs(pairs);
        assert_eq!(settings.parsed::<u16>("AEROSPORTS_N", "a number").unwrap(), Some(7));
        assert_eq!(settings.list::<String>("AEROSPORTS_L", "names").unwrap(), ["a", "b", "c"]);
        assert_eq!(settings.duration("AEROSPORTS_D").unwrap(), Some(Duration::from_millis(250)));
        assert_eq!(parse_duration("90s"), Some(Duration::from_secs(90)));
        assert_eq!(parse_duration("2h"), Some(Duration::from_hours(2)));
        for bad in ["", "5", "s", "-1s", "1.5s", "5 s", "99999999999999999999s", "18446744073709551615h"] {
            assert_eq!(parse_duration(bad), None, "{bad}");
        }
    }

    #[test]
    fn misspelt_settings_are_noticed() {
        let settings =
            Settings::from_pairs([("AEROSPORTS_LISTEN", "x"), ("AEROSPORTS_LISTN", "y"), ("HOME", "z")]);
        settings.text("AEROSPORTS_LISTEN").unwrap();
        assert_eq!(settings.unknown(), ["AEROSPORTS_LISTN"]);
    }

    #[test]
    fn a_secret_is_not_printed() {
        assert_eq!(format!("{:?}", Some(Secret::new("s3cret"))), "Some(Secret(…))");
    }
}
