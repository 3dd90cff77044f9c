//! `/openapi.json` and the page that shows it. The page is ours, small, and needs no network: its script and
//! style come from this binary, and its policy allows nothing else.

use axum::{
    Router,
    http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName},
    response::{IntoResponse, Redirect},
    routing::get,
};
use bytes::Bytes;

const PAGE: &str = include_str!("docs/page.html");
const STYLE: &str = include_str!("docs/page.css");
const SCRIPT: &str = include_str!("docs/page.js");

/// The page loads its own two files and the document, nothing else, and nobody frames it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Adds the routes to `router` and names them.
pub(super) fn routes(router: Router, document: Bytes) -> (Router, impl Iterator<Item = &'static str>) {
    let router = router
        .route("/openapi.json", get(async move || file("application/json", document)))
        .route("/", get(to_page))
        .route("/docs/", get(to_page))
        .route("/docs", get(async || file("text/html; charset=utf-8", Bytes::from_static(PAGE.as_bytes()))))
        .route(
            "/docs/page.css",
            get(async || file("text/css; charset=utf-8", Bytes::from_static(STYLE.as_bytes()))),
        )
        .route(
            "/docs/page.js",
            get(async || file("text/javascript; charset=utf-8", Bytes::from_static(SCRIPT.as_bytes()))),
        );
    (router, ["/openapi.json", "/docs", "/docs/page.css", "/docs/page.js", "/", "/docs/"].into_iter())
}

/// To the page, for who types the address of the service alone.
async fn to_page() -> Redirect {
    Redirect::temporary("/docs")
}

fn file(content_type: &'static str, body: Bytes) -> impl IntoResponse + use<> {
    let headers: [(HeaderName, &'static str); 3] =
        [(CONTENT_TYPE, content_type), (CONTENT_SECURITY_POLICY, POLICY), (CACHE_CONTROL, "no-cache")];
    (headers, body)
}
