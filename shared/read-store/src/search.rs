//! How texts are made comparable for searching: the same folding when a word is stored and when it is
//! looked for. Knows no table.

use icu_casemap::CaseMapper;
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// Characters of a word that count; what is longer is found by its beginning.
const COUNTED: usize = 64;
/// Words of a search that count.
const SEARCHED: usize = 8;

/// Begins a word that is the plain form of another.
const PLAIN: char = '~';

/// `text` in NFKC and with Unicode's full case folding, in which `ß` is `ss` and `ς` is `σ`.
#[must_use]
pub fn fold(text: &str) -> String {
    let composed: String = text.nfkc().collect();
    CaseMapper::new().fold_string(&composed).nfkc().collect()
}

/// The words under which `text` is found: those between blanks, and the parts of those with hyphens and
/// the like in them. Each with its plain forms, under which it is found in the second place.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let folded = fold(text);
    let whole = folded.split_whitespace();
    let parts = folded.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    let mut words: Vec<_> = whole.chain(parts).flat_map(with_plain_forms).collect();
    words.sort_unstable();
    words.dedup();
    words
}

fn with_plain_forms(word: &str) -> Vec<String> {
    let plain = [without_marks(word), transcribed(word)].into_iter().filter(|plain| plain != word);
    let marked = plain.map(|plain| counted(&format!("{PLAIN}{plain}")));
    std::iter::once(counted(word)).chain(marked).collect()
}

/// `folded` without accents and other marks on its letters.
fn without_marks(folded: &str) -> String {
    folded.nfd().filter(|c| !is_combining_mark(*c)).map(without_stroke).nfc().collect()
}

/// Letters with a stroke or the like, which Unicode does not take apart.
fn without_stroke(letter: char) -> char {
    match letter {
        'ø' => 'o',
        'ł' => 'l',
        'đ' | 'ð' => 'd',
        'ħ' => 'h',
        'ı' => 'i',
        'ŧ' => 't',
        other => other,
    }
}

/// `folded` as it is written where there are no umlauts: `mueller` for `müller`.
fn transcribed(folded: &str) -> String {
    let two = folded.nfc().map(|c| match c {
        'ä' | 'æ' => "ae".to_owned(),
        'ö' | 'ø' | 'œ' => "oe".to_owned(),
        'ü' => "ue".to_owned(),
        'å' => "aa".to_owned(),
        'þ' => "th".to_owned(),
        other => other.to_string(),
    });
    without_marks(&two.collect::<String>())
}

/// The one word under which `text` is found as a whole.
#[must_use]
pub fn word(text: &str) -> String {
    counted(&fold(text))
}

/// A word of a search: what the words that it finds begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefix {
    /// As it was written, but for the case.
    pub exact: String,
    /// What also finds, in the second place: the word without accents, and words that are so without theirs.
    pub plain: [String; 2],
}

/// The words of a search for `text`, all of which must be found.
#[must_use]
pub fn prefixes(text: &str) -> Vec<Prefix> {
    let prefix = |word: &str| {
        let plain = without_marks(word);
        Prefix { exact: counted(word), plain: [counted(&format!("{PLAIN}{plain}")), counted(&plain)] }
    };
    fold(text).split_whitespace().take(SEARCHED).map(prefix).collect()
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

    /// 1 when `search` finds `text` as it is written, 2 when only without accents.
    fn rank(search: &str, text: &str) -> Option<u8> {
        let words = words(text);
        let any =
            |prefix: &str| words.iter().any(|word| (prefix..above(prefix).as_str()).contains(&word.as_str()));
        let ranks = prefixes(search).into_iter().map(|prefix| match prefix {
            Prefix { exact, .. } if any(&exact) => Some(1),
            Prefix { plain, .. } => plain.iter().any(|plain| any(plain)).then_some(2),
        });
        ranks.collect::<Option<Vec<_>>>()?.into_iter().max()
    }

    fn finds(search: &str, text: &str) -> bool {
        rank(search, text) == Some(1)
    }

    #[test]
    fn case_is_folded_as_unicode_says() {
        for (search, text) in [
            ("παπαδοπουλος", "ΠΑΠΑΔΟΠΟΥΛΟΣ"),
            ("ΠΑΠΑΔΟΠΟΥΛΟΣ", "Παπαδόπουλος".replace('ό', "ο").as_str()),
            ("GROSS", "Groß"),
            ("groß", "GROSS"),
            ("GROẞ", "groß"),
            ("ǆ", "Ǆ"),
        ] {
            assert!(finds(search, text), "{search} in {text}");
        }
    }

    #[test]
    fn words_are_found_without_accents_in_the_second_place() {
        for (search, text) in [
            ("muller", "Müller"),
            ("mueller", "Müller"),
            ("MÜLLER", "Muller"),
            ("παπαδοπουλος", "Παπαδόπουλος"),
            ("lukasz", "Łukasz"),
            ("soren", "Søren"),
            ("soeren", "Søren"),
            ("maria ana", "Ana María"),
            ("nguyen", "Nguyễn"),
        ] {
            assert_eq!(rank(search, text), Some(2), "{search} in {text}");
        }
        for (search, text) in [("mueller", "Muller"), ("mul", "Moller"), ("u", "Müller")] {
            assert_eq!(rank(search, text), None, "{search} in {text}");
        }
        assert_eq!((rank("müller", "Müller"), rank("muller", "Muller")), (Some(1), Some(1)));
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
