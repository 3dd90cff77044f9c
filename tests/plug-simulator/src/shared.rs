//! What the task of a device, its connections and the plug's handle all hold: the device itself.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use tokio::sync::{Notify, watch};

use crate::{device::Device, fault::Fault, model::Model};

/// What the task and its connections share with the plug's handle.
#[derive(Debug)]
pub(crate) struct Shared {
    device: Mutex<Device>,
    /// Counts changes of relays, so that one can wait for them.
    pub(crate) changes: watch::Sender<usize>,
    /// A timer was armed, or a restart asked for.
    pub(crate) plans: Notify,
}

impl Shared {
    pub(crate) fn new(model: Model) -> Self {
        Self {
            device: Mutex::new(Device::new(model, Instant::now())),
            changes: watch::Sender::new(0),
            plans: Notify::new(),
        }
    }

    pub(crate) fn device(&self) -> MutexGuard<'_, Device> {
        self.device.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something to the device and tells those who wait for relays.
    pub(crate) fn change<T>(&self, act: impl FnOnce(&mut Device) -> T) -> T {
        let (outcome, changes) = {
            let mut device = self.device();
            let outcome = act(&mut device);
            (outcome, device.record.changes.len())
        };
        self.changes.send_if_modified(|known| std::mem::replace(known, changes) != changes);
        outcome
    }

    /// Takes a request over TCP: the fault of the moment and the answer.
    pub(crate) fn obey(&self, request: &[u8]) -> (Fault, Option<Vec<u8>>) {
        let outcome = self.change(|device| {
            device.record.hear(Some(String::from_utf8_lossy(request).into_owned()));
            let fault = device.fault.clone();
            let answer = fault.obeys().then(|| device.answer(request, Instant::now())).flatten();
            (fault, answer.map(|answer| answer.to_string().into_bytes()))
        });
        self.plans.notify_one();
        outcome
    }
}
