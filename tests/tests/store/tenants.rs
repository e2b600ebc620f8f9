//! Tenants: what they took, and what is refused to them or waits.

use serde_json::json;
use sluice_db::{KeepError, Leased, NewEvent, TenantChange, TenantChanged, UsageRow};
use sluice_model::{
    Capability, Code, EventBody, Failure, Limits, Outcome, Quota, RunId, TenantId, Usage,
};

use crate::world::{World, event, log, start, started, suspended, tenant};

crate::on_both! {
    usage_is_counted_with_the_events
    what_is_stored_is_counted
    a_run_may_not_ask_for_more_than_its_tenant_has
    a_day_without_cpu_time_waits_for_the_next
    a_tenant_is_changed
}

const DAY_US: u64 = 86_400_000_000;

/// The end of a run that took so much CPU time in all.
fn ended(at_us: u64, cpu_time_us: u64, outcome: Outcome) -> NewEvent {
    let usage = Usage { cpu_time_us, ..Usage::default() };
    event(at_us, EventBody::RunEnded { outcome, usage })
}

fn well() -> Outcome {
    Outcome::Succeeded { output: json!(1) }
}

fn badly(code: Code) -> Outcome {
    Outcome::from_failure(Failure::new(code, "boom"))
}

async fn usage_is_counted_with_the_events(world: World) {
    let local = world.local();
    let mut first = world.live().await;
    first
        .log
        .close(vec![started(10, 1), suspended(DAY_US - 1, Some(DAY_US))], first.wakes)
        .await
        .expect("the lease holds");
    // The end tells of both attempts: what the first took was counted on the day before.
    let mut again = world.claim("w", DAY_US, 1).await.remove(0);
    again.log.append(vec![ended(DAY_US + 1, 12, well())]).await.expect("the lease holds");
    for code in [Code::Exception, Code::LimitWallTime, Code::Cancelled] {
        let mut leased = world.live().await;
        leased
            .log
            .append(vec![ended(DAY_US + 2, 100, badly(code))])
            .await
            .expect("the lease holds");
        let late = leased.log.append(vec![log(DAY_US + 3, "late")]).await;
        assert!(late.is_err(), "what is not written is not counted");
    }
    let days = local.usage(0..=9).await.expect("the store answers");
    let zero = UsageRow { day: 0, runs: 4, succeeded: 0, failed: 0, cpu_time_us: 5, events: 6 };
    let one = UsageRow { day: 1, runs: 0, succeeded: 1, failed: 2, cpu_time_us: 307, events: 4 };
    assert_eq!(days, [zero, one.clone()]);
    assert_eq!(local.usage(1..=1).await.expect("the store answers"), [one]);
    let other = world.store.tenant(&tenant("other"));
    assert!(other.usage(0..=9).await.expect("the store answers").is_empty());
}

async fn what_is_stored_is_counted(world: World) {
    let local = world.local();
    let stored =
        async || local.row().await.expect("the store answers").expect("it is there").stored_bytes;
    assert_eq!(stored().await, 0);
    let mut leased = world.live().await;
    let submitted = stored().await;
    assert!((300..3_000).contains(&submitted), "{submitted}");
    leased.log.append(vec![log(11, &"x".repeat(20_000))]).await.expect("the lease holds");
    let written = stored().await - submitted;
    assert!((20_000..21_000).contains(&written), "{written}");
    let value = json!("y".repeat(1_000));
    let put = local.kv_put("space", "key", &value, None, sluice_db::KvMatch::Any, 12).await;
    assert!(put.expect("it is set"));
    let put = stored().await - submitted - written;
    assert!((1_000..1_100).contains(&put), "{put}");
}

async fn refused(world: &World, of: &TenantId, limits: Limits) -> Option<Failure> {
    let mut new = world.new_run();
    new.start = start(of.clone());
    new.start.limits = limits;
    match world.store.tenant(of).submit(new).await {
        Ok(_) => None,
        Err(KeepError::Refused(failure)) => Some(*failure),
        Err(error) => panic!("{error}"),
    }
}

async fn a_run_may_not_ask_for_more_than_its_tenant_has(world: World) {
    let (admin, bounded) = (world.store.admin(), tenant("bounded"));
    let limits = Limits { memory_bytes: 1_000, ..Quota::default().limits };
    let quota = Quota { limits: limits.clone(), ..Quota::default() };
    admin.create_tenant(&bounded, &quota, &[], 1).await.expect("it is made");
    assert_eq!(refused(&world, &bounded, limits.clone()).await, None);
    let more = Limits { memory_bytes: 1_001, ..limits.clone() };
    let failure = refused(&world, &bounded, more).await.expect("it is refused");
    assert_eq!(failure.code, Code::QuotaExceeded);
    assert_eq!(failure.details["quota"], "limits.memory_bytes");
    assert_eq!(
        (&failure.details["asked"], &failure.details["limit"]),
        (&json!(1_001), &json!(1_000))
    );
    let full = Quota { stored_bytes: 100, limits: limits.clone(), ..Quota::default() };
    assert!(admin.set_quota(&bounded, &full).await.expect("it is set"));
    let failure = refused(&world, &bounded, limits).await.expect("it is refused");
    assert_eq!(
        (failure.code, &failure.details["quota"]),
        (Code::QuotaExceeded, &json!("stored_bytes"))
    );
    let held = world.store.tenant(&bounded);
    let put = held.kv_put("space", "key", &json!(1), None, sluice_db::KvMatch::Any, 12).await;
    let saved = held.save_flow("flow", &"pass".into(), &json!({}), 12).await;
    for refused in [put.err(), saved.err()] {
        let Some(KeepError::Refused(failure)) = refused else { panic!("{refused:?}") };
        assert_eq!(failure.details["quota"], "stored_bytes");
    }
    // Whoever runs Sluice for themselves has no ceilings.
    let most = Limits { cpu_time_ms: 1 << 40, memory_bytes: 4 << 30, ..Limits::default() };
    assert_eq!(refused(&world, &tenant("local"), most).await, None);
}

async fn submit(world: &World, of: &TenantId) -> RunId {
    let mut new = world.new_run();
    new.start = start(of.clone());
    world.submit(new).await
}

async fn a_day_without_cpu_time_waits_for_the_next(world: World) {
    let (admin, busy) = (world.store.admin(), tenant("busy"));
    let quota = Quota { cpu_ms_per_day: 10, ..Quota::default() };
    admin.create_tenant(&busy, &quota, &[], 1).await.expect("it is made");
    let runs =
        [submit(&world, &busy).await, submit(&world, &busy).await, submit(&world, &busy).await];
    let mut first = world.claim("w", 10, 1).await.remove(0);
    assert_eq!((&first.run, first.cpu_ms_left, &*first.quota), (&runs[0], 10, &quota));
    first.log.append(vec![ended(11, 4_000, well())]).await.expect("the lease holds");
    let mut second = world.claim("w", 12, 1).await.remove(0);
    assert_eq!(second.cpu_ms_left, 6);
    second.log.append(vec![ended(13, 6_001, well())]).await.expect("the lease holds");

    let failure = refused(&world, &busy, Limits::default()).await.expect("it is refused");
    assert_eq!(failure.details["quota"], "cpu_ms_per_day");
    assert_eq!(failure.details["opens_at_us"], json!(DAY_US));
    assert!(world.claim("w", DAY_US - 1, 9).await.is_empty(), "the third waits");
    // Others do not wait with it, and a run that needs no guest does not wait.
    let other = submit(&world, &tenant("local")).await;
    let taken = |leased: Vec<Leased>| leased.into_iter().map(|taken| taken.run).collect::<Vec<_>>();
    assert_eq!(taken(world.claim("w", 20, 9).await), [other]);
    let busy = world.store.tenant(&busy);
    let fourth = {
        let mut new = world.new_run();
        new.start = start(tenant("busy"));
        new.at_us = DAY_US;
        new.due_at_us = DAY_US;
        new
    };
    let fourth = world.submit(fourth).await;
    assert!(busy.cancel(&fourth, "enough", 30).await.expect("the store answers"));
    assert_eq!(taken(world.claim("w", 31, 9).await), [fourth]);
    assert!(taken(world.claim("w", DAY_US, 9).await).contains(&runs[2]));
}

async fn a_tenant_is_changed(world: World) {
    let (admin, name) = (world.store.admin(), tenant("changing"));
    let grants: Vec<Capability> = vec!["kv:notes".parse().expect("a capability")];
    admin.create_tenant(&name, &Quota::default(), &grants, 7).await.expect("it is made");
    let row = async || admin.tenant(&name).await.expect("the store answers").expect("it is there");
    assert_eq!((row().await.grants, row().await.created_at_us), (grants, 7));
    assert!(admin.set_grants(&name, &Capability::every()).await.expect("they are set"));
    let change = |label: &str| TenantChange {
        label: Some(label.to_owned()),
        quota: Some(Quota { queued: 7, ..Quota::default() }),
        ..TenantChange::default()
    };
    let before = row().await;
    let refused = admin.change_tenant(&name, change("Others"), |row| row.quota.queued == 8).await;
    assert_eq!(refused.expect("the store answers"), TenantChanged::Unexpected);
    assert_eq!(row().await, before, "nothing of it is done");
    let change = change("The changing ones");
    let changed = admin.change_tenant(&name, change, |row| row.label.is_none()).await;
    let changed = changed.expect("the store answers");
    assert_eq!(changed, TenantChanged::Done(Box::new(row().await)));
    assert_eq!(row().await.quota.queued, 7);
    assert_eq!(row().await.grants, Capability::every());
    assert_eq!(row().await.label.as_deref(), Some("The changing ones"));
    let own = world.store.tenant(&name).row().await.expect("the store answers");
    assert_eq!(own, Some(row().await));
    assert!(!admin.set_grants(&tenant("nobody"), &[]).await.expect("the store answers"));
    assert_eq!(admin.tenant(&tenant("nobody")).await.expect("the store answers"), None);
    let local = world.local().row().await.expect("the store answers").expect("it is there");
    assert_eq!(local.grants, Capability::every());
}
