//! What can be told of a family only with its personal data at hand.

use jiff::civil::Date;

use super::{Identity, PersonalDetails};

/// Whether `person` is the one whom `details` describe: the same names, however written, and the same birth date. Of
/// two without a birth date the names decide.
#[must_use]
pub fn same_person(details: &PersonalDetails, person: &Identity) -> bool {
    let last = |name: Option<&crate::values::Name>| name.map(|name| folded(name.as_str()));
    details.birth_date == person.birth_date
        && folded(details.first_name.as_str()) == folded(person.first_name.as_str())
        && last(details.last_name.as_ref()) == last(person.last_name.as_ref())
}

/// Whether the name `signed_by` is that of a minor of `family`, and of no adult of it.
#[must_use]
pub fn signed_by_a_minor(signed_by: &str, family: &[PersonalDetails], today: Date) -> bool {
    let name = folded(signed_by);
    let mut named = family.iter().filter(|one| is_called(one, &name)).peekable();
    named.peek().is_some() && named.all(|one| !one.is_adult_on(today))
}

/// By the first name, or by both in either order.
fn is_called(details: &PersonalDetails, name: &str) -> bool {
    let first = folded(details.first_name.as_str());
    let Some(last) = details.last_name.as_ref().map(|last| folded(last.as_str())) else {
        return name == first;
    };
    [first.clone(), format!("{first} {last}"), format!("{last} {first}"), format!("{last}, {first}")]
        .contains(&name.to_owned())
}

fn folded(name: &str) -> String {
    name.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::values::Name;

    const TODAY: Date = date(2026, 6, 15);

    fn person(first: &str, last: Option<&str>, birth_date: Option<Date>) -> Identity {
        let name = |text| Name::new(text).unwrap();
        Identity {
            first_name: name(first),
            last_name: last.map(name),
            birth_date,
            adult_declared: false,
            phone: None,
        }
    }

    fn known(first: &str, last: Option<&str>, birth_date: Option<Date>) -> PersonalDetails {
        person(first, last, birth_date).with_email(None)
    }

    #[test]
    fn a_person_is_the_same_by_names_and_birth_date() {
        let mia = known("Mia", Some("Ruiz"), Some(date(2016, 3, 1)));
        for (same, other) in [
            (true, person("MIA", Some("ruiz"), Some(date(2016, 3, 1)))),
            (false, person("Mia", Some("Ruiz"), Some(date(2016, 3, 2)))),
            (false, person("Mia", None, Some(date(2016, 3, 1)))),
            (false, person("Mio", Some("Ruiz"), Some(date(2016, 3, 1)))),
            (false, person("Mia", Some("Ruiz"), None)),
        ] {
            assert_eq!(same_person(&mia, &other), same, "{}", other.first_name);
        }
        assert!(same_person(&known("Mia", None, None), &person("mia", None, None)));
    }

    #[test]
    fn a_minor_is_known_by_the_first_name_or_by_both() {
        let (mia, ana) = (
            known("Mia", Some("Ruiz"), Some(date(2016, 3, 1))),
            known("Ana", Some("Ruiz"), Some(date(1990, 1, 1))),
        );
        let family = [mia, ana];
        for name in ["Mia", "mia  ruiz", "Ruiz Mia", "Ruiz, Mia"] {
            assert!(signed_by_a_minor(name, &family, TODAY), "{name}");
        }
        // An uncle's name is nobody's of the family; whether he may sign is for the front desk to see.
        for name in ["Ana", "Ana Ruiz", "Leo Ruiz", "Mia Smith"] {
            assert!(!signed_by_a_minor(name, &family, TODAY), "{name}");
        }
    }

    #[test]
    fn a_name_that_a_minor_shares_with_an_adult_is_the_adults() {
        let family = [
            known("Mia", Some("Ruiz"), Some(date(2016, 3, 1))),
            PersonalDetails { adult_declared: true, ..known("Mia", Some("Ruiz"), None) },
        ];
        assert!(!signed_by_a_minor("Mia Ruiz", &family, TODAY));
        assert!(signed_by_a_minor("Mia Ruiz", &[known("Mia", Some("Ruiz"), None)], TODAY), "of unknown age");
    }
}
