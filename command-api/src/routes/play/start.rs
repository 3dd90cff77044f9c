//! `POST /v1/locations/{location}/plays`.

use axum::extract::State;
use serde::Deserialize;
use shared::{
    domain::{
        game::Game,
        ids::{LocationId, PlayId, RoomId, VariantId, WristbandUid},
        location::Location,
        play::{
            Play,
            cross_stream::{self, Start},
        },
        room::Room,
        wristband::Wristband,
    },
    http::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath},
};
use utoipa::ToSchema;

use crate::{
    CommandApi,
    app::Created,
    execute::{Answer, ExecuteError, Session},
    routes::named_in_body,
};

/// More wristbands than any variant takes are not even looked up.
const MOST_WRISTBANDS: usize = 100;

/// Things of the body that may be missing here.
const NAMED: [&str; 3] = ["room_not_found", "variant_not_found", "game_not_found"];

/// A play to start.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartPlayRequest {
    /// Where.
    #[schema(value_type = String, format = Uuid)]
    room_id: RoomId,
    /// What; it must be active in the room.
    #[schema(value_type = String, format = Uuid)]
    variant_id: VariantId,
    /// The codes of the wristbands that play, each once.
    #[schema(min_items = 1, max_items = 100)]
    wristbands: Vec<String>,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(location): ValidPath<LocationId>,
    request: CommandRequest<StartPlayRequest>,
) -> Result<CommandAnswer<Created, 201>, Problem> {
    let uids = checked(&request.body.wristbands)?;
    let (room, variant) = (request.body.room_id, request.body.variant_id);
    let id = PlayId(app.executor.clock().new_uuid());
    app.run(&request.meta, Some(location), |session| {
        let command = Start { id, location, room, variant, at: session.now() };
        start(session, command, uids.clone())
    })
    .await
}

fn checked(wristbands: &[String]) -> Result<Vec<WristbandUid>, Problem> {
    let mut errors = FieldErrors::default();
    if wristbands.len() > MOST_WRISTBANDS {
        errors.refuse("wristbands", "too_many", format!("`wristbands` holds at most {MOST_WRISTBANDS}."));
    }
    let uids = wristbands.iter().take(MOST_WRISTBANDS).enumerate();
    let uids = uids.filter_map(|(index, uid)| errors.field(format_args!("wristbands/{index}"), uid.parse()));
    let uids = uids.collect();
    errors.finish(Some(uids))
}

async fn start(session: Session, command: Start, uids: Vec<WristbandUid>) -> Result<Answer, ExecuteError> {
    let Start { id, location, room, .. } = command;
    let venue = session.load::<Location>(location.stream()).await?;
    let place = session.load::<Room>(room.stream()).await?;
    let installed = place.at(location).map_err(|error| named_in_body(error.into(), &NAMED))?;
    let game = session.load::<Game>(installed.game().stream()).await?;
    let streams = uids.iter().map(|uid| uid.stream(location)).collect();
    let states = session.load_all::<Wristband>(streams).await?;
    session.begin::<Play>(id.stream());
    let bands: Vec<_> = uids.into_iter().zip(states).collect();
    let changes = cross_stream::start(&venue, &place, &game, &bands, command)
        .map_err(|refusal| named_in_body(refusal, &NAMED))?;
    session.record(changes);
    Ok(Answer::created(id.stream(), id))
}
