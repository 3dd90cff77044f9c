//! A person erased by one process, met by another that remembers the person but has no key any more.

use jiff::{SignedDuration, civil::date};
use shared::{
    clock::Clock as _,
    domain::{
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
    },
};

use super::{
    Answer, CommandContext, ExecuteError, Executor, Outcome, Pair, Session, keyed, name, once, refusal,
};

async fn register(
    session: Session,
    location: LocationId,
    id: PlayerId,
    email: FamilyEmail,
) -> Result<Answer, ExecuteError> {
    let venue = session.load::<Location>(location.stream()).await?;
    let claim = session.load::<Claim>(email_claim(&email.key)).await?;
    let player = session.load::<Player>(id.stream()).await?;
    let person = Identity { first_name: name("Ana"), last_name: name("Ruiz"), birth_date: date(1990, 5, 31) };
    let register = RegisterGuardian { id, location, person, email, now: session.now() };
    let changes = cross_stream::register_guardian(&venue, &player, &claim, register)?;
    session.create_person_key(id)?;
    session.record(changes);
    Ok(Answer::created(id.stream(), id))
}

async fn sign(session: Session, id: PlayerId) -> Result<Answer, ExecuteError> {
    let player = session.load::<Player>(id.stream()).await?;
    let sign = PlayerCommand::SignWaiver {
        version: WaiverVersion::new("1").unwrap(),
        signed_by: name("Ana Ruiz"),
        signed_at: session.now(),
        expires_at: None,
    };
    let events = decide(&player, sign).map_err(ExecuteError::refused)?;
    session.record(Change::all(&id.stream(), events));
    Ok(Answer::ok(id.stream()))
}

async fn erase(
    session: Session,
    location: LocationId,
    id: PlayerId,
    email_key: String,
) -> Result<Answer, ExecuteError> {
    let player = session.load::<Player>(id.stream()).await?;
    let claim = session.load::<Claim>(email_claim(&email_key)).await?;
    let person = Member { id, state: &player, in_play: false };
    let erasure = cross_stream::erase(location, person, &[], &claim)?;
    session.record(erasure.changes);
    session.destroy_person_keys(erasure.keys);
    Ok(Answer::ok(id.stream()))
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
        let new = |session| register(session, here.location, id, email.clone());
        here.one.run(&once(), new).await.unwrap();
        Self { here, id, email }
    }

    async fn sign(&self, process: &Executor, context: &CommandContext) -> Outcome {
        process.run(context, |session| sign(session, self.id)).await
    }

    async fn erase(&self, process: &Executor) {
        let key = &self.email.key;
        process
            .run(&once(), |session| erase(session, self.here.location, self.id, key.clone()))
            .await
            .unwrap();
    }

    /// Longer than any process keeps a key.
    fn keys_grow_old(&self) {
        self.here.installation.clock.pass(SignedDuration::from_mins(1));
    }
}

#[tokio::test]
async fn whoever_remembers_the_person_hears_of_the_erasure() {
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
