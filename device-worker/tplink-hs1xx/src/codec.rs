//! Obfuscation and frames: bytes in, bytes out, no I/O.
//!
//! A message is JSON text. On UDP it travels obfuscated and bare, on TCP behind a four-byte
//! big-endian length. The obfuscation is an autokey XOR with a fixed first key: it hides
//! nothing, and nothing here treats it as secrecy.
//!
//! Source: softScheck, "Reverse Engineering the TP-Link HS110" (cipher, first key, length
//! prefix).

use thiserror::Error;

/// Longest message accepted from a device, in bytes.
///
/// The longest replies seen are about 1.3 kB, from six-outlet strips. The rest is head-room,
/// and the limit is what keeps a hostile length from becoming an allocation.
pub const MAX_MESSAGE_LEN: usize = 16 * 1024;

/// Bytes of the length prefix of a TCP frame.
pub const HEADER_LEN: usize = 4;

const FIRST_KEY: u8 = 171;

/// Bytes that are not one frame of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FrameError {
    /// The announced or actual length is above the limit.
    #[error("message of {bytes} bytes is over the limit of {limit}")]
    Oversize {
        /// Length announced by the header, or found.
        bytes: usize,
        /// The limit, [`MAX_MESSAGE_LEN`].
        limit: usize,
    },
    /// Fewer bytes than the header needs or announces.
    #[error("frame ends after {received} of {expected} bytes")]
    Truncated {
        /// Bytes present, header included.
        received: usize,
        /// Bytes needed, header included.
        expected: usize,
    },
    /// More bytes than the header announces.
    #[error("frame is followed by {bytes} bytes that belong to nothing")]
    Trailing {
        /// Bytes after the end of the frame.
        bytes: usize,
    },
}

/// Obfuscates `bytes` in place.
pub fn obfuscate(bytes: &mut [u8]) {
    let mut key = FIRST_KEY;
    for byte in bytes {
        *byte ^= key;
        key = *byte;
    }
}

/// Undoes [`obfuscate`] in place. Total: any bytes give some bytes.
pub fn reveal(bytes: &mut [u8]) {
    let mut key = FIRST_KEY;
    for byte in bytes {
        let cipher = *byte;
        *byte ^= key;
        key = cipher;
    }
}

/// Header and body of a TCP frame in one buffer.
///
/// One buffer, because it has to leave in one write: some devices decode each segment alone.
///
/// # Errors
///
/// [`FrameError::Oversize`] when `message` is longer than [`MAX_MESSAGE_LEN`].
///
/// ```
/// let frame = tplink_hs1xx::codec::encode_frame(b"{}").unwrap();
/// assert_eq!(frame, [0, 0, 0, 2, 0xd0, 0xad]);
/// ```
pub fn encode_frame(message: &[u8]) -> Result<Vec<u8>, FrameError> {
    check_len(message.len())?;
    let length = u32::try_from(message.len()).map_err(|_| oversize(message.len()))?;
    let mut frame = Vec::with_capacity(message.len().saturating_add(HEADER_LEN));
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend(encode_datagram(message));
    Ok(frame)
}

/// The UDP form of a message: obfuscated, without a length.
#[must_use]
pub fn encode_datagram(message: &[u8]) -> Vec<u8> {
    let mut body = message.to_vec();
    obfuscate(&mut body);
    body
}

/// Body length announced by the header of a TCP frame, checked before anything is allocated.
///
/// # Errors
///
/// [`FrameError::Oversize`] when it is above [`MAX_MESSAGE_LEN`].
pub fn body_len(header: [u8; HEADER_LEN]) -> Result<usize, FrameError> {
    let length = usize::try_from(u32::from_be_bytes(header)).unwrap_or(usize::MAX);
    check_len(length)?;
    Ok(length)
}

/// The message in `frame`, which must be one whole TCP frame and nothing more.
///
/// # Errors
///
/// [`FrameError`], each variant as its name says.
pub fn decode_frame(frame: &[u8]) -> Result<Vec<u8>, FrameError> {
    let truncated = |expected| FrameError::Truncated { received: frame.len(), expected };
    let (header, body) = frame.split_first_chunk::<HEADER_LEN>().ok_or(truncated(HEADER_LEN))?;
    let expected = body_len(*header)?;
    match body.len().checked_sub(expected) {
        None => Err(truncated(expected.saturating_add(HEADER_LEN))),
        Some(0) => decode_datagram(body),
        Some(bytes) => Err(FrameError::Trailing { bytes }),
    }
}

/// The message in a UDP datagram.
///
/// # Errors
///
/// [`FrameError::Oversize`] when it is longer than [`MAX_MESSAGE_LEN`].
pub fn decode_datagram(datagram: &[u8]) -> Result<Vec<u8>, FrameError> {
    check_len(datagram.len())?;
    let mut message = datagram.to_vec();
    reveal(&mut message);
    Ok(message)
}

fn check_len(bytes: usize) -> Result<(), FrameError> {
    if bytes > MAX_MESSAGE_LEN {
        return Err(oversize(bytes));
    }
    Ok(())
}

fn oversize(bytes: usize) -> FrameError {
    FrameError::Oversize { bytes, limit: MAX_MESSAGE_LEN }
}
