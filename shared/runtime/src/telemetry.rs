//! The log: for people on a terminal, one JSON object a line elsewhere. Goes to standard error.
//!
//! An event is always one line, whatever its values hold, so that nobody can write a line of their own into it.

use std::io::{self, IsTerminal as _, Write};

use tracing_subscriber::{
    EnvFilter, fmt::MakeWriter, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use crate::config::{Declaration, Fallback, Setting, SettingError, Settings, Unfit, Visibility};

/// What is logged.
pub static LOG: Setting<EnvFilter> = Setting::new(
    Declaration {
        name: "AEROSPORTS_LOG",
        flag: None,
        flag_in: &[],
        visibility: Visibility::Open,
        expected: "a log level or directives such as info or info,store=debug",
        default: Fallback::Value("info"),
        meaning: "log level, or directives such as `info,store=debug`",
        used_by: &[],
    },
    filter,
);

/// The driver logs every error of the server, which its callers report themselves; directives that follow win.
fn filter(directives: &str) -> Result<EnvFilter, Unfit> {
    EnvFilter::try_new(format!("tiberius=off,{directives}")).map_err(Unfit::because)
}

/// Starts logging as [`LOG`] says, and sends panics there too.
///
/// # Errors
/// When the setting has no meaning. A second call changes nothing.
pub fn init(settings: &Settings) -> Result<(), SettingError> {
    let filter = settings.get(&LOG)?;
    let terminal = io::stderr().is_terminal();
    let people = terminal.then(|| {
        tracing_subscriber::fmt::layer().compact().with_target(false).with_writer(OneLine(io::stderr))
    });
    let machines = (!terminal).then(|| {
        tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(OneLine(io::stderr))
    });
    let started = tracing_subscriber::registry().with(filter).with(people).with(machines).try_init();
    if started.is_ok() {
        std::panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(ToString::to_string);
            tracing::error!(panic = panic.payload_as_str(), place, "panicked");
        }));
    }
    Ok(())
}

/// Writes each event as one line.
struct OneLine<M>(M);

struct OneLineWriter<W>(W);

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for OneLine<M> {
    type Writer = OneLineWriter<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        OneLineWriter(self.0.make_writer())
    }
}

impl<W: Write> Write for OneLineWriter<W> {
    /// The subscriber hands over one whole event, line end included.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let (body, end) = match event {
            [body @ .., b'\n'] => (body, &b"\n"[..]),
            body => (body, &b""[..]),
        };
        if body.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
            let text = String::from_utf8_lossy(body).replace('\r', "\\r").replace('\n', "\\n");
            self.0.write_all(text.as_bytes())?;
            self.0.write_all(end)?;
        } else {
            self.0.write_all(event)?;
        }
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex, PoisonError};

    use super::*;

    #[derive(Clone, Default)]
    struct Memory(Arc<Mutex<Vec<u8>>>);

    impl Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(json: bool) -> String {
        let memory = Memory::default();
        let writer = memory.clone();
        let format = tracing_subscriber::fmt().with_writer(OneLine(move || writer.clone())).with_ansi(false);
        let forged = "x\n2026-01-01T00:00:00Z ERROR forged\r\nline";
        let log = || tracing::info!(shown = %forged, quoted = ?forged, "name: {forged}");
        if json {
            tracing::subscriber::with_default(format.json().finish(), log);
        } else {
            tracing::subscriber::with_default(format.compact().finish(), log);
        }
        let bytes = memory.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_value_cannot_forge_a_line() {
        for json in [true, false] {
            let text = logged(json);
            assert_eq!(text.lines().count(), 1, "{text}");
            assert!(text.ends_with('\n') && !text.contains('\r'), "{text}");
            assert!(text.contains("forged"));
        }
    }

    #[test]
    fn a_senseless_filter_is_refused_by_name() {
        let settings = Settings::from_pairs([("AEROSPORTS_LOG", "info,=,")]);
        assert!(init(&settings).unwrap_err().to_string().contains("AEROSPORTS_LOG"));
    }
}
