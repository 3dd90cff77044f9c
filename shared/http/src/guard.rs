//! Stands before every handler that needs a permission: who calls, may they, at this location? Wrapped around
//! the handler by the API builder, so that no route can be without it by oversight.

use std::{pin::Pin, sync::Arc};

use auth::{Authenticator, Permission, Principal, Target, authorize};
use axum::{
    extract::{FromRequestParts, Request},
    handler::Handler,
    http::request::Parts,
    response::{IntoResponse, Response},
};

use super::{
    connection::Connection,
    context::RequestContext,
    problem::{FieldError, Problem},
};

/// Most parameters named in a refusal.
const MAX_NAMED: usize = 10;
/// Most characters of a parameter's name in a sentence.
const MAX_NAME: usize = 100;

/// The authenticated caller, for handlers that need to know.
#[derive(Clone, Debug)]
pub struct Caller(pub Arc<Principal>);

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let caller = parts.extensions.get::<Arc<Principal>>().cloned();
        caller.map(Self).ok_or_else(|| Problem::misbuilt("the route is not behind the guard"))
    }
}

/// What a route asks of its caller.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    path: &'static str,
    permission: Permission,
    /// Which segment of the path is the location; none: the route is global.
    location_segment: Option<usize>,
    /// Whether the handler reads the query string, and refuses what it does not know there.
    takes_query: bool,
}

impl Rule {
    /// For the route at `path`, whose location is the parameter `{location}`.
    pub(super) fn new(path: &'static str, permission: Permission, takes_query: bool) -> Self {
        let location_segment = path.split('/').position(|segment| segment == "{location}");
        Self { path, permission, location_segment, takes_query }
    }

    pub(super) fn is_global(self) -> bool {
        self.location_segment.is_none()
    }

    fn target(self, path: &str) -> Target {
        let Some(at) = self.location_segment else { return Target::Global };
        match path.split('/').nth(at).map(str::parse) {
            Some(Ok(location)) => Target::Location(location),
            _ => Target::NoLocation,
        }
    }

    async fn admit(self, authenticator: &Authenticator, parts: &Parts) -> Result<Arc<Principal>, Problem> {
        let address = parts.extensions.get::<RequestContext>().map(|context| context.peer);
        let principal = authenticator.authenticate(&parts.headers, address).await?;
        if let Some(connection) = parts.extensions.get::<Arc<Connection>>() {
            connection.note_known();
        }
        authorize(&principal, self.permission, self.target(parts.uri.path()))?;
        if !self.takes_query {
            refuse_parameters(parts.uri.query().unwrap_or_default())?;
        }
        Ok(principal)
    }
}

/// A parameter that nobody reads may have been meant to change what happens.
fn refuse_parameters(query: &str) -> Result<(), Problem> {
    let unknown: Vec<_> = form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| !name.is_empty())
        .take(MAX_NAMED)
        .map(|(name, _)| FieldError {
            message: format!(
                "`{}` is not known here: this route takes no query parameters",
                shortened(&name)
            ),
            field: name.into_owned(),
            code: "unknown",
        })
        .collect();
    let Some(first) = unknown.first() else { return Ok(()) };
    Err(Problem::bad_request(first.message.clone()).errors(unknown))
}

fn shortened(name: &str) -> &str {
    name.char_indices().nth(MAX_NAME).map_or(name, |(at, _)| &name[..at])
}

/// A handler behind its rule.
#[derive(Clone)]
pub(super) struct Guarded<H> {
    pub(super) handler: H,
    pub(super) rule: Rule,
}

/// Tells the guarded handlers' arguments from those of plain ones.
pub(super) struct Behind;

impl<H, T, S> Handler<(Behind, T), S> for Guarded<H>
where
    H: Handler<T, S>,
    T: 'static,
    S: AsRef<Authenticator> + Send + Sync + 'static,
{
    type Future = Pin<Box<dyn Future<Output = Response> + Send>>;

    fn call(self, request: Request, state: S) -> Self::Future {
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            tracing::Span::current().record("route", self.rule.path);
            match self.rule.admit(state.as_ref(), &parts).await {
                Ok(principal) => {
                    parts.extensions.insert(principal);
                    self.handler.call(Request::from_parts(parts, body), state).await
                }
                Err(problem) => problem.into_response(),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use domain::ids::LocationId;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_location_is_read_from_the_path() {
        let rule = Rule::new("/v1/locations/{location}/rooms/{room}", Permission::ROOM_READ, false);
        let id = Uuid::from_u128(7);
        let target = |location: &str| rule.target(&format!("/v1/locations/{location}/rooms/x"));
        assert_eq!(target(&id.to_string()), Target::Location(LocationId(id)));
        assert_eq!(target("7"), Target::NoLocation);
        assert_eq!(target(""), Target::NoLocation);
        assert_eq!(target(&id.to_string().replace('7', "%37")), Target::NoLocation);
        assert_eq!(rule.target("/v1"), Target::NoLocation);
        assert_eq!(
            Rule::new("/v1/games/{game}", Permission::GAME_READ, false).target("/v1/games/x"),
            Target::Global
        );
    }
}
