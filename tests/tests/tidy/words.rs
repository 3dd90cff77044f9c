//! Words of our own that stay out of code, comments and documents, and the field's words for them.
//!
//! A type's name is searched for in code and between backticks, since some are also English words. Any other word
//! is searched for everywhere, whole and as it is written here.

use std::path::Path;

use crate::sources::{code_of, texts};

/// How a word is searched for.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// In code, and between backticks in comments and documents.
    Type,
    /// Everywhere.
    Word,
}
use Kind::{Type, Word};

/// A word that stays out.
struct Private {
    word: &'static str,
    kind: Kind,
    /// Where it is out of place; everywhere when empty.
    under: &'static [&'static str],
    /// What to write, and why.
    instead: &'static str,
}

const EVERYWHERE: &[&str] = &[];
const COMMANDS: &[&str] = &["command-api/"];
const QUERIES: &[&str] = &["query-api/"];
const DEVICES: &[&str] = &["device-worker/"];
const OPERATOR: &[&str] = &["aerosports/"];
const AUTH: &[&str] = &["shared/auth/"];

const fn out(
    word: &'static str,
    kind: Kind,
    under: &'static [&'static str],
    instead: &'static str,
) -> Private {
    Private { word, kind, under, instead }
}

const PRIVATE: &[Private] = &[
    out(
        "Session",
        Type,
        COMMANDS,
        "`UnitOfWork`: what one command loads and changes; a session is a person's",
    ),
    out("Beginnings", Type, EVERYWHERE, "`AssumedNew`: the streams assumed new without reading"),
    out("Teller", Type, EVERYWHERE, "`Reporter`: it reports"),
    out("View", Type, QUERIES, "`QueryContext`: what a handler works with; a view is the read side's answer"),
    out("Reads", Type, QUERIES, "`ReadSet`: the tables an answer follows from"),
    out("ReadDb", Type, EVERYWHERE, "`ReadStore`: workers write with it too"),
    out("Board", Type, EVERYWHERE, "`Progress`: how far each projection is"),
    out("Mark", Type, EVERYWHERE, "`Watermark`: the position a projection has reached"),
    out("wish_retry", Word, EVERYWHERE, "`request_retry`: an operator requests it"),
    out("wish_skip", Word, EVERYWHERE, "`request_skip`: an operator requests it"),
    out("Wish", Type, EVERYWHERE, "`Desired`: the desired state of a plug"),
    out("wish", Word, EVERYWHERE, "the desired state of a plug; a request of an operator"),
    out("wishes", Word, EVERYWHERE, "desired states, or requests"),
    out("Happening", Type, EVERYWHERE, "`Observation`: what an actor saw"),
    out("What", Type, DEVICES, "`ObservationKind`"),
    out("told", Word, DEVICES, "reported: a report was taken by command-api"),
    out("untold", Word, EVERYWHERE, "unreported"),
    out("off_told", Word, EVERYWHERE, "`off_reported`"),
    out("Leaving", Type, EVERYWHERE, "`Unmanaged`: a plug released from management"),
    out("letting_go", Word, EVERYWHERE, "releasing"),
    out("Doubt", Type, EVERYWHERE, "`UnconfirmedOn`: an ON that may have taken effect"),
    out("doubt", Word, DEVICES, "an unconfirmed ON"),
    out("doubts", Word, DEVICES, "unconfirmed ONs"),
    out("keeps up", Word, EVERYWHERE, "standby: the worker that follows and takes over"),
    out("keep up", Word, EVERYWHERE, "standbys: the workers that follow and take over"),
    out("whoever leads", Word, EVERYWHERE, "the leader"),
    out("stand-by", Word, EVERYWHERE, "standby"),
    out("Later", Type, OPERATOR, "`Deferred…`: what is opened once it can be reached"),
    out("Place", Type, EVERYWHERE, "what it is: a slot, a column, a context, where the data is"),
    out("Misses", Type, AUTH, "`FailedAttempts`"),
    out("Shears", Type, EVERYWHERE, "`ConnectionCutter`"),
    out("process.rs", Word, &["shared/domain/"], "cross_stream.rs: decisions over several streams"),
    out("plays at home", Word, EVERYWHERE, "say what is meant"),
    out("stray", Word, EVERYWHERE, "say what is meant: unexpected, unknown"),
    out("strays", Word, EVERYWHERE, "say what is meant: unexpected, unknown"),
    out("neighbour", Word, EVERYWHERE, "the other command of the batch, the other stream"),
    out("neighbours", Word, EVERYWHERE, "the other commands of the batch, the other streams"),
];

/// Files that quote the words, or name a column that stored tables have.
const QUOTING: &[&str] = &[
    "tests/tests/tidy/words.rs",
    "shared/read-store/src/catalog.rs",
    "device-worker/src/engine/tests/stored.rs",
];

#[test]
fn private_words_stay_out() {
    let mut found = Vec::new();
    for (path, text) in texts().iter().filter(|(path, _)| !QUOTING.contains(&path.as_str())) {
        let here = PRIVATE.iter().filter(|private| {
            private.under.is_empty() || private.under.iter().any(|folder| path.starts_with(folder))
        });
        for private in here.filter(|private| text.contains(private.word)) {
            for (at, line) in text.lines().enumerate().filter(|(_, line)| says(line, path, private)) {
                let Private { word, instead, .. } = private;
                found.push(format!("{path}:{}: {word}: write {instead}\n    {}", at + 1, line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "{} lines\n{}", found.len(), found.join("\n"));
}

fn says(line: &str, path: &str, private: &Private) -> bool {
    // What is stored keeps its name for ever.
    let line = match line.split_once("rename = \"") {
        Some((before, stored)) => &[before, stored.split_once('"').map_or("", |(_, after)| after)].concat(),
        None => line,
    };
    let is_code = Path::new(path).extension().is_some_and(|extension| extension == "rs");
    match private.kind {
        Word => has_word(line, private.word),
        Type if is_code && has_word(code_of(line), private.word) => true,
        Type => line.split('`').skip(1).step_by(2).any(|quoted| has_word(quoted, private.word)),
    }
}

/// Whether `word` stands in `text` whole: no letter, digit or `_` beside it.
fn has_word(text: &str, word: &str) -> bool {
    let part_of_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(part_of_word) && !after.is_some_and(part_of_word)
    })
}

#[test]
fn the_search_finds_whole_words_only() {
    let mark = Private { word: "Mark", kind: Type, under: EVERYWHERE, instead: "" };
    let wish = Private { word: "wish", kind: Word, under: EVERYWHERE, instead: "" };
    assert!(says("let mark = Mark { position };", "a.rs", &mark));
    assert!(says("/// See [`Mark`].", "a.rs", &mark));
    assert!(!says("/// Mark the row.", "a.rs", &mark));
    assert!(!says("let mark = Watermark::default();", "a.rs", &mark));
    assert!(says("// the newest wish wins", "a.rs", &wish));
    assert!(!says("fn wish_list() {}", "a.rs", &wish));
}
