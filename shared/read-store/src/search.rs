//! How texts are made comparable for searching: the same folding when a word is stored and when it is
//! looked for. Knows no table.

use unicode_normalization::UnicodeNormalization as _;

/// Characters of a word that count; what is longer is found by its beginning.
const COUNTED: usize = 64;
/// Words of a search that count.
const SEARCHED: usize = 8;

/// `text` in NFKC and lower case.
#[must_use]
pub fn fold(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).nfkc().collect()
}

/// The words under which `text` is found: those between blanks, and the parts of those with hyphens and
/// the like in them.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let folded = fold(text);
    let whole = folded.split_whitespace();
    let parts = folded.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    let mut words: Vec<_> = whole.chain(parts).map(counted).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// The one word under which `text` is found as a whole.
#[must_use]
pub fn word(text: &str) -> String {
    counted(&fold(text))
}

/// The beginnings of words that a search for `text` asks for, all of which must be found.
#[must_use]
pub fn prefixes(text: &str) -> Vec<String> {
    fold(text).split_whitespace().take(SEARCHED).map(counted).collect()
}

/// A text above every text that begins with `prefix`, and above no other that `prefix` is below: whether
/// texts are compared by bytes or by UTF-16 units.
#[must_use]
pub fn above(prefix: &str) -> String {
    let mut chars = prefix.chars();
    // `char` ranges pass over the surrogates, which are no characters.
    match chars.next_back().and_then(|last| (last..=char::MAX).nth(1)) {
        Some(next) => format!("{}{next}", chars.as_str()),
        None => format!("{prefix}{}", char::MAX),
    }
}

fn counted(word: &str) -> String {
    word.chars().take(COUNTED).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(search: &str, text: &str) -> bool {
        let words = words(text);
        prefixes(search).iter().all(|prefix| {
            words.iter().any(|word| (prefix.as_str()..above(prefix).as_str()).contains(&word.as_str()))
        })
    }

    #[test]
    fn words_are_found_by_their_beginnings_whatever_their_case() {
        for (search, text) in [
            ("ana", "Ana María"),
            ("MAR", "Ana María"),
            ("maría ana", "Ana María"),
            ("jean-l", "Jean-Luc"),
            ("luc", "Jean-Luc"),
            ("brien", "O'Brien"),
            ("straße", "STRAßE"),
            ("ﬁsh", "Fisher"),
            ("李", "李小龍"),
            ("ana.l@example.org", "Ana.L@Example.org"),
        ] {
            assert!(finds(search, text), "{search} in {text}");
        }
        for (search, text) in [("na", "Ana"), ("ana b", "Ana María"), ("luke", "Luc")] {
            assert!(!finds(search, text), "{search} in {text}");
        }
    }

    #[test]
    fn long_words_are_found_by_their_beginning() {
        let long = "\u{FDFA}".repeat(100);
        assert!(words(&long).iter().all(|word| word.chars().count() <= COUNTED));
        assert!(finds(&long, &long));
        assert_eq!(prefixes(&"a ".repeat(100)).len(), SEARCHED);
    }
}
