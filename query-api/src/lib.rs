//! The read side: answers `GET` from the read tables. Writes nothing and never asks the log for history.
//!
//! `views` knows no transport: a view takes the tables that it may read ([`Tables`]) and gives an answer or a
//! [`QueryError`]. `routes` are its adapters to HTTP: parameters, texts, and the answer's [`ReadSet`].
//!
//! To add a view of rows that are projected already: a file in `views` (the query, and the answer as it goes over
//! the wire), a file in `routes`, and three lines here. Rows are declared in `shared/read-model`.

mod answer;
pub mod app;
mod cache;
mod error;
pub mod page;
mod problem;
mod query_context;
#[cfg(test)]
mod query_context_tests;
mod read_set;
mod tables;

pub use answer::Answer;
pub use app::{QueryApi, Sources};
pub use error::QueryError;
pub use query_context::QueryContext;
pub use read_set::ReadSet;
pub use tables::Tables;

/// What each view answers: its query over the read tables, and its shape as it goes over the wire. Rows are those
/// of `read_model`, read by the names of their columns. Nothing here knows of HTTP.
pub mod views {
    pub mod automation_log;
    pub mod automations;
    mod contenders;
    pub mod families;
    pub mod games;
    pub mod guests;
    pub mod leaderboards;
    pub mod locations;
    pub mod names;
    pub mod occupancy;
    pub mod players;
    pub mod plays;
    pub mod plug_history;
    pub mod plugs;
    pub mod projections;
    mod ranked;
    pub mod rooms;
    pub mod settings;
    pub mod visits;
    pub mod window;
    pub mod wristbands;
}

/// The query API's routes, one file a view.
pub mod routes {
    mod automations;
    mod games;
    mod guests;
    mod leaderboards;
    mod locations;
    mod occupancy;
    mod players;
    mod plays;
    mod plugs;
    mod projections;
    mod rooms;
    mod settings;
    mod wristbands;

    use http_api::Api;

    use crate::QueryApi;

    impl QueryApi {
        /// Every route, each with the permission it needs.
        #[must_use]
        pub fn api(self) -> Api {
            all(Api::new()).with_state(self)
        }
    }

    /// Every route.
    #[must_use]
    pub fn all(api: Api<QueryApi>) -> Api<QueryApi> {
        api.include(locations::routes)
            .include(games::routes)
            .include(rooms::routes)
            .include(players::routes)
            .include(wristbands::routes)
            .include(plays::routes)
            .include(leaderboards::routes)
            .include(occupancy::routes)
            .include(guests::routes)
            .include(settings::routes)
            .include(plugs::routes)
            .include(automations::routes)
            .include(projections::routes)
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    #[test]
    fn views_know_no_transport() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/views");
        let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
        let mut read = 0;
        for path in files {
            let text = fs::read_to_string(&path).unwrap();
            for word in ["http::", "http_api", "axum", "Problem", "StatusCode"] {
                assert!(!text.contains(word), "{} names {word}", path.display());
            }
            read += 1;
        }
        assert!(read > 10, "only {read} views were read");
    }
}
