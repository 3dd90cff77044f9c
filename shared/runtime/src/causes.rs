//! An error as people read it: in one line, with what caused it.

use std::error::Error;

/// `error`, and after each colon what caused what stands before it.
#[must_use]
pub fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        text.push_str(": ");
        text.push_str(&source.to_string());
        cause = source.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the file is not read")]
    struct Unread(#[source] io::Error);

    #[test]
    fn an_error_is_followed_by_its_causes() {
        let error = Unread(io::Error::other("no disk"));
        assert_eq!(with_causes(&error), "the file is not read: no disk");
        assert_eq!(with_causes(&io::Error::other("alone")), "alone");
    }
}
