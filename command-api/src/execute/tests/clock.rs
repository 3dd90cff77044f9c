//! The machine's clock jumps back.

use domain::log::Version;
use jiff::SignedDuration;

use super::{Pair, once};

#[tokio::test]
async fn no_event_is_recorded_before_those_that_are_there() {
    let here = Pair::new().await;
    here.rename(&here.one, &once(), "A").await.unwrap();
    here.installation.clock.pass(SignedDuration::from_hours(-24));
    here.rename(&here.one, &once(), "B").await.unwrap();
    let events = here.store().read_stream(&here.location.stream(), Version(1), 10).await.unwrap();
    let times: Vec<_> = events.iter().map(|event| event.recorded_at).collect();
    assert!(times.len() == 3 && times.is_sorted(), "{times:?}");
    here.installation.clock.pass(SignedDuration::from_hours(48));
    let now = here.one.clock().now();
    assert_eq!(now.duration_since(times[0]).as_hours(), 24, "set right, it is believed again");
}
