//! The venue's plugs: simulated ones on this machine, registered through the API and switched by
//! its device worker, because of automations. Every room has lights that follow its plays; one has a fog
//! machine as well, one a siren; and there is a fridge that nobody may touch.

mod audit;
mod install;
mod outlet;

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::time::timeout;
use uuid::Uuid;

pub use audit::{Seen, Switches};
use outlet::Outlet;

/// A relay that follows later than this is a difference. What the server drops as late is twice that.
const IN_TIME: Duration = Duration::from_secs(5);
/// How long the fog machine runs after a play's start.
const FOG: Duration = Duration::from_secs(3);
/// How long the siren sounds.
const SIREN: Duration = Duration::from_millis(300);

/// Everything that is plugged in.
#[derive(Debug)]
pub struct Plugs {
    /// Rooms and their lights.
    lights: Vec<(Uuid, Outlet)>,
    fog: Machine,
    siren: Machine,
    /// Blows when the day is over, too.
    siren_automation: Uuid,
    /// On, and managed by nobody.
    fridge: Outlet,
    notes: Mutex<Notes>,
}

/// Something that runs for a while when a play of its room starts or ends.
#[derive(Debug)]
struct Machine {
    room: Uuid,
    outlet: Outlet,
    runs: Duration,
    /// When it was called.
    calls: Mutex<Vec<Instant>>,
}

/// What was noticed during the day.
#[derive(Debug, Default)]
struct Notes {
    lit: Vec<Duration>,
    dark: Vec<Duration>,
    differences: Vec<String>,
}

impl Plugs {
    /// A play's start was answered: waits for the lights.
    pub async fn play_started(&self, room: Uuid, play: Uuid) {
        self.fog.call(room);
        let answered = Instant::now();
        let Some(light) = self.light(room) else { return };
        if timeout(IN_TIME, light.until(true)).await.is_err() {
            self.note(|notes| notes.differences.push(format!("play {play}: its lights did not come on")));
            return;
        }
        let took = light.changed_at().saturating_duration_since(answered);
        self.note(|notes| notes.lit.push(took));
    }

    /// A play is about to end: its lights are on still.
    pub fn play_goes_on(&self, room: Uuid, play: Uuid) {
        if self.light(room).is_some_and(|light| !light.is_on()) {
            self.note(|notes| notes.differences.push(format!("play {play}: it is dark before its end")));
        }
    }

    /// A play's end was answered: waits for the dark.
    pub async fn play_ended(&self, room: Uuid, play: Uuid, finished: bool) {
        if finished {
            self.siren.call(room);
        }
        let answered = Instant::now();
        let Some(light) = self.light(room) else { return };
        if timeout(IN_TIME, light.until(false)).await.is_err() {
            self.note(|notes| notes.differences.push(format!("play {play}: its lights stayed on")));
            return;
        }
        let took = light.changed_at().saturating_duration_since(answered);
        self.note(|notes| notes.dark.push(took));
    }

    fn light(&self, room: Uuid) -> Option<&Outlet> {
        self.lights.iter().find(|(lit, _)| *lit == room).map(|(_, light)| light)
    }

    /// What the device worker manages.
    fn managed(&self) -> impl Iterator<Item = &Outlet> {
        self.lights.iter().map(|(_, light)| light).chain([&self.fog.outlet, &self.siren.outlet])
    }

    fn note(&self, write: impl FnOnce(&mut Notes)) {
        write(&mut locked(&self.notes));
    }
}

impl Machine {
    fn call(&self, room: Uuid) {
        if room == self.room {
            locked(&self.calls).push(Instant::now());
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
