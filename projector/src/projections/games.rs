//! The catalogue: games and their variants.

use async_trait::async_trait;
use domain::{
    DomainEvent,
    game::{GameEvent, Mode, VariantSpec},
    ids::{GameId, VariantId},
};
use read_model::games::{GAMES, GameRow, VariantRow};
use read_store::{Json, ReadModel, Tx};

use super::streams::game_id;
use crate::{ApplyError, Context, Event, Projection, Rows};

/// See the module.
pub struct Games;

#[async_trait]
impl Projection for Games {
    fn model(&self) -> &'static ReadModel {
        &GAMES
    }

    fn version(&self) -> u32 {
        1
    }

    fn handles(&self, event_type: &str) -> bool {
        event_type.starts_with("game.")
    }

    async fn apply(&self, tx: &mut Tx, events: &[Event], context: &mut Context) -> Result<(), ApplyError> {
        let mut games = context.rows::<GameRow>();
        let mut variants = context.rows::<VariantRow>();
        let ids = events.iter().map(game_id).collect::<Result<Vec<_>, _>>()?;
        let known_variants = events.iter().zip(&ids).map(variant_key).collect::<Result<Vec<_>, _>>()?;
        games.load(tx, ids.iter().flatten().map(|id| (*id,))).await?;
        variants.load(tx, known_variants.into_iter().flatten()).await?;
        for (event, id) in events.iter().zip(ids) {
            if let (DomainEvent::Game(fact), Some(id)) = (event.fact()?, id) {
                fold(&mut games, &mut variants, event, id, fact)?;
            }
        }
        games.flush(tx, context).await?;
        Ok(variants.flush(tx, context).await?)
    }
}

/// The variant that an event of a game is about.
fn variant_key((event, game): (&Event, &Option<GameId>)) -> Result<Option<(GameId, VariantId)>, ApplyError> {
    let DomainEvent::Game(fact) = event.fact()? else { return Ok(None) };
    let variant = match fact {
        GameEvent::VariantAdded { id, .. }
        | GameEvent::VariantChanged { id, .. }
        | GameEvent::VariantRetired { id } => Some(*id),
        GameEvent::Added { .. } | GameEvent::Changed { .. } | GameEvent::Retired => None,
    };
    Ok(game.zip(variant))
}

fn fold(
    games: &mut Rows<GameRow>,
    variants: &mut Rows<VariantRow>,
    event: &Event,
    id: GameId,
    fact: &GameEvent,
) -> Result<(), ApplyError> {
    if games.get(&(id,))?.is_some_and(|row| row.stream_version >= event.version) {
        return Ok(());
    }
    if let GameEvent::Added { id, code, name, max_players } = fact {
        games.put(GameRow {
            game_id: *id,
            code: code.clone(),
            name: name.clone(),
            max_players: *max_players,
            retired: false,
            stream_version: event.version,
        });
        return Ok(());
    }
    // An operator who skipped the addition gave up the game.
    let Some(game) = games.get_mut(&(id,))? else { return Ok(()) };
    game.stream_version = event.version;
    match fact {
        GameEvent::Added { .. } => {}
        GameEvent::Changed { name, max_players } => {
            (game.name, game.max_players) = (name.clone(), *max_players);
        }
        GameEvent::Retired => game.retired = true,
        GameEvent::VariantAdded { id: variant, spec } => variants.put(row(id, *variant, spec, false)),
        GameEvent::VariantChanged { id: variant, spec } => {
            let retired = variants.get(&(id, *variant))?.is_some_and(|known| known.retired);
            variants.put(row(id, *variant, spec, retired));
        }
        GameEvent::VariantRetired { id: variant } => {
            if let Some(variant) = variants.get_mut(&(id, *variant))? {
                variant.retired = true;
            }
        }
    }
    Ok(())
}

fn row(game_id: GameId, variant_id: VariantId, spec: &VariantSpec, retired: bool) -> VariantRow {
    VariantRow {
        game_id,
        variant_id,
        name: spec.name.clone(),
        mode: mode(spec.mode).to_owned(),
        levels: spec.levels,
        max_iterations: spec.max_iterations,
        iteration_seconds: spec.iteration_seconds,
        max_players: spec.max_players,
        instructions: spec.instructions.clone(),
        media_links: Json(spec.media_links.clone()),
        retired,
    }
}

fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Alliance => "alliance",
        Mode::Pvp => "pvp",
        Mode::Custom => "custom",
    }
}

#[cfg(test)]
mod tests {
    use domain::values::{Code, Name};
    use uuid::Uuid;

    use super::*;
    use crate::{
        projections::fixture::variant,
        testing::{MemoryLog, Stepper, assert_idempotent, assert_rebuild_equal},
    };

    fn spec(name: &str, levels: u32) -> VariantSpec {
        let media_links = vec!["https://example.org/a.png".to_owned()];
        VariantSpec { levels, media_links, ..VariantSpec::new(Name::stored(name), Mode::Pvp, 4) }
    }

    fn history() -> MemoryLog {
        let log = MemoryLog::default();
        let game = |number: u128| GameId(Uuid::from_u128(number));
        let say = |number, fact: GameEvent| log.append(&game(number).stream(), None, fact);
        for (number, name) in [(1, "Laser"), (2, "Climb")] {
            let (id, code) = (game(number), Code::stored(&name.to_lowercase()));
            say(number, GameEvent::Added { id, code, name: Name::stored(name), max_players: 6 });
        }
        say(1, GameEvent::VariantAdded { id: variant(1), spec: spec("Duel", 1) });
        say(1, GameEvent::VariantAdded { id: variant(2), spec: spec("Maze", 2) });
        say(2, GameEvent::Changed { name: Name::stored("Climbing"), max_players: 8 });
        say(1, GameEvent::VariantRetired { id: variant(1) });
        say(1, GameEvent::VariantChanged { id: variant(1), spec: spec("Duel II", 3) });
        say(2, GameEvent::Retired);
        log
    }

    #[tokio::test]
    async fn games_and_variants_show_their_latest_state() {
        let mut view = Stepper::new(Games).await;
        view.apply(&history().all()).await;
        let games: Vec<GameRow> = view.rows().await;
        let shown: Vec<_> = games.iter().map(|g| (g.name.as_str(), g.max_players, g.retired)).collect();
        assert_eq!(shown, [("Laser", 6, false), ("Climbing", 8, true)]);
        let variants: Vec<VariantRow> = view.rows().await;
        let shown: Vec<_> = variants.iter().map(|v| (v.name.as_str(), v.levels, v.retired)).collect();
        assert_eq!(shown, [("Duel II", 3, true), ("Maze", 2, false)], "a changed variant stays retired");
        assert_eq!((&*variants[1].mode, variants[1].media_links.0.len()), ("pvp", 1));
    }

    #[tokio::test]
    async fn games_applied_twice_changes_nothing() {
        assert_idempotent(Games, &history().all()).await;
    }

    #[tokio::test]
    async fn games_rebuilt_is_byte_equal() {
        assert_rebuild_equal(Games, &history().all()).await;
    }
}
