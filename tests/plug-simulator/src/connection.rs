//! One connection: reads requests, answers as the fault has it.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::watch,
};
use tplink_hs1xx::codec;

use crate::{fault::Fault, shared::Shared};

/// What the line between client and device is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// Data passes.
    Alive,
    /// Nothing passes, and nobody notices.
    Dead,
    /// The device knows nothing of this connection any more.
    Reset,
}

/// Serves a connection until it ends or the line says so.
pub(crate) async fn run(mut stream: TcpStream, shared: &Shared, mut line: watch::Receiver<Line>) {
    tokio::select! {
        biased;
        _ = line.wait_for(|line| *line != Line::Alive) => {}
        _ = serve(&mut stream, shared) => return,
    }
    // An error says that the plug is gone: that closes everything, too.
    let _ = line.wait_for(|line| *line == Line::Reset).await;
    let _ = stream.set_zero_linger();
}

async fn serve(stream: &mut TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    loop {
        let mut header = [0; codec::HEADER_LEN];
        stream.read_exact(&mut header).await?;
        let length = codec::body_len(header).map_err(|_| io::ErrorKind::InvalidData)?;
        let mut request = vec![0; length];
        stream.read_exact(&mut request).await?;
        codec::reveal(&mut request);
        let (fault, answer) = shared.obey(&request);
        if !reply(stream, &fault, answer).await? {
            return Ok(());
        }
    }
}

/// Whether the connection goes on.
async fn reply(stream: &mut TcpStream, fault: &Fault, answer: Option<Vec<u8>>) -> io::Result<bool> {
    match fault {
        Fault::Mute => return Ok(true),
        Fault::Garbage => return send(stream, b"\x17\x00{not json\xff").await,
        Fault::Oversize => {
            stream.write_all(&[0xff; 8]).await?;
            return Ok(true);
        }
        Fault::HalfClose => {
            stream.shutdown().await?;
            return Ok(true);
        }
        _ => {}
    }
    // Firmware closes the connection on what it cannot read.
    let Some(answer) = answer else { return Ok(false) };
    match fault {
        Fault::Delay(pause) => {
            tokio::time::sleep(*pause).await;
            send(stream, &answer).await
        }
        Fault::Drip(pause) => drip(stream, &frame(&answer)?, *pause).await,
        Fault::Cut(bytes) => {
            let frame = frame(&answer)?;
            stream.write_all(frame.get(..*bytes).unwrap_or(&frame)).await?;
            Ok(false)
        }
        _ => send(stream, &answer).await,
    }
}

fn frame(message: &[u8]) -> io::Result<Vec<u8>> {
    codec::encode_frame(message).map_err(|_| io::ErrorKind::InvalidData.into())
}

async fn send(stream: &mut TcpStream, message: &[u8]) -> io::Result<bool> {
    stream.write_all(&frame(message)?).await?;
    Ok(true)
}

async fn drip(stream: &mut TcpStream, frame: &[u8], pause: Duration) -> io::Result<bool> {
    for byte in frame {
        tokio::time::sleep(pause).await;
        stream.write_all(&[*byte]).await?;
    }
    Ok(true)
}
