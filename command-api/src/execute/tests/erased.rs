//! A person erased by one process, met by another that remembers the person but has no key any more.

use domain::{
    Change,
    claim::Claim,
    ids::{LocationId, PlayerId},
    location::Location,
    player::{
        FamilyEmail, Identity, Player, PlayerCommand, WaiverVersion,
        cross_stream::{self, Member, RegisterGuardian},
        decide, email_claim,
    },
    values::EmailAddress,
};
use jiff::{SignedDuration, civil::date};
use runtime::clock::Clock as _;

use super::{
    Changed, CommandContext, Created, Decided, ExecuteError, Executor, Outcome, Pair, UnitOfWork, keyed,
    name, once, refusal,
};

async fn register(
    work: UnitOfWork,
    location: LocationId,
    id: PlayerId,
    email: FamilyEmail,
) -> Decided<Created> {
    let state = work.load::<Location>(location.stream()).await?;
    let claim = work.load::<Claim>(email_claim(&email.key)).await?;
    let player = work.load::<Player>(id.stream()).await?;
    let person = Identity {
        first_name: name("Ana"),
        last_name: Some(name("Ruiz")),
        birth_date: Some(date(1990, 5, 31)),
        adult_declared: false,
        phone: None,
    };
    let register = RegisterGuardian { id, location, person, email, now: work.now() };
    let changes = cross_stream::register_guardian(&state, &player, &claim, register)?;
    work.create_person_key(id)?;
    work.record(changes);
    Ok(work.created(id.stream(), id.0))
}

async fn sign(work: UnitOfWork, id: PlayerId) -> Decided<Changed> {
    let player = work.load::<Player>(id.stream()).await?;
    let sign = PlayerCommand::SignWaiver {
        version: WaiverVersion::new("1").unwrap(),
        signature: name("Ana Ruiz").into(),
        signed_at: work.now(),
        expires_at: None,
    };
    let events = decide(&player, sign).map_err(ExecuteError::refused)?;
    work.record(Change::all(&id.stream(), events));
    Ok(work.changed(id.stream()))
}

async fn erase(work: UnitOfWork, location: LocationId, id: PlayerId, email_key: String) -> Decided<Changed> {
    let player = work.load::<Player>(id.stream()).await?;
    let claim = work.load::<Claim>(email_claim(&email_key)).await?;
    let person = Member { id, state: &player, in_play: false };
    let erasure = cross_stream::erase(location, person, &[], &claim)?;
    work.record(erasure.changes);
    work.destroy_person_keys(erasure.keys);
    Ok(work.changed(id.stream()))
}

struct Family {
    here: Pair,
    id: PlayerId,
    email: FamilyEmail,
}

impl Family {
    async fn new() -> Self {
        let here = Pair::new().await;
        let id = PlayerId(here.installation.clock.new_uuid());
        let address = EmailAddress::new("ana@example.org").unwrap();
        let key = here.installation.person_keys().keyring().email_key(here.location, &address);
        let email = FamilyEmail { address, key };
        let new = |work| register(work, here.location, id, email.clone());
        here.one.run(&once(), None, new).await.unwrap();
        Self { here, id, email }
    }

    async fn sign(&self, process: &Executor, context: &CommandContext) -> Outcome {
        process.run(context, None, |work| sign(work, self.id)).await
    }

    async fn erase(&self, process: &Executor) {
        let key = &self.email.key;
        process
            .run(&once(), None, |work| erase(work, self.here.location, self.id, key.clone()))
            .await
            .unwrap();
    }

    /// Longer than any process keeps a key.
    fn keys_grow_old(&self) {
        self.here.installation.clock.pass(SignedDuration::from_mins(1));
    }
}

#[tokio::test]
async fn a_process_that_remembers_the_person_hears_of_the_erasure() {
    let family = Family::new().await;
    family.sign(&family.here.two, &once()).await.unwrap();
    family.erase(&family.here.one).await;
    family.keys_grow_old();
    assert_eq!(refusal(family.sign(&family.here.two, &once()).await), "player_erased");
}

#[tokio::test]
async fn a_key_still_at_hand_writes_nothing_more() {
    let family = Family::new().await;
    family.sign(&family.here.two, &once()).await.unwrap();
    family.erase(&family.here.one).await;
    let before = family.here.length(&family.id.stream()).await;
    assert_eq!(refusal(family.sign(&family.here.two, &once()).await), "player_erased");
    assert_eq!(family.here.length(&family.id.stream()).await, before);
}

#[tokio::test]
async fn a_command_done_before_the_erasure_still_has_its_answer() {
    let family = Family::new().await;
    let context = keyed();
    let first = family.sign(&family.here.two, &context).await.unwrap();
    family.erase(&family.here.one).await;
    family.keys_grow_old();
    for process in [&family.here.one, &family.here.two] {
        let again = family.sign(process, &context).await.unwrap();
        assert!(again.replayed);
        assert_eq!(again.body, first.body);
    }
}
