//! How texts become values.

use std::{path::PathBuf, str::FromStr, time::Duration};

use super::{Secret, Unfit};

/// The form of [`duration`].
pub const DURATION: &str = "a length of time such as 250ms, 10s, 5m or 1h";

/// What has a form of its own; spaces around it do not count.
///
/// # Errors
/// When `text` does not have that form.
pub fn parsed<T: FromStr>(text: &str) -> Result<T, Unfit> {
    text.trim().parse().map_err(|_| Unfit::default())
}

/// A path.
///
/// # Errors
/// When it is empty.
pub fn path(text: &str) -> Result<PathBuf, Unfit> {
    if text.is_empty() { Err(Unfit::default()) } else { Ok(text.into()) }
}

/// A secret; spaces around it do not count.
///
/// # Errors
/// When nothing is left.
pub fn secret(text: &str) -> Result<Secret<String>, Unfit> {
    let text = text.trim();
    if text.is_empty() { Err(Unfit::default()) } else { Ok(Secret::new(text.to_owned())) }
}

/// Values separated by commas, at least one.
///
/// # Errors
/// When one does not have its form, or there is none.
pub fn list<T: FromStr>(text: &str) -> Result<Vec<T>, Unfit> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let values: Vec<T> = parts.map(parsed).collect::<Result<_, _>>()?;
    if values.is_empty() { Err(Unfit::default()) } else { Ok(values) }
}

/// A whole number with `ms`, `s`, `m` or `h`.
///
/// # Errors
/// When it is something else.
pub fn duration(text: &str) -> Result<Duration, Unfit> {
    length(text.trim()).ok_or_else(Unfit::default)
}

fn length(text: &str) -> Option<Duration> {
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
    fn values_are_typed() {
        assert_eq!(parsed::<u16>(" 7\n"), Ok(7));
        assert_eq!(list::<String>("a, b,,c ").unwrap(), ["a", "b", "c"]);
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration(" 90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("2h"), Ok(Duration::from_hours(2)));
        assert_eq!(secret(" hunter2\n").unwrap().expose(), "hunter2");
    }

    #[test]
    fn texts_without_a_meaning_are_refused() {
        for bad in ["", "5", "s", "-1s", "1.5s", "5 s", "99999999999999999999s", "18446744073709551615h"] {
            assert_eq!(duration(bad), Err(Unfit::default()), "{bad}");
        }
        assert_eq!(parsed::<u16>("65536"), Err(Unfit::default()));
        assert_eq!(list::<u16>("1,x"), Err(Unfit::default()));
        assert_eq!(list::<u16>(" , "), Err(Unfit::default()));
        assert_eq!(path(""), Err(Unfit::default()));
        assert!(secret(" \n").is_err());
    }
}
