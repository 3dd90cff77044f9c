//! Where values come from: flags first, then the environment or a file named there, then the declaration.

use std::{collections::BTreeMap, fmt};

use super::{Declaration, Declared, Fallback, PREFIX, Secret, Setting, SettingError, Unfit, names};

/// What was given to this process: flags, and variables of the environment. An empty variable counts as not set.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    command: String,
    flags: BTreeMap<&'static str, Secret<String>>,
    environment: BTreeMap<String, Secret<String>>,
}

/// The text that was given for a setting.
#[derive(Debug)]
pub struct Given {
    /// The text.
    pub text: Secret<String>,
    /// Where it was given.
    pub source: Source,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// This flag, without its dashes.
    Flag(&'static str),
    /// This variable.
    Environment(&'static str),
    /// The file at `path`, which `variable` names.
    File {
        /// The variable.
        variable: String,
        /// The file.
        path: String,
    },
    /// The declaration.
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "--{flag}"),
            Self::Environment(name) => f.write_str(name),
            Self::File { variable, path } => write!(f, "{variable} ({path})"),
            Self::Default => f.write_str("default"),
        }
    }
}

impl Settings {
    /// From the environment, for the subcommand `command`.
    ///
    /// # Errors
    /// When a value of ours is not UTF-8.
    pub fn from_env(command: &str) -> Result<Self, SettingError> {
        let own = std::env::vars_os().filter_map(|(name, value)| {
            let name = name.into_string().ok().filter(|name| name.starts_with(PREFIX))?;
            let text = value.into_string().map_err(|_| SettingError::NotText(name.clone()));
            Some(text.map(|value| (name, value)))
        });
        Ok(Self::from_pairs(own.collect::<Result<Vec<_>, _>>()?).of(command))
    }

    /// From names and values of variables.
    pub fn from_pairs<N: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let values = pairs.into_iter().map(|(name, value)| (name.into(), Secret::new(value.into())));
        Self { environment: values.collect(), ..Self::default() }
    }

    /// For the subcommand `command`.
    #[must_use]
    pub fn of(self, command: &str) -> Self {
        Self { command: command.to_owned(), ..self }
    }

    /// With `value` given as the flag of the setting called `name`.
    #[must_use]
    pub fn with_flag(mut self, name: &'static str, value: String) -> Self {
        self.flags.insert(name, Secret::new(value));
        self
    }

    /// What was given for a setting, if anything was. A flag wins over the environment.
    ///
    /// # Errors
    /// When a variable and its file are both set, or the file cannot be read.
    pub fn given(&self, setting: &Declaration) -> Result<Option<Given>, SettingError> {
        if let (Some(text), Some(flag)) = (self.flags.get(setting.name), setting.flag_in(&self.command)) {
            return Ok(Some(Given { text: text.clone(), source: Source::Flag(flag) }));
        }
        let variable = setting.file_name();
        let path = self.variable(&variable).filter(|_| setting.may_be_in_a_file());
        match (self.variable(setting.name), path) {
            (Some(_), Some(_)) => Err(SettingError::Twice(setting.name)),
            (Some(text), None) => {
                Ok(Some(Given { text: text.clone(), source: Source::Environment(setting.name) }))
            }
            (None, Some(path)) => read(variable, path.expose()).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// Whether anything was given for a setting, readable or not.
    #[must_use]
    pub fn is_given(&self, setting: &Declaration) -> bool {
        self.given(setting).map_or(true, |given| given.is_some())
    }

    fn variable(&self, name: &str) -> Option<&Secret<String>> {
        self.environment.get(name).filter(|value| !value.expose().is_empty())
    }

    /// The value of a setting: the given one, or the declared one, if there is any.
    ///
    /// # Errors
    /// When what was given is no value.
    pub fn find<T>(&self, setting: &Setting<T>) -> Result<Option<T>, SettingError> {
        let declaration = setting.declaration();
        let (text, source) = match (self.given(declaration)?, declaration.default) {
            (Some(given), _) => (given.text, given.source),
            (None, Fallback::Value(text)) => (Secret::new(text.to_owned()), Source::Default),
            (None, Fallback::Described(_)) => return Ok(None),
        };
        let refused = |unfit| refused(declaration, text.expose(), &source, &unfit);
        setting.parse(text.expose()).map(Some).map_err(refused)
    }

    /// The value of a setting that must have one.
    ///
    /// # Errors
    /// When there is none, or what was given is no value.
    pub fn get<T>(&self, setting: &Setting<T>) -> Result<T, SettingError> {
        self.find(setting)?.ok_or_else(|| self.missing(setting.declaration()))
    }

    /// The error for a setting that must be given.
    #[must_use]
    pub fn missing(&self, setting: &Declaration) -> SettingError {
        let flag = setting.flag_in(&self.command).map(|flag| format!("give --{flag}, or "));
        let file = setting
            .may_be_in_a_file()
            .then(|| format!(", or {} to a file that holds it", setting.file_name()));
        let (flag, file) = (flag.unwrap_or_default(), file.unwrap_or_default());
        SettingError::Missing { name: setting.name, remedy: format!("{flag}set {}{file}", setting.name) }
    }

    /// What is wrong with what was given for `setting`.
    #[must_use]
    pub fn problem(&self, setting: &dyn Declared) -> Option<SettingError> {
        let declaration = setting.declaration();
        let given = match self.given(declaration) {
            Ok(given) => given?,
            Err(error) => return Some(error),
        };
        let unfit = setting.check(given.text.expose()).err()?;
        Some(refused(declaration, given.text.expose(), &given.source, &unfit))
    }

    /// Variables that begin like a setting and are none of `known`.
    #[must_use]
    pub fn unknown(&self, known: &[&dyn Declared]) -> Vec<SettingError> {
        let problems =
            self.environment.iter().map(|(name, value)| names::problem(name, value.expose(), known));
        problems.flatten().collect()
    }
}

fn refused(setting: &Declaration, text: &str, source: &Source, unfit: &Unfit) -> SettingError {
    let is_open = matches!(setting.visibility, super::Visibility::Open);
    SettingError::Refused {
        given_as: source.to_string(),
        value: is_open.then(|| text.to_owned()),
        expected: setting.expected,
        reason: unfit.reason().map(str::to_owned),
    }
}

/// What a file holds, without a line end at its end.
fn read(variable: String, path: &str) -> Result<Given, SettingError> {
    let path = path.to_owned();
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(source) => return Err(SettingError::File { variable, path, source }),
    };
    let text = text.strip_suffix('\n').map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    if text.is_empty() {
        return Err(SettingError::EmptyFile { variable, path });
    }
    Ok(Given { text: Secret::new(text.to_owned()), source: Source::File { variable, path } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::{A_COUNT, A_PASSWORD, KNOWN, LISTEN, LISTEN_PORT, PASSWORD};

    fn file(text: &str) -> (tempfile::NamedTempFile, String) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let path = file.path().to_str().unwrap().to_owned();
        (file, path)
    }

    #[test]
    fn a_value_comes_from_a_flag_the_environment_a_file_or_the_declaration() {
        let nothing = Settings::default();
        assert_eq!(nothing.get(&LISTEN_PORT).unwrap(), 8080);
        assert!(nothing.find(&A_PASSWORD).unwrap().is_none());
        let environment = Settings::from_pairs([(LISTEN, "1")]);
        assert_eq!(environment.get(&LISTEN_PORT).unwrap(), 1);
        let flag = environment.with_flag(LISTEN, "2".to_owned());
        assert_eq!(flag.get(&LISTEN_PORT).unwrap(), 2);
        let (_file, path) = file("hunter2\r\n");
        let in_file = Settings::from_pairs([("AEROSPORTS_PASSWORD_FILE", &path)]);
        assert_eq!(in_file.get(&A_PASSWORD).unwrap().expose(), "hunter2");
    }

    #[test]
    fn an_empty_variable_counts_as_not_set_and_an_empty_flag_or_file_does_not() {
        assert_eq!(Settings::from_pairs([(LISTEN, "")]).get(&LISTEN_PORT).unwrap(), 8080);
        let flag = Settings::default().with_flag(LISTEN, String::new());
        assert!(flag.get(&LISTEN_PORT).unwrap_err().to_string().starts_with("--listen"));
        let (_file, path) = file("\n");
        let error = Settings::from_pairs([("AEROSPORTS_PASSWORD_FILE", &path)]).get(&A_PASSWORD).unwrap_err();
        assert!(error.to_string().contains("empty"), "{error}");
    }

    #[test]
    fn the_source_is_told_with_its_name() {
        let (_file, path) = file("hunter2");
        let settings = Settings::from_pairs([(LISTEN, "1"), ("AEROSPORTS_PASSWORD_FILE", &path)]);
        let source = |settings: &Settings, setting: &dyn Declared| {
            settings.given(setting.declaration()).unwrap().unwrap().source.to_string()
        };
        assert_eq!(source(&settings, &LISTEN_PORT), LISTEN);
        assert_eq!(source(&settings, &A_PASSWORD), format!("AEROSPORTS_PASSWORD_FILE ({path})"));
        let settings = settings.with_flag(LISTEN, "2".to_owned());
        assert_eq!(source(&settings, &LISTEN_PORT), "--listen");
        assert_eq!(source(&settings.of("call"), &LISTEN_PORT), "--port");
        let meanings = ["serve", "call"].map(|command| LISTEN_PORT.declaration().meaning_in(command));
        assert_eq!(meanings, ["where to listen", "whom to call"]);
    }

    #[test]
    fn errors_name_the_setting_and_show_no_secret() {
        let settings = |pairs: &[(&str, &str)]| Settings::from_pairs(pairs.to_vec());
        let s3cret = "s3cret";
        let errors = [
            (
                PASSWORD,
                settings(&[(PASSWORD, s3cret), ("AEROSPORTS_PASSWORD_FILE", s3cret)]).problem(&A_PASSWORD),
            ),
            (PASSWORD, settings(&[("AEROSPORTS_PASSWORD_FILE", "/no/such/file")]).problem(&A_PASSWORD)),
            ("AEROSPORTS_COUNT", settings(&[("AEROSPORTS_COUNT", s3cret)]).problem(&A_COUNT)),
            (PASSWORD, settings(&[]).get(&A_PASSWORD).err()),
        ];
        for (name, error) in errors {
            let text = error.unwrap().with_causes();
            assert!(text.contains(name) && !text.contains(s3cret), "{text}");
        }
        let settings = settings(&[(PASSWORD, s3cret)]);
        assert!(!format!("{settings:?}{:?}", settings.given(A_PASSWORD.declaration())).contains(s3cret));
    }

    #[test]
    fn a_value_that_is_no_secret_is_repeated() {
        let error = Settings::from_pairs([(LISTEN, "here")]).problem(&LISTEN_PORT).unwrap();
        assert_eq!(error.to_string(), "AEROSPORTS_LISTEN is `here`, and must be a port");
    }

    #[test]
    fn what_is_missing_is_said_with_every_way_to_give_it() {
        let missing =
            |command| Settings::default().of(command).missing(LISTEN_PORT.declaration()).to_string();
        assert_eq!(missing("serve"), "AEROSPORTS_LISTEN is not set: give --listen, or set AEROSPORTS_LISTEN");
        assert!(missing("call").contains("--port"));
        let hidden = Settings::default().missing(A_PASSWORD.declaration()).to_string();
        assert!(hidden.contains("or AEROSPORTS_PASSWORD_FILE to a file"), "{hidden}");
    }

    #[test]
    fn unknown_names_are_all_found() {
        let settings =
            Settings::from_pairs([(LISTEN, "1"), ("AEROSPORTS_LISTN", "y"), ("AEROSPORTS_X", "z")]);
        let unknown: Vec<_> = settings.unknown(KNOWN).iter().map(ToString::to_string).collect();
        assert!(unknown.len() == 2 && unknown[0].contains("AEROSPORTS_LISTEN?"), "{unknown:?}");
    }

    #[test]
    fn a_login_is_shown_only_without_its_words() {
        let shown = |text, is_valid| A_COUNT.declaration().shown(text, is_valid);
        assert_eq!(shown("mssql://sa:p@ss@db/aero?a=b", true), "mssql://(hidden)@db/aero?a=b");
        assert_eq!(shown("nats://a:b@one,nats://c:d@two", true), "nats://(hidden)@two");
        assert_eq!(shown("sqlite:data", true), "sqlite:data");
        assert_eq!(shown("mssql:sa:hunter2", false), "(hidden)");
        assert_eq!(A_PASSWORD.declaration().shown("hunter2", true), "(hidden)");
    }
}
