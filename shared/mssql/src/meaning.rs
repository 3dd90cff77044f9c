//! What an error of the server means to who sent the statement. The event store and the read tables both go by this
//! table and by no number of their own. Numbers and severities:
//! <https://learn.microsoft.com/sql/relational-databases/errors-events/database-engine-events-and-errors>,
//! <https://learn.microsoft.com/sql/relational-databases/errors-events/database-engine-error-severities>.

use tiberius::error::TokenError;

use super::error::Refusal;

/// What the caller should do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The transaction was rolled back: run all of it again.
    Again,
    /// A constraint refused a row.
    Constraint,
    /// The server or the database cannot do it now. The text says why.
    Unavailable(&'static str),
    /// It is there and reads, and cannot write. The text says why.
    Unwritable(&'static str),
    /// Somebody must change a setting. The text says which.
    Refused(Refusal, &'static str),
    /// A table, procedure or schema that is not there.
    Missing,
    /// A column that is not there.
    MissingColumn,
    /// The server ended the connection: the outcome is unknown.
    Lost,
    /// Our statement is wrong. Nothing else may be taken for this: the projector parks an event for it.
    Bug,
}

/// An error as the server sent it.
#[derive(Clone, Copy, Debug)]
pub(super) struct ServerError<'a> {
    pub(super) number: u32,
    /// Tells apart what one number stands for.
    pub(super) state: u8,
    /// How bad it is, 0 to 25.
    pub(super) severity: u8,
    pub(super) message: &'a str,
}

impl<'a> From<&'a TokenError> for ServerError<'a> {
    fn from(error: &'a TokenError) -> Self {
        let message = error.message();
        Self { number: error.code(), state: error.state(), severity: error.class(), message }
    }
}

impl ServerError<'_> {
    /// By the number, and by the severity where the number is not listed here.
    pub(super) fn meaning(&self) -> Meaning {
        self.named().unwrap_or(match self.severity {
            // Resources that ran out, limits, and what the server could not do although nothing is wrong with the
            // statement: time-outs of latches, of memory and of the optimizer among them.
            17..=19 => Meaning::Unavailable("SQL Server cannot do this now"),
            // From here on the server ends the connection.
            20.. => Meaning::Lost,
            _ => Meaning::Bug,
        })
    }

    fn named(&self) -> Option<Meaning> {
        if self.number == UNNUMBERED {
            return unnumbered(self.message);
        }
        if self.number == LOGIN_FAILED && OPENING_FAILED.contains(&self.state) {
            return Some(NOT_OPEN);
        }
        again(self.number).or_else(|| passing(self.number)).or_else(|| lasting(self.number))
    }
}

/// What servers that speak the protocol but are not Microsoft's give where they have no number of their own.
const UNNUMBERED: u32 = 33_557_097;

const FULL: &str = "the database is full";
const READ_ONLY: &str = "the database is read-only";

const LOGIN_FAILED: u32 = 18_456;
/// States of [`LOGIN_FAILED`] in which user and password are good and the database cannot be opened.
const OPENING_FAILED: [u8; 2] = [38, 40];

const LACKS_A_RIGHT: Meaning = Meaning::Refused(
    Refusal::Rights,
    "the login lacks a right; see schema/mssql/roles.sql for the roles to grant",
);
/// The server says the same of a database that it is still recovering and of one that does not exist.
const NOT_OPEN: Meaning = Meaning::Refused(
    Refusal::NotOpen,
    "SQL Server refuses the database; it may still be recovering it, or else check its name and that the login has a \
     user in it",
);

/// The server gave the transaction up and asks for it to be run again.
#[expect(clippy::match_same_arms, reason = "an arm a cause")]
fn again(number: u32) -> Option<Meaning> {
    match number {
        // A deadlock's victim; locks that it lost; rows and definitions that changed under a statement.
        1_203 | 1_205 | 1_221 | 601 | 9_515 | 10_922 | 20_041 => Some(Meaning::Again),
        // SNAPSHOT: row versions that are gone, conflicts, a change of the tables; the state changed meanwhile.
        3_957 | 3_958 | 3_960 | 3_961 | 3_966 => Some(Meaning::Again),
        // Memory-optimized tables: conflicts, failed dependencies, too many of them.
        41_301 | 41_302 | 41_305 | 41_325 | 41_839 => Some(Meaning::Again),
        _ => None,
    }
}

/// What ends by itself, or when somebody makes room: nothing is wrong with the statement or the settings.
fn passing(number: u32) -> Option<Meaning> {
    if let Some(why) = unwritable(number) {
        return Some(Meaning::Unwritable(why));
    }
    Some(Meaning::Unavailable(match number {
        3_959 | 3_967 => "tempdb is full of row versions",
        701
        | 802
        | 1_204
        | 8_628
        | 8_645
        | 8_651
        | 10_928
        | 10_929
        | 10_936
        | 17_809
        | 40_501
        | 49_918..=49_920 => "SQL Server is out of resources",
        845 | 846 => "SQL Server waited too long for its disk",
        1_222 => "SQL Server waited too long for a lock",
        615
        | 617
        | 904
        | 921..=924
        | 926
        | 927
        | 942
        | 945
        | 946
        | 951..=956
        | 959
        | 976
        | 978
        | 979
        | 981..=983
        | 988
        | 3_953
        | 3_955
        | 3_956
        | 4_221
        | 5_064
        | 40_197
        | 40_613 => "the database is not online",
        997 | 1_807 => "the database is in use elsewhere",
        6_005 | 6_006 | 17_142 | 17_187 | 17_188 | 17_197 | 18_401 | 18_451 | 18_461 => {
            "SQL Server does not take logins now"
        }
        _ => return None,
    }))
}

/// Until somebody makes room, or lets it be written again.
fn unwritable(number: u32) -> Option<&'static str> {
    Some(match number {
        // The size that the edition is licensed for, and a quota, among them.
        1_101 | 1_105 | 1_827 | 40_544 => FULL,
        9_002 => "the database's transaction log is full",
        3_906 | 3_908 => READ_ONLY,
        _ => return None,
    })
}

/// What stays as it is until somebody changes something.
fn lasting(number: u32) -> Option<Meaning> {
    Some(match number {
        // CHECK and foreign key, primary key and UNIQUE, unique index.
        547 | 2_601 | 2_627 => Meaning::Constraint,
        LOGIN_FAILED | 18_452 | 18_470 | 18_486..=18_488 => {
            Meaning::Refused(Refusal::Login, "SQL Server refuses the login; check user and password")
        }
        40_615 => Meaning::Refused(Refusal::Login, "SQL Server's firewall does not let this address in"),
        3_952 => Meaning::Refused(
            Refusal::Database,
            "the database keeps no row versions; turn ALLOW_SNAPSHOT_ISOLATION on",
        ),
        911 | 4_060 | 4_064 => NOT_OPEN,
        916 => Meaning::Refused(
            Refusal::Database,
            "SQL Server refuses the database; check its name and that the login has a user in it",
        ),
        // The last two also say that something is not there: the server does not tell strangers which.
        229 | 230 | 262 | 297 | 300 | 15_247 | 1_088 | 3_701 => LACKS_A_RIGHT,
        207 => Meaning::MissingColumn,
        208 | 2_760 | 2_812 => Meaning::Missing,
        _ => return None,
    })
}

fn unnumbered(message: &str) -> Option<Meaning> {
    const MEANINGS: [(&str, Meaning); 12] = [
        ("concurrently updated", Meaning::Again),
        ("could not serialize access", Meaning::Again),
        ("deadlock detected", Meaning::Again),
        ("does not exist", Meaning::Missing),
        ("permission denied", LACKS_A_RIGHT),
        ("must be owner of", LACKS_A_RIGHT),
        ("lock timeout", Meaning::Unavailable("SQL Server waited too long for a lock")),
        ("No space left on device", Meaning::Unwritable(FULL)),
        ("read-only transaction", Meaning::Unwritable(READ_ONLY)),
        ("the database system is", Meaning::Unavailable("SQL Server does not take logins now")),
        ("out of memory", Meaning::Unavailable("SQL Server is out of resources")),
        ("too many clients", Meaning::Unavailable("SQL Server is out of resources")),
    ];
    if message.starts_with("column ") && message.contains("does not exist") {
        return Some(Meaning::MissingColumn);
    }
    MEANINGS.iter().find(|(words, _)| message.contains(words)).map(|(_, meaning)| *meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of an ordinary statement's error.
    fn of(number: u32, message: &str) -> Meaning {
        ServerError { number, state: 1, severity: 16, message }.meaning()
    }

    #[test]
    fn what_passes_is_told_from_what_somebody_must_change() {
        for number in [701, 1_222, 17_142, 40_613, 8_628, 845, 615, 4_221, 3_959] {
            assert!(matches!(of(number, ""), Meaning::Unavailable(_)), "{number}");
        }
        for number in [1_105, 1_827, 9_002, 3_906] {
            assert!(matches!(of(number, ""), Meaning::Unwritable(_)), "{number}");
        }
        for (number, refusal) in [
            (18_456, Refusal::Login),
            (916, Refusal::Database),
            (3_952, Refusal::Database),
            (229, Refusal::Rights),
            (3_701, Refusal::Rights),
        ] {
            assert!(matches!(of(number, ""), Meaning::Refused(found, _) if found == refusal), "{number}");
        }
        for number in [1_205, 3_958, 3_960, 3_966] {
            assert_eq!(of(number, ""), Meaning::Again, "{number}");
        }
        assert_eq!(of(208, ""), Meaning::Missing);
        assert_eq!(of(207, ""), Meaning::MissingColumn);
    }

    #[test]
    fn an_unlisted_error_is_a_bug_only_below_severity_17() {
        let meaning = |severity| ServerError { number: 64_999, state: 1, severity, message: "" }.meaning();
        for severity in [11, 15, 16] {
            assert_eq!(meaning(severity), Meaning::Bug, "{severity}");
        }
        for severity in 17..=19 {
            assert!(matches!(meaning(severity), Meaning::Unavailable(_)), "{severity}");
        }
        for severity in 20..=25 {
            assert_eq!(meaning(severity), Meaning::Lost, "{severity}");
        }
    }

    #[test]
    fn a_listed_number_counts_more_than_its_severity() {
        let severe = |number| ServerError { number, state: 1, severity: 21, message: "" }.meaning();
        assert!(matches!(severe(615), Meaning::Unavailable(_)));
        assert_eq!(severe(3_966), Meaning::Again);
    }

    #[test]
    fn a_database_that_may_be_recovering_is_told_from_a_wrong_password() {
        let login = |state| ServerError { number: 18_456, state, severity: 14, message: "" }.meaning();
        for meaning in [of(4_060, ""), of(911, ""), login(38)] {
            assert!(matches!(meaning, Meaning::Refused(Refusal::NotOpen, _)), "{meaning:?}");
        }
        assert!(matches!(login(8), Meaning::Refused(Refusal::Login, _)));
    }

    #[test]
    fn an_error_without_a_number_is_told_by_its_words() {
        let retry = "could not serialize access due to concurrent update";
        assert_eq!(of(UNNUMBERED, retry), Meaning::Again);
        assert_eq!(of(UNNUMBERED, "relation \"store.events\" does not exist"), Meaning::Missing);
        for column in ["column \"colour\" does not exist", "column t.colour does not exist"] {
            assert_eq!(of(UNNUMBERED, column), Meaning::MissingColumn, "{column}");
        }
        assert_eq!(of(UNNUMBERED, "column \"n\" is of type integer"), Meaning::Bug);
        let full = "could not extend file \"base/5/1259\": No space left on device";
        assert_eq!(of(UNNUMBERED, full), Meaning::Unwritable("the database is full"));
        assert_eq!(of(UNNUMBERED, "division by zero"), Meaning::Bug);
        assert_eq!(of(50_000, retry), Meaning::Bug, "only where there is no number");
    }
}
