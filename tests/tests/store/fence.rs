//! The fence: what an old lease writes is refused, and whatever is written is in order.

use serde_json::json;
use sluice_db::{BesideError, WriteError};
use sluice_model::{CallId, KvAction, RunState};

use crate::world::{LEASE_US, World, ended, log, question, started, suspended};

crate::on_both! {
    an_old_lease_writes_nothing_after_another_claim
    appends_on_their_way_together_keep_their_order
    a_ticket_that_is_dropped_takes_nothing_back
    a_lease_ends_with_its_attempt
    a_heartbeat_holds_a_run_and_names_the_lost
}

async fn an_old_lease_writes_nothing_after_another_claim(world: World) {
    let mut old = world.live().await;
    old.log.append(vec![started(11, 1)]).await.expect("the lease holds");
    let later = 10 + LEASE_US;
    assert!(world.claim("other", later - 1, 1).await.is_empty(), "the lease is not over");
    let mut new = world.claim("other", later, 1).await.remove(0);
    assert_eq!((new.fence, new.attempt, new.lost), (old.fence + 1, 2, 1));

    let refused = old.log.append(vec![log(12, "late")]).await;
    assert!(matches!(refused, Err(WriteError::Fenced)), "{refused:?}");
    let refused = old.log.close(vec![suspended(13, None)], 0).await;
    assert!(matches!(refused, Err(WriteError::Fenced)), "{refused:?}");
    assert!(matches!(old.log.look(Vec::new()).await, Err(WriteError::Fenced)));
    let writer = old.log.writer();
    let set = KvAction::Set { key: "k".to_owned(), value: json!(1), ttl_ms: None };
    let refused = writer.kv(CallId(1), "space".to_owned(), set, 1_000, 14).await;
    assert!(matches!(refused, Err(BesideError::Fenced)), "{refused:?}");
    let refused = writer.create_ask(world.ask_id(), CallId(2), question(None), 14, None).await;
    assert!(matches!(refused, Err(WriteError::Fenced)), "{refused:?}");
    let refused = writer.create_child(world.child_of(&old.run, 3)).await;
    assert!(matches!(refused, Err(BesideError::Fenced)), "{refused:?}");
    let name = || "name".to_owned();
    let refused = writer.write_artifact(CallId(4), name(), name(), None, 14).await;
    assert!(matches!(refused, Err(BesideError::Fenced)), "{refused:?}");

    new.log.append(vec![started(later, 2)]).await.expect("the new lease holds");
    let events = world.local().history(&old.run).await.expect("the record is read");
    let kinds: Vec<_> = events.iter().map(|event| (event.seq, event.body.kind())).collect();
    assert_eq!(kinds, [(1, "run_queued"), (2, "attempt_started"), (3, "attempt_started")]);
    let none = world.local().kv_get("space", "k", 15).await.expect("the store answers");
    assert_eq!(none, None);
}

async fn appends_on_their_way_together_keep_their_order(world: World) {
    let mut leased = world.live().await;
    let tickets: Vec<_> =
        (0..200).map(|at| leased.log.append(vec![log(at, "a"), log(at, "b")])).collect();
    for (count, ticket) in (0..).zip(tickets) {
        assert_eq!(ticket.await.expect("the lease holds"), 3 + 2 * count);
    }
    let events = world.local().history(&leased.run).await.expect("the record is read");
    assert!(events.iter().map(|event| event.seq).eq(1..=401));
    let verified = world.local().verify(&leased.run).await.expect("the record is read");
    assert_eq!((verified.events, verified.first_bad), (401, None));
}

async fn a_ticket_that_is_dropped_takes_nothing_back(world: World) {
    let mut leased = world.live().await;
    drop(leased.log.append(vec![log(11, "kept")]));
    assert_eq!(leased.log.append(vec![log(12, "next")]).await.expect("the lease holds"), 3);
    let row = world.local().run(&leased.run).await.expect("the store answers");
    assert_eq!(row.map(|row| row.seq), Some(3));
}

async fn a_lease_ends_with_its_attempt(world: World) {
    let mut leased = world.live().await;
    leased.log.close(vec![suspended(11, None)], leased.wakes).await.expect("the lease holds");
    let refused = leased.log.append(vec![log(12, "late")]).await;
    assert!(matches!(refused, Err(WriteError::Fenced)), "{refused:?}");

    let mut over = world.live().await;
    over.log.append(vec![started(11, 1), ended(12, json!(1))]).await.expect("the lease holds");
    let refused = over.log.append(vec![log(13, "late")]).await;
    assert!(matches!(refused, Err(WriteError::Fenced)), "{refused:?}");
    let row = world.local().run(&over.run).await.expect("the store answers").expect("it is there");
    assert_eq!((row.state, row.outcome.as_deref()), (RunState::Ended, Some("succeeded")));
    assert_eq!((row.started_at_us, row.ended_at_us, row.cpu_time_us), (Some(11), Some(12), 5));
}

async fn a_heartbeat_holds_a_run_and_names_the_lost(world: World) {
    let held = world.live().await;
    let lost = world.live().await;
    let queue = world.store.queue();
    let leases = |fence| vec![(held.run.clone(), fence), (lost.run.clone(), lost.fence)];
    let until = 10 + 5 * LEASE_US;
    let gone = queue.heartbeat("w", vec![(held.run.clone(), held.fence)], until).await;
    assert_eq!(gone.expect("the store answers"), []);
    let taken = world.claim("other", 10 + LEASE_US, 9).await;
    assert_eq!(taken.iter().map(|taken| &taken.run).collect::<Vec<_>>(), [&lost.run]);
    let gone = queue.heartbeat("w", leases(held.fence), until).await;
    assert_eq!(gone.expect("the store answers"), std::slice::from_ref(&lost.run));
    let gone = queue.heartbeat("w", leases(held.fence + 1), until).await;
    assert_eq!(gone.expect("the store answers"), [held.run.clone(), lost.run.clone()]);
}
