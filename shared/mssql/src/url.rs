//! Where the server is and how to log in, from one URL. No error and no `Debug` shows the password.

use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use runtime::config::Secret;
use url::{Position, Url};

use super::encryption::{Encryption, Trust};

/// The port of SQL Server's default instance.
const PORT: u16 = 1_433;
/// How the process shows itself to the server, unless the URL says otherwise.
const APPLICATION: &str = "aerosports";

/// What is wrong with a URL. The URL itself is not repeated, since it holds the password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Not of the form at all.
    #[error("a SQL Server URL must be mssql://user:password@host[:port]/database[?setting=value&…]: {0}")]
    Form(&'static str),
    /// A character that must be escaped.
    #[error("the SQL Server URL's {0} must be percent-encoded UTF-8 (`@` is %40, `/` is %2F, `%` is %25)")]
    Encoding(&'static str),
    /// A setting that does not exist.
    #[error("the SQL Server URL's setting `{0}` does not exist; there are {KNOWN}")]
    Unknown(String),
    /// A setting twice.
    #[error("the SQL Server URL's setting `{0}` is there twice; keep one")]
    Twice(&'static str),
    /// A value without a meaning.
    #[error("the SQL Server URL's setting `{setting}` must be {expected}")]
    Value {
        /// The setting.
        setting: &'static str,
        /// The form it must have.
        expected: &'static str,
    },
    /// Two settings that exclude each other.
    #[error("the SQL Server URL's settings `{0}` and `{1}` exclude each other; keep one")]
    Both(&'static str, &'static str),
}

const ENCRYPT: &str = "encrypt";
const CA: &str = "trust_cert_ca";
const TRUST: &str = "trust_server_certificate";
const CERTIFICATE_HOST: &str = "hostname_in_certificate";
const NAME: &str = "application_name";
const INTENT: &str = "application_intent";
const SETTINGS: [&str; 6] = [ENCRYPT, CA, TRUST, CERTIFICATE_HOST, NAME, INTENT];
const KNOWN: &str = "encrypt, trust_cert_ca, trust_server_certificate, hostname_in_certificate, \
                     application_name and application_intent";

/// Everything a connection needs to know.
#[derive(Clone, Debug)]
pub struct MssqlConfig {
    /// Name or address of the server.
    pub host: String,
    /// Its TCP port.
    pub port: u16,
    /// The database in it.
    pub database: String,
    /// A SQL Server login.
    pub user: String,
    /// Its password.
    pub password: Secret<String>,
    /// See [`Encryption`].
    pub encryption: Encryption,
    /// See [`Trust`].
    pub trust: Trust,
    /// The name the server's certificate carries, when it is not `host`.
    pub certificate_host: Option<String>,
    /// How the process shows itself in the server's lists.
    pub application: String,
    /// Only reads are meant: an availability group may answer from a replica.
    pub read_only: bool,
}

impl MssqlConfig {
    /// Reads `mssql://user:password@host[:port]/database[?setting=value&…]`.
    ///
    /// # Errors
    /// See [`UrlError`].
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let url = Url::parse(text.trim()).map_err(|_| UrlError::Form("it is no URL"))?;
        if url.scheme() != "mssql" {
            return Err(UrlError::Form("it must begin with mssql://"));
        }
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let settings = settings(&url)?;
        let config = Self {
            host: required("host", host, "the host is missing")?,
            port: url.port().unwrap_or(PORT),
            database: required("database", url.path().trim_start_matches('/'), "the database is missing")?,
            user: required("user", url.username(), "the user is missing")?,
            password: Secret::new(required(
                "password",
                url.password().unwrap_or_default(),
                "the password is missing",
            )?),
            encryption: settings.encryption()?,
            trust: settings.trust()?,
            certificate_host: settings.value(CERTIFICATE_HOST).map(ToOwned::to_owned),
            application: settings.value(NAME).unwrap_or(APPLICATION).to_owned(),
            read_only: settings.flag(INTENT, "read_only", "read_write", "read_only or read_write")?,
        };
        if !url[Position::AfterQuery..].is_empty() {
            return Err(UrlError::Form("`#` must be written %23"));
        }
        if config.database.contains('/') {
            return Err(UrlError::Form("the path must be one database name"));
        }
        Ok(config)
    }

    /// The same server and login, another database.
    #[must_use]
    pub fn with_database(&self, database: &str) -> Self {
        Self { database: database.to_owned(), ..self.clone() }
    }

    /// `host:port`, for messages.
    #[must_use]
    pub fn address(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

fn required(part: &'static str, encoded: &str, missing: &'static str) -> Result<String, UrlError> {
    let decoded = percent_decode_str(encoded).decode_utf8().map_err(|_| UrlError::Encoding(part))?;
    if decoded.is_empty() { Err(UrlError::Form(missing)) } else { Ok(decoded.into_owned()) }
}

struct Settings(Vec<(&'static str, String)>);

fn settings(url: &Url) -> Result<Settings, UrlError> {
    let mut found: Vec<(&'static str, String)> = Vec::new();
    for (name, value) in url.query_pairs() {
        let known = SETTINGS.into_iter().find(|known| *known == name);
        let known = known.ok_or_else(|| UrlError::Unknown(name.into_owned()))?;
        if found.iter().any(|(other, _)| *other == known) {
            return Err(UrlError::Twice(known));
        }
        if value.is_empty() {
            return Err(UrlError::Value { setting: known, expected: "given a value, or left out" });
        }
        found.push((known, value.into_owned()));
    }
    Ok(Settings(found))
}

impl Settings {
    fn value(&self, setting: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| *name == setting).map(|(_, value)| value.as_str())
    }

    fn flag(
        &self,
        setting: &'static str,
        yes: &str,
        no: &str,
        expected: &'static str,
    ) -> Result<bool, UrlError> {
        match self.value(setting) {
            None => Ok(false),
            Some(value) if value == yes => Ok(true),
            Some(value) if value == no => Ok(false),
            Some(_) => Err(UrlError::Value { setting, expected }),
        }
    }

    fn encryption(&self) -> Result<Encryption, UrlError> {
        match self.value(ENCRYPT) {
            None | Some("on") => Ok(Encryption::On),
            Some("strict") => Ok(Encryption::Strict),
            Some("off") => Ok(Encryption::Off),
            Some(_) => Err(UrlError::Value { setting: ENCRYPT, expected: "on, strict or off" }),
        }
    }

    fn trust(&self) -> Result<Trust, UrlError> {
        let anyone = self.flag(TRUST, "true", "false", "true or false")?;
        match self.value(CA).map(PathBuf::from) {
            Some(_) if anyone => Err(UrlError::Both(CA, TRUST)),
            Some(file) => Ok(Trust::Authorities(file)),
            None if anyone => Ok(Trust::Anyone),
            None => Ok(Trust::System),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_url_gets_safe_defaults() {
        let config = MssqlConfig::parse("mssql://app:s3cret@db.example/aero").unwrap();
        assert_eq!((config.host.as_str(), config.port), ("db.example", 1_433));
        assert_eq!((config.user.as_str(), config.database.as_str()), ("app", "aero"));
        assert_eq!(config.password.expose(), "s3cret");
        assert_eq!((config.encryption, config.trust), (Encryption::On, Trust::System));
        assert!(!config.read_only);
        assert_eq!(config.application, "aerosports");
    }

    #[test]
    fn every_part_is_decoded() {
        let config = MssqlConfig::parse(
            "mssql://ap%40p:p%2F%25%3A%C3%A4+@[::1]:14330/my%20db?encrypt=strict&trust_cert_ca=/a/b%20c.pem\
             &hostname_in_certificate=sql.local&application_name=till%201&application_intent=read_only",
        )
        .unwrap();
        assert_eq!((config.user.as_str(), config.password.expose().as_str()), ("ap@p", "p/%:ä+"));
        assert_eq!(config.address(), "[::1]:14330");
        assert_eq!((config.host.as_str(), config.database.as_str()), ("::1", "my db"));
        assert_eq!(config.encryption, Encryption::Strict);
        assert_eq!(config.trust, Trust::Authorities("/a/b c.pem".into()));
        assert_eq!(config.certificate_host.as_deref(), Some("sql.local"));
        assert_eq!(config.application, "till 1");
        assert!(config.read_only);
    }

    #[test]
    fn a_bad_url_is_explained_and_not_repeated() {
        let cases = [
            ("s3cret", "no URL"),
            ("postgres://app:s3cret@db/aero", "mssql://"),
            ("mssql://app:s3cret@/aero", "host"),
            ("mssql://app:s3cret@db", "database"),
            ("mssql://app:s3cret@db/aero/x", "one database"),
            ("mssql://app@db/aero", "password"),
            ("mssql://:s3cret@db/aero", "user"),
            ("mssql://app:s3cret%ff@db/aero", "percent-encoded"),
            ("mssql://app:s3cret@db/aero#x", "%23"),
            ("mssql://app:s3cret@db:99999/aero", "no URL"),
            ("mssql://app:s3cret@db/aero?encrypt=no", "on, strict or off"),
            ("mssql://app:s3cret@db/aero?encrypt=", "left out"),
            ("mssql://app:s3cret@db/aero?encrypt=on&encrypt=off", "twice"),
            ("mssql://app:s3cret@db/aero?encrypted=on", "`encrypted` does not exist"),
            ("mssql://app:s3cret@db/aero?trust_server_certificate=1", "true or false"),
            ("mssql://app:s3cret@db/aero?trust_server_certificate=true&trust_cert_ca=/a.pem", "exclude"),
        ];
        for (url, expected) in cases {
            let text = MssqlConfig::parse(url).unwrap_err().to_string();
            assert!(text.contains(expected) && !text.contains("s3cret"), "{url}: {text}");
        }
    }

    #[test]
    fn debug_hides_the_password() {
        let config = MssqlConfig::parse("mssql://app:s3cret@db/aero").unwrap();
        assert!(!format!("{config:?}").contains("s3cret"));
    }
}
