//! What happens again and again is told once a minute, with its number.

use std::time::Duration;

use tokio::time::Instant;

/// How often such a thing is told at most.
const TELL_EVERY: Duration = Duration::from_mins(1);

/// Counts one kind of fault.
#[derive(Debug, Default)]
pub struct Repeated {
    count: u64,
    told_at: Option<Instant>,
}

impl Repeated {
    /// Counts one; how many there were since they were last told, this one included, if it is time to tell them.
    pub fn count(&mut self) -> Option<u64> {
        self.add(1)
    }

    /// As [`Self::count`], for several at once.
    pub fn add(&mut self, number: u64) -> Option<u64> {
        self.count += number;
        if self.told_at.is_some_and(|at| at.elapsed() < TELL_EVERY) {
            return None;
        }
        self.told_at = Some(Instant::now());
        Some(std::mem::take(&mut self.count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_first_is_told_at_once_and_the_others_once_a_minute_with_their_number() {
        let mut faults = Repeated::default();
        let mut told = Vec::new();
        for _ in 0..1_300 {
            told.extend(faults.count());
            tokio::time::advance(Duration::from_millis(100)).await;
        }
        assert_eq!(told, [1, 600, 600]);
        assert_eq!(faults.add(0), None);
    }
}
