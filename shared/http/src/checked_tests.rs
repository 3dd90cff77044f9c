//! Bodies whose structs hold value types: every refused value is named at once, in today's words and order.

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::{Router, body::Body, extract::Request, routing::post};
use domain::{
    automation::cron::CronExpression,
    checked::{Refused, or_stand_in},
    ids::WristbandUid,
    player::WaiverVersion,
    plug::{HardwareId, MacAddress},
    setting::SettingKey,
    values::{Code, EmailAddress, Minutes, Name, Points, Reason, TimeZoneName},
};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use tower::ServiceExt as _;
use utoipa::{PartialSchema as _, ToSchema};

use super::{
    FieldErrors, Problem,
    json::{ValidJson, parse},
};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Checked {
    /// Bought.
    #[schema(value_type = i64, minimum = 1, maximum = 1_440)]
    minutes: Minutes,
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    name: Name,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 300)]
    reason: Option<Reason>,
    #[serde(default)]
    results: Vec<CheckedResult>,
    #[serde(default, deserialize_with = "few")]
    #[schema(value_type = Vec<String>)]
    bands: Vec<WristbandUid>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CheckedResult {
    #[schema(value_type = String, min_length = 1, max_length = 64)]
    uid: WristbandUid,
    #[schema(value_type = i64, minimum = 0, maximum = 1_000_000)]
    points: Points,
}

/// A rule of the request alone, beside those of its value types.
fn few<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<WristbandUid>, D::Error> {
    let bands = Vec::deserialize(deserializer)?;
    let few = bands.len() <= 2;
    let said = || Refused::Said { code: "too_many", message: "`bands` holds at most 2.".into() };
    or_stand_in::<_, D::Error>(if few { Ok(bands) } else { Err(said()) }, Vec::new)
}

// The same body, checked by hand.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ByHand {
    /// Bought.
    #[schema(minimum = 1, maximum = 1_440)]
    minutes: i64,
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    #[schema(min_length = 1, max_length = 300)]
    reason: Option<String>,
    #[serde(default)]
    results: Vec<ResultByHand>,
    #[serde(default)]
    bands: Vec<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ResultByHand {
    #[schema(min_length = 1, max_length = 64)]
    uid: String,
    #[schema(minimum = 0, maximum = 1_000_000)]
    points: i64,
}

impl ByHand {
    fn check(&self) -> Result<(), Problem> {
        let mut errors = FieldErrors::default();
        errors.field("minutes", Minutes::new(self.minutes));
        errors.field("name", Name::new(&self.name));
        errors.field("reason", self.reason.as_deref().map(Reason::new).transpose());
        for (index, result) in self.results.iter().enumerate() {
            errors.field(format_args!("results/{index}/uid"), result.uid.parse::<WristbandUid>());
            errors.field(format_args!("results/{index}/points"), Points::new(result.points));
        }
        if self.bands.len() > 2 {
            errors.refuse("bands", "too_many", "`bands` holds at most 2.");
        }
        for (index, band) in self.bands.iter().enumerate() {
            errors.field(format_args!("bands/{index}"), band.parse::<WristbandUid>());
        }
        errors.finish(Some(()))
    }
}

/// Status and refused fields of both ways, which must be the same.
fn refused(body: &str) -> (u16, Vec<(String, String, &'static str)>) {
    let of = |problem: &Problem| {
        let fields = problem.field_errors().iter();
        let fields = fields.map(|error| (error.field.clone(), error.message.clone(), error.code)).collect();
        (problem.status_code().as_u16(), fields)
    };
    let checked = of(&parse::<Checked>(body.as_bytes()).unwrap_err());
    let by_hand = of(&parse::<ByHand>(body.as_bytes()).and_then(|body| body.check()).unwrap_err());
    assert_eq!(checked, by_hand, "{body}");
    checked
}

fn slots(body: &str) -> Vec<String> {
    let (status, fields) = refused(body);
    assert_eq!(status, 422, "{body}");
    fields.into_iter().map(|(field, ..)| field).collect()
}

#[test]
fn a_good_body_holds_its_values() {
    let body = r#"{"minutes":60,"name":" Fog ","results":[{"uid":"A","points":5}],"bands":["B"]}"#;
    let Checked { minutes, name, reason, results, bands } = parse(body.as_bytes()).unwrap();
    assert_eq!((minutes.get(), name.as_str(), reason), (60, "Fog", None));
    assert_eq!((results[0].uid.as_str(), results[0].points.get()), ("A", 5));
    assert_eq!(bands[0].as_str(), "B");
}

#[test]
fn refused_values_are_named_all_at_once_in_the_structs_order() {
    let body = r#"{"reason":"","name":"","minutes":0}"#;
    let expected = [
        ("/minutes", "`minutes` must be between 1 and 1440, is 0", "out_of_range"),
        ("/name", "`name` must not be empty", "empty"),
        ("/reason", "`reason` must not be empty", "empty"),
    ];
    let expected = expected.map(|(field, message, code)| (field.to_owned(), message.to_owned(), code));
    assert_eq!(refused(body), (422, expected.to_vec()));
}

#[test]
fn refused_items_of_lists_are_named_by_their_index() {
    let items = r#"[{"uid":"A","points":1},{"points":-1,"uid":"?"},{"uid":"C","points":2000000}]"#;
    let body = format!(r#"{{"results":{items},"name":"x","minutes":1441}}"#);
    assert_eq!(slots(&body), ["/minutes", "/results/1/uid", "/results/1/points", "/results/2/points"]);
    let many = [r#"{"uid":"A","points":-1}"#; 12].join(",");
    let body = format!(r#"{{"results":[{many}],"name":"x","minutes":1}}"#);
    assert_eq!(slots(&body)[9..], ["/results/9/points", "/results/10/points", "/results/11/points"]);
}

#[test]
fn optional_values_are_checked_when_they_are_there() {
    for absent in [r#"{"minutes":1,"name":"x"}"#, r#"{"minutes":1,"name":"x","reason":null}"#] {
        assert_eq!(parse::<Checked>(absent.as_bytes()).unwrap().reason, None);
    }
    assert_eq!(slots("{\"minutes\":1,\"name\":\"x\",\"reason\":\"\u{202e}\"}"), ["/reason"]);
}

#[test]
fn rules_of_the_request_stand_beside_those_of_its_values() {
    let body = r#"{"minutes":0,"name":"x","bands":["A","?","C"]}"#;
    assert_eq!(slots(body), ["/minutes", "/bands", "/bands/1"]);
}

#[test]
fn a_body_of_another_shape_is_refused_with_its_first_mistake_alone() {
    let cases = [
        (r#"{"minutes":0}"#, "/name", "missing"),
        (r#"{"minutes":0,"name":5}"#, "/name", "wrong_type"),
        (r#"{"minutes":0,"name":"","surprise":1}"#, "/surprise", "unknown"),
        (r#"{"minutes":0,"name":"","name":""}"#, "/name", "duplicate"),
        (r#"{"minutes":"x","name":""}"#, "/minutes", "wrong_type"),
        (r#"{"minutes":null,"name":""}"#, "/minutes", "wrong_type"),
        (
            r#"{"minutes":0,"name":"","results":[{"uid":"?","points":"1"}]}"#,
            "/results/0/points",
            "wrong_type",
        ),
        (r#"{"minutes":0,"name":"","results":[{"uid":"?"}]}"#, "/results/0/points", "missing"),
        (r#"{"minutes":0,"name":"","results":[["A",1]]}"#, "/results/0", "wrong_type"),
    ];
    for (body, slot, code) in cases {
        let (status, fields) = refused(body);
        assert_eq!((status, fields.len()), (400, 1), "{body}");
        assert_eq!((fields[0].0.as_str(), fields[0].2), (slot, code), "{body}");
    }
    assert_eq!(refused(r#"{"minutes":0,"name":""}x"#), (400, vec![]));
}

#[test]
fn the_schema_stays_as_it_was() {
    let schema = |schema| serde_json::to_value(schema).unwrap().to_string();
    let by_hand = schema(ByHand::schema()).replace("ResultByHand", "CheckedResult");
    assert_eq!(schema(Checked::schema()), by_hand);
    assert_eq!(schema(CheckedResult::schema()), schema(ResultByHand::schema()));
}

#[test]
fn nothing_is_collected_outside_of_a_body() {
    let error = serde_json::from_str::<Minutes>("0").unwrap_err();
    assert!(error.to_string().starts_with("must be between 1 and 1440, is 0"));
}

#[tokio::test]
async fn a_stand_in_never_reaches_a_handler() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    let handler = async |ValidJson(_): ValidJson<Checked>| {
        RUNS.fetch_add(1, Ordering::SeqCst);
    };
    let router: Router = Router::new().route("/", post(handler));
    let bodies = [
        (200, r#"{"minutes":1,"name":"x"}"#),
        (422, r#"{"minutes":0,"name":"x"}"#),
        (422, r#"{"minutes":1,"name":"x","reason":" "}"#),
        (422, r#"{"minutes":1,"name":"x","results":[{"uid":"A","points":1},{"uid":"?","points":1}]}"#),
        (422, r#"{"minutes":1,"name":"x","bands":["A","B","C"]}"#),
        (400, r#"{"minutes":0,"name":5}"#),
        (200, r#"{"minutes":1,"name":"x"}"#),
    ];
    for (status, body) in bodies {
        let request =
            Request::post("/").header("content-type", "application/json").body(Body::from(body)).unwrap();
        let answer = router.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{body}");
    }
    assert_eq!(RUNS.load(Ordering::SeqCst), 2, "one run for each good body");
}

#[test]
fn every_value_type_refuses_itself_outside_of_a_body() {
    fn refuses<T: DeserializeOwned>(json: &str) -> bool {
        serde_json::from_str::<T>(json).is_err()
            && serde_json::from_str::<Vec<T>>(&format!("[{json}]")).is_err()
    }
    assert!(refuses::<Minutes>("0") && refuses::<Points>("-1"));
    assert!(refuses::<Name>("\"\"") && refuses::<Reason>("\" \"") && refuses::<Code>("\"two words\""));
    assert!(refuses::<TimeZoneName>("\"Mars/Olympus\"") && refuses::<EmailAddress>("\"x\""));
    assert!(refuses::<WristbandUid>("\"?\"") && refuses::<SettingKey>("\"\""));
    assert!(refuses::<CronExpression>("\"30 9\"") && refuses::<WaiverVersion>("\"\""));
    assert!(refuses::<MacAddress>("\"50:C7\"") && refuses::<HardwareId>("\"a b\""));
}
