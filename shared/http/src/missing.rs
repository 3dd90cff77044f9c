//! What there is no route for: said as such, with where the other half of the API is in a process that has one.

use axum::{
    Router,
    http::{Method, Uri},
};

use super::{problem::Problem, route::Kind};

/// Most characters of a path in a sentence.
const MAX_PATH: usize = 100;

/// What a process answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Half {
    /// Only commands.
    Commands,
    /// Only queries.
    Queries,
    /// Both, or neither.
    Whole,
}

impl Half {
    /// Of a process with routes of these `kinds`.
    pub(super) fn of(kinds: impl Iterator<Item = Kind>) -> Self {
        let (mut commands, mut queries) = (false, false);
        for kind in kinds {
            commands |= kind == Kind::Command;
            queries |= kind == Kind::Query;
        }
        match (commands, queries) {
            (true, false) => Self::Commands,
            (false, true) => Self::Queries,
            _ => Self::Whole,
        }
    }

    /// Where to go with `method`, if not here.
    fn elsewhere(self, method: &Method) -> &'static str {
        match self {
            Self::Commands if matches!(*method, Method::GET | Method::HEAD) => {
                " This is the command API; the query API answers queries, at an address of its own."
            }
            Self::Queries if *method == Method::POST => {
                " This is the query API; the command API takes commands, at an address of its own."
            }
            _ => "",
        }
    }
}

/// Gives `router` answers for routes and methods that it does not have.
pub(super) fn answer(router: Router, half: Half) -> Router {
    router
        .fallback(async move |method: Method, uri: Uri| no_such_route(half, &method, uri.path()))
        .method_not_allowed_fallback(async move |method: Method| no_such_method(half, &method))
}

fn no_such_route(half: Half, method: &Method, path: &str) -> Problem {
    let shown = path.char_indices().nth(MAX_PATH).map_or(path, |(at, _)| &path[..at]);
    let more = if shown.len() < path.len() { "…" } else { "" };
    let elsewhere = half.elsewhere(method);
    Problem::no_such_route(format!(
        "There is no route `{method} {shown}{more}`; `/docs` lists those there are.{elsewhere}"
    ))
}

fn no_such_method(half: Half, method: &Method) -> Problem {
    Problem::method_not_allowed(half.elsewhere(method))
}
