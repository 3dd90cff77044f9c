//! `GET /v1/projections`.

use auth::Permission;
use axum::{Json, extract::State};
use http_api::{Api, Problem};

use crate::{
    QueryApi,
    page::Page,
    views::projections::{self, Projection},
};

pub(super) fn routes(api: Api<QueryApi>) -> Api<QueryApi> {
    api.tag("projections", "How far the views are.").query(
        "/v1/projections",
        Permission::PROJECTION_READ,
        "How far each view is\n\nIts position, the log's end, and what is set aside.",
        list,
    )
}

// Waits for nothing and is never kept: it is asked when something seems late.
async fn list(State(api): State<QueryApi>) -> Result<Json<Page<Projection>>, Problem> {
    Ok(Json(projections::list(api.store(), api.progress(), api.log()).await?))
}
