//! The list of routes, once: router, route table and OpenAPI document all come from it.

use auth::{Authenticator, Permission};
use axum::{
    Router,
    http::Method,
    routing::{MethodFilter, MethodRouter, on},
};
use bytes::Bytes;
use serde_json::Value;

use super::{
    describe::{Endpoint, OperationDoc},
    docs,
    guard::{Guarded, Rule},
    health::{self, Readiness},
    missing::{self, Half},
    openapi,
    route::{About, Kind, Operation, RouteInfo, Scope},
};

/// Routes over a state `S`, which knows how to authenticate.
#[derive(Debug)]
pub struct Api<S = ()> {
    router: Router<S>,
    pub(super) operations: Vec<Operation>,
    pub(super) tags: Vec<(&'static str, &'static str)>,
}

impl<S: Clone + Send + Sync + 'static> Default for Api<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Clone + Send + Sync + 'static> Api<S> {
    /// No routes yet.
    #[must_use]
    pub fn new() -> Self {
        Self { router: Router::new(), operations: Vec::new(), tags: Vec::new() }
    }

    /// The routes added from now on belong to the group `name`.
    #[must_use]
    pub fn tag(mut self, name: &'static str, description: &'static str) -> Self {
        self.tags.retain(|(known, _)| *known != name);
        self.tags.push((name, description));
        self
    }

    /// Adds the routes of a module: `api.include(routes::wristband::routes)`.
    #[must_use]
    pub fn include(self, routes: impl FnOnce(Self) -> Self) -> Self {
        routes(self)
    }

    /// A command: `POST`. `text` is a summary, then (after an empty line) a description in Markdown.
    #[must_use]
    pub fn command<H, T>(
        self,
        path: &'static str,
        permission: Permission,
        text: &'static str,
        handler: H,
    ) -> Self
    where
        H: Endpoint<T, S>,
        T: 'static,
        S: AsRef<Authenticator>,
    {
        self.guarded(Method::POST, MethodFilter::POST, Kind::Command, path, permission, text, handler)
    }

    /// A query: `GET`. `text` is a summary, then (after an empty line) a description in Markdown.
    #[must_use]
    pub fn query<H, T>(
        self,
        path: &'static str,
        permission: Permission,
        text: &'static str,
        handler: H,
    ) -> Self
    where
        H: Endpoint<T, S>,
        T: 'static,
        S: AsRef<Authenticator>,
    {
        self.guarded(Method::GET, MethodFilter::GET, Kind::Query, path, permission, text, handler)
    }

    /// A `GET` that answers everybody.
    #[must_use]
    pub fn public<H, T>(self, path: &'static str, text: &'static str, handler: H) -> Self
    where
        H: Endpoint<T, S>,
        T: 'static,
    {
        let mut doc = OperationDoc::default();
        H::describe(&mut doc);
        let route = RouteInfo { method: Method::GET, path, permission: None, scope: Scope::Public };
        self.add(route, Kind::Public, text, doc, on(MethodFilter::GET, handler))
    }

    #[expect(clippy::too_many_arguments, reason = "the two public methods above name them")]
    fn guarded<H, T>(
        self,
        method: Method,
        filter: MethodFilter,
        kind: Kind,
        path: &'static str,
        permission: Permission,
        text: &'static str,
        handler: H,
    ) -> Self
    where
        H: Endpoint<T, S>,
        T: 'static,
        S: AsRef<Authenticator>,
    {
        let mut doc = OperationDoc::default();
        H::describe(&mut doc);
        let rule = Rule::new(path, permission, !doc.query.is_empty());
        let scope = if rule.is_global() { Scope::Global } else { Scope::Location };
        let route = RouteInfo { method, path, permission: Some(permission), scope };
        self.add(route, kind, text, doc, on(filter, Guarded { handler, rule }))
    }

    fn add(
        mut self,
        route: RouteInfo,
        kind: Kind,
        text: &'static str,
        doc: OperationDoc,
        methods: MethodRouter<S>,
    ) -> Self {
        self.router = self.router.route(route.path, methods);
        let tag = self.tags.last().map(|(name, _)| *name);
        self.operations.push(Operation { route, kind, tag, text, doc });
        self
    }

    /// Both lists in one, for a process that answers both.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.operations.extend(other.operations);
        for tag in other.tags {
            if !self.tags.iter().any(|(name, _)| *name == tag.0) {
                self.tags.push(tag);
            }
        }
        self
    }

    /// The routes with what they work on; different services' can then be merged.
    #[must_use]
    pub fn with_state(self, state: S) -> Api {
        Api { router: self.router.with_state(state), operations: self.operations, tags: self.tags }
    }

    /// Every route so far.
    #[must_use]
    pub fn routes(&self) -> Vec<RouteInfo> {
        self.operations.iter().map(|operation| operation.route.clone()).collect()
    }

    /// The OpenAPI 3.1 document.
    #[must_use]
    pub fn openapi(&self, about: About) -> Value {
        openapi::document(about, &self.tags, &self.operations)
    }

    /// What is wrong with the list itself: texts missing, parameters that the path and the handler count
    /// differently, schemas that share a name. Tests of the services expect none.
    #[must_use]
    pub fn defects(&self) -> Vec<String> {
        openapi::defects(&self.operations)
    }
}

impl Api {
    /// Adds what every service has (`/healthz`, `/readyz`, `/openapi.json`, `/docs`) and gives the router, to
    /// be put behind [`super::Pipeline`], with the table of all its routes.
    pub fn finish(self, about: About, readiness: Readiness) -> (Router, Vec<RouteInfo>) {
        let half = Half::of(self.operations.iter().map(|operation| operation.kind));
        let api = self.include(|api| health_routes(api, readiness));
        let document = Bytes::from(api.openapi(about).to_string());
        let mut table = api.routes();
        let (router, own) = docs::routes(api.router, document);
        table.extend(own.map(|path| RouteInfo {
            method: Method::GET,
            path,
            permission: None,
            scope: Scope::Public,
        }));
        (missing::answer(router, half), table)
    }
}

/// The routes that say how the process is.
fn health_routes(api: Api, readiness: Readiness) -> Api {
    api.tag("service", "The service itself.")
        .public("/healthz", "Whether the process runs", async || health::alive())
        .public(
            "/readyz",
            "Whether it can do its work now\n\n503 while it starts, stops, or lacks something it needs.",
            async move || readiness.answer(),
        )
}
