//! Questions: the first answer counts, only who may gives it, and it wakes the run.

use std::collections::BTreeMap;

use serde_json::json;
use sluice_db::{AnswerRefused, AskFilter, AskState};
use sluice_model::{CallId, Code, EventBody, Failure, RunState};

use crate::world::{World, ended, event, question, suspended, tenant};

crate::on_both! {
    the_first_answer_counts_and_wakes_the_run
    only_who_is_asked_may_answer
    questions_are_closed_when_nobody_waits
    questions_are_listed
}

async fn the_first_answer_counts_and_wakes_the_run(world: World) {
    let mut leased = world.live().await;
    let writer = leased.log.writer();
    let put_up =
        async || writer.create_ask(world.ask_id(), CallId(1), question(None), 11, Some(99)).await;
    let ask = put_up().await.expect("the lease holds");
    assert_eq!(put_up().await.expect("the lease holds"), ask, "a call has one question");
    leased.log.close(vec![suspended(12, None)], leased.wakes).await.expect("the lease holds");
    let other = world.store.tenant(&tenant("other"));
    let refused = other.answer(&ask, &json!(true), "eve", 13).await;
    assert!(matches!(refused, Err(AnswerRefused::NotFound(_))), "{refused:?}");
    world.local().answer(&ask, &json!(true), "ada", 13).await.expect("it is taken");
    let refused = world.local().answer(&ask, &json!(false), "bob", 14).await;
    assert!(matches!(refused, Err(AnswerRefused::AlreadyAnswered(_))), "{refused:?}");

    let again = world.claim("w", 13, 9).await.remove(0);
    assert_eq!((&again.run, again.wakes), (&leased.run, 1));
    let looked = again.log.look(vec![CallId(1)]).await.expect("the lease holds");
    assert_eq!(looked.answers, BTreeMap::from([(CallId(1), json!(true))]));
    let taken_back = again.log.writer().close_ask(CallId(1)).await.expect("the lease holds");
    assert_eq!(taken_back, Some(json!(true)), "an answer that came before counts");
    let row = world.local().ask(&ask).await.expect("the store answers").expect("it is there");
    assert_eq!((row.state, row.answered_by.as_deref()), (AskState::Answered, Some("ada")));
    assert_eq!((row.due_at_us, row.answered_at_us), (Some(99), Some(13)));
}

async fn only_who_is_asked_may_answer(world: World) {
    let leased = world.live().await;
    let writer = leased.log.writer();
    let ask = writer.create_ask(world.ask_id(), CallId(1), question(Some("ada")), 11, None).await;
    let ask = ask.expect("the lease holds");
    let refused = world.local().answer(&ask, &json!(true), "bob", 12).await;
    assert!(
        matches!(&refused, Err(AnswerRefused::NotForYou { assignee, .. }) if assignee == "ada"),
        "{refused:?}"
    );
    world.local().answer(&ask, &json!(true), "ada", 13).await.expect("it is taken");
}

async fn questions_are_closed_when_nobody_waits(world: World) {
    let mut leased = world.live().await;
    let writer = leased.log.writer();
    let mut asks = Vec::new();
    for call in 1..=3 {
        let ask = writer.create_ask(world.ask_id(), CallId(call), question(None), 11, None).await;
        asks.push(ask.expect("the lease holds"));
    }
    assert_eq!(writer.close_ask(CallId(1)).await.expect("the lease holds"), None);
    let failure = Some(Box::new(Failure::new(Code::Cancelled, "given up")));
    let failed = EventBody::CallEnded { call: CallId(2), answer: None, failure };
    leased.log.append(vec![event(12, failed)]).await.expect("the lease holds");
    let states = async || {
        let mut states = Vec::new();
        for ask in &asks {
            states.extend(world.local().ask(ask).await.expect("the store answers"));
        }
        states.into_iter().map(|row| row.state).collect::<Vec<_>>()
    };
    assert_eq!(states().await, [AskState::Closed, AskState::Closed, AskState::Open]);
    leased.log.append(vec![ended(13, json!(1))]).await.expect("the lease holds");
    assert_eq!(states().await, [AskState::Closed; 3]);
    let refused = world.local().answer(&asks[2], &json!(1), "ada", 14).await;
    assert!(matches!(refused, Err(AnswerRefused::Closed(_))), "{refused:?}");
    let row = world.local().run(&leased.run).await.expect("the store answers");
    assert_eq!(row.map(|row| (row.state, row.wakes)), Some((RunState::Ended, 0)));
}

async fn questions_are_listed(world: World) {
    let leased = world.live().await;
    let writer = leased.log.writer();
    let mut asks = Vec::new();
    for (call, assignee) in (1..).zip([None, Some("ada"), None]) {
        let id = world.ask_id();
        let ask = writer.create_ask(id, CallId(call), question(assignee), call, None).await;
        asks.push(ask.expect("the lease holds"));
    }
    let large = json!("x".repeat(1 << 20));
    let refused = world.local().answer(&asks[0], &large, "bob", 20).await;
    assert!(matches!(refused, Err(AnswerRefused::TooLarge { .. })), "{refused:?}");
    world.local().answer(&asks[0], &json!(1), "bob", 20).await.expect("it is taken");
    let list = async |filter: AskFilter| {
        let listed = world.local().asks(&filter).await.expect("they are listed");
        listed.into_iter().map(|row| row.call.0).collect::<Vec<_>>()
    };
    let all = AskFilter::default();
    assert_eq!(list(all.clone()).await, [3, 2, 1]);
    let open = AskFilter { state: Some(AskState::Open), ..all.clone() };
    assert_eq!(list(open.clone()).await, [3, 2]);
    assert_eq!(list(AskFilter { before: Some(asks[2].clone()), ..open }).await, [2]);
    assert_eq!(list(AskFilter { assignee: Some("ada".to_owned()), ..all.clone() }).await, [2]);
    assert_eq!(list(AskFilter { run: Some(leased.run), limit: Some(1), ..all.clone() }).await, [3]);
    assert!(list(AskFilter { run: Some(world.run_id()), ..all.clone() }).await.is_empty());
    let some = world.local().some_asks(&AskFilter { limit: Some(2), ..all }).await;
    let some = some.expect("they are listed");
    assert_eq!((some.items.len(), some.has_more), (2, true));
}
