//! The same views out of read tables on a server: a test for each module, so that none takes long.

use read_store::testing::run_on_server;

/// Makes a test of each module's tests, with how many there are at least.
macro_rules! views_on_mssql {
    ($($module:ident $least:literal)*) => {
        $(
            #[tokio::test]
            async fn $module() {
                run_on_server(&[concat!(stringify!($module), "::")], $least).await;
            }
        )*

        /// The modules listed here.
        pub const MODULES: &[&str] = &[$(stringify!($module)),*];
    };
}

views_on_mssql! {
    catalogue 7
    devices 11
    freshness 3
    guests 3
    leaderboards 8
    names 3
    occupancy 2
    people 6
    plays 4
    restored 4
    settings 2
    wristbands 6
}
