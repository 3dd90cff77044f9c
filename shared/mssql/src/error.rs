//! A failed operation on SQL Server, told apart by what the caller should do next. What the server's numbers mean is in
//! [`meaning`](super::meaning); here is what the driver and the connection add.

use std::io;

use tiberius::error::TokenError;

use super::{
    encryption::Encryption,
    meaning::{Meaning, ServerError},
    url::MssqlConfig,
};

/// A failed operation on SQL Server. No message holds a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MssqlError {
    /// Not reachable or overloaded; this request had no effect. Later may work.
    #[error("{0}")]
    Unavailable(String),
    /// The database is full or read-only: it gives its rows and takes none. This request had no effect.
    #[error("{0}: {1}")]
    Unwritable(&'static str, String),
    /// The server is there and will not have us: somebody must change a setting. No effect.
    #[error("{1}")]
    Refused(Refusal, String),
    /// The connection was lost or timed out with a request under way, which may have taken effect.
    #[error("the connection to SQL Server was lost: {0}")]
    Lost(String),
    /// The server rolled the transaction back, as a deadlock's victim say. Run all of it again.
    #[error("SQL Server rolled the transaction back: {0}")]
    Retry(String),
    /// A constraint or a unique index refused a row.
    #[error("a constraint of the database refused a row: {0}")]
    Constraint(String),
    /// A table, procedure or schema that is not there: migrations are missing.
    #[error("the database lacks something: {0}")]
    Missing(String),
    /// A table without such a column.
    #[error("the database lacks a column: {0}")]
    MissingColumn(String),
    /// Anything else: our statement is wrong.
    #[error("{0}")]
    Bug(String),
}

/// Why the server will not have us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// User, password, an account that may not log in, or an address that may not connect.
    Login,
    /// The database is closed to this login, or lacks an option.
    Database,
    /// The server does not open the database: it is recovering it, or there is none of that name. Whoever starts waits.
    NotOpen,
    /// The login lacks a right.
    Rights,
    /// The certificate is not trusted, or not what it should be.
    Certificate,
    /// The server does not encrypt.
    Encryption,
}

impl MssqlError {
    /// What the violated constraint's name stands for among `constraints`. SQL Server gives it in the message, between
    /// quotes of the login's language, and before the value that was refused, which may be any text.
    #[must_use]
    pub fn violated<T: Copy>(&self, constraints: &[(&str, T)]) -> Option<T> {
        let Self::Constraint(message) = self else { return None };
        let mut words = message.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        words.find_map(|word| constraints.iter().find(|(name, _)| *name == word).map(|(_, found)| *found))
    }
}

impl From<tiberius::error::Error> for MssqlError {
    fn from(error: tiberius::error::Error) -> Self {
        use tiberius::error::Error as E;
        match error {
            E::Server(error) => server_error(&error),
            E::Io { kind: io::ErrorKind::TimedOut, .. } => {
                Self::Lost("it did not answer within the command time-out".into())
            }
            E::Io { message, .. } | E::Tls(message) => Self::Lost(message),
            E::Protocol(what) => Self::Lost(what.into_owned()),
            other => Self::Bug(other.to_string()),
        }
    }
}

fn server_error(error: &TokenError) -> MssqlError {
    let text = || format!("{} (error {})", error.message().trim_end(), error.code());
    match ServerError::from(error).meaning() {
        Meaning::Again => MssqlError::Retry(text()),
        Meaning::Constraint => MssqlError::Constraint(text()),
        Meaning::Unavailable(problem) => MssqlError::Unavailable(format!("{problem}: {}", text())),
        Meaning::Unwritable(problem) => MssqlError::Unwritable(problem, text()),
        Meaning::Refused(refusal, problem) => MssqlError::Refused(refusal, format!("{problem}: {}", text())),
        Meaning::Missing => MssqlError::Missing(text()),
        Meaning::MissingColumn => MssqlError::MissingColumn(text()),
        Meaning::Lost => MssqlError::Lost(text()),
        Meaning::Bug => MssqlError::Bug(text()),
    }
}

/// An error before the login was over. Nothing can have happened yet.
pub(super) fn handshake_error(config: &MssqlConfig, error: tiberius::error::Error) -> MssqlError {
    let at = config.address();
    match error {
        tiberius::error::Error::Tls(message) => certificate_error(&at, &message),
        tiberius::error::Error::Protocol(what) if what.contains("encryption level") => MssqlError::Refused(
            Refusal::Encryption,
            format!(
                "SQL Server at {at} does not encrypt and the connection must be encrypted; give the server a \
                 certificate, or say encrypt=off where nobody can listen"
            ),
        ),
        tiberius::error::Error::Io { kind: io::ErrorKind::InvalidData, message } => {
            certificate_error(&at, &message)
        }
        tiberius::error::Error::Io { message, .. } if config.encryption == Encryption::Strict => {
            MssqlError::Unavailable(format!(
                "SQL Server at {at} cannot be reached with encrypt=strict, which needs SQL Server 2022: {message}"
            ))
        }
        tiberius::error::Error::Io { message, .. } => {
            MssqlError::Unavailable(format!("SQL Server at {at} cannot be reached: {message}"))
        }
        error => match MssqlError::from(error) {
            MssqlError::Lost(what) => {
                MssqlError::Unavailable(format!("SQL Server at {at} ended the login: {what}"))
            }
            MssqlError::Bug(what) => MssqlError::Unavailable(format!("SQL Server at {at}: {what}")),
            error => error,
        },
    }
}

fn certificate_error(at: &str, message: &str) -> MssqlError {
    // The driver goes on with advice that names its own functions.
    let reason = message.split(" To connect anyway").next().unwrap_or(message).trim_end_matches('.');
    MssqlError::Refused(
        Refusal::Certificate,
        format!(
            "no trusted connection to SQL Server at {at}: {reason}; name its authority's certificate with \
             trust_cert_ca=/path.pem"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_violated_constraint_is_known_by_its_whole_name() {
        for message in [
            "Violation of UNIQUE KEY constraint 'UQ_events__id'. Cannot insert duplicate key in object \
             'store.events'. The duplicate key value is (PK_commands).",
            "违反了 UNIQUE KEY 约束“UQ_events__id”。不能在对象“store.events”中插入重复键。",
        ] {
            let constraint = MssqlError::Constraint(message.into());
            let constraints = [("UQ_events", 1), ("PK_commands", 2), ("UQ_events__id", 3)];
            assert_eq!(constraint.violated(&constraints), Some(3), "{message}");
            assert_eq!(constraint.violated(&[("UQ_events", 1)]), None, "{message}");
        }
        assert_eq!(MssqlError::Bug("'UQ_events__id'".into()).violated(&[("UQ_events__id", 1)]), None);
    }

    #[test]
    fn a_connection_that_breaks_or_stalls_leaves_the_outcome_open() {
        for kind in [io::ErrorKind::ConnectionReset, io::ErrorKind::UnexpectedEof, io::ErrorKind::TimedOut] {
            let error = tiberius::error::Error::Io { kind, message: "x".into() };
            assert!(matches!(MssqlError::from(error), MssqlError::Lost(_)), "{kind:?}");
        }
    }

    #[test]
    fn before_the_login_nothing_can_have_happened() {
        let config = MssqlConfig::parse("mssql://app:s3cret@db.example/aero").unwrap();
        let io = |kind| tiberius::error::Error::Io { kind, message: "why".into() };
        let encryption =
            tiberius::error::Error::Protocol("Server does not allow the requested encryption level.".into());
        let tls = tiberius::error::Error::Tls("rejected: UnknownIssuer. To connect anyway you can: …".into());
        for (error, refusal, words) in [
            (io(io::ErrorKind::ConnectionRefused), None, "cannot be reached"),
            (io(io::ErrorKind::UnexpectedEof), None, "cannot be reached"),
            (encryption, Some(Refusal::Encryption), "encrypt=off"),
            (tls, Some(Refusal::Certificate), "UnknownIssuer; name its authority"),
        ] {
            let error = handshake_error(&config, error);
            let text = error.to_string();
            assert!(text.contains(words) && text.contains("db.example:1433"), "{text}");
            assert!(!text.contains("s3cret"), "{text}");
            match (error, refusal) {
                (MssqlError::Unavailable(_), None) => {}
                (MssqlError::Refused(found, _), Some(expected)) => assert_eq!(found, expected),
                (other, _) => panic!("{other:?}"),
            }
        }
    }
}
