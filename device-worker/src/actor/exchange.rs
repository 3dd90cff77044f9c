//! The requests a job consists of. Every future here may be dropped at any point: that closes the
//! connection, and nothing is remembered of it.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use tokio::time::Instant;
use tplink_hs1xx::{Error, ErrorCode, NewCountdown, Outlets, Plug, SysInfo};

use super::{Timing, outlet::Countdown};

/// Name of the rule, for people who read it in the vendor's app.
const RULE: &str = "AeroSports";

/// How switching went.
pub(super) enum Switched {
    /// The relay is as asked for.
    Obeyed(Option<Countdown>),
    /// It said yes, and is not.
    Disagrees,
}

/// Why switching failed, and what is left behind.
pub(super) struct Failed {
    pub(super) error: Error,
    /// The relay may have been told, or may be told yet.
    pub(super) sent: bool,
}

/// Whether the device has said yes to switching, for whoever drops the exchange before its end.
#[derive(Default)]
pub(super) struct Answered(AtomicBool);

impl Answered {
    fn yes(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_yes(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Switches on, after arming the device's own timer to switch off: if this process dies next, the plug
/// does not stay on.
pub(super) async fn switch_on(
    plug: &mut Plug,
    outlets: &Outlets,
    countdown: Countdown,
    until: Option<Instant>,
    timing: &Timing,
    answered: &Answered,
) -> Result<Switched, Failed> {
    let unsent = |error| Failed { error, sent: false };
    let armed = arm(plug, outlets, countdown, until, timing).await.map_err(unsent)?;
    plug.set_relay(outlets, true).await.map_err(|error| Failed { sent: may_have_arrived(&error), error })?;
    answered.yes();
    let after = plug.sys_info().await.map_err(|error| Failed { error, sent: true })?;
    Ok(verdict(&after, outlets, true, Some(armed)))
}

/// Switches off.
pub(super) async fn switch_off(
    plug: &mut Plug,
    outlets: &Outlets,
    answered: &Answered,
) -> Result<Switched, Failed> {
    let failed = |error| Failed { error, sent: false };
    plug.set_relay(outlets, false).await.map_err(failed)?;
    answered.yes();
    let after = plug.sys_info().await.map_err(failed)?;
    Ok(verdict(&after, outlets, false, None))
}

/// Arms the timer, or renews it.
pub(super) async fn arm(
    plug: &mut Plug,
    outlets: &Outlets,
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
    let added = match countdown {
        Countdown::Idle => match plug.add_countdown(outlets, &rule).await {
            Err(error) if error.code() == Some(ErrorCode::TableFull) => {
                plug.renew_countdown(outlets, &rule).await
            }
            other => other,
        },
        _ => plug.renew_countdown(outlets, &rule).await,
    };
    match added {
        Ok(_) => {
            let length = Duration::from_secs(seconds.into());
            Ok(Countdown::Armed { fires: now + length, renew: now + length / 2 })
        }
        Err(Error::Refused(refusal)) => {
            tracing::debug!(plug = %plug.identity(), %refusal, "no countdown on this device");
            Ok(Countdown::Unsupported)
        }
        Err(error) => Err(error),
    }
}

fn verdict(after: &SysInfo, outlets: &Outlets, wanted: bool, countdown: Option<Countdown>) -> Switched {
    if after.is_on(outlets) == Some(wanted) { Switched::Obeyed(countdown) } else { Switched::Disagrees }
}

fn may_have_arrived(error: &Error) -> bool {
    use tplink_hs1xx::Phase::Connect;
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

/// The whole chain of an error, for people.
pub(super) fn text(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
