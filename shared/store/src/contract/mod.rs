//! What every backend must do, as one suite: each function is one test, and
//! [`store_contract!`](crate::store_contract) turns all of them into tests of a backend. Two handles on
//! one database stand for two processes.

#![expect(clippy::missing_panics_doc, reason = "a panic is how a contract says that it is broken")]

mod appending;
mod commands;
mod concurrency;
pub(crate) mod fixtures;
mod person_keys;
mod reading;
mod tables;

use async_trait::async_trait;
use domain::log::Position;

pub use self::{appending::*, commands::*, concurrency::*, person_keys::*, reading::*, tables::*};
use super::SharedStore;

/// A database of its own, empty at first.
#[async_trait]
pub trait Backend: Send + Sync {
    /// One more handle on the database, as another process would have.
    async fn open(&self) -> SharedStore;
    /// Removes one event from the log behind the store's back.
    async fn remove_event(&self, position: Position);
    /// Replaces one event's data behind the store's back.
    async fn edit_event(&self, position: Position, data: &str);
    /// Makes one event as it was before there were checksums.
    async fn forget_checksum(&self, position: Position);
}

/// Makes each function of the contract a test of the backend that `$backend` (an `async` expression
/// giving a [`Backend`](crate::contract::Backend)) creates.
#[macro_export]
macro_rules! store_contract {
    ($backend:expr) => {
        $crate::store_contract! { @tests $backend;
            positions_and_versions_are_dense
            an_append_over_several_streams_is_atomic
            a_conflict_names_the_stream_and_hurts_no_other_command
            a_guard_is_checked_and_adds_nothing
            a_stream_named_twice_is_misuse
            a_used_event_id_is_refused_and_hurts_no_other_command
            more_commands_than_a_batch_all_commit
            a_command_with_very_many_events_commits
            any_text_comes_back_as_it_was
            a_long_text_comes_back_as_it_was
            the_null_character_is_misuse
            the_head_can_be_watched

            a_command_takes_effect_once
            a_command_without_events_keeps_its_answer
            the_same_command_at_once_takes_effect_once
            the_same_command_on_two_handles_takes_effect_once
            an_answer_survives_a_reopening
            another_request_hash_is_shown_to_the_caller
            a_conflicting_command_can_be_decided_again
            an_answered_command_is_known_beside_the_one_that_followed_it

            no_update_is_lost_and_no_reader_sees_a_hole
            twenty_thousand_appends_lose_and_reorder_nothing
            positions_stay_dense_when_two_handles_take_turns
            a_store_dropped_without_closing_keeps_what_it_answered

            a_stream_is_read_from_a_version_up_to_a_limit
            many_streams_are_read_at_once
            the_log_is_read_from_a_position_up_to_a_limit
            the_log_reads_the_same_from_another_handle
            an_event_is_found_by_its_id
            a_hole_in_the_log_is_corruption
            a_log_that_lost_its_end_is_corrupt
            an_edited_event_is_corruption_wherever_it_is_read
            an_event_from_before_checksums_is_read

            a_person_key_is_made_and_destroyed_with_the_append
            a_refused_append_leaves_no_person_key
            an_erased_person_gets_no_key_again

            a_lease_has_one_owner_and_its_epoch_grows
            a_lease_lapses_and_a_late_release_changes_nothing
            racing_for_a_lease_has_one_winner
            a_lease_is_taken_over_only_as_it_was_seen
            a_dead_holder_whose_clock_was_ahead_keeps_nobody_out
            a_timeline_starts_where_the_log_still_ends
            the_latest_snapshot_of_a_schema_is_kept
            api_keys_are_found_listed_touched_and_revoked
        }
    };
    (@tests $backend:expr; $($name:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let backend = $backend.await;
                $crate::contract::$name(&backend).await;
            }
        )*
    };
}
