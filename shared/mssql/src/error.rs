//! What an error of the server or the driver means, told apart by what the caller should do next. Numbers:
//! <https://learn.microsoft.com/sql/relational-databases/errors-events/database-engine-events-and-errors>.

use std::io;

use tiberius::error::TokenError;

use super::{encryption::Encryption, url::MssqlConfig};

/// A failed operation on SQL Server. No message holds a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MssqlError {
    /// Not reachable, overloaded, full or read-only; this request had no effect. Later may work.
    #[error("{0}")]
    Unavailable(String),
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
    /// The database does not exist, is closed to this login, or lacks an option.
    Database,
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

/// From here on the server ends the connection.
const FATAL_CLASS: u8 = 20;

fn server_error(error: &TokenError) -> MssqlError {
    let text = || format!("{} (error {})", error.message().trim_end(), error.code());
    match meaning(error.code(), error.message()) {
        Meaning::Retry => MssqlError::Retry(text()),
        Meaning::Constraint => MssqlError::Constraint(text()),
        Meaning::Unavailable(problem) => MssqlError::Unavailable(format!("{problem}: {}", text())),
        Meaning::Refused(refusal, problem) => MssqlError::Refused(refusal, format!("{problem}: {}", text())),
        Meaning::Missing => MssqlError::Missing(text()),
        Meaning::MissingColumn => MssqlError::MissingColumn(text()),
        Meaning::Other if error.class() >= FATAL_CLASS => MssqlError::Lost(text()),
        Meaning::Other => MssqlError::Bug(text()),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Retry,
    Constraint,
    Unavailable(&'static str),
    Refused(Refusal, &'static str),
    Missing,
    MissingColumn,
    Other,
}

const LACKS_A_RIGHT: Meaning = Meaning::Refused(
    Refusal::Rights,
    "the login lacks a right; see schema/mssql/roles.sql for the roles to grant",
);

/// What servers that speak the protocol but are not Microsoft's give where they have no number of their own.
const UNNUMBERED: u32 = 33_557_097;

fn meaning(code: u32, message: &str) -> Meaning {
    match code {
        // Deadlock victim; conflicts under SNAPSHOT and of memory-optimized tables.
        1_205 | 3_960 | 3_961 | 41_302 | 41_305 | 41_325 | 41_839 => Meaning::Retry,
        // CHECK and foreign key, primary key and UNIQUE, unique index.
        547 | 2_601 | 2_627 => Meaning::Constraint,
        // The size that the edition is licensed for, and a quota, among them.
        1_101 | 1_105 | 1_827 | 40_544 => Meaning::Unavailable("the database is full"),
        9_002 => Meaning::Unavailable("the database's transaction log is full"),
        3_906 | 3_908 => Meaning::Unavailable("the database is read-only"),
        701 | 802 | 1_204 | 8_645 | 8_651 | 10_928 | 10_929 | 17_809 | 40_501 | 49_918..=49_920 => {
            Meaning::Unavailable("SQL Server is out of resources")
        }
        1_222 => Meaning::Unavailable("SQL Server waited too long for a lock"),
        921..=923 | 927 | 942 | 945 | 952 | 976 | 978 | 983 | 40_197 | 40_613 => {
            Meaning::Unavailable("the database is not online")
        }
        6_005 | 17_142 | 18_401 | 18_451 => Meaning::Unavailable("SQL Server does not take logins now"),
        18_452 | 18_456 | 18_470 | 18_486..=18_488 => {
            Meaning::Refused(Refusal::Login, "SQL Server refuses the login; check user and password")
        }
        40_615 => Meaning::Refused(Refusal::Login, "SQL Server's firewall does not let this address in"),
        3_952 => Meaning::Refused(
            Refusal::Database,
            "the database keeps no row versions; turn ALLOW_SNAPSHOT_ISOLATION on",
        ),
        911 | 916 | 4_060 | 4_064 => Meaning::Refused(
            Refusal::Database,
            "SQL Server refuses the database; check its name and that the login has a user in it",
        ),
        // The last two also say that something is not there: the server does not tell strangers which.
        229 | 230 | 262 | 297 | 300 | 15_247 | 1_088 | 3_701 => LACKS_A_RIGHT,
        207 => Meaning::MissingColumn,
        208 | 2_760 | 2_812 => Meaning::Missing,
        UNNUMBERED => unnumbered(message),
        _ => Meaning::Other,
    }
}

fn unnumbered(message: &str) -> Meaning {
    const MEANINGS: [(&str, Meaning); 10] = [
        ("concurrently updated", Meaning::Retry),
        ("could not serialize access", Meaning::Retry),
        ("deadlock detected", Meaning::Retry),
        ("does not exist", Meaning::Missing),
        ("permission denied", LACKS_A_RIGHT),
        ("must be owner of", LACKS_A_RIGHT),
        ("lock timeout", Meaning::Unavailable("SQL Server waited too long for a lock")),
        ("No space left on device", Meaning::Unavailable("the database is full")),
        ("read-only transaction", Meaning::Unavailable("the database is read-only")),
        ("the database system is", Meaning::Unavailable("SQL Server does not take logins now")),
    ];
    if message.starts_with("column ") && message.contains("does not exist") {
        return Meaning::MissingColumn;
    }
    let found = MEANINGS.iter().find(|(words, _)| message.contains(words));
    found.map_or(Meaning::Other, |(_, meaning)| *meaning)
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

    fn of(code: u32, message: &str) -> Meaning {
        meaning(code, message)
    }

    #[test]
    fn what_passes_is_told_from_what_somebody_must_change() {
        for code in [1_105, 1_827, 9_002, 3_906, 701, 1_222, 17_142, 40_613] {
            assert!(matches!(of(code, ""), Meaning::Unavailable(_)), "{code}");
        }
        for (code, refusal) in [
            (18_456, Refusal::Login),
            (4_060, Refusal::Database),
            (911, Refusal::Database),
            (3_952, Refusal::Database),
            (229, Refusal::Rights),
            (3_701, Refusal::Rights),
        ] {
            assert!(matches!(of(code, ""), Meaning::Refused(found, _) if found == refusal), "{code}");
        }
        for code in [1_205, 3_960] {
            assert_eq!(of(code, ""), Meaning::Retry, "{code}");
        }
        assert_eq!(of(208, ""), Meaning::Missing);
        assert_eq!(of(207, ""), Meaning::MissingColumn);
        assert_eq!(of(8_134, ""), Meaning::Other);
    }

    #[test]
    fn an_error_without_a_number_is_told_by_its_words() {
        let retry = "could not serialize access due to concurrent update";
        assert_eq!(of(UNNUMBERED, retry), Meaning::Retry);
        assert_eq!(of(UNNUMBERED, "relation \"store.events\" does not exist"), Meaning::Missing);
        for column in ["column \"colour\" does not exist", "column t.colour does not exist"] {
            assert_eq!(of(UNNUMBERED, column), Meaning::MissingColumn, "{column}");
        }
        assert_eq!(of(UNNUMBERED, "column \"n\" is of type integer"), Meaning::Other);
        let full = "could not extend file \"base/5/1259\": No space left on device";
        assert_eq!(of(UNNUMBERED, full), Meaning::Unavailable("the database is full"));
        assert_eq!(of(UNNUMBERED, "division by zero"), Meaning::Other);
        assert_eq!(of(50_000, retry), Meaning::Other, "only where there is no number");
    }

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
