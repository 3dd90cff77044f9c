//! The worker's own file: what it wants of every plug and until when, how far it has read the log, and what
//! it still has to report. State, checkpoint and reports change in one transaction.
//!
//! Written before anything is switched ON, with a write-ahead log and `synchronous = NORMAL`: a killed
//! process loses nothing. After a power loss the last moments may be missing; then nothing wants the plug
//! on, and the start switches it off, which is the safe side.

use std::{collections::BTreeSet, path::Path};

use anyhow::{Context as _, Result};
use domain::{
    ids::{AutomationId, EventId, LocationId, PlugId},
    log::Position,
};
use read_store::{FromRow, ReadStore, Record, Tx, Value, record};
use uuid::Uuid;

use crate::engine::{AutomationRow, STATE_SCHEMA, Stored};

record! {
    /// What the file is, and how far the log has been read.
    struct MetaRow in fixed "worker_meta" {
        key {
            /// Always 1.
            id: i64,
        }
        /// See [`STATE_SCHEMA`].
        state_schema: i64,
        /// The last position applied.
        checkpoint: i64,
    }
}

record! {
    /// The last event that was applied: a log that has another one there is not the one that was read.
    struct AppliedRow in fixed "worker_applied" {
        key {
            /// Always 1.
            id: i64,
        }
        /// Where it stands in the log.
        position: Position,
        /// Its id.
        event_id: EventId,
    }
}

record! {
    /// The name of the worker of this file.
    struct OwnerRow in fixed "worker_owner" {
        key {
            /// Always 1.
            id: i64,
        }
        /// Its name in leases.
        owner: String,
    }
}

record! {
    /// Whether this worker leads a location.
    struct LeadRow in fixed "worker_leads" {
        key {
            /// Which.
            location_id: Uuid,
        }
        /// Whether it was this worker when that was last known.
        ours: bool,
    }
}

record! {
    /// A location.
    struct VenueRow in fixed "worker_venues" {
        key {
            /// Which.
            location_id: Uuid,
        }
        /// JSON.
        state: String,
    }
}

record! {
    /// A plug.
    struct PlugRow in fixed "worker_plugs" {
        key {
            /// Which.
            plug_id: Uuid,
        }
        /// Where.
        location_id: Uuid,
        /// JSON.
        state: String,
    }
}

record! {
    /// An automation.
    struct RuleRow in fixed "worker_automations" {
        key {
            /// Which.
            automation_id: Uuid,
        }
        /// Where.
        location_id: Uuid,
        /// JSON.
        state: String,
    }
}

record! {
    /// A report that command-api has not taken yet.
    struct ReportRow in fixed "worker_outbox" {
        key {
            /// Order of sending.
            number: i64,
        }
        /// Where.
        location_id: Uuid,
        /// May be dropped when there is too much.
        is_reading: bool,
        /// JSON, as command-api takes it.
        body: String,
    }
}

/// Reports kept while command-api is away: weeks of a venue that goes on as usual.
const MOST_REPORTS: i64 = 200_000;

record! {
    /// How full the outbox is.
    struct Outbox {
        last: i64,
        reports: i64,
    }
}

record! {
    /// A report to be sent.
    #[derive(PartialEq)]
    pub struct Pending {
        /// Order of sending.
        number: i64,
        /// JSON.
        body: String,
    }
}

/// A report to be kept.
#[derive(Clone, Debug, PartialEq)]
pub struct NewReport {
    /// Where.
    pub location: LocationId,
    /// Whether it may be dropped when there is too much.
    pub is_reading: bool,
    /// JSON.
    pub body: String,
}

/// Everything that changes together.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// How far the log has been read.
    pub checkpoint: Position,
    /// The last event applied since the last batch.
    pub applied: Option<(Position, EventId)>,
    leads: Vec<LeadRow>,
    venues: Vec<VenueRow>,
    plugs: Vec<PlugRow>,
    automations: Vec<RuleRow>,
    /// Reports, in order.
    pub reports: Vec<NewReport>,
}

impl Batch {
    /// An empty one, at `checkpoint`.
    #[must_use]
    pub fn at(checkpoint: Position) -> Self {
        Self { checkpoint, ..Self::default() }
    }

    /// Adds whether this worker switches a location's plugs.
    pub fn lead(&mut self, location: LocationId, ours: bool) {
        self.leads.push(LeadRow { location_id: location.0, ours });
    }

    /// Adds a location's state.
    pub fn location(&mut self, location: LocationId, state: String) {
        self.venues.push(VenueRow { location_id: location.0, state });
    }

    /// Adds a plug's state.
    pub fn plug(&mut self, location: LocationId, plug: PlugId, state: String) {
        self.plugs.push(PlugRow { plug_id: plug.0, location_id: location.0, state });
    }

    /// Adds an automation's state.
    ///
    /// # Errors
    /// When it has no JSON.
    pub fn automation(
        &mut self,
        location: LocationId,
        automation: AutomationId,
        row: &AutomationRow,
    ) -> Result<()> {
        let state = serde_json::to_string(row)?;
        self.automations.push(RuleRow { automation_id: automation.0, location_id: location.0, state });
        Ok(())
    }
}

/// See the module.
#[derive(Clone)]
pub struct DeviceStore {
    db: ReadStore,
}

/// What an earlier run left.
#[derive(Debug, Default)]
pub struct Loaded {
    /// How far it had read; none for a new file.
    pub checkpoint: Option<Position>,
    /// The last event it applied, and where that stood.
    pub applied: Option<(Position, EventId)>,
    /// What it knew.
    pub locations: Vec<(LocationId, Stored)>,
}

impl DeviceStore {
    /// Opens or makes the file.
    ///
    /// # Errors
    /// When it cannot be opened or written.
    pub async fn open(file: &Path) -> Result<Self> {
        let db = ReadStore::open(file, 2).await.with_context(|| format!("opening {}", file.display()))?;
        let mut tx = db.begin_catalog().await?;
        tx.create(&[
            MetaRow::TABLE,
            AppliedRow::TABLE,
            OwnerRow::TABLE,
            LeadRow::TABLE,
            VenueRow::TABLE,
            PlugRow::TABLE,
            RuleRow::TABLE,
            ReportRow::TABLE,
        ])
        .await?;
        tx.commit().await?;
        Ok(Self { db })
    }

    /// The name of this file's worker, for leases: a worker that starts again takes its own back at once.
    /// `fresh` becomes it when there is none.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub async fn owner(&self, fresh: Uuid) -> Result<String> {
        if let Some(row) = self.all::<OwnerRow>("SELECT id, owner FROM worker_owner").await?.pop() {
            return Ok(row.owner);
        }
        let row = OwnerRow { id: 1, owner: fresh.to_string() };
        let mut tx = self.db.begin_catalog().await?;
        tx.put(std::slice::from_ref(&row)).await?;
        tx.commit().await?;
        Ok(row.owner)
    }

    /// The locations whose lease was this worker's when that was last known.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn led(&self) -> Result<BTreeSet<LocationId>> {
        let rows = self.all::<LeadRow>("SELECT location_id, ours FROM worker_leads").await?;
        Ok(rows.into_iter().filter(|row| row.ours).map(|row| LocationId(row.location_id)).collect())
    }

    /// What an earlier run left; nothing but its reports when its form is not this build's.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn load(&self) -> Result<Loaded> {
        let meta = self.all::<MetaRow>("SELECT id, state_schema, checkpoint FROM worker_meta").await?;
        let Some(meta) = meta.first() else { return Ok(Loaded::default()) };
        if meta.state_schema != i64::from(STATE_SCHEMA) {
            self.forget().await?;
            return Ok(Loaded::default());
        }
        let checkpoint = Position(meta.checkpoint.cast_unsigned());
        let mut locations = std::collections::BTreeMap::<LocationId, Stored>::new();
        let empty = || Stored { seen: checkpoint, ..Stored::default() };
        for row in self.all::<VenueRow>("SELECT location_id, state FROM worker_venues").await? {
            locations.entry(LocationId(row.location_id)).or_insert_with(empty).location = Some(row.state);
        }
        for row in self.all::<PlugRow>("SELECT plug_id, location_id, state FROM worker_plugs").await? {
            let known = locations.entry(LocationId(row.location_id)).or_insert_with(empty);
            known.plugs.push((PlugId(row.plug_id), row.state));
        }
        let rules = "SELECT automation_id, location_id, state FROM worker_automations";
        for row in self.all::<RuleRow>(rules).await? {
            let known = locations.entry(LocationId(row.location_id)).or_insert_with(empty);
            let rule = serde_json::from_str(&row.state).context("reading an automation's row")?;
            known.automations.push((AutomationId(row.automation_id), rule));
        }
        let applied =
            self.all::<AppliedRow>("SELECT id, position, event_id FROM worker_applied").await?.pop();
        let applied = applied.map(|row| (row.position, row.event_id));
        Ok(Loaded { checkpoint: Some(checkpoint), applied, locations: locations.into_iter().collect() })
    }

    /// Forgets everything but the reports and the leases; the next start reads the log anew.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub async fn forget(&self) -> Result<()> {
        let mut tx = self.db.begin_catalog().await?;
        for table in ["worker_meta", "worker_applied", "worker_venues", "worker_plugs", "worker_automations"]
        {
            tx.execute(&format!("DELETE FROM {table}"), &[]).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Writes `batch`, all of it or nothing.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub async fn save(&self, batch: &Batch) -> Result<()> {
        let mut tx = self.db.begin_catalog().await?;
        let (state_schema, checkpoint) = (i64::from(STATE_SCHEMA), batch.checkpoint.0.cast_signed());
        tx.put(&[MetaRow { id: 1, state_schema, checkpoint }]).await?;
        let applied = batch.applied.map(|(position, event_id)| AppliedRow { id: 1, position, event_id });
        tx.put(applied.as_slice()).await?;
        tx.put(&batch.leads).await?;
        tx.put(&batch.venues).await?;
        tx.put(&batch.plugs).await?;
        tx.put(&batch.automations).await?;
        if !batch.reports.is_empty() {
            Self::add_reports(&mut tx, &batch.reports).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn add_reports(tx: &mut Tx, reports: &[NewReport]) -> Result<()> {
        let sql = "SELECT COALESCE(MAX(number), 0) AS last, COUNT(*) AS reports FROM worker_outbox";
        let outbox = tx.query(sql, &[]).await?.first::<Outbox>()?;
        let (last, count) = outbox.map_or((0, 0), |outbox| (outbox.last, outbox.reports));
        let rows: Vec<_> = (last + 1..)
            .zip(reports)
            .map(|(number, report)| ReportRow {
                number,
                location_id: report.location.0,
                is_reading: report.is_reading,
                body: report.body.clone(),
            })
            .collect();
        tx.put(&rows).await?;
        let over = count + i64::try_from(rows.len()).unwrap_or(i64::MAX) - MOST_REPORTS;
        if over > 0 {
            Self::drop_oldest(tx, over).await?;
        }
        Ok(())
    }

    /// Readings go first, then whatever is oldest.
    async fn drop_oldest(tx: &mut Tx, over: i64) -> Result<()> {
        tracing::warn!(reports = over, "too many reports wait: the oldest readings are dropped");
        let oldest = "DELETE FROM worker_outbox WHERE number IN \
             (SELECT number FROM worker_outbox WHERE is_reading = ?1 ORDER BY number {limit ?2})";
        let readings = tx.execute(oldest, &[Value::Integer(1), Value::Integer(over)]).await?;
        let left = over - i64::try_from(readings).unwrap_or(over);
        if left > 0 {
            tx.execute(oldest, &[Value::Integer(0), Value::Integer(left)]).await?;
        }
        Ok(())
    }

    /// Locations that have reports waiting, the one with the oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn waiting(&self) -> Result<Vec<LocationId>> {
        let sql = "SELECT location_id FROM worker_outbox GROUP BY location_id ORDER BY MIN(number)";
        let rows = self.db.query(sql, &[]).await?;
        Ok(rows.column("location_id")?)
    }

    /// The oldest reports of a location with a number above `after`.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn oldest(&self, location: LocationId, after: i64, limit: i64) -> Result<Vec<Pending>> {
        let sql = "SELECT number, body FROM worker_outbox WHERE location_id = ?1 AND number > ?2 \
                   ORDER BY number {limit ?3}";
        let params = [location.0.into(), Value::Integer(after), Value::Integer(limit)];
        let rows = self.db.query(sql, &params).await?;
        Ok(rows.decode()?)
    }

    /// Removes reports that were taken.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub async fn taken(&self, numbers: &[i64]) -> Result<()> {
        let keys: Vec<_> = numbers.iter().map(|number| vec![Value::Integer(*number)]).collect();
        let mut tx = self.db.begin_catalog().await?;
        tx.delete(ReportRow::TABLE, &keys).await?;
        Ok(tx.commit().await?)
    }

    /// Closes the file.
    pub async fn close(&self) {
        self.db.close().await;
    }

    async fn all<R: FromRow>(&self, sql: &str) -> Result<Vec<R>> {
        Ok(self.db.query(sql, &[]).await?.decode()?)
    }
}
