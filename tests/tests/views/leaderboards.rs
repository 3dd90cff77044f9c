//! Leaderboards as the API shows them.

use std::collections::BTreeMap;

use projector::projections::fixture::{play, player, variant};
use serde_json::{Value, json};

use crate::timed::{World, column};

/// `rank player points` of each item.
fn places(board: &Value) -> Vec<String> {
    let place = |item: &Value| {
        let who = (1..=9).find(|who| item["player_id"] == json!(player(*who))).unwrap();
        format!("{} p{who} {}", item["rank"], item["points"])
    };
    board["items"].as_array().unwrap().iter().map(place).collect()
}

#[tokio::test]
async fn the_board_shows_sums_of_bests_with_names() {
    let world = World::open("Europe/Berlin").await;
    let venue = &world.venue;
    venue.played(1, 1, &[(1, 300), (2, 500)], "2026-05-01T08:00:00Z");
    venue.played(2, 1, &[(1, 400), (6, 90)], "2026-05-01T09:00:00Z");
    venue.played(3, 2, &[(1, 50)], "2026-05-01T10:00:00Z");
    let board = world.get("leaderboards").await;
    assert_eq!(board["window"], "all");
    assert_eq!(places(&board), ["1 p2 500", "2 p1 450", "3 p6 90"]);
    let first = json!({
        "rank": 2, "player_id": player(1), "display_name": "First1 L.", "first_name": "First1",
        "last_name": "Last1", "points": 450,
        "variants": 2
    });
    assert_eq!(board["items"][1], first);
    assert_eq!(
        (&board["items"][2]["first_name"], &board["items"][2]["last_name"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(places(&world.get("leaderboards?limit=1").await), ["1 p2 500"]);
}

#[tokio::test]
async fn ties_share_a_rank_in_the_order_they_were_reached() {
    let world = World::open("Europe/Berlin").await;
    let venue = &world.venue;
    venue.played(1, 1, &[(3, 100)], "2026-05-01T10:00:00Z");
    venue.played(2, 1, &[(4, 100)], "2026-05-01T09:00:00Z");
    venue.played(3, 1, &[(2, 100), (1, 100)], "2026-05-01T11:00:00Z");
    venue.played(4, 1, &[(5, 10)], "2026-05-01T08:00:00Z");
    let expected = ["1 p4 100", "1 p3 100", "1 p1 100", "1 p2 100", "5 p5 10"];
    for window in ["all", "today", "7d"] {
        assert_eq!(places(&world.get(&format!("leaderboards?window={window}")).await), expected, "{window}");
        let path = format!("leaderboards/variants/{}?window={window}", variant(1));
        assert_eq!(places(&world.get(&path).await), expected, "{window} of the variant");
    }
}

#[tokio::test]
async fn windows_hold_the_venues_days_around_a_clock_change() {
    let world = World::open("Europe/Berlin").await;
    let venue = &world.venue;
    // 28 March ends at 23:00 UTC, 29 March, an hour shorter, at 22:00 UTC.
    venue.played(1, 1, &[(1, 900)], "2026-03-28T22:59:59Z");
    venue.played(2, 1, &[(1, 100)], "2026-03-28T23:00:00Z");
    venue.played(3, 1, &[(1, 50)], "2026-03-29T22:00:00Z");
    let points = async |window: &str| {
        let board = world.get(&format!("leaderboards?window={window}")).await;
        column(&board, "points").join(" ")
    };
    world.set_clock("2026-03-29T21:59:59Z");
    assert_eq!((points("today").await, points("2d").await), ("100".to_owned(), "900".to_owned()));
    world.set_clock("2026-03-29T22:00:00Z");
    assert_eq!((points("today").await, points("2d").await), ("50".to_owned(), "100".to_owned()));
    assert_eq!((points("3d").await, points("all").await), ("900".to_owned(), "900".to_owned()));
    world.set_clock("2026-03-30T22:00:00Z");
    assert_eq!(points("today").await, "");
}

#[tokio::test]
async fn corrected_and_voided_scores_move_every_board() {
    let world = World::open("Europe/Berlin").await;
    let venue = &world.venue;
    venue.played(1, 1, &[(1, 300), (2, 200)], "2026-05-01T08:00:00Z");
    venue.played(2, 1, &[(1, 100)], "2026-05-01T09:00:00Z");
    venue.void(1, 1);
    venue.correct(1, 2, 250);
    for window in ["all", "today"] {
        let board = world.get(&format!("leaderboards?window={window}")).await;
        assert_eq!(places(&board), ["1 p2 250", "2 p1 100"], "{window}");
        let path = format!("leaderboards/variants/{}?window={window}", variant(1));
        let board = world.get(&path).await;
        assert_eq!(places(&board), ["1 p2 250", "2 p1 100"], "{window}");
        assert_eq!(board["items"][1]["play_id"], json!(play(2)));
        assert_eq!(board["items"][1]["at"], "2026-05-01T09:00:00Z");
    }
}

#[tokio::test]
async fn a_players_bests_have_their_ranks() {
    let world = World::open("Europe/Berlin").await;
    let venue = &world.venue;
    venue.played(1, 1, &[(1, 300), (2, 400), (3, 300)], "2026-04-01T08:00:00Z");
    venue.played(2, 1, &[(2, 350), (3, 10)], "2026-05-01T08:00:00Z");
    venue.played(3, 2, &[(1, 7)], "2026-05-01T08:00:00Z");
    let bests = async |who: u128, window: &str| {
        let bests = world.get(&format!("leaderboards/players/{}?window={window}", player(who))).await;
        let items = bests["items"].as_array().unwrap().clone();
        let best = |item: &Value| {
            let of = (1..=2).find(|of| item["variant_id"] == json!(variant(*of))).unwrap();
            format!("v{of} {} rank {}", item["points"], item["rank"])
        };
        items.iter().map(best).collect::<Vec<_>>()
    };
    assert_eq!(bests(1, "all").await, ["v1 300 rank 2", "v2 7 rank 1"]);
    assert_eq!(bests(3, "all").await, ["v1 300 rank 2"]);
    assert_eq!(bests(1, "today").await, ["v2 7 rank 1"]);
    assert_eq!(bests(3, "today").await, ["v1 10 rank 2"]);
    assert_eq!(bests(2, "31d").await, ["v1 400 rank 1"]);
    assert_eq!(bests(4, "all").await, Vec::<String>::new());
}

#[tokio::test]
async fn windows_and_alltime_agree_when_a_window_holds_everything() {
    let world = World::open("Europe/Berlin").await;
    let mut sums: BTreeMap<u128, [i64; 3]> = BTreeMap::new();
    for number in 1..=60 {
        let (who, of) = (1 + number * 7 % 6, number * 5 % 3);
        let points = i64::try_from(number * 37 % 23).unwrap();
        let day = 1 + number % 28;
        world.venue.played(
            number,
            of,
            &[(who, points)],
            &format!("2026-04-{day:02}T1{}:00:00Z", number % 10),
        );
        let best = &mut sums.entry(who).or_default()[usize::try_from(of).unwrap()];
        *best = points.max(*best);
    }
    let mut expected: Vec<i64> = sums.values().map(|bests| bests.iter().sum()).collect();
    expected.sort_unstable_by(|a, b| b.cmp(a));
    let all = world.get("leaderboards").await;
    assert_eq!(column(&all, "points"), expected.iter().map(ToString::to_string).collect::<Vec<_>>());
    assert_eq!(all["items"], world.get("leaderboards?window=60d").await["items"]);
}

#[tokio::test]
async fn many_visits_do_not_crowd_out_one_good_day() {
    let world = World::open("Europe/Berlin").await;
    // On all days together these add up to more than the good day, but their best of it all is less.
    for day in 1..=5 {
        let crowd: Vec<_> = (101..=230).map(|who| (who, 100)).collect();
        world.venue.played(day, 1, &crowd, &format!("2026-04-2{day}T10:00:00Z"));
    }
    world.venue.played(6, 1, &[(1, 300)], "2026-04-25T10:00:00Z");
    for limit in [1, 2, 50] {
        let board = world.get(&format!("leaderboards?window=30d&limit={limit}")).await;
        let points = column(&board, "points");
        assert_eq!((points.len(), &*points[0]), (limit, "300"), "{points:?}");
        assert!(points[1..].iter().all(|points| points == "100"), "{points:?}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found_and_what_is_malformed_is_said() {
    let world = World::open("Europe/Berlin").await;
    let elsewhere = player(77);
    for path in [format!("leaderboards/players/{elsewhere}"), "leaderboards/variants/x".to_owned()] {
        assert!([400, 404].contains(&world.ask(&path).await.0), "{path}");
    }
    let other = format!("/v1/locations/{elsewhere}/leaderboards");
    assert_eq!(world.send(&other).await.0, 404);
    for query in ["window=0d", "window=3661d", "window=week", "limit=0", "limit=201", "limit=x", "top=5"] {
        assert_eq!(world.ask(&format!("leaderboards?{query}")).await.0, 400, "{query}");
    }
    let empty = world.get(&format!("leaderboards/variants/{}", variant(1))).await;
    assert_eq!(empty, json!({"items": []}));
}
