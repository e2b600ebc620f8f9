//! A store is opened by many at once, from its first moment on.

use sluice_db::Store;
use tokio::task::JoinSet;

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_file_may_be_opened_by_many_at_once() {
    let dir = tempfile::tempdir().expect("a folder can be made");
    for number in 0..20 {
        let path = dir.path().join(format!("{number}.db")).display().to_string();
        let mut opening = JoinSet::new();
        for _ in 0..8 {
            let path = path.clone();
            opening.spawn(async move {
                Store::open(&path).await.map(Store::close)?.await;
                Ok(())
            });
        }
        let opened: Vec<Result<(), sluice_db::DbError>> = opening.join_all().await;
        assert!(opened.iter().all(Result::is_ok), "{opened:?}");
    }
}
