//! The queue: due runs are taken once, fairly, within quotas, and nothing that came is slept over.

use std::collections::BTreeMap;

use serde_json::json;
use sluice_db::KeepError;
use sluice_model::{AttemptEnd, CallId, Code, EventBody, Failure, Outcome, Quota, RunState};

use crate::world::{
    IMAGE, LEASE_US, World, claim, ended, event, log, places, start, started, suspended, tenant,
    usage,
};

crate::on_both! {
    each_run_is_taken_once_by_one_of_many
    tenants_take_turns
    quotas_hold
    a_key_is_one_run
    a_run_may_be_taken_up_as_it_is_submitted
    runs_wake_when_they_are_due
    a_child_that_ends_while_its_parent_goes_to_sleep_is_not_slept_over
    a_child_that_ends_wakes_its_parent
    a_cancel_reaches_a_run_wherever_it_is
    a_retry_waits_for_its_time
    runs_of_other_images_and_roots_are_left
}

async fn each_run_is_taken_once_by_one_of_many(world: World) {
    let other = world.elsewhere().await;
    for _ in 0..40 {
        world.submit(world.new_run()).await;
    }
    let mut workers = Vec::new();
    for (number, store) in [&world.store, &other].into_iter().cycle().take(8).enumerate() {
        let queue = store.queue();
        workers.push(tokio::spawn(async move {
            let claim = claim(&format!("w{number}"), 10);
            let mut runs = Vec::new();
            loop {
                let taken =
                    queue.claim(&claim, IMAGE, None, 10, &places(3)).await.expect("it answers");
                if taken.is_empty() {
                    return runs;
                }
                runs.extend(taken.into_iter().map(|taken| taken.run));
            }
        }));
    }
    let mut runs = Vec::new();
    for worker in workers {
        runs.extend(worker.await.expect("the worker ends"));
    }
    // A claim may find nothing while others hold what there is; somebody has taken it then.
    runs.extend(world.claim("last", 10, 100).await.into_iter().map(|taken| taken.run));
    let count = runs.len();
    runs.sort();
    runs.dedup();
    assert_eq!((count, runs.len()), (40, 40));
}

async fn tenants_take_turns(world: World) {
    let admin = world.store.admin();
    for (name, count) in [("big", 50), ("small", 3), ("tiny", 1)] {
        admin.create_tenant(&tenant(name), &Quota::default(), &[], 1).await.expect("it is made");
        for _ in 0..count {
            let mut new = world.new_run();
            new.start = start(tenant(name));
            world.submit(new).await;
        }
    }
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    for leased in world.claim("w", 10, 6).await {
        *taken.entry(leased.tenant.to_string()).or_default() += 1;
    }
    assert_eq!(
        taken,
        BTreeMap::from([("big".to_owned(), 3), ("small".to_owned(), 2), ("tiny".to_owned(), 1)])
    );
    // One place at a time: whoever was served last waits for the others.
    let mut order = Vec::new();
    for _ in 0..3 {
        order.push(world.claim("w", 10, 1).await.remove(0).tenant.to_string());
    }
    assert_eq!(order, ["big", "small", "big"]);
}

async fn quotas_hold(world: World) {
    let name = tenant("bounded");
    let quota = Quota { running: 2, queued: 3, ..Quota::default() };
    let admin = world.store.admin();
    assert!(admin.create_tenant(&name, &quota, &[], 1).await.expect("it is made"));
    assert!(!admin.create_tenant(&name, &quota, &[], 1).await.expect("it is not made twice"));
    let new = || {
        let mut new = world.new_run();
        new.start = start(name.clone());
        new
    };
    for _ in 0..3 {
        world.submit(new()).await;
    }
    let refused = world.store.tenant(&name).submit(new()).await.err().expect("it is refused");
    let KeepError::Refused(failure) = refused else { panic!("{refused:?}") };
    assert_eq!(failure.code, Code::QuotaExceeded);

    let taken = world.claim("w", 10, 9).await;
    assert_eq!(taken.len(), 2, "as many as may run");
    assert!(world.claim("w", 11, 9).await.is_empty());
    world.submit(new()).await;
    // Workers that died do not hold places.
    let after = world.claim("w", 10 + LEASE_US, 9).await;
    assert_eq!(after.len(), 2);
    let mut unknown = world.new_run();
    unknown.start = start(tenant("nobody"));
    let refused = world.store.tenant(&tenant("nobody")).submit(unknown).await;
    assert!(matches!(refused, Err(KeepError::Refused(_))));
    let bounded = admin.tenants().await.expect("they are listed");
    assert_eq!(bounded.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["bounded", "local"]);
    assert_eq!(bounded[0].quota, quota);
}

async fn a_key_is_one_run(world: World) {
    let other = world.elsewhere().await;
    let mut submissions = Vec::new();
    for store in [&world.store, &other].into_iter().cycle().take(20) {
        let mut new = world.new_run();
        new.idempotency_key = Some("key".to_owned());
        let tenant = store.tenant(&new.start.tenant);
        submissions.push(tokio::spawn(async move { tenant.submit(new).await }));
    }
    let mut new = 0;
    let mut runs = Vec::new();
    for submission in submissions {
        let submitted = submission.await.expect("it ends").expect("it is taken on");
        new += usize::from(submitted.is_new);
        runs.push(submitted.run);
    }
    runs.dedup();
    assert_eq!((new, runs.len()), (1, 1));
}

async fn a_run_may_be_taken_up_as_it_is_submitted(world: World) {
    let mut new = world.new_run();
    new.claim = Some(claim("w", 10));
    let submitted = world.local().submit(new).await.expect("it is taken on");
    let mut leased = submitted.leased.expect("it is leased");
    assert_eq!((leased.fence, leased.attempt, leased.log.is_new()), (1, 1, true));
    assert!(world.claim("other", 11, 9).await.is_empty());
    leased.log.append(vec![started(11, 1), ended(12, json!(1))]).await.expect("the lease holds");

    let quota = Quota { running: 0, ..Quota::default() };
    world.store.admin().set_quota(&leased.tenant, &quota).await.expect("it is set");
    let mut new = world.new_run();
    new.claim = Some(claim("w", 10));
    let submitted = world.local().submit(new).await.expect("it is taken on");
    assert!(submitted.leased.is_none(), "it queues where no place is free");
    let row = world.local().run(&submitted.run).await.expect("the store answers");
    assert_eq!(row.map(|row| row.state), Some(RunState::Queued));
}

async fn runs_wake_when_they_are_due(world: World) {
    let mut leased = world.live().await;
    leased.log.close(vec![suspended(11, Some(500))], leased.wakes).await.expect("the lease holds");
    let row =
        world.local().run(&leased.run).await.expect("the store answers").expect("it is there");
    assert_eq!((row.state, row.due_at_us, row.worker), (RunState::Waiting, Some(500), None));
    let due = world.store.queue().next_due(IMAGE, None).await.expect("the queue answers");
    assert_eq!(due, Some(500));
    assert!(world.claim("w", 499, 9).await.is_empty());
    let again = world.claim("w", 500, 9).await.remove(0);
    assert_eq!((&again.run, again.fence, again.lost), (&leased.run, 2, 0));
    assert!(!again.log.is_new());
    assert_eq!(again.log.next_seq(), 3);
    let due = world.store.queue().next_due(IMAGE, None).await.expect("the queue answers");
    assert_eq!(due, Some(500 + LEASE_US));
}

async fn a_child_that_ends_while_its_parent_goes_to_sleep_is_not_slept_over(world: World) {
    let mut parent = world.live().await;
    let new = world.child_of(&parent.run, 1);
    let child = parent.log.writer().create_child(new).await.expect("it is made");
    let again = parent.log.writer().create_child(world.child_of(&parent.run, 1)).await;
    assert_eq!(again.expect("it is found"), child, "a call has one child");
    let looked = parent.log.look(vec![CallId(1)]).await.expect("the lease holds");
    assert!(looked.children.is_empty());

    let mut live = world.claim("w", 11, 9).await.remove(0);
    assert_eq!(live.run, child);
    live.log.append(vec![ended(12, json!("done"))]).await.expect("the lease holds");
    // The parent has looked before the child ended.
    parent.log.close(vec![suspended(13, None)], looked.wakes).await.expect("the lease holds");
    let row =
        world.local().run(&parent.run).await.expect("the store answers").expect("it is there");
    assert_eq!((row.state, row.due_at_us), (RunState::Queued, Some(13)));
    let parent = world.claim("w", 13, 9).await.remove(0);
    let looked = parent.log.look(vec![CallId(1)]).await.expect("the lease holds");
    let outcome = Outcome::Succeeded { output: json!("done") };
    assert_eq!(looked.children, BTreeMap::from([(CallId(1), (child, outcome))]));
    assert_eq!(looked.wakes, 1);
}

async fn a_child_that_ends_wakes_its_parent(world: World) {
    let mut parent = world.live().await;
    let writer = parent.log.writer();
    let child = writer.create_child(world.child_of(&parent.run, 1)).await.expect("it is made");
    let open = world.local().children(&parent.run).await.expect("the store answers");
    assert_eq!(open, [child]);
    parent.log.close(vec![suspended(11, None)], parent.wakes).await.expect("the lease holds");
    let mut live = world.claim("w", 12, 9).await.remove(0);
    live.log.append(vec![ended(13, json!(1))]).await.expect("the lease holds");
    let taken = world.claim("w", 13, 9).await;
    assert_eq!(taken.iter().map(|taken| &taken.run).collect::<Vec<_>>(), [&parent.run]);
    assert!(world.local().children(&parent.run).await.expect("the store answers").is_empty());
}

async fn a_cancel_reaches_a_run_wherever_it_is(world: World) {
    let local = world.local();
    let mut waiting = world.live().await;
    waiting.log.close(vec![suspended(11, None)], waiting.wakes).await.expect("the lease holds");
    assert!(local.cancel(&waiting.run, "enough", 12).await.expect("the store answers"));
    assert!(!local.cancel(&waiting.run, "again", 13).await.expect("the store answers"));
    let taken = world.claim("w", 12, 9).await.remove(0);
    assert_eq!((taken.run, taken.cancel_reason.as_deref()), (waiting.run, Some("enough")));

    let live = world.live().await;
    assert!(local.cancel(&live.run, "stop", 20).await.expect("the store answers"));
    let looked = live.log.look(Vec::new()).await.expect("the lease holds");
    assert_eq!((looked.cancel_reason.as_deref(), looked.wakes), (Some("stop"), 1));

    let later = {
        let mut new = world.new_run();
        new.due_at_us = 1_000;
        new
    };
    let later = world.submit(later).await;
    assert!(local.cancel(&later, "never mind", 21).await.expect("the store answers"));
    assert_eq!(world.claim("w", 21, 9).await.remove(0).run, later);
    assert!(!local.cancel(&world.run_id(), "who", 22).await.expect("the store answers"));
}

async fn a_retry_waits_for_its_time(world: World) {
    let mut leased = world.live().await;
    let failure = Box::new(Failure::new(Code::Exception, "boom"));
    let why = AttemptEnd::Retried { failure, due_at_us: 900 };
    let retried = event(12, EventBody::AttemptEnded { why, usage: usage() });
    let events = vec![started(11, 1), log(11, "x"), retried];
    leased.log.close(events, leased.wakes).await.expect("the lease holds");
    assert!(world.claim("w", 899, 9).await.is_empty());
    let mut again = world.claim("w", 900, 9).await.remove(0);
    assert_eq!(again.attempt, 2);
    let released =
        event(901, EventBody::AttemptEnded { why: AttemptEnd::Released, usage: usage() });
    again.log.close(vec![started(900, 2), released], 0).await.expect("the lease holds");
    let third = world.claim("w", 901, 9).await.remove(0);
    assert_eq!((third.attempt, third.lost), (3, 0));
    let row = world.local().run(&third.run).await.expect("the store answers").expect("it is there");
    assert_eq!((row.cpu_time_us, row.started_at_us), (10, Some(11)));
}

async fn runs_of_other_images_and_roots_are_left(world: World) {
    let mut other = world.new_run();
    other.start.image_digest = String::from("other");
    world.submit(other).await;
    let only = world.submit(world.new_run()).await;
    let beside = world.submit(world.new_run()).await;
    let queue = world.store.queue();
    let take = async || {
        let taken = queue.claim(&claim("w", 10), IMAGE, Some(&only), 10, &places(9)).await;
        taken
            .expect("the queue answers")
            .into_iter()
            .map(|taken| (taken.run, taken.log))
            .collect::<Vec<_>>()
    };
    let mut taken = take().await;
    assert_eq!(taken.len(), 1);
    let (run, log) = taken.remove(0);
    assert_eq!(run, only);
    let child = log.writer().create_child(world.child_of(&only, 1)).await.expect("it is made");
    assert_eq!(take().await.iter().map(|(run, _)| run).collect::<Vec<_>>(), [&child]);
    assert_eq!(world.claim("w", 10, 9).await.remove(0).run, beside);
    assert!(world.claim("w", 10, 9).await.is_empty());
}
