//! A wall clock that jumps, as libfaketime plays it to a process.

use std::path::Path;

use tempfile::TempDir;

/// The library of the Debian package `faketime`, as the linker finds it.
const LIBRARY: &str = "/usr/$LIB/faketime/libfaketimeMT.so.1";

/// The wall clock of one process. Its monotonic clock is left alone.
#[derive(Debug)]
pub struct WallClock {
    folder: TempDir,
    file: String,
}

impl WallClock {
    /// A clock that is right.
    ///
    /// # Panics
    /// When the package `faketime` is not installed, or the clock's file cannot be written.
    #[must_use]
    pub fn right() -> Self {
        assert!(
            Path::new("/usr/bin/faketime").exists(),
            "no faketime: run `apt-get install faketime`, or ./tests/run, which does it"
        );
        let folder = tempfile::tempdir().expect("a folder for the clock");
        let file = folder.path().join("offset").to_string_lossy().into_owned();
        let clock = Self { folder, file };
        clock.set(0);
        clock
    }

    /// The environment of a process that reads this clock.
    #[must_use]
    pub fn environment(&self) -> [(&str, &str); 4] {
        [
            ("LD_PRELOAD", LIBRARY),
            ("FAKETIME_TIMESTAMP_FILE", &self.file),
            ("FAKETIME_NO_CACHE", "1"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ]
    }

    /// Jumps: the clock is so many seconds ahead from now on.
    ///
    /// # Panics
    /// When the clock's file cannot be written.
    pub fn set(&self, seconds: i64) {
        let next = self.folder.path().join("next");
        std::fs::write(&next, format!("{seconds:+}\n")).expect("the clock's next state");
        std::fs::rename(next, &self.file).expect("the clock's state");
    }
}
