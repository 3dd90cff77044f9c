//! The row that says how far a generation is and who may write it. Every change of a projection's rows
//! moves it in the same transaction, and moves it only for the epoch that holds the lease.

use std::{sync::Arc, time::Duration};

use domain::log::Position;
use jiff::Timestamp;
use read_store::{Generation, ReadStore, Record as _, SqlError, Tx, Value, catalog::ProjectionRow};

/// The right to write one generation, until somebody else takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) name: &'static str,
    pub(crate) generation: Generation,
    pub(crate) epoch: i64,
}

/// Until when a lease taken or renewed `now` holds.
pub(crate) fn until(now: Timestamp, ttl: Duration) -> Timestamp {
    now.checked_add(ttl).unwrap_or(Timestamp::MAX)
}

/// A move of the checkpoint.
pub(crate) struct Advance {
    pub(crate) from: Position,
    pub(crate) to: Position,
    /// By how much the number of parked events changes.
    pub(crate) parked: i64,
    /// Whether rows change that no position shows.
    pub(crate) revised: bool,
    pub(crate) now: Timestamp,
    pub(crate) ttl: Duration,
}

impl Claim {
    /// Takes the lease if it is free, has ended, or `owner` (a former life of ours) holds it. The epoch
    /// grows each time, so that whatever a former holder still does is refused.
    pub(crate) async fn take(
        db: &ReadStore,
        name: &'static str,
        generation: Generation,
        owner: &str,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Option<(Self, ProjectionRow)>, SqlError> {
        let mut tx = db.begin_catalog().await?;
        let taken = tx
            .execute(
                "UPDATE {projections} SET owner = ?1, epoch = epoch + 1, lease_until = ?2 \
                 WHERE name = ?4 AND version = ?5 AND run = ?6 \
                 AND (owner IS NULL OR owner = ?1 OR lease_until < ?3)",
                &[
                    owner.into(),
                    until(now, ttl).into(),
                    now.into(),
                    name.into(),
                    generation.version.into(),
                    generation.run.into(),
                ],
            )
            .await?;
        if taken == 0 {
            tx.rollback().await?;
            return Ok(None);
        }
        let row = find(&mut tx, name, generation).await?.ok_or(SqlError::Fenced)?;
        tx.commit().await?;
        Ok(Some((Self { name, generation, epoch: row.epoch }, row)))
    }

    /// Moves the checkpoint. Call it first in a transaction: it takes the row's lock, on every server.
    ///
    /// # Errors
    /// `Fenced` when the lease was lost or the checkpoint is not where we left it.
    pub(crate) async fn advance(&self, tx: &mut Tx, step: &Advance) -> Result<(), SqlError> {
        let changed = tx
            .execute(
                "UPDATE {projections} SET position = ?1, parked = parked + ?2, revision = revision + ?3, \
                 lease_until = ?4, updated_at = ?5 \
                 WHERE name = ?6 AND version = ?7 AND run = ?8 AND epoch = ?9 AND position = ?10",
                &[
                    step.to.into(),
                    step.parked.into(),
                    i64::from(step.revised).into(),
                    until(step.now, step.ttl).into(),
                    step.now.into(),
                    self.name.into(),
                    self.generation.version.into(),
                    self.generation.run.into(),
                    self.epoch.into(),
                    step.from.into(),
                ],
            )
            .await?;
        if changed == 1 { Ok(()) } else { Err(SqlError::Fenced) }
    }

    /// Keeps the lease.
    ///
    /// # Errors
    /// `Fenced` when it was lost.
    pub(crate) async fn renew(&self, db: &ReadStore, now: Timestamp, ttl: Duration) -> Result<(), SqlError> {
        self.set_lease(db, Some(until(now, ttl))).await
    }

    /// Gives the lease up, so that another worker need not wait for its end.
    ///
    /// # Errors
    /// `Fenced` when it was lost before.
    pub(crate) async fn release(&self, db: &ReadStore) -> Result<(), SqlError> {
        self.set_lease(db, None).await
    }

    async fn set_lease(&self, db: &ReadStore, until: Option<Timestamp>) -> Result<(), SqlError> {
        let free = if until.is_none() { ", owner = NULL" } else { "" };
        let sql = format!(
            "UPDATE {{projections}} SET lease_until = ?1{free} \
             WHERE name = ?2 AND version = ?3 AND run = ?4 AND epoch = ?5"
        );
        let params: [Value; 5] = [
            until.into(),
            self.name.into(),
            self.generation.version.into(),
            self.generation.run.into(),
            self.epoch.into(),
        ];
        let mut tx = db.begin_catalog().await?;
        if tx.execute(&sql, &params).await? == 0 {
            tx.rollback().await?;
            return Err(SqlError::Fenced);
        }
        tx.commit().await
    }
}

/// The row of one generation.
pub(crate) async fn find(
    tx: &mut Tx,
    name: &str,
    generation: Generation,
) -> Result<Option<ProjectionRow>, SqlError> {
    let key = (Arc::from(name), generation.version, generation.run);
    Ok(tx.load::<ProjectionRow>(&[ProjectionRow::key_values(&key)]).await?.pop())
}

#[cfg(test)]
mod tests {

    use read_model::locations::LocationRow;
    use read_store::progress::Progress;
    use runtime::clock::{Clock as _, SystemClock};

    use super::*;
    use crate::{
        projections::Locations,
        testing::{MemoryLog, projector, read_db, rows},
    };

    const FIRST: Generation = Generation { version: 1, run: 1 };
    const TTL: Duration = Duration::from_secs(5);

    async fn prepared() -> (tempfile::TempDir, ReadStore) {
        let dir = tempfile::tempdir().unwrap();
        let db = read_db(dir.path()).await;
        let (log, progress) = (MemoryLog::default(), Progress::default());
        projector(&db, &log, &progress, "w", vec![Arc::new(Locations)]).prepare().await.unwrap();
        assert!(progress.watermark("locations").is_some());
        (dir, db)
    }

    async fn take(db: &ReadStore, owner: &str, now: Timestamp) -> Option<Claim> {
        Claim::take(db, "locations", FIRST, owner, now, TTL).await.unwrap().map(|(claim, _)| claim)
    }

    fn step(from: u64, to: u64, now: Timestamp) -> Advance {
        Advance { from: Position(from), to: Position(to), parked: 0, revised: false, now, ttl: TTL }
    }

    #[tokio::test]
    async fn a_lease_is_one_owners_until_it_ends_or_is_given_up() {
        let (_dir, db) = prepared().await;
        let now = SystemClock.now();
        let one = take(&db, "one", now).await.unwrap();
        assert_eq!(take(&db, "other", now).await, None);
        one.renew(&db, until(now, TTL), TTL).await.unwrap();
        assert_eq!(take(&db, "other", until(now, TTL + TTL / 2)).await, None);
        let other = take(&db, "other", until(now, TTL * 3)).await.unwrap();
        assert_eq!(other.epoch, one.epoch + 1);
        assert!(matches!(one.renew(&db, now, TTL).await, Err(SqlError::Fenced)));
        other.release(&db).await.unwrap();
        assert!(take(&db, "third", now).await.is_some());
    }

    #[tokio::test]
    async fn a_former_owner_changes_nothing() {
        let (_dir, db) = prepared().await;
        let now = SystemClock.now();
        let former = take(&db, "one", now).await.unwrap();
        let owner = take(&db, "other", until(now, TTL * 2)).await.unwrap();
        let mut tx = db.begin(FIRST).await.unwrap();
        let refused = former.advance(&mut tx, &step(0, 5, now)).await;
        assert!(matches!(refused, Err(SqlError::Fenced)));
        drop(tx);
        let mut tx = db.begin(FIRST).await.unwrap();
        owner.advance(&mut tx, &step(0, 3, now)).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = db.begin_catalog().await.unwrap();
        assert_eq!(find(&mut tx, "locations", FIRST).await.unwrap().unwrap().position, Position(3));
    }

    #[tokio::test]
    async fn a_checkpoint_moves_only_from_where_it_is() {
        let (_dir, db) = prepared().await;
        let now = SystemClock.now();
        let claim = take(&db, "one", now).await.unwrap();
        let mut tx = db.begin(FIRST).await.unwrap();
        claim.advance(&mut tx, &step(0, 3, now)).await.unwrap();
        assert!(matches!(claim.advance(&mut tx, &step(0, 4, now)).await, Err(SqlError::Fenced)));
    }

    #[tokio::test]
    async fn rows_and_checkpoint_go_together_or_not_at_all() {
        let (_dir, db) = prepared().await;
        let now = SystemClock.now();
        let claim = take(&db, "one", now).await.unwrap();
        let mut tx = db.begin(FIRST).await.unwrap();
        claim.advance(&mut tx, &step(0, 3, now)).await.unwrap();
        tx.execute(
            "INSERT INTO {locations} (location_id, code, name, time_zone, disabled, reward_tiers, \
             opening_hours, opened_at, stream_version, position) \
             VALUES ('00000000-0000-0000-0000-000000000001', 'b', 'B', 'UTC', 0, '[]', '[]', 0, 1, 3)",
            &[],
        )
        .await
        .unwrap();
        // The process dies here: the connection goes without a commit.
        drop(tx);
        let mut tx = db.begin_catalog().await.unwrap();
        assert_eq!(find(&mut tx, "locations", FIRST).await.unwrap().unwrap().position, Position(0));
        drop(tx);
        assert_eq!(rows::<LocationRow>(&db).await, []);
    }
}
