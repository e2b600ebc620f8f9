//! The writer: an error hits only whoever caused it, and a store that is damaged is left alone.

use serde_json::json;
use sluice_db::{DbError, KeepError, RunFilter, WriteError};
use sluice_model::CallId;

use crate::world::{World, log};

crate::on_both! {
    an_error_hits_only_whoever_caused_it
    nothing_is_lost_between_two_processes
}

async fn an_error_hits_only_whoever_caused_it(world: World) {
    let taken = world.submit(world.new_run()).await;
    let mut submissions = Vec::new();
    for number in 0..30 {
        let mut new = world.new_run();
        if number % 10 == 5 {
            new.id = taken.clone();
        }
        let tenant = world.local();
        submissions.push(tokio::spawn(async move { (number, tenant.submit(new).await) }));
    }
    for submission in submissions {
        let (number, submitted) = submission.await.expect("it ends");
        match submitted {
            Ok(submitted) => assert!(submitted.is_new && number % 10 != 5),
            Err(KeepError::Db(DbError::Statement(why))) => {
                assert!(number % 10 == 5 && why.contains(taken.as_str()), "{why}");
            }
            Err(error) => panic!("{error}"),
        }
    }
    let rows = world.local().runs(&RunFilter::default()).await.expect("they are listed");
    assert_eq!(rows.len(), 28);
    // Texts that PostgreSQL cannot hold are refused by both.
    let refused = world.local().cancel(&taken, "zero \u{0}", 5).await;
    assert!(matches!(refused, Err(DbError::ZeroByte)), "{refused:?}");
}

async fn nothing_is_lost_between_two_processes(world: World) {
    let other = world.elsewhere().await;
    let mut tasks = Vec::new();
    for store in [&world.store, &other].into_iter().cycle().take(16) {
        let mut new = world.new_run();
        new.claim = Some(crate::world::claim("w", 10));
        let tenant = store.tenant(&new.start.tenant);
        let ask = world.ask_id();
        tasks.push(tokio::spawn(async move {
            let mut leased =
                tenant.submit(new).await.expect("it is taken on").leased.expect("it is leased");
            for at_us in 11..31 {
                leased
                    .log
                    .append(vec![log(at_us, "a"), log(at_us, "b")])
                    .await
                    .expect("the lease holds");
            }
            let writer = leased.log.writer();
            let question = crate::world::question(None);
            writer
                .create_ask(ask.clone(), CallId(1), question, 40, None)
                .await
                .expect("the lease holds");
            tenant.answer(&ask, &json!(1), "ada", 41).await.expect("it is taken");
            leased.run
        }));
    }
    for task in tasks {
        let run = task.await.expect("it ends");
        let verified = world.local().verify(&run).await.expect("the record is read");
        assert_eq!((verified.events, verified.first_bad), (41, None));
    }
}

/// What makes SQLite find the file damaged at the next statement.
const DAMAGE: &str = "PRAGMA writable_schema = ON; \
    UPDATE sqlite_schema SET rootpage = 99999 WHERE name = 'events'; \
    PRAGMA schema_version = 9999";

#[test]
fn a_damaged_file_is_not_touched_again() {
    crate::world::on_sqlite(|world| async move {
        let mut leased = world.live().await;
        world.sql(DAMAGE);
        let failed = leased.log.append(vec![log(11, "x")]).await;
        assert!(matches!(failed, Err(WriteError::Db(DbError::Fatal(_)))), "{failed:?}");
        let failed = world.local().cancel(&leased.run, "late", 12).await;
        assert!(matches!(failed, Err(DbError::Fatal(_))), "{failed:?}");
        let failed = world.local().run(&leased.run).await;
        assert!(matches!(failed, Err(DbError::Fatal(_))), "{failed:?}");
    });
}

#[test]
fn a_file_is_its_owners_alone() {
    crate::world::on_sqlite(|world| async move {
        use std::os::unix::fs::PermissionsExt;
        // The whole of it, with the folder that it lies in.
        let world = &world;
        let file = world.store.file().expect("it is a file").to_owned();
        let mode = |path: &std::path::Path| {
            path.metadata().expect("it is there").permissions().mode() & 0o777
        };
        assert_eq!((mode(&file), mode(file.parent().expect("it is in a folder"))), (0o600, 0o700));
        let log = file.with_extension("db-wal");
        assert_eq!(mode(&log), 0o600);
    });
}
