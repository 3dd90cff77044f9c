//! Programs of others that the tests compare ours with. `./tests/run` installs them; nothing of them is in
//! the repository, and without them a test fails.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

/// `path` below the folder of installed tools.
///
/// # Errors
/// When it is not there: the tools are not installed.
pub fn installed(path: &str) -> Result<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/test-tools").join(path);
    ensure!(path.exists(), "{} is missing: `./tests/run` installs it", path.display());
    Ok(path)
}
