//! One thing written in several ways, over HTTP: the numbers of tags and the domains of e-mail addresses, those that
//! were stored in other forms once included.

use std::time::Duration;

use domain::{
    Change,
    claim::{self, Claim},
    ids::{LocationId, WristbandUid},
    player::{FamilyEmail, Identity, Player, PlayerCommand, decide, email_claim},
    values::{EmailAddress, Minutes, Name},
    wristband::{ClockStart, Wristband, WristbandCommand, decide as decide_band},
};
use runtime::clock::SharedClock;
use serde_json::json;

use super::{
    service::problem,
    world::{Stage, World, guardian},
};
use crate::execute::{Changed, Command, CommandContext, Created, Decided, ExecuteError, UnitOfWork};

const SPELLINGS: [&str; 4] =
    ["04a21f6b5e8000", "04-A2-1F-6B-5E-80-00", "04:a2:1f:6b:5e:80:00", "0x04A21F6B5E8000"];
const CANONICAL: &str = "04A21F6B5E8000";

/// As bands were initialised when a code was stored as it was written.
#[derive(Clone)]
struct InitializeAsWritten {
    location: LocationId,
    uid: WristbandUid,
}

impl Command for InitializeAsWritten {
    type Answer = Changed;
    const NAME: &'static str = "initialize_as_written";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<Changed> {
        let stream = self.uid.stream(self.location);
        let state = work.load::<Wristband>(stream.clone()).await?;
        let initialize = WristbandCommand::Initialize {
            uid: self.uid,
            location: self.location,
            minutes: Minutes::new(60).map_err(|_| ExecuteError::NotLoaded(stream.clone()))?,
            starts: ClockStart::Now,
            at: work.now(),
        };
        let events = decide_band(&state, initialize).map_err(ExecuteError::refused)?;
        work.record(Change::all(&stream, events));
        Ok(work.changed(stream))
    }
}

/// As families were registered when a domain was stored as it was written.
#[derive(Clone)]
struct RegisterAsWritten {
    location: LocationId,
    id: domain::ids::PlayerId,
    address: EmailAddress,
}

impl Command for RegisterAsWritten {
    type Answer = Created;
    const NAME: &'static str = "register_as_written";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<Created> {
        let Self { location, id, address } = self;
        let email = FamilyEmail { key: work.email_key(location, &address), address };
        let key = email_claim(&email.key);
        let claim = work.load::<Claim>(key.clone()).await?;
        let player = work.begin::<Player>(id.stream());
        let name = |text| Name::new(text).map_err(|_| ExecuteError::NotLoaded(key.clone()));
        let person = Identity {
            first_name: name("Eva")?,
            last_name: Some(name("Ruiz")?),
            birth_date: Some(jiff::civil::date(1990, 5, 31)),
            adult_declared: false,
            phone: None,
        };
        let today = jiff::civil::date(2026, 6, 15);
        let register = PlayerCommand::RegisterGuardian { id, location, person, email, today };
        let registered = decide(&player, register).map_err(ExecuteError::refused)?;
        let claimed = claim::claim(&claim, &id.stream(), "e-mail").map_err(ExecuteError::refused)?;
        work.create_person_key(id)?;
        work.record([Change::all(&id.stream(), registered), Change::all(&key, claimed)].concat());
        Ok(work.created(id.stream(), id.0))
    }
}

impl World {
    async fn as_before<C: Command>(&self, command: C) {
        let app = self.service.installation.app().await;
        let clock: SharedClock = self.service.clock.clone();
        let context = CommandContext::system("test", &*clock, Duration::from_secs(10));
        app.executor.execute(&context, command).await.unwrap();
    }
}

fn band(uid: &str, verb: &str) -> String {
    format!("/v1/locations/{{location}}/wristbands/{}/{verb}", uid.replace(' ', "%20"))
}

#[tokio::test]
async fn a_tag_is_one_band_however_a_reader_writes_its_number() {
    let world = World::at(Stage::Ready).await;
    let hour = json!({"minutes": 60, "starts": "now"});
    let made = world.done(&band(SPELLINGS[0], "initialize"), hour.clone()).await;
    let stream = made["stream"].as_str().unwrap();
    assert!(stream.ends_with(&format!(":{CANONICAL}")), "{stream}");
    for spelling in SPELLINGS.into_iter().chain([CANONICAL, "04 A2 1F 6B 5E 80 00"]) {
        let again = world.refused(&band(spelling, "initialize"), hour.clone()).await;
        assert_eq!(again, problem(409, "wristband_still_has_time"), "{spelling}");
        let scanned = world.done(&band(spelling, "scan"), json!({"room_id": world.id("room")})).await;
        assert_eq!(
            (&scanned["reason"], &scanned["stream"]),
            (&json!("unassigned"), &json!(stream)),
            "{spelling}"
        );
    }
}

#[tokio::test]
async fn a_tag_that_was_stored_as_it_was_written_stays_the_same_band() {
    for stored in ["04a21f6b5e8000", "04-A2-1F-6B-5E-80-00", "04-a2-1f-6b-5e-80-00"] {
        let world = World::at(Stage::Ready).await;
        let uid = WristbandUid::stored(stored);
        let stream = uid.stream(world.location("location")).to_string();
        world.as_before(InitializeAsWritten { location: world.location("location"), uid }).await;
        let hour = json!({"minutes": 60, "starts": "now"});
        let many = json!({"items": [{"uid": CANONICAL, "minutes": 60, "starts": "now"}]});
        for spelling in SPELLINGS {
            assert_eq!(
                world.refused(&band(spelling, "initialize"), hour.clone()).await,
                problem(409, "wristband_still_has_time")
            );
            let scanned = world.done(&band(spelling, "scan"), json!({"room_id": world.id("room")})).await;
            assert_eq!(scanned["stream"], json!(stream), "{stored} as {spelling}");
        }
        let bulk = world.done("/v1/locations/{location}/wristbands/bulk", many).await;
        assert_eq!(bulk["accepted"], 0, "{bulk}");
        world.done(&band(SPELLINGS[2], "assign"), json!({"player_id": world.id("player")})).await;
        let play = json!({
            "room_id": world.id("room"), "variant_id": world.id("variant"), "wristbands": [SPELLINGS[2]],
        });
        world.done("/v1/locations/{location}/plays", play).await;
    }
}

#[tokio::test]
async fn a_code_with_other_characters_is_refused_alike_in_path_and_body() {
    let world = World::at(Stage::Ready).await;
    let hour = json!({"minutes": 60, "starts": "now"});
    let path = world.post(&band("G%231", "initialize"), hour).await;
    assert_eq!(path.problem(), problem(400, "malformed"));
    let items = json!({"items": [{"uid": "G#1", "minutes": 60, "starts": "now"}]});
    let body = world.post("/v1/locations/{location}/wristbands/bulk", items).await;
    let sentence = "`uid` must be 1 to 64 letters, digits, dots, underscores or hyphens";
    for reply in [path, body] {
        let detail = reply.json()["errors"][0]["message"].as_str().unwrap().to_owned();
        assert!(detail.contains(sentence), "{detail}");
    }
}

#[tokio::test]
async fn a_mailbox_is_one_familys_however_its_domain_is_written() {
    const PLAYERS: &str = "/v1/locations/{location}/players";
    let world = World::at(Stage::Open).await;
    world.done(PLAYERS, guardian("eva@m\u{fc}nchen.example")).await;
    let same = world.refused(PLAYERS, guardian("Eva@xn--mnchen-3ya.example")).await;
    assert_eq!(same, problem(409, "already_in_use"));
}

#[tokio::test]
async fn a_mailbox_that_was_stored_as_it_was_written_stays_that_familys() {
    const PLAYERS: &str = "/v1/locations/{location}/players";
    let mut world = World::at(Stage::Open).await;
    let eva = world.service.fresh_id();
    let address = EmailAddress::stored("eva@xn--mnchen-3ya.example");
    let location = world.location("location");
    world.as_before(RegisterAsWritten { location, id: eva.parse().unwrap(), address }).await;
    world.name("eva", &eva);
    for text in ["eva@xn--mnchen-3ya.example", "eva@m\u{fc}nchen.example"] {
        assert_eq!(world.refused(PLAYERS, guardian(text)).await, problem(409, "already_in_use"), "{text}");
        let ana = world.refused("/v1/locations/{location}/players/{player}/correct", guardian(text)).await;
        assert_eq!(ana, problem(409, "already_in_use"), "{text}");
    }
    let own = guardian("eva@m\u{fc}nchen.example");
    world.done("/v1/locations/{location}/players/{eva}/correct", own.clone()).await;
    assert_eq!(world.refused(PLAYERS, own).await, problem(409, "already_in_use"));
    world.done("/v1/locations/{location}/players/{eva}/erase", json!({})).await;
    world.done(PLAYERS, guardian("eva@xn--mnchen-3ya.example")).await;
}
