//! HTTP plumbing that the command API and the query API stand on. Knows no aggregate.
//!
//! # Adding an endpoint
//!
//! A handler is an async function; its signature is its documentation. A command:
//!
//! ```
//! # use std::sync::Arc;
//! # use serde::{Deserialize, Serialize};
//! # use auth::{Authenticator, Permission};
//! # use domain::{ids::{LocationId, WristbandUid}, values::Minutes};
//! # use http_api::{Api, CommandAnswer, CommandRequest, Problem, ValidPath};
//! use axum::extract::State;
//! # #[derive(Clone)] struct App(Arc<Authenticator>);
//! # impl AsRef<Authenticator> for App { fn as_ref(&self) -> &Authenticator { &self.0 } }
//! /// Body of `add-time`. The fields' comments are the documentation that callers read.
//! #[derive(Deserialize, utoipa::ToSchema)]
//! #[serde(deny_unknown_fields)]
//! struct AddTimeRequest {
//!     /// Minutes to add.
//!     #[schema(value_type = i64, minimum = 1, maximum = 1440)]
//!     minutes: Minutes,
//! }
//!
//! #[derive(Serialize, utoipa::ToSchema)]
//! struct AddTimeResponse {
//!     /// Minutes left now.
//!     minutes_left: u32,
//! }
//!
//! async fn add_time(
//!     State(app): State<App>,
//!     ValidPath((location, uid)): ValidPath<(LocationId, WristbandUid)>,
//!     request: CommandRequest<AddTimeRequest>,
//! ) -> Result<CommandAnswer<AddTimeResponse>, Problem> {
//!     // A value type reads itself; a body with a refused value was answered before the handler ran.
//!     let minutes = request.body.minutes;
//!     // … decide and append under request.meta; then the stored status, body and token:
//! #   let (_, _, _) = (app, location, uid);
//! #   let token = "1.1".parse().map_err(|_| Problem::misbuilt("token"))?;
//!     Ok(CommandAnswer::new(200, format!("{{\"minutes_left\":{}}}", minutes.get()), token))
//! }
//!
//! fn routes(api: Api<App>) -> Api<App> {
//!     api.tag("wristbands", "Bands: their time and their owners.").command(
//!         "/v1/locations/{location}/wristbands/{uid}/add-time",
//!         Permission::WRISTBAND_ADD_TIME,
//!         "Add time to a band\n\nThe band must be live.",
//!         add_time,
//!     )
//! }
//! # assert_eq!(routes(Api::new()).defects(), Vec::<String>::new());
//! ```
//!
//! A query is the same with [`Api::query`], [`ValidQuery`] (a struct with `IntoParams` and
//! `deny_unknown_fields`), [`Freshness`], [`IfNoneMatch`], and an answer such as `axum::Json<T>` or a type of
//! its own that implements [`DescribeAnswer`]. `CommandAnswer<T, 201>` documents a creation.
//!
//! The location of a route is the path parameter called `{location}`; the guard has checked it against the
//! caller before the handler runs. A thing that is not there, or belongs to another location, is
//! [`Problem::not_found`], always.
//!
//! A service builds `Api::new().include(…).with_state(app)`, merges others', calls [`Api::finish`], and puts
//! the router behind [`Pipeline`]. A test of the service expects [`Api::defects`] to be empty.

mod answer;
mod api;
#[cfg(test)]
mod api_tests;
#[cfg(test)]
mod checked_tests;
mod command;
mod compress;
mod connection;
mod context;
mod cors;
mod describe;
mod descriptors;
mod docs;
#[cfg(test)]
mod early_tests;
mod exchange;
mod fields;
mod freshness;
mod guard;
mod health;
#[cfg(test)]
mod hostile_tests;
mod idempotency;
mod ids;
mod json;
mod keys;
mod known_peers;
mod missing;
mod objects;
mod openapi;
mod params;
mod pipeline;
#[cfg(test)]
mod pipeline_tests;
mod precondition;
mod problem;
mod proxy;
mod refusal;
mod rest;
mod route;
mod server;
#[cfg(test)]
mod server_tests;
mod shape;
mod slots;
mod trail;
mod unparsed;
mod watched;
mod whole;

pub use answer::{CommandAnswer, CreatedOrKnown};
pub use api::Api;
pub use command::{CommandMeta, CommandRequest};
pub use context::{BodyLimits, RequestContext};
pub use cors::Origins;
pub use describe::{DescribeAnswer, DescribeArgument, Endpoint, OperationDoc};
pub use fields::{Collected, FieldErrors};
pub use freshness::{ALLOW_STALE, Freshness, MAX_WAIT, MIN_POSITION, POSITION};
pub use guard::Caller;
pub use health::{Check, CheckState, Readiness};
pub use idempotency::{IDEMPOTENCY_KEY, IdempotencyKey, request_hash};
pub use ids::{RequestId, TraceParent};
pub use json::ValidJson;
pub use params::{ValidPath, ValidQuery};
pub use pipeline::{HttpConfig, Pipeline};
pub use precondition::{IfNoneMatch, if_match};
pub use problem::{FieldError, PROBLEM_JSON, Problem};
pub use proxy::{InvalidNetwork, Network};
pub use route::{About, RouteInfo, Scope};
pub use server::{BindError, Server, listen};
