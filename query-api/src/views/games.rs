//! The catalogue: games with their variants.

use std::collections::HashMap;

use read_model::games::{GameRow, VariantRow};
use read_store::{Record as _, list as json_list};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    QueryError, Tables,
    page::{Page, Paging},
};

/// A game.
#[derive(Debug, Serialize, ToSchema)]
pub struct Game {
    /// Its id.
    pub id: Uuid,
    /// Unique in the catalogue.
    pub code: String,
    /// What people call it.
    pub name: String,
    /// Most players any variant may have.
    pub max_players: u32,
    /// Whether it takes no new rooms and variants.
    pub retired: bool,
    /// Its variants, retired ones included, oldest first.
    pub variants: Vec<Variant>,
}

/// A way to play a game.
#[derive(Debug, Serialize, ToSchema)]
pub struct Variant {
    /// Its id.
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// `alliance`, `pvp` or `custom`.
    pub mode: String,
    /// How many levels it has.
    pub levels: u32,
    /// Most iterations of a play.
    pub max_iterations: u32,
    /// Length of one iteration.
    pub iteration_seconds: u32,
    /// Most players.
    pub max_players: u32,
    /// For the players; may be empty.
    pub instructions: String,
    /// `https` links to pictures and videos.
    pub media_links: Vec<String>,
    /// Whether it can no longer be played.
    pub retired: bool,
}

/// Games in the order of their ids.
///
/// # Errors
/// `Sql`.
pub async fn list(tables: Tables, paging: &Paging<Uuid>) -> Result<Page<Game>, QueryError> {
    let after = paging.after().map(Uuid::to_string).unwrap_or_default();
    let sql = format!(
        "SELECT {} FROM {{games}} g WHERE g.game_id > ?1 ORDER BY g.game_id {{limit ?2}}",
        GameRow::select("g")
    );
    let rows = tables.query(&sql, &[after.into(), paging.fetch().into()]).await?;
    let mut page: Page<Game> = paging.page(rows.decode::<GameRow>()?, |last| last.game_id.0);
    let mut variants = variants(&tables, &page.items).await?;
    for game in &mut page.items {
        game.variants = variants.remove(&game.id).unwrap_or_default();
    }
    Ok(page)
}

async fn variants(tables: &Tables, games: &[Game]) -> Result<HashMap<Uuid, Vec<Variant>>, QueryError> {
    let sql = format!(
        "SELECT {} FROM {{game_variants}} v WHERE v.game_id IN {{list ?1}} ORDER BY v.game_id, v.variant_id",
        VariantRow::select("v")
    );
    let rows = tables.query(&sql, &[json_list(games.iter().map(|game| game.id))]).await?;
    let mut found = HashMap::<_, Vec<_>>::new();
    for row in rows.decode::<VariantRow>()? {
        found.entry(row.game_id.0).or_default().push(row.into());
    }
    Ok(found)
}

impl From<GameRow> for Game {
    fn from(row: GameRow) -> Self {
        Self {
            id: row.game_id.0,
            code: row.code.to_string(),
            name: row.name.to_string(),
            max_players: row.max_players,
            retired: row.retired,
            variants: Vec::new(),
        }
    }
}

impl From<VariantRow> for Variant {
    fn from(row: VariantRow) -> Self {
        Self {
            id: row.variant_id.0,
            name: row.name.to_string(),
            mode: row.mode,
            levels: row.levels,
            max_iterations: row.max_iterations,
            iteration_seconds: row.iteration_seconds,
            max_players: row.max_players,
            instructions: row.instructions,
            media_links: row.media_links.0,
            retired: row.retired,
        }
    }
}
