//! One actor a device: the only one that talks to it, one request at a time.
//!
//! The newest desired state wins. It interrupts at once what the actor asks of its own accord, and an ON that is
//! no longer wanted. A slow device delays its own actor only. The actor knows no rules: it makes the relay as
//! desired, observes, and leaves the rest to the engine.

mod device;
mod exchange;
mod outlet;
mod target;
#[cfg(test)]
mod tests;
mod timing;

pub use timing::Timing;

use std::{net::SocketAddr, time::Duration};

use domain::{ids::PlugId, plug::PlugNetworks};
use runtime::clock::SharedClock;
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep_until},
};
use tokio_util::task::AbortOnDropHandle;
use tplink_hs1xx::{Client, Energy, Error, Identity, Options, Plug, SysInfo};
use tracing::{Instrument as _, Span, field};

use self::{
    device::Device,
    exchange::{Failed, Progress, Switched},
    target::{Countdown, Target},
};
use crate::{
    desired::{Desired, Orders},
    observation::Observation,
};

/// Stands in for an address that is not known yet; nothing is ever sent there.
const NOWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED), 0);

/// A running actor; ends when dropped.
pub struct Handle {
    orders: watch::Sender<Orders>,
    _task: AbortOnDropHandle<()>,
}

impl Handle {
    /// Starts the actor of the device `identity`; what it observes goes to `out`.
    #[must_use]
    pub fn start(
        identity: Identity,
        orders: Orders,
        setup: &Setup,
        out: mpsc::UnboundedSender<Observation>,
    ) -> Self {
        let (sender, receiver) = watch::channel(orders);
        let client = Client::with_options(NOWHERE, setup.client);
        let mac = identity.mac;
        let actor = Actor {
            plug: Plug::new(client, identity),
            device: Device::new(mac, setup, out),
            orders: receiver,
        };
        Self { orders: sender, _task: AbortOnDropHandle::new(tokio::spawn(actor.run())) }
    }

    /// Changes its orders.
    pub fn order(&self, change: impl FnOnce(&mut Orders)) {
        self.orders.send_modify(change);
    }

    /// Whether none of its plugs is left.
    #[must_use]
    pub fn has_nothing_to_do(&self) -> bool {
        self.orders.borrow().outlets.is_empty()
    }
}

/// What all actors of a worker share.
#[derive(Clone)]
pub struct Setup {
    /// Deadlines of a request.
    pub client: Options,
    /// How often and how patiently.
    pub timing: Timing,
    /// See [`Rules::unconfirmed_for`](crate::engine::Rules::unconfirmed_for).
    pub unconfirmed_for: Duration,
    /// Where plugs may be; nothing else is connected to.
    pub plug_networks: PlugNetworks,
    /// For the times of observations.
    pub clock: SharedClock,
}

struct Actor {
    plug: Plug,
    device: Device,
    orders: watch::Receiver<Orders>,
}

/// What to do next.
#[derive(Debug)]
enum Job {
    Switch(PlugId, Desired),
    Look,
    Arm(PlugId),
    Disarm(PlugId),
    Read(PlugId),
    Wait(Option<Instant>),
}

impl Job {
    /// The span of its exchange with the plug; waiting has none.
    fn span(&self, device: &Identity) -> Span {
        let (method, plug) = match self {
            Self::Switch(id, Desired { on: true, .. }) => ("switch_on", Some(id)),
            Self::Switch(id, _) => ("switch_off", Some(id)),
            Self::Look => ("look", None),
            Self::Arm(id) => ("arm_countdown", Some(id)),
            Self::Disarm(id) => ("disarm_countdown", Some(id)),
            Self::Read(id) => ("read_meter", Some(id)),
            Self::Wait(_) => return Span::none(),
        };
        tracing::info_span!("plug_exchange", plug = plug.map(field::display), %device, method)
    }
}

/// What came of it.
enum Done {
    Switched(Result<Switched, Failed>),
    Looked(Result<SysInfo, Error>),
    Armed(Result<Countdown, Error>),
    Disarmed(Result<(), Error>),
    Read(Result<Energy, Error>),
    Waited,
}

impl Actor {
    async fn run(mut self) {
        loop {
            self.take_orders();
            self.device.request_retries(Instant::now());
            let job = self.device.plan(Instant::now());
            let (progress, resets) = (Progress::default(), self.plug.resets());
            let span = job.span(self.plug.identity());
            let done = tokio::select! {
                biased;
                going_on = overtaken(&mut self.orders, &job, &self.device) => {
                    if !going_on {
                        return;
                    }
                    None
                }
                done = perform(&mut self.plug, &self.device, &job, &progress).instrument(span) => Some(done),
            };
            let restarted = self.plug.resets() != resets;
            if restarted {
                self.device.restarted();
            }
            match done {
                Some(done) => self.device.conclude(&job, done, &progress),
                None => self.device.abandon(&job, &progress),
            }
            if restarted {
                self.device.lost_timer(&job);
            }
            self.device.report_unconfirmed(Instant::now());
        }
    }

    fn take_orders(&mut self) {
        let orders = self.orders.borrow_and_update().clone();
        if let Some(address) = orders.address
            && self.device.address != Some(address)
        {
            self.plug.set_address(address);
            self.device.moved(address);
        }
        self.device.adopt(&orders);
        self.device.report_unconfirmed(Instant::now());
    }
}

/// Resolves when `job` must not go on: true to plan anew, false when the handle was dropped.
async fn overtaken(orders: &mut watch::Receiver<Orders>, job: &Job, device: &Device) -> bool {
    loop {
        if orders.changed().await.is_err() {
            return false;
        }
        if device.is_overtaken(job, &orders.borrow_and_update()) {
            return true;
        }
    }
}

async fn perform(plug: &mut Plug, device: &Device, job: &Job, progress: &Progress) -> Done {
    let timing = &device.timing;
    match job {
        Job::Switch(id, desired) => {
            let target = device.target(*id);
            let switching = async {
                if desired.on {
                    exchange::switch_on(plug, &target, desired.until, timing, progress).await
                } else {
                    exchange::switch_off(plug, &target, progress).await
                }
            };
            Done::Switched(exchange::within(timing, desired.on, switching, progress).await)
        }
        Job::Look => Done::Looked(plug.sys_info().await),
        Job::Arm(id) => {
            let Target { timers, countdown, .. } = device.target(*id);
            Done::Armed(exchange::arm(plug, &timers, countdown, device.end(*id), timing).await)
        }
        Job::Disarm(id) => Done::Disarmed(exchange::disarm(plug, &device.target(*id).timers).await),
        Job::Read(id) => Done::Read(plug.energy(&device.target(*id).outlets).await),
        Job::Wait(Some(until)) => {
            sleep_until(*until).await;
            Done::Waited
        }
        Job::Wait(None) => std::future::pending().await,
    }
}
