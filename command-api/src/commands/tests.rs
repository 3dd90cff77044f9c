//! Holds the application layer to its rules: it knows no transport, and answers are stored as they always were.

use std::path::{Path, PathBuf};

use serde::Serialize;
use uuid::Uuid;

use super::{
    player::ErasedFamily,
    plug::{AskPlugDone, ReportDone, ReportsDone},
    wristband::{BulkItemDone, BulkWristbandsDone, WristbandChanged, WristbandScanned},
};
use crate::execute::{Changed, Created};

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

#[test]
fn the_application_layer_names_no_transport() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = [src.join("commands"), src.join("execute")].map(|folder| sources(&folder)).concat();
    assert!(files.len() > 50, "the files are there: {}", files.len());
    // In pieces, so that this file does not name them.
    let transports = [["ax", "um"], ["http", "_api"], ["http", "::"], ["crate::", "routes"]];
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        for transport in transports.map(|pieces| pieces.concat()) {
            assert!(!text.contains(&transport), "{} names {transport}", file.display());
        }
    }
}

fn assert_stored(answer: &impl Serialize, expected: &str) {
    assert_eq!(serde_json::to_string(answer).unwrap(), expected);
}

/// Builds before this one stored answers with their fields in alphabetical order, and with `null` for what is absent.
#[test]
fn an_answer_is_stored_byte_for_byte_as_it_always_was() {
    let (stream, version) = ("plug-1".to_owned(), 3);
    assert_stored(&Changed { stream: stream.clone(), version }, r#"{"stream":"plug-1","version":3}"#);
    assert_stored(
        &Created { id: Uuid::from_u128(10), stream: stream.clone(), version },
        r#"{"id":"00000000-0000-0000-0000-00000000000a","stream":"plug-1","version":3}"#,
    );
    assert_stored(
        &AskPlugDone { stream: stream.clone(), until: None, version },
        r#"{"stream":"plug-1","until":null,"version":3}"#,
    );
    let until = Some("2026-06-10T12:00:00Z".parse().unwrap());
    assert_stored(
        &AskPlugDone { stream: stream.clone(), until, version },
        r#"{"stream":"plug-1","until":"2026-06-10T12:00:00Z","version":3}"#,
    );
    assert_stored(
        &ErasedFamily { erased: vec!["a".into()], stream: stream.clone(), version },
        r#"{"erased":["a"],"stream":"plug-1","version":3}"#,
    );
    let report = ReportDone { code: None, detail: None, report_id: None, status: 200 };
    assert_stored(
        &ReportsDone { accepted: 1, items: vec![report], stream: stream.clone(), version },
        r#"{"accepted":1,"items":[{"code":null,"detail":null,"report_id":null,"status":200}],"stream":"plug-1","version":3}"#,
    );
    let item = BulkItemDone { code: None, detail: None, status: 200, uid: "B-17".into() };
    assert_stored(
        &BulkWristbandsDone { accepted: 1, items: vec![item], stream: stream.clone(), version },
        r#"{"accepted":1,"items":[{"code":null,"detail":null,"status":200,"uid":"B-17"}],"stream":"plug-1","version":3}"#,
    );
    let changed = WristbandChanged {
        ends_at: None,
        minutes_left: 60,
        player_id: None,
        stream: stream.clone(),
        version,
    };
    assert_stored(
        &changed,
        r#"{"ends_at":null,"minutes_left":60,"player_id":null,"stream":"plug-1","version":3}"#,
    );
    let scanned = WristbandScanned {
        ends_at: None,
        display_name: None,
        good: true,
        minutes_left: 60,
        next: "play".into(),
        play_id: None,
        player_id: None,
        reason: None,
        stream,
        version,
    };
    assert_stored(
        &scanned,
        r#"{"ends_at":null,"display_name":null,"good":true,"minutes_left":60,"next":"play","play_id":null,"player_id":null,"reason":null,"stream":"plug-1","version":3}"#,
    );
    let older = r#"{"ends_at":null,"good":true,"minutes_left":60,"play_id":null,"player_id":null,"reason":null,"stream":"plug-1","version":3}"#;
    let read: WristbandScanned = serde_json::from_str(older).unwrap();
    assert_eq!((read.good, read.display_name, &*read.next), (true, None, ""));
}
