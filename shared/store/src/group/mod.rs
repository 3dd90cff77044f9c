//! Group commit: what every backend does alike. A queue of appends that are committed together, the plan of
//! a batch, joined reads of stream tails, and the end of the log in memory. No driver is named here; a
//! backend implements [`Commit`], [`ReadTails`] and [`Forget`].

mod appender;
mod checksum;
mod columns;
mod dense;
mod fault;
pub(super) mod migration;
pub(super) mod plan;
mod purge;
mod recent;
mod tails;
mod texts;
mod thread;

pub use self::purge::ANSWERS_KEPT;
pub(super) use self::{
    appender::{Appender, Appends, Commit, advance},
    checksum::{checksum, unreadable, verify_checksum},
    columns::{sql_limit, stored_answer, stored_head, stored_status},
    dense::Dense,
    fault::{Constraint, Fault},
    purge::{Forget, forget_all, forget_regularly},
    recent::Recent,
    tails::{ReadTails, TailReader},
    texts::Texts,
    thread::spawn_thread,
};
