//! Asks an operator back before something that cannot be undone.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use anyhow::{Result, bail};

/// Prints `question`, and goes on only if `answer` is typed.
///
/// # Errors
/// When something else is typed, or there is no terminal to ask on.
pub(super) fn confirm(question: &str, answer: &str) -> Result<()> {
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        bail!("nobody is there to confirm it: say --yes");
    }
    print!("{question} ");
    io::stdout().flush()?;
    let mut typed = String::new();
    stdin.lock().read_line(&mut typed)?;
    if typed.trim() != answer {
        bail!("nothing was changed");
    }
    Ok(())
}
