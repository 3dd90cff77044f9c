//! Which variables of the environment are settings, and which one a misspelt name is near.

use super::{Declared, SettingError};

/// The name of every setting begins with it. A variable that does, and is no setting, is a mistake.
pub const PREFIX: &str = "AEROSPORTS_";

/// Names that begin so are for tests of this workspace. The binary does not read them and takes no offence.
const FOR_TESTS: [&str; 3] = ["AEROSPORTS_TEST_", "AEROSPORTS_NATS_SERVERS", "AEROSPORTS_WRITE_GOLDEN"];

/// What is wrong with the variable `name`, if it begins like a setting and is none of `known`.
pub(super) fn problem(name: &str, value: &str, known: &[&dyn Declared]) -> Option<SettingError> {
    let is_ours = name.starts_with(PREFIX)
        && !FOR_TESTS.iter().any(|start| name.starts_with(start))
        && !is_service_link(name, value);
    if !is_ours || names_of(known).any(|known| known == name) {
        return None;
    }
    let mut declarations = known.iter().map(|setting| setting.declaration());
    let hint = match declarations.find(|declaration| declaration.file_name() == name) {
        Some(open) => format!("only secrets are read from files; set {} itself", open.name),
        None => match nearest(name, known) {
            Some(near) => format!("did you mean {near}?"),
            None => "unset it; `aerosports config show` lists the settings".to_owned(),
        },
    };
    Some(SettingError::Unknown { name: name.to_owned(), hint })
}

/// The name that differs from `name` by the fewest typing errors, unless it differs by too many.
fn nearest(name: &str, known: &[&dyn Declared]) -> Option<String> {
    let distances = names_of(known).map(|known| (strsim::damerau_levenshtein(name, &known), known));
    let longest = ((name.len() - PREFIX.len()) / 3).max(2);
    distances.min().filter(|(distance, _)| *distance <= longest).map(|(_, known)| known)
}

/// The variables that `known` are read from.
fn names_of(known: &[&dyn Declared]) -> impl Iterator<Item = String> {
    known.iter().map(|setting| setting.declaration()).flat_map(|declaration| {
        let file = declaration.may_be_in_a_file().then(|| declaration.file_name());
        [declaration.name.to_owned()].into_iter().chain(file)
    })
}

/// Kubernetes and Docker describe a service called `aerosports…` to other containers by variables such as
/// `AEROSPORTS_SERVICE_HOST` and `AEROSPORTS_PORT_8080_TCP_ADDR`.
/// Source: Kubernetes documentation, "Service", section "Environment variables".
fn is_service_link(name: &str, value: &str) -> bool {
    let is_url = ["tcp://", "udp://", "sctp://"].iter().any(|scheme| value.starts_with(scheme));
    let after_port = name.split_once("_PORT_").map(|(_, rest)| rest);
    name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || name.ends_with("_PORT") && is_url
        || after_port.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::{KNOWN, LISTEN, PASSWORD};

    fn hint(name: &str) -> Option<String> {
        problem(name, "x", KNOWN).map(|problem| problem.to_string())
    }

    #[test]
    fn a_misspelt_name_is_told_which_one_is_near() {
        for (wrong, near) in [
            ("AEROSPORTS_LISTN", LISTEN),
            ("AEROSPORTS_LSITEN", LISTEN),
            ("AEROSPORTS_PASWORD", PASSWORD),
            ("AEROSPORTS_PASSWORD_FIEL", "AEROSPORTS_PASSWORD_FILE"),
        ] {
            let hint = hint(wrong).unwrap();
            assert!(hint.contains(wrong) && hint.ends_with(&format!("{near}?")), "{hint}");
        }
        let far = hint("AEROSPORTS_COLOUR").unwrap();
        assert!(far.contains("config show") && !far.contains("mean"), "{far}");
    }

    #[test]
    fn a_file_for_what_is_no_secret_is_refused_with_the_reason() {
        let hint = hint("AEROSPORTS_LISTEN_FILE").unwrap();
        assert!(hint.contains("only secrets") && hint.contains("AEROSPORTS_LISTEN itself"), "{hint}");
    }

    #[test]
    fn names_of_settings_of_tests_and_of_others_are_no_problem() {
        for name in [
            LISTEN,
            PASSWORD,
            "AEROSPORTS_PASSWORD_FILE",
            "AEROSPORTS_TEST_MSSQL",
            "AEROSPORTS_NATS_SERVERS",
            "AEROSPORTS_WRITE_GOLDEN",
            "HOME",
        ] {
            assert_eq!(hint(name), None);
        }
    }

    #[test]
    fn descriptions_of_a_service_are_no_problem() {
        for (name, value) in [
            ("AEROSPORTS_SERVICE_HOST", "10.0.0.1"),
            ("AEROSPORTS_SERVICE_PORT_HTTP", "8080"),
            ("AEROSPORTS_PORT", "tcp://10.0.0.1:8080"),
            ("AEROSPORTS_QUERY_API_PORT_8080_TCP_ADDR", "10.0.0.1"),
        ] {
            assert!(problem(name, value, KNOWN).is_none(), "{name}");
        }
        assert!(problem("AEROSPORTS_PORT", "8080", KNOWN).is_some());
    }
}
