//! For each route, what is needed to try it out: a good body, and what stands for a bad one. A new route
//! gets its case in the file of its kind.

mod catalogue;
mod devices;
mod people;
mod play;
mod venue;

use serde_json::Value;

use super::world::{Stage, World};

/// A body that names things of a world.
type Body = fn(&World) -> Value;

/// How one route is tried out.
pub(super) struct Case {
    /// As in the route table.
    pub(super) path: &'static str,
    /// A body with every field, which is accepted.
    pub(super) body: Body,
    /// The status of that.
    pub(super) status: u16,
    /// Fields that must be there.
    pub(super) required: &'static [&'static str],
    /// Fields that may hold any JSON.
    pub(super) any_json: &'static [&'static str],
    /// Fields with well-formed values that are refused, 422.
    pub(super) refused: Vec<(&'static str, Value)>,
    /// Parameters of the path that need not name anything that exists.
    pub(super) free: &'static [&'static str],
    /// The status when an admin sends it to another existing location.
    pub(super) elsewhere: u16,
    /// What the venue must have come to.
    pub(super) stage: Stage,
    /// Commands that come before, with minutes that pass after them.
    pub(super) before: Vec<(&'static str, Body)>,
    pub(super) minutes_later: i64,
}

/// Every case.
pub(super) fn all() -> Vec<Case> {
    [catalogue::cases(), venue::cases(), people::cases(), play::cases(), devices::cases()]
        .into_iter()
        .flatten()
        .collect()
}

/// A command on something that is there.
fn command(path: &'static str, body: Body) -> Case {
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
        before: vec![],
        minutes_later: 0,
    }
}

/// A command that makes something.
fn creation(path: &'static str, body: Body) -> Case {
    Case { status: 201, elsewhere: 201, ..command(path, body) }
}

impl Case {
    fn required(self, required: &'static [&'static str]) -> Self {
        Self { required, ..self }
    }

    fn any_json(self, any_json: &'static [&'static str]) -> Self {
        Self { any_json, ..self }
    }

    fn refuses<const N: usize>(self, refused: [(&'static str, Value); N]) -> Self {
        Self { refused: refused.into(), ..self }
    }

    fn free(self, free: &'static [&'static str]) -> Self {
        Self { free, ..self }
    }

    fn elsewhere(self, elsewhere: u16) -> Self {
        Self { elsewhere, ..self }
    }

    fn stage(self, stage: Stage) -> Self {
        Self { stage, ..self }
    }

    fn after(mut self, path: &'static str, body: Body) -> Self {
        self.before.push((path, body));
        self
    }

    fn later(self, minutes_later: i64) -> Self {
        Self { minutes_later, ..self }
    }

    /// A world in which the body is accepted.
    pub(super) async fn world(&self) -> World {
        let world = World::at(self.stage).await;
        for (path, body) in &self.before {
            world.done(path, body(&world)).await;
        }
        world.wait_minutes(self.minutes_later);
        world
    }

    /// The parameters of the path.
    pub(super) fn parameters(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
    }
}
