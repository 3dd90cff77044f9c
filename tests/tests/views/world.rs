//! A venue's log, its projector and its query API in one process, on files of their own.

use std::{collections::HashMap, sync::Arc, time::Duration};

use api_contract::{Contract, Exchange};
use auth::{API_KEY_HEADER, Authenticator, KeyKind, NewKey, issue};
use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, header::CONTENT_TYPE},
};
use domain::{
    DomainEvent,
    ids::{EventId, LocationId, PlayerId, StreamName},
    location::LocationEvent,
    log::{CommandId, Head, Token, Version},
    player::{PersonalDetails, PlayerEvent},
    values::{Code, EmailAddress, Name, Personal, TimeZoneName},
};
use events::{self, NewEvent};
use http_api::{About, Readiness};
use http_body_util::BodyExt as _;
use jiff::civil::date;
use projector::{Config, Projector, StoreLog, StoredEvents, projections, testing::Unsealed};
use query_api::{QueryApi, Sources};
use read_store::{ReadStore, progress::Progress, testing::read_db};
use runtime::clock::{Clock as _, SystemClock};
use serde_json::Value;
use store::{
    Append, EventLog as _, NewAnswer, StreamAppend, Verdict,
    sqlite::{SqliteOptions, SqliteStore, migrate},
};
use tokio::{
    sync::Mutex,
    time::{Instant, sleep},
};
use tokio_util::sync::{CancellationToken, DropGuard};
use tower::ServiceExt as _;
use uuid::Uuid;

pub const HOME: LocationId = LocationId(Uuid::from_u128(0x11));
pub const ELSEWHERE: LocationId = LocationId(Uuid::from_u128(0x22));

/// How long a test waits for what must come about.
pub const PATIENCE: Duration = Duration::from_mins(1);

pub struct World {
    store: Arc<SqliteStore>,
    versions: Mutex<HashMap<StreamName, Version>>,
    router: Router,
    contract: Contract,
    /// Good for everything.
    pub admin: String,
    /// The desk of [`HOME`].
    pub desk: String,
    _stop: DropGuard,
    dir: tempfile::TempDir,
}

pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Reply {
    /// The answer, which must be one.
    pub fn ok(self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.body);
        self.body
    }
}

impl World {
    /// [`HOME`] and [`ELSEWHERE`] are open, and nothing else happened.
    pub async fn new() -> Self {
        let (dir, clock, progress) =
            (tempfile::tempdir().unwrap(), Arc::new(SystemClock), Progress::default());
        let options = SqliteOptions::in_dir(dir.path());
        migrate(&options.file, &*clock).await.unwrap();
        let store = SqliteStore::open(&options, clock.clone()).await.unwrap();
        let db = read_db(dir.path(), 4).await;
        let stop = CancellationToken::new();
        let projector = Projector::new(
            db.clone(),
            Arc::new(StoreLog::new(store.clone(), Duration::from_millis(50))),
            Arc::new(StoredEvents::new(Arc::new(Unsealed))),
            progress.clone(),
            clock.clone(),
            Config { linger: Duration::from_millis(1), ..Config::new("test") },
            projections::all(),
        );
        projector.prepare().await.unwrap();
        tokio::spawn(projector.run(stop.clone()));
        let mut keys = Vec::new();
        for (kind, location) in [(KeyKind::Admin, None), (KeyKind::Pos, Some(HOME))] {
            let new = NewKey { name: "a key", kind, location, expires_at: None };
            keys.push(issue(&*store, &*clock, new).await.unwrap().0.expose().to_owned());
        }
        let [admin, desk] = keys.try_into().unwrap();
        let api = QueryApi::new(Sources {
            db,
            progress,
            log: store.clone(),
            clock: clock.clone(),
            authenticator: Arc::new(Authenticator::new(store.clone(), clock)),
            cache_bytes: query_api::app::CACHE_BYTES,
        });
        let about = About { title: "Test", version: "1", description: "A test." };
        let api = api.api();
        let contract = Contract::of(&api.openapi(about));
        let (router, _) = api.finish(about, Readiness::new(CancellationToken::new()));
        let versions = Mutex::default();
        let world = Self { store, versions, router, contract, admin, desk, _stop: stop.drop_guard(), dir };
        world.open(HOME, "home").await;
        world.open(ELSEWHERE, "elsewhere").await;
        world
    }

    /// The read tables as another process opens them.
    pub async fn another_read_db(&self) -> ReadStore {
        read_db(self.dir.path(), 1).await
    }

    /// Where the log ends.
    pub async fn log_end(&self) -> Head {
        self.store.head().await.unwrap()
    }

    async fn open(&self, id: LocationId, code: &str) {
        let (code, name) = (Code::stored(code), Name::stored(code));
        let time_zone = TimeZoneName::stored("Europe/Berlin");
        self.say(&id.stream(), Some(id), LocationEvent::Opened { id, code, name, time_zone }).await;
    }

    /// Appends `fact`, as a command would.
    pub async fn say(
        &self,
        stream: &StreamName,
        location: Option<LocationId>,
        fact: impl Into<DomainEvent>,
    ) -> Token {
        let mut versions = self.versions.lock().await;
        let version = versions.entry(stream.clone()).or_default();
        let (event_type, data) = events::encode(&fact.into(), &Unsealed, stream.id()).unwrap();
        let event = NewEvent { id: EventId(Uuid::new_v4()), event_type, data };
        let append = Append {
            command: CommandId(Uuid::new_v4()),
            request_hash: [0; 32],
            location,
            metadata: "{}".to_owned(),
            at: SystemClock.now(),
            streams: vec![StreamAppend { stream: stream.clone(), expected: *version, events: vec![event] }],
            answer: NewAnswer { status: 200, body: "{}".to_owned() },
            person_keys: vec![],
        };
        match self.store.append(append).await.unwrap() {
            Verdict::Committed(token) => {
                *version = version.next();
                token
            }
            refused => panic!("{stream}: {refused:?}"),
        }
    }

    /// A guardian of `location` registers.
    pub async fn register(&self, location: LocationId, id: u128, name: (&str, &str), email: &str) -> Token {
        let fact = PlayerEvent::GuardianRegistered {
            id: person(id),
            location,
            details: details(name, Some(email)),
            email_key: format!("{location}{id}"),
        };
        self.person(location, id, fact).await
    }

    pub async fn person(&self, location: LocationId, id: u128, fact: PlayerEvent) -> Token {
        self.say(&person(id).stream(), Some(location), fact).await
    }

    /// Fails the test when the answer is not as documented.
    pub async fn send(&self, key: &str, path: &str, headers: &[(&str, &str)]) -> Reply {
        let mut request = Request::builder().uri(path).header(API_KEY_HEADER, key);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        self.contract.assert(Exchange {
            method: &Method::GET,
            target: path,
            status: parts.status,
            content_type: parts.headers.get(CONTENT_TYPE).map(|value| value.to_str().unwrap()),
            body: &bytes,
        });
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Reply { status: parts.status, headers: parts.headers, body }
    }

    /// What `key` sees at `path`, with everything that happened until now.
    pub async fn see(&self, key: &str, path: &str) -> Reply {
        let token = self.store.head().await.unwrap().token();
        self.see_as_of(token, key, path).await
    }

    /// What `key` sees at `path`, with everything until `token`; asks again where a slow server is behind it.
    pub async fn see_as_of(&self, token: Token, key: &str, path: &str) -> Reply {
        let (token, deadline) = (token.to_string(), Instant::now() + PATIENCE);
        loop {
            let reply = self.send(key, path, &[("aero-min-position", &token), ("aero-max-wait", "10")]).await;
            if reply.status != StatusCode::SERVICE_UNAVAILABLE || Instant::now() > deadline {
                return reply;
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// The items that the desk of [`HOME`] sees at `path` there.
    pub async fn items(&self, path: &str) -> Vec<Value> {
        let page = self.see(&self.desk, &format!("/v1/locations/{HOME}/{path}")).await.ok();
        page["items"].as_array().unwrap().clone()
    }
}

pub fn person(id: u128) -> PlayerId {
    PlayerId(Uuid::from_u128(id))
}

pub fn details((first, last): (&str, &str), email: Option<&str>) -> Personal<PersonalDetails> {
    Personal::Known(PersonalDetails {
        first_name: Name::stored(first),
        last_name: Some(Name::stored(last)),
        email: email.map(|email| EmailAddress::new(email).unwrap()),
        birth_date: Some(date(1990, 2, 28)),
        adult_declared: false,
        phone: None,
    })
}
