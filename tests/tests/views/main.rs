//! The query API's views over a real log, filled by the projector: what they show, and that a reader who
//! brings a command's token sees its effect.

#![expect(clippy::unwrap_used, reason = "what cannot be unwrapped fails the test, also in its helpers")]

mod catalogue;
mod devices;
mod freshness;
mod guests;
mod leaderboards;
mod names;
mod occupancy;
mod on_mssql;
mod people;
mod plays;
mod restored;
mod settings;
mod timed;
mod world;
mod wristbands;

#[test]
fn a_module_with_tests_is_run_on_the_server_too() {
    let without_tests = ["on_mssql", "timed", "world"];
    let modules =
        include_str!("main.rs").lines().filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'));
    let listed = modules.filter(|module| !without_tests.contains(module)).collect::<Vec<_>>();
    assert_eq!(listed, on_mssql::MODULES);
}
