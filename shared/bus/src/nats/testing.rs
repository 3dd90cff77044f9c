//! Real servers for tests: each with a store of its own on a port of its own, ended when dropped.

use std::{
    env,
    fs::{self, File},
    io::{BufRead as _, BufReader},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::Duration,
};

use runtime::clock::{Clock as _, SystemClock};
use tempfile::TempDir;

/// Lists the servers to test against, separated by colons.
const SERVERS: &str = "AEROSPORTS_NATS_SERVERS";
/// How often a start is tried.
const TRIES: usize = 20;

/// The servers every test must pass on.
///
/// # Panics
/// When there is none: nothing is skipped in silence.
#[must_use]
pub fn nats_servers() -> Vec<PathBuf> {
    if let Some(listed) = env::var_os(SERVERS).filter(|listed| !listed.is_empty()) {
        let listed: Vec<PathBuf> = env::split_paths(&listed).collect();
        for server in &listed {
            assert!(server.is_file(), "{SERVERS} names {}, which is not there", server.display());
        }
        return listed;
    }
    // Debian keeps it where an ordinary user's PATH does not look.
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin"), PathBuf::from("/usr/local/sbin")])
        .map(|directory| directory.join("nats-server"))
        .find(|server| server.is_file());
    match found {
        Some(server) => vec![server],
        None => panic!("no nats-server found: run `apt-get install nats-server` or set {SERVERS}"),
    }
}

/// A running server, or one that was stopped for a while.
pub struct NatsServer {
    binary: PathBuf,
    /// Told in its greeting, so that no other server is mistaken for it.
    name: String,
    port: u16,
    directory: TempDir,
    arguments: Vec<String>,
    child: Option<Child>,
}

impl NatsServer {
    /// Starts `binary` with JetStream on an empty store.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start(binary: &Path) -> Self {
        Self::start_with(binary, &[])
    }

    /// Starts `binary` with further arguments.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start_with(binary: &Path, arguments: &[&str]) -> Self {
        let mut server = Self {
            binary: binary.to_owned(),
            name: SystemClock.new_uuid().to_string(),
            port: 0,
            directory: tempfile::tempdir().expect("a temporary directory"),
            arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
            child: None,
        };
        // Another test may take the port between our finding it free and the server's listening.
        for _ in 0..TRIES {
            server.port = free_port();
            if server.run() {
                return server;
            }
        }
        panic!("{} does not start: {}", binary.display(), server.log());
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Kills it, as a power cut does.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Starts it again on the same port with the store it had.
    ///
    /// # Panics
    /// When it does not start.
    pub fn resume(&mut self) {
        for _ in 0..TRIES {
            if self.run() {
                return;
            }
            thread::sleep(Duration::from_millis(100));
        }
        panic!("{} does not start again: {}", self.binary.display(), self.log());
    }

    /// Runs the server until it answers; false when it ended at once.
    fn run(&mut self) -> bool {
        let log = File::create(self.directory.path().join("log")).expect("a log file");
        let child = Command::new(&self.binary)
            .args(["-n", &self.name, "-a", "127.0.0.1", "-p", &self.port.to_string(), "-js", "-sd"])
            .arg(self.store())
            .args(&self.arguments)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not run: {error}", self.binary.display()));
        self.child = Some(child);
        self.becomes_ready()
    }

    /// Keeps a copy of the store. The server must be stopped.
    ///
    /// # Panics
    /// When it cannot be copied.
    #[must_use]
    pub fn copy_store(&self) -> TempDir {
        let copy = tempfile::tempdir().expect("a temporary directory");
        copy_all(&self.store(), copy.path());
        copy
    }

    /// Goes back to a copy. The server must be stopped.
    ///
    /// # Panics
    /// When it cannot be copied.
    pub fn restore_store(&self, copy: &TempDir) {
        self.wipe_store();
        copy_all(copy.path(), &self.store());
    }

    /// Loses the whole store. The server must be stopped.
    ///
    /// # Panics
    /// When it cannot be removed.
    pub fn wipe_store(&self) {
        assert!(self.child.is_none(), "stop the server first");
        fs::remove_dir_all(self.store()).expect("the store can be removed");
    }

    fn store(&self) -> PathBuf {
        self.directory.path().join("store")
    }

    fn becomes_ready(&mut self) -> bool {
        for _ in 0..3_000 {
            if self.greets() {
                return true;
            }
            if self.ended().is_some() {
                return false;
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("{} does not answer: {}", self.binary.display(), self.log());
    }

    fn ended(&mut self) -> Option<ExitStatus> {
        self.child.as_mut().and_then(|child| child.try_wait().ok().flatten())
    }

    fn greets(&self) -> bool {
        let Ok(stream) = TcpStream::connect(("127.0.0.1", self.port)) else { return false };
        let patient = stream.set_read_timeout(Some(Duration::from_secs(1)));
        let mut greeting = String::new();
        patient.is_ok()
            && BufReader::new(stream).read_line(&mut greeting).is_ok()
            && greeting.contains(&self.name)
    }

    fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        if thread::panicking() {
            let ended = self.ended();
            eprintln!("{}, ended by itself: {ended:?}\n{}", self.binary.display(), self.log());
        }
        self.stop();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("its address").port()
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory");
    for entry in fs::read_dir(from).expect("a directory to copy") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_all(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a file to copy");
        }
    }
}
