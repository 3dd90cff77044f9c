//! Parked events again: retried or skipped, as operators request it, by the owner of the projection.

use domain::{ids::StreamName, log::Position};
use read_store::SqlError;

use super::{Failure, RunError, Runner, end};
use crate::{batch::Batch, decode::Event, parked};

impl Runner {
    /// Does what operators requested since.
    pub(super) async fn do_requests(&mut self) -> Result<(), RunError> {
        let requests = parked::requests(&self.engine.db, self.claim.name, self.claim.generation).await?;
        for request in requests {
            let mut skip = None;
            if request.requested == parked::SKIP {
                let (db, generation) = (&self.engine.db, self.claim.generation);
                skip = parked::to_skip(db, self.claim.name, generation, &request.stream).await?;
            }
            while self.unpark_next(&request.stream, skip).await? {}
            self.publish(&Batch::nothing());
        }
        Ok(())
    }

    /// Applies the first event parked of `stream`, or gives it up if it is the one at `skip`; whether there may be
    /// another.
    async fn unpark_next(&mut self, stream: &StreamName, skip: Option<Position>) -> Result<bool, RunError> {
        let (db, name, generation) = (&self.engine.db, self.claim.name, self.claim.generation);
        let Some(position) = parked::first(db, name, generation, stream).await? else {
            self.parked.remove(stream);
            return Ok(false);
        };
        let event = if skip == Some(position) { None } else { self.read(position, 1).await?.pop() };
        match self.try_unpark(position, event.as_slice()).await {
            Ok(()) => Ok(true),
            Err(Failure::Store(error)) => Err(error.into()),
            Err(Failure::At(_, why) | Failure::Somewhere(why)) => {
                self.note_failure(stream, position, &why).await?;
                Ok(false)
            }
        }
    }

    async fn try_unpark(&mut self, position: Position, events: &[Event]) -> Result<(), Failure> {
        let unparked = self.apply_unparked(position, events).await;
        match unparked {
            Ok(()) => {
                self.moved_to(self.seen);
                self.revision += 1;
            }
            Err(_) => self.context.forget(),
        }
        unparked
    }

    async fn apply_unparked(&mut self, position: Position, events: &[Event]) -> Result<(), Failure> {
        let mut tx = self.engine.db.begin(self.claim.generation).await?;
        self.claim.advance(&mut tx, &self.step(self.seen, -1, true)).await?;
        let (name, generation) = (self.claim.name, self.claim.generation);
        parked::unpark(&mut tx, name, generation, position).await?;
        if events.is_empty() {
            parked::note_skipped(&mut tx, name, generation, position, self.engine.clock.now()).await?;
        }
        let applied = self.project(&mut tx, events, events).await;
        end(tx, applied).await
    }

    async fn note_failure(
        &mut self,
        stream: &StreamName,
        position: Position,
        why: &str,
    ) -> Result<(), SqlError> {
        let mut tx = self.engine.db.begin_catalog().await?;
        self.claim.advance(&mut tx, &self.step(self.seen, 0, false)).await?;
        parked::failed_again(&mut tx, self.claim.name, self.claim.generation, stream, (position, why))
            .await?;
        tx.commit().await?;
        self.moved_to(self.seen);
        Ok(())
    }
}
