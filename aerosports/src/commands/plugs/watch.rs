//! `plugs watch`: every change of the plugs given, or of those that searches find, until interrupted.
//! Each plug has a task that looks at it; one loop prints.

use std::{
    collections::{HashMap, hash_map::Entry},
    net::SocketAddr,
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context as _, Result};
use jiff::Timestamp;
use runtime::clock::SharedClock;
use serde_json::{Value, json};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};
use tplink_hs1xx::{Client, DeviceId, Plug, SysInfo};

use super::{
    arguments::Search,
    discover,
    host::Host,
    outlet::Outlet,
    print::{line, printable},
    trouble::Trouble,
};

/// How often plugs that are new or moved are searched for.
const SEARCH_EVERY: Duration = Duration::from_secs(30);

/// Something that changed.
struct Change {
    host: String,
    /// `None` while the plug has never answered.
    info: Option<SysInfo>,
    kind: Kind,
}

enum Kind {
    /// An outlet that is on (or off) when first looked at.
    Is(Outlet, bool),
    /// An outlet that was switched.
    Switched(Outlet, bool),
    Unreachable(Trouble),
    Reachable,
    Moved(SocketAddr),
}

/// Prints changes until interrupted.
///
/// # Errors
/// When standard output is closed.
pub async fn run(
    hosts: Vec<Host>,
    search: &Search,
    every: f64,
    json: bool,
    clock: SharedClock,
) -> Result<ExitCode> {
    let (sender, mut changes) = mpsc::channel(64);
    let every = Duration::from_secs_f64(every);
    let mut tasks = JoinSet::new();
    if hosts.is_empty() {
        tasks.spawn(look_around(search.clone(), every, sender));
    } else {
        for host in hosts {
            tasks.spawn(look(Whereabouts::Given(host), every, sender.clone()));
        }
    }
    loop {
        tokio::select! {
            change = changes.recv() => {
                let change = change.context("nobody watches any more")?;
                line(if json { change.as_json(clock.now()).to_string() } else { change.as_text(clock.now()) })?;
            }
            _ = tokio::signal::ctrl_c() => return Ok(ExitCode::SUCCESS),
        }
    }
}

/// Searches again and again; a task for every plug found.
async fn look_around(search: Search, every: Duration, sender: mpsc::Sender<Change>) {
    let mut known: HashMap<DeviceId, watch::Sender<SocketAddr>> = HashMap::new();
    let mut tasks = JoinSet::new();
    let mut ticks = interval(SEARCH_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let mut running = match discover::plan(&search).start().await {
            Ok(running) => running,
            Err(error) => {
                eprintln!("aerosports: {}", Trouble::no_network(&error));
                continue;
            }
        };
        while let Some(sighting) = running.next().await {
            let tplink_hs1xx::discovery::Sighting::Plug(found) = sighting else { continue };
            match known.entry(found.info.device_id.clone()) {
                Entry::Occupied(entry) => {
                    entry.get().send_if_modified(|address| {
                        std::mem::replace(address, found.address) != found.address
                    });
                }
                Entry::Vacant(entry) => {
                    let address = watch::Sender::new(found.address);
                    let whereabouts = Whereabouts::Found(address.subscribe());
                    entry.insert(address);
                    tasks.spawn(look(whereabouts, every, sender.clone()));
                }
            }
        }
        if known.is_empty() {
            eprintln!("aerosports: {}; searching on", Trouble::nothing_found());
        }
    }
}

/// Where a plug is.
enum Whereabouts {
    /// At a given address or name.
    Given(Host),
    /// At the address that searches find.
    Found(watch::Receiver<SocketAddr>),
}

/// A plug under observation.
struct Watched {
    sender: mpsc::Sender<Change>,
    host: String,
    plug: Option<Plug>,
    last: Option<SysInfo>,
    reachable: bool,
}

async fn look(mut whereabouts: Whereabouts, every: Duration, sender: mpsc::Sender<Change>) {
    let host = match &whereabouts {
        Whereabouts::Given(host) => host.to_string(),
        Whereabouts::Found(address) => address.borrow().to_string(),
    };
    let mut watched = Watched { sender, host, plug: None, last: None, reachable: true };
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let looked = watched.ask(&mut whereabouts).await;
        if watched.note(looked).await.is_err() {
            return;
        }
    }
}

impl Watched {
    async fn ask(&mut self, whereabouts: &mut Whereabouts) -> Result<SysInfo, Trouble> {
        let address = match (whereabouts, &self.plug) {
            // A name is resolved again once the plug is unreachable: it may have another address by now.
            (Whereabouts::Given(Host::Name(..)), Some(plug)) if self.reachable => plug.address(),
            (Whereabouts::Given(host), _) => host.resolve().await?,
            (Whereabouts::Found(address), _) => *address.borrow_and_update(),
        };
        if self.plug.as_ref().is_some_and(|plug| plug.address() != address) {
            self.host = address.to_string();
            // A failure means that nobody listens any more; the next message ends this task.
            let _ = self.tell(Kind::Moved(address)).await;
        }
        let Some(plug) = &mut self.plug else {
            let opened = Plug::open(Client::new(address)).await;
            let (plug, info) = opened.map_err(|error| Trouble::at(address, &error))?;
            self.plug = Some(plug);
            return Ok(info);
        };
        plug.set_address(address);
        plug.sys_info().await.map_err(|error| Trouble::at(address, &error))
    }

    async fn note(&mut self, looked: Result<SysInfo, Trouble>) -> Result<(), mpsc::error::SendError<Change>> {
        let info = match looked {
            Ok(info) => info,
            Err(trouble) if self.reachable => {
                self.reachable = false;
                return self.tell(Kind::Unreachable(trouble)).await;
            }
            Err(_) => return Ok(()),
        };
        let last = self.last.replace(info.clone());
        if !std::mem::replace(&mut self.reachable, true) {
            self.tell(Kind::Reachable).await?;
        }
        for outlet in Outlet::all(&info) {
            let (was, is) = (last.as_ref().map(|last| outlet.is_on(last)), outlet.is_on(&info));
            let Some(on) = is else { continue };
            match was {
                None => self.tell(Kind::Is(outlet, on)).await?,
                Some(was) if was != is => self.tell(Kind::Switched(outlet, on)).await?,
                Some(_) => {}
            }
        }
        Ok(())
    }

    async fn tell(&self, kind: Kind) -> Result<(), mpsc::error::SendError<Change>> {
        self.sender.send(Change { host: self.host.clone(), info: self.last.clone(), kind }).await
    }
}

impl Change {
    fn as_text(&self, at: Timestamp) -> String {
        let word = |on: &bool| if *on { "on" } else { "off" };
        let alias = self.info.as_ref().map(|info| printable(&info.alias)).unwrap_or_default();
        let (name, what) = match &self.kind {
            Kind::Is(outlet, on) => (outlet.name(), format!("is {}", word(on))),
            Kind::Switched(outlet, on) => (outlet.name(), format!("switched {}", word(on))),
            Kind::Unreachable(trouble) => (alias, format!("unreachable: {trouble}")),
            Kind::Reachable => (alias, "reachable again".to_owned()),
            Kind::Moved(address) => (alias, format!("moved to {address}")),
        };
        format!("{at:.3}  {:<21}  {name:<24}  {what}", self.host)
    }

    fn as_json(&self, at: Timestamp) -> Value {
        let info = self.info.as_ref();
        let (change, outlet, on, error) = match &self.kind {
            Kind::Is(outlet, on) => ("is", Some(outlet), Some(on), None),
            Kind::Switched(outlet, on) => ("switched", Some(outlet), Some(on), None),
            Kind::Unreachable(trouble) => ("unreachable", None, None, Some(&trouble.what)),
            Kind::Reachable => ("reachable", None, None, None),
            Kind::Moved(_) => ("moved", None, None, None),
        };
        let alias = outlet.map(|outlet| &outlet.alias).or(info.map(|info| &info.alias));
        json!({
            "at": at,
            "address": self.host,
            "device_id": info.map(|info| &info.device_id),
            "alias": alias,
            "outlet": outlet.and_then(|outlet| outlet.number),
            "outlet_id": outlet.and_then(|outlet| outlet.id.as_ref()),
            "change": change,
            "on": on,
            "error": error,
        })
    }
}
