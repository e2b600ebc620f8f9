//! A check of a record finds whatever was changed behind the store's back.

use serde_json::json;
use sluice_db::Flaw;
use sluice_model::RunId;

use crate::world::{World, ended, log, started, tenant};

crate::on_both! {
    a_changed_text_is_found
    a_changed_time_is_found
    a_missing_event_is_found
    exchanged_events_are_found
    a_cut_record_is_found
    a_missing_body_is_found
    a_changed_body_is_found
    a_row_that_says_something_else_is_found
    the_run_of_another_tenant_is_not_there
}

/// A run that has ended with seven events, of which the fifth is long.
async fn record(world: &World) -> RunId {
    let mut leased = world.live().await;
    leased
        .log
        .append(vec![started(11, 1), log(12, "one"), log(13, "two")])
        .await
        .expect("the lease holds");
    let rest = vec![log(14, &"x".repeat(20_000)), log(15, "four"), ended(16, json!(1))];
    leased.log.append(rest).await.expect("the lease holds");
    leased.run
}

/// The flaw that a change makes, after the record was found to be whole.
async fn flaw(world: &World, sql: &str) -> Option<Flaw> {
    let run = record(world).await;
    let verify = async || world.local().verify(&run).await.expect("the record is read");
    let whole = verify().await;
    assert_eq!((whole.events, whole.first_bad), (7, None));
    world.sql(&sql.replace("RUN", &format!("'{run}'")));
    verify().await.first_bad
}

async fn a_changed_text_is_found(world: World) {
    let sql = "UPDATE events SET body = REPLACE(body, 'two', 'twp') WHERE run_id = RUN AND seq = 4";
    assert_eq!(flaw(&world, sql).await, Some(Flaw::Changed { seq: 4 }));
    let sql = "UPDATE events SET observed = NULL WHERE run_id = RUN AND seq = 3";
    assert_eq!(flaw(&world, sql).await, Some(Flaw::Changed { seq: 3 }));
}

async fn a_changed_time_is_found(world: World) {
    let sql = "UPDATE events SET at_us = 1 WHERE run_id = RUN AND seq = 2";
    assert_eq!(flaw(&world, sql).await, Some(Flaw::Changed { seq: 2 }));
}

async fn a_missing_event_is_found(world: World) {
    let sql = "DELETE FROM events WHERE run_id = RUN AND seq = 6";
    assert_eq!(flaw(&world, sql).await, Some(Flaw::Missing { seq: 6 }));
    let sql = "DELETE FROM events WHERE run_id = RUN AND seq = 1";
    assert_eq!(flaw(&world, sql).await, Some(Flaw::Missing { seq: 1 }));
    let sql = "DELETE FROM events WHERE run_id = RUN AND seq = 7";
    assert_eq!(flaw(&world, sql).await, Some(Flaw::Missing { seq: 7 }));
}

async fn exchanged_events_are_found(world: World) {
    let sql = "UPDATE events SET seq = 103 WHERE run_id = RUN AND seq = 3; \
        UPDATE events SET seq = 3 WHERE run_id = RUN AND seq = 4; \
        UPDATE events SET seq = 4 WHERE run_id = RUN AND seq = 103";
    assert_eq!(flaw(&world, sql).await, Some(Flaw::Changed { seq: 3 }));
}

async fn a_cut_record_is_found(world: World) {
    let sql = "DELETE FROM events WHERE run_id = RUN AND seq > 5; \
        UPDATE runs SET seq = 5 WHERE id = RUN";
    let Some(Flaw::Row { what }) = flaw(&world, sql).await else { panic!("the row agrees") };
    assert!(what.contains("hash"), "{what}");
}

async fn a_missing_body_is_found(world: World) {
    let found = flaw(&world, "DELETE FROM blobs").await;
    assert!(matches!(found, Some(Flaw::NoBytes { seq: 5, .. })), "{found:?}");
}

async fn a_changed_body_is_found(world: World) {
    let bytes = if world.is_sqlite() { "x'7b7d'" } else { "'\\x7b7d'" };
    let found = flaw(&world, &format!("UPDATE blobs SET bytes = {bytes}")).await;
    assert!(matches!(found, Some(Flaw::BytesChanged { seq: 5, .. })), "{found:?}");
}

async fn a_row_that_says_something_else_is_found(world: World) {
    let sql = "UPDATE runs SET outcome = 'failed' WHERE id = RUN";
    let Some(Flaw::Row { what }) = flaw(&world, sql).await else { panic!("the row agrees") };
    assert!(what.contains("outcome"), "{what}");
    let sql = "UPDATE runs SET state = 'waiting' WHERE id = RUN";
    let Some(Flaw::Row { what }) = flaw(&world, sql).await else { panic!("the row agrees") };
    assert!(what.contains("state"), "{what}");
}

async fn the_run_of_another_tenant_is_not_there(world: World) {
    let run = record(&world).await;
    let verified = world.store.tenant(&tenant("other")).verify(&run).await;
    assert_eq!(verified.expect("the store answers").first_bad, Some(Flaw::NoRun));
}
