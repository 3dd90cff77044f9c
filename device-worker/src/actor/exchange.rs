//! The requests a job consists of. Every future here may be dropped at any point: that closes the
//! connection, and nothing is remembered of it.

use std::{
    pin::pin,
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::time::{Instant, timeout_at};
use tplink_hs1xx::{Error, ErrorCode, NewCountdown, Outlets, Phase, Plug, Refusal, SysInfo};

use super::{
    Timing,
    target::{Countdown, Target},
};

/// Name of the rule, for people who read it in the vendor's app.
const RULE: &str = "AeroSports";

/// How switching went.
pub(super) enum Switched {
    /// The relay is as asked for.
    Obeyed(Option<Countdown>),
    /// It said yes, and is not.
    Disagrees,
    /// The device has no such outlet; nothing was sent.
    NoOutlet,
}

/// Why switching failed, and what is left behind.
pub(super) struct Failed {
    pub(super) error: Error,
    /// The request to switch may have arrived, or may arrive yet.
    pub(super) sent: bool,
}

/// How far switching came, also when the exchange is dropped before its end.
#[derive(Default)]
pub(super) struct Progress {
    before: OnceLock<bool>,
    timers: OnceLock<Vec<Outlets>>,
    sent: AtomicBool,
    yes: AtomicBool,
}

impl Progress {
    /// The relay before, once that is known.
    pub(super) fn before(&self) -> Option<bool> {
        self.before.get().copied()
    }

    /// What has a timer of its own, once that is known.
    pub(super) fn timers(&self) -> Option<&[Outlets]> {
        self.timers.get().map(Vec::as_slice)
    }

    /// The device said yes.
    pub(super) fn is_yes(&self) -> bool {
        self.yes.load(Ordering::Relaxed)
    }

    /// The request to switch was sent.
    fn is_sent(&self) -> bool {
        self.sent.load(Ordering::Relaxed)
    }

    /// The request to switch may have arrived, or may arrive yet, and its answer was not received.
    pub(super) fn may_arrive(&self) -> bool {
        self.is_sent() && !self.is_yes()
    }

    /// A request that changes the relay may have arrived, and its answer was not received.
    pub(super) fn is_unanswered(&self, on: bool) -> bool {
        self.may_arrive() && self.before() == Some(!on)
    }

    /// What is not known is asked: on a new connection the device has to say who it is anyway. Whether there is
    /// such an outlet.
    async fn look(&self, plug: &mut Plug, target: &Target) -> Result<bool, Error> {
        let before = match target.relay {
            Some(relay) if !target.timers.is_empty() => {
                self.timers.get_or_init(|| target.timers.clone());
                Some(relay)
            }
            _ => {
                let info = plug.sys_info().await?;
                self.timers.get_or_init(|| timers(&info, &target.outlets));
                info.is_any_on(&target.outlets)
            }
        };
        if let Some(relay) = before {
            self.before.get_or_init(|| relay);
        }
        Ok(before.is_some() || target.outlets == Outlets::Whole)
    }

    async fn set(&self, plug: &mut Plug, outlets: &Outlets, on: bool) -> Result<(), Error> {
        self.sent.store(true, Ordering::Relaxed);
        plug.set_relay(outlets, on).await?;
        self.yes.store(true, Ordering::Relaxed);
        Ok(())
    }
}

/// Switches on, after arming the device's own timer to switch off: if this process dies next, the plug
/// does not stay on.
pub(super) async fn switch_on(
    plug: &mut Plug,
    target: &Target,
    until: Option<Instant>,
    timing: &Timing,
    progress: &Progress,
) -> Result<Switched, Failed> {
    let unsent = |error| Failed { error, sent: false };
    let outlets = &target.outlets;
    if !progress.look(plug, target).await.map_err(unsent)? {
        return Ok(Switched::NoOutlet);
    }
    let timers = progress.timers().unwrap_or_default();
    let armed = arm(plug, timers, target.countdown, until, timing).await.map_err(unsent)?;
    let set = progress.set(plug, outlets, true).await;
    set.map_err(|error| Failed { sent: may_have_arrived(&error), error })?;
    let after = plug.sys_info().await.map_err(|error| Failed { error, sent: true })?;
    Ok(verdict(&after, outlets, true, Some(armed)))
}

/// Switches off.
pub(super) async fn switch_off(
    plug: &mut Plug,
    target: &Target,
    progress: &Progress,
) -> Result<Switched, Failed> {
    let failed = |error| Failed { error, sent: false };
    if !progress.look(plug, target).await.map_err(failed)? {
        return Ok(Switched::NoOutlet);
    }
    progress.set(plug, &target.outlets, false).await.map_err(failed)?;
    let after = plug.sys_info().await.map_err(failed)?;
    Ok(verdict(&after, &target.outlets, false, None))
}

/// Gives up after a while, for of many slow answers each may be in time; an ON of many timers is given longer,
/// or a slow strip would never get the request to switch.
pub(super) async fn within(
    timing: &Timing,
    on: bool,
    switching: impl Future<Output = Result<Switched, Failed>>,
    progress: &Progress,
) -> Result<Switched, Failed> {
    let (begun, mut switching) = (Instant::now(), pin!(switching));
    let mut limit = timing.switching;
    let mut done = timeout_at(begun + limit, switching.as_mut()).await;
    // How many timers there are may not have been known before.
    let timers = progress.timers().map_or(0, <[Outlets]>::len);
    if done.is_err() && on && timing.switching_on(timers) > limit {
        limit = timing.switching_on(timers);
        done = timeout_at(begun + limit, switching).await;
    }
    done.unwrap_or_else(|_| {
        let error = Error::Timeout { phase: Phase::Read, limit };
        Err(Failed { error, sent: progress.is_sent() })
    })
}

/// What of `outlets` has a timer of its own. A strip's firmware keeps one an outlet, and nothing says what it
/// makes of one for the whole: each outlet gets its own.
pub(super) fn timers(info: &SysInfo, outlets: &Outlets) -> Vec<Outlets> {
    if *outlets == Outlets::Whole && !info.children.is_empty() {
        return info.children.iter().map(|child| Outlets::from(child.id.clone())).collect();
    }
    vec![outlets.clone()]
}

/// Arms the timers, or renews them.
pub(super) async fn arm(
    plug: &mut Plug,
    timers: &[Outlets],
    countdown: Countdown,
    until: Option<Instant>,
    timing: &Timing,
) -> Result<Countdown, Error> {
    if countdown == Countdown::Unsupported {
        return Ok(countdown);
    }
    let now = Instant::now();
    let left = until.map_or(timing.dead_man, |until| until.saturating_duration_since(now));
    let length = left.saturating_add(timing.dead_man_margin).min(timing.dead_man);
    // Whole seconds, rounded up: the worker's own OFF comes first.
    let seconds = u32::try_from(length.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX);
    let rule = NewCountdown::off_after(seconds).named(RULE);
    for (place, outlets) in timers.iter().enumerate() {
        match add(plug, outlets, countdown, &rule).await {
            Ok(_) => {}
            Err(Error::Refused(refusal)) => return Ok(refused(plug, &refusal, place == 0, timing)),
            Err(error) => return Err(error),
        }
    }
    let length = Duration::from_secs(seconds.into());
    Ok(Countdown::Armed { fires: now + length, renew: now + length / 2 })
}

async fn add(
    plug: &mut Plug,
    outlets: &Outlets,
    countdown: Countdown,
    rule: &NewCountdown,
) -> Result<String, Error> {
    match countdown {
        Countdown::Idle => match plug.add_countdown(outlets, rule).await {
            Err(error) if error.code() == Some(ErrorCode::TableFull) => {
                plug.renew_countdown(outlets, rule).await
            }
            other => other,
        },
        _ => match plug.renew_countdown(outlets, rule).await {
            // There was none to delete.
            Err(error) if error.code() == Some(ErrorCode::EntryNotExist) => {
                plug.add_countdown(outlets, rule).await
            }
            other => other,
        },
    }
}

/// What a device that does not arm its timer is left with; `first` when no other outlet of it has armed one.
fn refused(plug: &Plug, refusal: &Refusal, first: bool, timing: &Timing) -> Countdown {
    let has_none = matches!(refusal.code, ErrorCode::ModuleNotSupported | ErrorCode::MemberNotSupported);
    let plug = plug.identity();
    if has_none && first {
        tracing::info!(%plug, %refusal, "a plug has no countdown: on by itself, it stays on");
        return Countdown::Unsupported;
    }
    tracing::warn!(%plug, %refusal, "a plug's countdown is refused for now: on by itself, it stays on");
    Countdown::Refused { again: Instant::now() + timing.dead_man / 5 }
}

/// Removes the timers. One that the device does not remove keeps no other.
pub(super) async fn disarm(plug: &mut Plug, timers: &[Outlets]) -> Result<(), Error> {
    let mut answer = Ok(());
    for outlets in timers {
        match plug.delete_countdowns(outlets).await {
            Ok(()) => {}
            Err(error @ Error::Refused(_)) => answer = Err(error),
            Err(error) => return Err(error),
        }
    }
    answer
}

fn verdict(after: &SysInfo, outlets: &Outlets, wanted: bool, countdown: Option<Countdown>) -> Switched {
    if after.is_on(outlets) == Some(wanted) { Switched::Obeyed(countdown) } else { Switched::Disagrees }
}

/// Whether the device may have got the request that failed so.
pub(super) fn may_have_arrived(error: &Error) -> bool {
    use Phase::Connect;
    !matches!(
        error,
        Error::Request(_)
            | Error::ConnectionRefused { .. }
            | Error::Timeout { phase: Connect, .. }
            | Error::Io { phase: Connect, .. }
            | Error::Refused(_)
            | Error::UnsupportedFirmware(_)
            | Error::IdentityMismatch { .. }
    )
}

/// Why a device did not do what it was asked for, for whoever may read a plug's history. What is at an address that
/// is no plug says nothing of itself: neither its bytes, nor whether it refuses, closes or is silent.
pub(super) fn text(error: &Error) -> String {
    match error {
        Error::Refused(refusal) => format!("the device refused the request: {refusal}"),
        Error::UnsupportedFirmware(found) => {
            let known = ["KLAP", "AES"].into_iter().find(|known| *known == found.encryption);
            format!("its firmware is not supported: it speaks {}", known.unwrap_or("another protocol"))
        }
        Error::IdentityMismatch { .. } => "another device answers at its address".to_owned(),
        _ => "it did not answer as a plug".to_owned(),
    }
}
