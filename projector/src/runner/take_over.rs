//! A rebuilt generation takes over from the one that serves.

use std::error::Error;

use read_store::SqlError;

use super::{RunError, Runner, count};
use crate::{batch::Batch, generations};

impl Runner {
    /// Makes this generation the one that serves, if that is not further by more than a short batch:
    /// its checkpoint is held, what it has and we have not is applied, and the readers are moved over,
    /// all in one transaction.
    pub(super) async fn take_over(&mut self) -> Result<(), SqlError> {
        match self.try_take_over().await {
            Ok(true) => {
                self.building = false;
                self.publish(&Batch::nothing());
                let generation = self.claim.generation;
                tracing::info!(projection = self.claim.name, %generation, "a rebuilt generation serves now");
                Ok(())
            }
            Ok(false) => Ok(()),
            Err(RunError::Sql(error @ SqlError::Fenced)) => Err(error),
            Err(error) => {
                self.context.forget();
                let projection = self.claim.name;
                tracing::warn!(projection, error = &error as &dyn Error, "taking over must wait");
                Ok(())
            }
        }
    }

    async fn try_take_over(&mut self) -> Result<bool, RunError> {
        let mut tx = self.engine.db.begin(self.claim.generation).await?;
        let serving = generations::hold_active(&mut tx, self.claim.name, self.engine.clock.now()).await?;
        let target = serving.map_or(self.seen, |row| row.position.max(self.seen));
        let missing = target.0 - self.seen.0;
        if missing > self.engine.config.follow_batch as u64 {
            tx.rollback().await?;
            return Ok(false);
        }
        let mut events = Vec::new();
        if missing > 0 {
            events = self.read(self.seen.next(), usize::try_from(missing).unwrap_or(usize::MAX)).await?;
        }
        let behind = events.iter().filter(|event| self.waits(event)).count();
        self.claim.advance(&mut tx, &self.step(target, count(behind), false)).await?;
        if self.apply_in(&mut tx, &events, behind > 0).await.is_err() {
            self.context.forget();
            return Ok(false);
        }
        generations::flip(&mut tx, self.claim.name, self.claim.generation, self.engine.clock.now()).await?;
        tx.commit().await?;
        self.moved_to(target);
        Ok(true)
    }
}
