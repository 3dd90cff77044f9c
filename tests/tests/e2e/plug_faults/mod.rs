//! What may happen to a venue whose plugs are switched by a device worker in a process of its own. After
//! each: no plug is on that nothing wants on, nothing came on late, and the log tells of every switch.

mod away;
mod clock;
mod faulty;
mod killed;
mod rebuilt;
mod standby;
mod venue;
