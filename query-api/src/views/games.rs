//! The catalogue: games with their variants.

use std::collections::HashMap;

use serde::Serialize;
use shared::{
    http::Problem,
    sql::{Json, ReadStore, Row, SqlError, list as json_list},
};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::page::{Page, Paging, items};

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
/// 503, 500.
pub async fn list(db: &ReadStore, paging: &Paging<Uuid>) -> Result<Page<Game>, Problem> {
    let after = paging.after().map(Uuid::to_string).unwrap_or_default();
    let sql = "SELECT game_id, code, name, max_players, retired FROM {games} \
               WHERE game_id > ?1 ORDER BY game_id {limit ?2}";
    let rows = db.query(sql, &[after.into(), paging.fetch().into()]).await?;
    let mut page = paging.page(items(&rows, game)?, |last| last.id);
    let mut variants = variants(db, &page.items).await?;
    for game in &mut page.items {
        game.variants = variants.remove(&game.id).unwrap_or_default();
    }
    Ok(page)
}

async fn variants(db: &ReadStore, games: &[Game]) -> Result<HashMap<Uuid, Vec<Variant>>, SqlError> {
    let sql = "SELECT game_id, variant_id, name, mode, levels, max_iterations, iteration_seconds, max_players, \
               instructions, media_links, retired FROM {game_variants} \
               WHERE game_id IN {list ?1} ORDER BY game_id, variant_id";
    let rows = db.query(sql, &[json_list(games.iter().map(|game| game.id))]).await?;
    let mut found = HashMap::<_, Vec<_>>::new();
    for row in &rows {
        found.entry(row.get(0)?).or_default().push(variant(row)?);
    }
    Ok(found)
}

fn game(row: &Row) -> Result<Game, SqlError> {
    Ok(Game {
        id: row.get(0)?,
        code: row.get(1)?,
        name: row.get(2)?,
        max_players: row.get(3)?,
        retired: row.get(4)?,
        variants: Vec::new(),
    })
}

fn variant(row: &Row) -> Result<Variant, SqlError> {
    Ok(Variant {
        id: row.get(1)?,
        name: row.get(2)?,
        mode: row.get(3)?,
        levels: row.get(4)?,
        max_iterations: row.get(5)?,
        iteration_seconds: row.get(6)?,
        max_players: row.get(7)?,
        instructions: row.get(8)?,
        media_links: row.get::<Json<_>>(9)?.0,
        retired: row.get(10)?,
    })
}
