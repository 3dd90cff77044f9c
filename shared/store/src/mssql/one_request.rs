//! A batch committed in one request, by the procedure `store.append_with_checksums`. The caller supposes what the database
//! would say; under the head's lock the procedure and the unique keys find out, and nothing is written when it is
//! otherwise.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap, HashSet},
};

use ::mssql::{Client, MssqlError, STAND_INS, rows_of, with_stand_ins};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::{
    ids::StreamName,
    log::{Head, Version},
};
use serde::Serialize;
use tiberius::ToSql;
use uuid::Uuid;

use super::{fault::Failure, parameters::json, rows};
use crate::{
    Append, StoreError,
    group::{
        checksum,
        plan::{self, Known, Plan, StreamHead, TypeNames},
    },
};

const APPEND: &str = "EXEC store.append_with_checksums @P1, @P2, @P3, @P4, @P5, @P6, @P7, @P8";

/// Longer texts go step by step: TRANSLATE is documented to give what it was given, not to take the longest type, and
/// some servers' OPENJSON cuts them off here.
const LONGEST: usize = 4_000;

/// What is nearly always so: no command has an answer yet, and every stream stands where the commands expect it.
/// Of two that expect different versions the higher one knows better: streams only grow. `head` is where the log
/// was last seen to end: when it went on since, that costs planning twice.
pub(super) fn suppose(appends: &[&Append], head: Head) -> Known {
    let mut streams: HashMap<StreamName, StreamHead> = HashMap::new();
    for stream in appends.iter().flat_map(|append| &append.streams) {
        let place = streams.entry(stream.stream.clone()).or_insert(StreamHead { number: 0, version: 0 });
        place.version = place.version.max(stream.expected.0);
    }
    Known { head, streams, ..Known::default() }
}

/// Whether everything that `appends` hold can travel this way.
pub(super) fn fits(appends: &[&Append]) -> bool {
    appends.iter().all(|append| {
        let names = append.streams.iter().map(|stream| stream.stream.as_str());
        let data = append.streams.iter().flat_map(|stream| &stream.events).map(|event| &event.data);
        names.clone().all(|name| !name.contains(['"', '\\']))
            && data.chain([&append.metadata, &append.answer.body]).all(|text| is_fit(text))
    })
}

/// The procedure puts back the two characters that JSON text has; a stand-in of its own would be taken for one.
fn is_fit(text: &str) -> bool {
    text.len() <= LONGEST
        && !text.contains(|c| c < ' ' || STAND_INS.iter().any(|(_, stand_in)| c == *stand_in))
}

/// Carries out `plan`, which stands on `supposed`, if everything is so. None when something is otherwise; then
/// nothing was written.
pub(super) async fn append(
    client: &mut Client,
    appends: &[&Append],
    supposed: &Known,
    plan: Plan,
    types: &mut TypeNames,
) -> Result<Option<Plan>, Failure> {
    let request = Request::new(appends, supposed, &plan)?;
    let params: [&dyn ToSql; 8] = [
        &request.streams,
        &request.count,
        &request.events,
        &request.checksums,
        &request.commands,
        &request.hashes,
        &request.created,
        &request.destroyed,
    ];
    let results = match rows_of(client, APPEND, &params).await {
        // An id or a version that is taken. The procedure's transaction is over with it.
        Err(MssqlError::Constraint(_)) => return Ok(None),
        results => results.map_err(Failure::Commit)?,
    };
    let row = rows::first(&results)
        .ok_or_else(|| StoreError::Corrupt("store.append_with_checksums gave no result".into()))?;
    if rows::value::<i32>(row, 0)? == 0 {
        return Ok(None);
    }
    let head = rows::head_at(row, 1)?;
    Ok(Some(if head == supposed.head {
        plan
    } else {
        plan::plan(appends, Known { head, ..supposed.clone() }, types)
    }))
}

/// The procedure's parameters.
struct Request {
    streams: String,
    count: i64,
    events: String,
    checksums: Vec<u8>,
    commands: String,
    hashes: Vec<u8>,
    created: String,
    destroyed: String,
}

#[derive(Serialize)]
struct EventRow<'a>(i64, Uuid, &'a str, i64, &'a str, Option<Uuid>, Cow<'a, str>, Cow<'a, str>, i64);

#[derive(Serialize)]
struct CommandRow<'a>(i64, Uuid, usize, u16, Cow<'a, str>, i64);

impl Request {
    fn new(appends: &[&Append], supposed: &Known, plan: &Plan) -> Result<Self, StoreError> {
        let before = supposed.head.position.0.cast_signed();
        let place = |position: u64| position.cast_signed() - before;
        let mut events = Vec::with_capacity(plan.events.len());
        for event in plan.events.iter().map(|row| &*row.event) {
            events.push(EventRow(
                place(event.position.0),
                event.id.0,
                event.stream.as_str(),
                event.version.0.cast_signed(),
                &event.event_type,
                event.location.map(|location| location.0),
                with_stand_ins(&event.data),
                with_stand_ins(&event.metadata),
                event.recorded_at.as_microsecond(),
            ));
        }
        let mut commands = Vec::with_capacity(plan.commands.len());
        let mut hashes = Vec::with_capacity(plan.commands.len() * 32);
        for row in &plan.commands {
            let Some(append) = appends.get(row.index) else { continue };
            commands.push(CommandRow(
                place(row.position.0),
                append.command.0,
                hashes.len() + 1,
                append.answer.status,
                with_stand_ins(&append.answer.body),
                append.at.as_microsecond(),
            ));
            hashes.extend(append.request_hash);
        }
        let streams = looked_up(appends, supposed, plan);
        let created = plan
            .created_keys
            .iter()
            .map(|(person, key, at)| (person.0, BASE64_STANDARD.encode(&key.0), at.as_microsecond()));
        let destroyed = plan.destroyed_keys.iter().map(|(person, at)| (person.0, at.as_microsecond()));
        Ok(Self {
            streams: json(streams)?,
            count: i64::try_from(events.len()).unwrap_or(i64::MAX),
            events: json(events)?,
            checksums: plan.events.iter().flat_map(|row| checksum(&row.event)).collect(),
            commands: json(commands)?,
            hashes,
            created: json(created)?,
            destroyed: json(destroyed)?,
        })
    }
}

/// The streams that the procedure must look up, and where each is supposed to stand. Of a new one to which events
/// are added the unique key tells that it is there already.
fn looked_up<'a>(appends: &[&'a Append], supposed: &Known, plan: &Plan) -> BTreeSet<(&'a str, u64)> {
    let begun: HashSet<&StreamName> = plan
        .events
        .iter()
        .filter(|row| row.event.version == Version(1))
        .map(|row| &row.event.stream)
        .collect();
    let named = appends.iter().flat_map(|append| &append.streams).map(|stream| &stream.stream);
    named
        .filter(|stream| !begun.contains(stream))
        .map(|stream| (stream.as_str(), supposed.streams.get(stream).map_or(0, |place| place.version)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_travels_without_what_json_escapes_or_not_at_all() {
        for (text, sent) in [
            ("{\"a\":\"\\n\"}", "{\u{fdd0}a\u{fdd0}:\u{fdd0}\u{fdd1}n\u{fdd0}}"),
            ("Straße 日本 \u{7f}", "Straße 日本 \u{7f}"),
        ] {
            assert!(is_fit(text), "{text:?}");
            assert_eq!(with_stand_ins(text), sent);
        }
        assert!(matches!(with_stand_ins("plain"), Cow::Borrowed(_)));
        for alone in ["a\tb", "a\nb", "\u{fdd0}", "\u{fdd1}", &"x".repeat(4_001)] {
            assert!(!is_fit(alone), "{alone:?}");
        }
    }
}
