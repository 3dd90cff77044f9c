//! Prints the figures of `shared::store::sqlite::bench` for several numbers of callers.

use std::sync::Arc;

use shared::{
    clock::SystemClock,
    store::sqlite::bench::{Load, measure},
};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let base = std::env::args().nth(1).unwrap_or_else(|| "target/append_bench".into());
    for (round, callers) in [64, 256, 512, 1, 64, 256, 512].into_iter().enumerate() {
        let dir = std::path::Path::new(&base).join(round.to_string());
        let commands = if callers == 1 { 2_000 } else { 150_000 };
        let report = measure(&dir, Arc::new(SystemClock), Load { commands, callers }).await?;
        println!(
            "{callers:>4} callers: append {:>7.0}/s in batches of {:>3}, raw {:>7.0}/s: {:.2}; unknown streams {:>7.0}/s; log {:>8.0}/s",
            report.append.per_second(),
            report.append.batch_size(),
            report.raw.per_second(),
            report.append.per_second() / report.raw.per_second(),
            report.unknown_streams.per_second(),
            report.log.per_second(),
        );
        std::fs::remove_dir_all(&dir)?;
    }
    Ok(())
}
