//! Records: what was written is read again, whatever its size, here and elsewhere.

use serde_json::{Value, json};
use sluice_db::{Imported, Notice};
use sluice_model::{Answer, Attachment, Call, CallId, Event, EventBody, Fork, RunId, RunState};

use crate::world::{World, ended, event, log, sleep_call, start, started, suspended, tenant, text};

crate::on_both! {
    what_was_written_is_read_again
    a_record_goes_on_from_a_prefix
    an_imported_record_never_goes_on
    other_processes_hear_of_commits
    a_store_of_a_later_program_is_refused
}

fn attachment(bytes: &[u8]) -> Attachment {
    // The store takes whoever made it at his word for the digest; a check of the record does not.
    let digest = match bytes {
        b"question" => "9df6a5b04e4f96cbca3dd7d0aa6d4c0b3e1cc2ad2aebabe6b2e8b6ab6d3bf3f5",
        _ => "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
    };
    Attachment { digest: digest.to_owned(), size_bytes: bytes.len() as u64, bytes: bytes.into() }
}

async fn what_was_written_is_read_again(world: World) {
    let mut leased = world.live().await;
    let deep = (0..127).fold(json!("deep"), |inner, _| Value::Array(vec![inner]));
    let call = Call { attachment: Some(attachment(b"question")), ..sleep_call(1) };
    let answer = Answer { value: json!({"z": 1, "a": 2}), attachment: Some(attachment(b"answer")) };
    let written = [
        started(11, 1),
        log(12, &"long ".repeat(10_000)),
        log(13, "zero \u{0} and \u{1F600}"),
        event(14, EventBody::CallStarted { call }),
        event(15, EventBody::CallEnded { call: CallId(1), answer: Some(answer), failure: None }),
        ended(16, deep),
    ];
    leased.log.append(written.to_vec()).await.expect("the lease holds");
    let local = world.local();
    let history = local.history(&leased.run).await.expect("the record is read");
    let expected: Vec<Event> = (2..)
        .zip(written)
        .map(|(seq, event)| Event {
            seq,
            at_us: event.at_us,
            observed: event.observed,
            body: event.body,
        })
        .collect();
    assert_eq!(history[1..], expected);
    assert!(
        matches!(&history[0].body, EventBody::RunQueued(start) if **start == self::start(tenant("local")))
    );
    let page = local.events(&leased.run, 2, 2).await.expect("the record is read");
    assert_eq!(page, expected[1..3]);
    let part =
        local.some_events(&leased.run, 1, 9, Some(10_000)).await.expect("the record is read");
    assert_eq!((part.items, part.has_more), (expected[..1].to_vec(), true), "the next one is long");
    let part =
        local.some_events(&leased.run, 2, 9, Some(10_000)).await.expect("the record is read");
    assert_eq!((part.items, part.has_more), (expected[1..2].to_vec(), true));
    let part = local.some_events(&leased.run, 2, 2, None).await.expect("the record is read");
    assert_eq!((part.items, part.has_more), (expected[1..3].to_vec(), true));
    let part = local.some_events(&leased.run, 5, 2, None).await.expect("the record is read");
    assert_eq!((part.items.len(), part.has_more), (2, false));
    let bare = local.events(&leased.run, 4, 1).await.expect("the record is read");
    let EventBody::CallStarted { call } = &bare[0].body else { panic!("{bare:?}") };
    assert!(call.attachment.as_ref().is_some_and(|attachment| attachment.bytes.is_empty()));
    assert!(local.events(&leased.run, 7, 9).await.expect("the record is read").is_empty());
    assert_eq!(local.source("digest").await.expect("the store answers"), Some(text("source")));

    let other = world.store.tenant(&tenant("other"));
    assert!(other.history(&leased.run).await.expect("the store answers").is_empty());
    assert!(other.run(&leased.run).await.expect("the store answers").is_none());
    assert_eq!(other.source("digest").await.expect("the store answers"), None);
    assert!(!other.cancel(&leased.run, "mine", 20).await.expect("the store answers"));
}

async fn a_record_goes_on_from_a_prefix(world: World) {
    let mut first = world.live().await;
    first
        .log
        .append(vec![started(11, 1), log(12, "a"), ended(13, json!(1))])
        .await
        .expect("the lease holds");
    let events = world.local().history(&first.run).await.expect("the record is read");
    let mut new = world.new_run();
    new.start.forked_from = Some(Fork { run: first.run.clone(), seq: 4 });
    new.prefix = events[1..3].to_vec();
    let run = world.submit(new).await;
    let row = world.local().run(&run).await.expect("the store answers").expect("it is there");
    assert_eq!((row.state, row.seq, row.attempts), (RunState::Queued, 3, 1));
    assert_eq!(row.forked_from, Some(Fork { run: first.run, seq: 4 }));
    let mut leased = world.claim("w", 20, 9).await.remove(0);
    assert_eq!((leased.attempt, leased.log.is_new(), leased.log.next_seq()), (2, false, 4));
    leased.log.append(vec![ended(21, json!(2))]).await.expect("the lease holds");
    let verified = world.local().verify(&run).await.expect("the record is read");
    assert_eq!((verified.events, verified.first_bad), (4, None));
}

async fn an_imported_record_never_goes_on(world: World) {
    let mut first = world.live().await;
    first
        .log
        .close(vec![started(11, 1), suspended(12, Some(20))], 0)
        .await
        .expect("the lease holds");
    let events = world.local().history(&first.run).await.expect("the record is read");
    assert!(!world.local().is_free(&first.run).await.expect("the store answers"));
    let id = world.run_id();
    let imported =
        Imported { id: id.clone(), events: events.clone(), source: text("source"), at_us: 30 };
    assert_eq!(world.local().import(imported).await.expect("it is taken in"), id);
    let taken = world.claim("w", u64::MAX / 4, 9).await;
    assert_eq!(taken.iter().map(|taken| &taken.run).collect::<Vec<_>>(), [&first.run]);
    let row = world.local().run(&id).await.expect("the store answers").expect("it is there");
    assert_eq!((row.state, row.outcome, row.is_imported), (RunState::Ended, None, true));
    assert!(!world.local().cancel(&id, "no", 31).await.expect("the store answers"));
    assert_eq!(world.local().history(&id).await.expect("the record is read"), events);
    let verified = world.local().verify(&id).await.expect("the record is read");
    assert_eq!((verified.events, verified.first_bad), (3, None));
}

async fn other_processes_hear_of_commits(world: World) {
    let other = world.elsewhere().await;
    let (mut here, mut there) = (world.store.notices(), other.notices());
    let events = |run: &RunId| Notice::Events { tenant: tenant("local"), run: run.clone(), seq: 1 };
    let leased = {
        let run = world.submit(world.new_run()).await;
        assert_eq!(here.recv().await, Ok(events(&run)));
        assert_eq!(here.recv().await, Ok(Notice::Queued));
        run
    };
    let heard = there.recv().await.expect("the store is open");
    if world.is_sqlite() {
        assert_eq!(heard, Notice::Elsewhere);
    } else {
        assert_eq!(heard, events(&leased));
        assert_eq!(there.recv().await, Ok(Notice::Queued));
    }
    let seen = other.tenant(&tenant("local")).events(&leased, 0, 9).await;
    assert_eq!(seen.expect("the record is read").len(), 1);
    other.close().await;
}

async fn a_store_of_a_later_program_is_refused(world: World) {
    world.store.clone().close().await;
    let late = world.local().runs(&sluice_db::RunFilter::default()).await;
    assert!(matches!(late, Err(sluice_db::DbError::Closed)), "{late:?}");
    world.sql("UPDATE schema_version SET version = 1000");
    let refused = sluice_db::Store::open(&world.address).await.err().expect("it is refused");
    assert!(matches!(refused, sluice_db::DbError::Newer { found: 1000, .. }), "{refused}");
    // Nothing was changed.
    let again = sluice_db::Store::open(&world.address).await.err().map(|error| error.to_string());
    assert_eq!(again, Some(refused.to_string()));
}
