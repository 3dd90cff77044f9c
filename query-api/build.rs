//! Gives this build an id that changes whenever what renders answers may have changed: a hash of the sources of
//! this crate and of `shared`, and of the versions of everything else. Equal sources give equal ids.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

const ROOTS: [&str; 3] = ["src", "../shared", "../Cargo.lock"];

fn main() -> io::Result<()> {
    let crate_dir = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let mut hash = Fnv::default();
    for root in ROOTS {
        println!("cargo:rerun-if-changed={root}");
        add(&mut hash, &crate_dir.join(root))?;
    }
    println!("cargo:rustc-env=QUERY_API_BUILD={:016x}", hash.0);
    Ok(())
}

/// Adds every source below `path`, in the order of names.
fn add(hash: &mut Fnv, path: &Path) -> io::Result<()> {
    if path.is_file() {
        hash.add(path.file_name().unwrap_or_default().as_encoded_bytes());
        hash.add(&fs::read(path)?);
        return Ok(());
    }
    let entries = fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path()));
    let mut entries = entries.collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    let is_source = |path: &PathBuf| path.is_dir() || path.extension().is_some_and(|kind| kind == "rs");
    entries.iter().filter(|path| is_source(path)).try_for_each(|path| add(hash, path))
}

/// FNV-1a of 64 bits: the same in every version of the compiler.
/// Source: <http://www.isthe.com/chongo/tech/comp/fnv/>.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn add(&mut self, bytes: &[u8]) {
        let length = (bytes.len() as u64).to_le_bytes();
        for byte in length.iter().chain(bytes) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}
