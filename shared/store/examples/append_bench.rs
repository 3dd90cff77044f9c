//! Prints the figures of `store::sqlite::bench`, in a directory below `target`:
//! `cargo run --release -p store --features bench --example append_bench -- [commands] [callers]...`.

use std::{path::Path, sync::Arc};

use runtime::clock::SystemClock;
use store::{bench::Load, sqlite::bench::measure};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<usize>());
    let commands = arguments.next().unwrap_or(Ok(100_000))?;
    let mut callers = arguments.collect::<Result<Vec<_>, _>>()?;
    if callers.is_empty() {
        callers = vec![64, 256, 512];
    }
    for (round, callers) in callers.into_iter().enumerate() {
        let dir = Path::new("target/append_bench").join(format!("{}-{round}", std::process::id()));
        let report = measure(&dir, Arc::new(SystemClock), Load { commands, callers }).await?;
        println!(
            "{callers:>4} callers: append {:>7.0}/s in batches of {:>3}, raw {:>7.0}/s in {:>3}: {:.2}; \
             unknown streams {:>7.0}/s; log {:>7.0}/s",
            report.append.per_second(),
            report.append.batch_size(),
            report.raw.per_second(),
            report.raw.batch_size(),
            report.append.per_second() / report.raw.per_second(),
            report.unknown_streams.per_second(),
            report.log.per_second(),
        );
        std::fs::remove_dir_all(&dir)?;
    }
    Ok(())
}
