//! One route, as data: what the list of routes, the document and tests know of it.

use auth::Permission;
use axum::http::Method;

use super::describe::OperationDoc;

/// One route, as far as the document needs to know it.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    pub(super) route: RouteInfo,
    pub(super) kind: Kind,
    pub(super) tag: Option<&'static str>,
    pub(super) text: &'static str,
    pub(super) doc: OperationDoc,
}

/// What a route is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It changes something.
    Command,
    /// It reads.
    Query,
    /// It answers everybody.
    Public,
}

/// One route, for tests that go through every one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteInfo {
    /// The method.
    pub method: Method,
    /// The path with its parameters in braces.
    pub path: &'static str,
    /// What a caller needs; none when everybody may.
    pub permission: Option<Permission>,
    /// Whose things it touches.
    pub scope: Scope,
}

/// Whose things a route touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Those of the location in its path.
    Location,
    /// Those of every location.
    Global,
    /// Nobody's; it answers without a key.
    Public,
}

/// What stands at the top of the document.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// The API's name.
    pub title: &'static str,
    /// The program's version.
    pub version: &'static str,
    /// What it is for, in Markdown.
    pub description: &'static str,
}
