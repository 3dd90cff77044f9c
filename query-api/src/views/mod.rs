//! What each view answers: its query over the read tables, and its shape as it goes over the wire. Rows are those
//! of `read_model`, read by the names of their columns. Nothing here knows of HTTP.

pub mod automation_log;
pub mod automations;
mod contenders;
pub mod families;
pub mod games;
pub mod leaderboards;
pub mod locations;
pub mod occupancy;
pub mod players;
pub mod plays;
pub mod plug_history;
pub mod plugs;
pub mod projections;
mod ranked;
pub mod rooms;
pub mod settings;
pub mod window;
pub mod wristbands;

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    #[test]
    fn views_know_no_transport() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/views");
        let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
        let (mut read, this) = (0, Path::new(file!()).file_name());
        for path in files.filter(|path| path.file_name() != this) {
            let text = fs::read_to_string(&path).unwrap();
            for word in ["http::", "http_api", "axum", "Problem", "StatusCode"] {
                assert!(!text.contains(word), "{} names {word}", path.display());
            }
            read += 1;
        }
        assert!(read > 10, "only {read} views were read");
    }
}
