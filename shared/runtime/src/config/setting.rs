//! The declaration of a setting. Parsing, help, `config show` and the documentation's table all follow from it.

use std::fmt::{self, Display};

/// Everything that is said about a setting.
#[derive(Debug)]
pub struct Declaration {
    /// The environment variable; it identifies the setting.
    pub name: &'static str,
    /// The flag without its dashes, if it has one.
    pub flag: Option<&'static str>,
    /// What the flag is in subcommands where it is another one.
    pub flag_in: &'static [FlagIn],
    /// How much of a value may be shown.
    pub visibility: Visibility,
    /// The form of a value: it completes "… must be".
    pub expected: &'static str,
    /// What holds when the setting is not given.
    pub default: Fallback,
    /// What the setting does, in one line.
    pub meaning: &'static str,
    /// The subcommands that use it.
    pub used_by: &'static [&'static str],
}

/// A flag that is special to one subcommand.
#[derive(Debug)]
pub struct FlagIn {
    /// The subcommand.
    pub command: &'static str,
    /// The flag there, without its dashes.
    pub flag: &'static str,
    /// What the setting means there.
    pub meaning: &'static str,
}

/// How much of a value may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// All of it.
    Open,
    /// It is a URL: all but the login in it.
    UrlWithLogin,
    /// Nothing.
    Hidden,
}

/// What holds when a setting is not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fallback {
    /// This value.
    Value(&'static str),
    /// No value; this is what happens then.
    Described(&'static str),
}

impl Declaration {
    /// Whether `<name>_FILE` may name a file that holds the value: so for everything that may hold a secret.
    #[must_use]
    pub const fn may_be_in_a_file(&self) -> bool {
        !matches!(self.visibility, Visibility::Open)
    }

    /// The variable that names the file, whether there may be one or not.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{}_FILE", self.name)
    }

    /// The flag in `command`, without its dashes.
    #[must_use]
    pub fn flag_in(&self, command: &str) -> Option<&'static str> {
        self.special_in(command).map(|special| special.flag).or(self.flag)
    }

    /// What the setting means in `command`.
    #[must_use]
    pub fn meaning_in(&self, command: &str) -> &'static str {
        self.special_in(command).map_or(self.meaning, |special| special.meaning)
    }

    fn special_in(&self, command: &str) -> Option<&'static FlagIn> {
        self.flag_in.iter().find(|special| special.command == command)
    }

    /// What of `text` may be shown. `is_valid` says whether it has the expected form: only then is it known
    /// where the login in it is.
    #[must_use]
    pub fn shown(&self, text: &str, is_valid: bool) -> String {
        match self.visibility {
            Visibility::Open => text.to_owned(),
            Visibility::UrlWithLogin if is_valid => without_login(text),
            Visibility::UrlWithLogin | Visibility::Hidden => "(hidden)".to_owned(),
        }
    }
}

/// A URL whose login is replaced. Where it holds several, everything between the first and the last is.
fn without_login(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://(hidden)@{rest}"),
        _ => url.to_owned(),
    }
}

/// A setting with values of type `T`.
#[derive(Debug)]
pub struct Setting<T> {
    declaration: Declaration,
    parse: fn(&str) -> Result<T, Unfit>,
}

/// A text is no value of a setting. The reason must not repeat the text, which may be a secret.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Unfit(Option<String>);

impl Unfit {
    /// For this reason.
    pub fn because(why: impl Display) -> Self {
        Self(Some(why.to_string()))
    }

    /// The reason, where there is more to say than that the form is another one.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl std::error::Error for Unfit {}

impl Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason().unwrap_or("it does not have the expected form"))
    }
}

/// A setting whose type does not matter.
pub trait Declared: Sync {
    /// What is said about it.
    fn declaration(&self) -> &Declaration;
    /// Whether `text` is a value of it.
    ///
    /// # Errors
    /// When it is none.
    fn check(&self, text: &str) -> Result<(), Unfit>;
}

impl<T> Setting<T> {
    /// A setting whose values `parse` makes of texts.
    #[must_use]
    pub const fn new(declaration: Declaration, parse: fn(&str) -> Result<T, Unfit>) -> Self {
        Self { declaration, parse }
    }

    /// The value that `text` stands for.
    ///
    /// # Errors
    /// When it stands for none.
    pub fn parse(&self, text: &str) -> Result<T, Unfit> {
        (self.parse)(text)
    }
}

impl<T> Declared for Setting<T> {
    fn declaration(&self) -> &Declaration {
        &self.declaration
    }

    fn check(&self, text: &str) -> Result<(), Unfit> {
        self.parse(text).map(drop)
    }
}
