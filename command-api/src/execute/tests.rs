//! The executor on a real store, as two processes with a cache each that knows nothing of the other.

mod assumed_new;
mod broken_store;
mod caches;
mod clock;
mod erased;
mod idempotency;
mod precondition;

use std::{fmt::Debug, time::Duration};

use domain::{
    Change,
    claim::{self, Claim},
    ids::{LocationId, StreamName},
    location::{
        Location, LocationCommand,
        cross_stream::{self, NewLocation},
        decide,
    },
    log::{CommandId, Version},
    values::{Code, Name, Reason, TimeZoneName},
};
use runtime::clock::Clock as _;
use store::SharedStore;
use tokio::time::Instant;
use uuid::Uuid;

use super::{Accepted, Changed, CommandContext, Created, Decided, ExecuteError, Executor, UnitOfWork};
use crate::testing::Installation;

/// Two processes on one store, and a location that `one` has opened.
struct Pair {
    installation: Installation,
    one: Executor,
    two: Executor,
    location: LocationId,
}

type Outcome<T = Changed> = Result<Accepted<T>, ExecuteError>;

impl Pair {
    async fn new() -> Self {
        let installation = Installation::new().await;
        let one = installation.executor(installation.open().await);
        let two = installation.executor(installation.open().await);
        let location = LocationId(installation.clock.new_uuid());
        let here = Self { installation, one, two, location };
        here.open(&here.one, &once(), "maze", location).await.unwrap();
        here
    }

    async fn open(
        &self,
        process: &Executor,
        context: &CommandContext,
        code: &str,
        id: LocationId,
    ) -> Outcome<Created> {
        let new = NewLocation {
            id,
            code: Code::new(code).unwrap(),
            name: name("Maze"),
            time_zone: TimeZoneName::new("Europe/Berlin").unwrap(),
        };
        process.run(context, None, |work| open(work, new.clone())).await
    }

    async fn rename(&self, process: &Executor, context: &CommandContext, to: &str) -> Outcome {
        let rename = || LocationCommand::Rename { name: name(to) };
        process.run(context, None, |work| change(work, self.location, rename())).await
    }

    async fn disable(&self, process: &Executor) {
        let disable = || LocationCommand::Disable { reason: Reason::new("storm").unwrap() };
        process.run(&once(), None, |work| change(work, self.location, disable())).await.unwrap();
    }

    async fn enable(&self, process: &Executor) {
        let enable = |work| change(work, self.location, LocationCommand::Enable);
        process.run(&once(), None, enable).await.unwrap();
    }

    /// Gives `what` to `owner`, which may only happen in a location that is in business; the location is
    /// only read.
    async fn take(&self, process: &Executor, what: &str, owner: &str) -> Outcome {
        process.run(&once(), None, |work| take(work, self.location, thing(what), thing(owner))).await
    }

    /// Takes `what` from `owner` again.
    async fn release(&self, process: &Executor, what: &str, owner: &str) -> Outcome {
        let release = async |work: UnitOfWork| {
            let state = work.load::<Claim>(thing(what)).await?;
            work.record(Change::all(&thing(what), claim::release(&state, &thing(owner))));
            Ok(work.changed(thing(what)))
        };
        process.run(&once(), None, release).await
    }

    fn store(&self) -> &SharedStore {
        self.one.store()
    }

    async fn length(&self, stream: &StreamName) -> usize {
        self.store().read_stream(stream, Version(1), 1_000).await.unwrap().len()
    }
}

async fn open(work: UnitOfWork, new: NewLocation) -> Decided<Created> {
    let id = new.id;
    let claim = work.load::<Claim>(cross_stream::code_stream(&new.code)).await?;
    let location = work.load::<Location>(id.stream()).await?;
    work.record(cross_stream::open(&claim, &location, new)?);
    Ok(work.created(id.stream(), id.0))
}

async fn change(work: UnitOfWork, location: LocationId, command: LocationCommand) -> Decided<Changed> {
    let state = work.load::<Location>(location.stream()).await?;
    let events = decide(&state, command).map_err(ExecuteError::refused)?;
    work.record(Change::all(&location.stream(), events));
    Ok(work.changed(location.stream()))
}

async fn take(
    work: UnitOfWork,
    location: LocationId,
    what: StreamName,
    owner: StreamName,
) -> Decided<Changed> {
    let state = work.load::<Location>(location.stream()).await?;
    state.in_business().map_err(ExecuteError::refused)?;
    let state = work.load::<Claim>(what.clone()).await?;
    let claimed = claim::claim(&state, &owner, "thing").map_err(ExecuteError::refused)?;
    work.record(Change::all(&what, claimed));
    Ok(work.changed(what))
}

fn thing(what: &str) -> StreamName {
    claim::stream("test", what)
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

/// A command without an `Idempotency-Key`.
fn once() -> CommandContext {
    CommandContext { repeatable: false, ..keyed() }
}

/// A command with an `Idempotency-Key` of its own.
fn keyed() -> CommandContext {
    let id = runtime::clock::SystemClock.new_uuid();
    CommandContext {
        actor: "system:test".into(),
        command: CommandId(id),
        repeatable: true,
        request_hash: [7; 32],
        correlation_id: Uuid::from_u128(1),
        causation_id: None,
        trace_parent: None,
        request_id: None,
        if_match: None,
        deadline: Instant::now() + Duration::from_secs(10),
    }
}

fn version(accepted: &Accepted<Changed>) -> u64 {
    accepted.answer().unwrap().version
}

fn refusal<T: Debug>(outcome: Outcome<T>) -> &'static str {
    match outcome {
        Err(ExecuteError::Refused(refusal)) => refusal.code,
        other => panic!("expected a refusal, got {other:?}"),
    }
}
