//! For each route, what is needed to try it out: a good body, and what stands for a bad one. A new route
//! gets its case in the `mod.rs` that lists it.

use serde_json::Value;

use super::super::{automation, game, location, party, play, player, plug, room, setting, wristband};
use super::world::{Stage, World, guardian};

/// A body that names things of a world.
pub(in crate::routes) type Body = fn(&World) -> Value;

/// How one route is tried out.
pub(in crate::routes) struct Case {
    /// As in the route table.
    pub(in crate::routes) path: &'static str,
    /// A body with every field, which is accepted.
    pub(in crate::routes) body: Body,
    /// The status of that.
    pub(in crate::routes) status: u16,
    /// Fields that must be there.
    pub(in crate::routes) required: &'static [&'static str],
    /// Fields that may hold any JSON.
    pub(in crate::routes) any_json: &'static [&'static str],
    /// Fields with well-formed values that are refused, 422.
    pub(in crate::routes) refused: Vec<(&'static str, Value)>,
    /// Parameters of the path that need not name anything that exists.
    pub(in crate::routes) free: &'static [&'static str],
    /// The status when an admin sends it to another existing location.
    pub(in crate::routes) elsewhere: u16,
    /// What the venue must have come to.
    pub(in crate::routes) stage: Stage,
    /// Whether `{player}` is the dependant, and there is a `second_guardian`.
    pub(in crate::routes) of_dependant: bool,
    /// Commands that come before, with minutes that pass after them.
    pub(in crate::routes) before: Vec<(&'static str, Body)>,
    pub(in crate::routes) minutes_later: i64,
}

/// Every case.
pub(in crate::routes) fn all() -> Vec<Case> {
    let all = [
        game::cases::cases(),
        location::cases::cases(),
        room::cases::cases(),
        setting::cases::cases(),
        player::cases::cases(),
        wristband::cases::cases(),
        party::cases::cases(),
        play::cases::cases(),
        plug::cases::cases(),
        automation::cases::cases(),
    ];
    all.into_iter().flatten().collect()
}

/// A command on something that is there.
pub(in crate::routes) fn command(path: &'static str, body: Body) -> Case {
    Case {
        path,
        body,
        status: 200,
        required: &[],
        any_json: &[],
        refused: vec![],
        free: &[],
        elsewhere: 404,
        stage: Stage::Open,
        of_dependant: false,
        before: vec![],
        minutes_later: 0,
    }
}

/// A command that makes something.
pub(in crate::routes) fn creation(path: &'static str, body: Body) -> Case {
    Case { status: 201, elsewhere: 201, ..command(path, body) }
}

impl Case {
    pub(in crate::routes) fn required(self, required: &'static [&'static str]) -> Self {
        Self { required, ..self }
    }

    pub(in crate::routes) fn any_json(self, any_json: &'static [&'static str]) -> Self {
        Self { any_json, ..self }
    }

    pub(in crate::routes) fn refuses<const N: usize>(self, refused: [(&'static str, Value); N]) -> Self {
        Self { refused: refused.into(), ..self }
    }

    pub(in crate::routes) fn free(self, free: &'static [&'static str]) -> Self {
        Self { free, ..self }
    }

    pub(in crate::routes) fn elsewhere(self, elsewhere: u16) -> Self {
        Self { elsewhere, ..self }
    }

    pub(in crate::routes) fn stage(self, stage: Stage) -> Self {
        Self { stage, ..self }
    }

    pub(in crate::routes) fn of_dependant(self) -> Self {
        Self { of_dependant: true, ..self }
    }

    pub(in crate::routes) fn after(mut self, path: &'static str, body: Body) -> Self {
        self.before.push((path, body));
        self
    }

    pub(in crate::routes) fn later(self, minutes_later: i64) -> Self {
        Self { minutes_later, ..self }
    }

    /// A world in which the body is accepted.
    pub(in crate::routes) async fn world(&self) -> World {
        let mut world = World::at(self.stage).await;
        if self.of_dependant {
            let dependant = world.id("dependant").to_owned();
            let second = guardian("second@example.org");
            world.made("second_guardian", "/v1/locations/{location}/players", second).await;
            world.name("player", &dependant);
        }
        for (path, body) in &self.before {
            world.done(path, body(&world)).await;
        }
        world.wait_minutes(self.minutes_later);
        world
    }

    /// The parameters of the path.
    pub(in crate::routes) fn parameters(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
    }
}
