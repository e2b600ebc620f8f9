//! A store in a directory of its own and the executors that work on it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use sluice_db::{AskFilter, AskRow, RunRow, Store, Tenant};
use sluice_executor::{Executor, ExecutorError, Feed, Settings, Submission, now_us};
use sluice_model::{Event, EventBody, Limits, Outcome, RetryPolicy, RunId, RunState, TenantId};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A store.
pub(crate) struct House {
    directory: tempfile::TempDir,
    pub(crate) store: Store,
}

/// An executor at work.
pub(crate) struct Worker {
    pub(crate) executor: Executor,
    stop: Option<oneshot::Sender<()>>,
    work: JoinHandle<Result<(), ExecutorError>>,
}

impl House {
    pub(crate) async fn new() -> House {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let store = open(&directory).await;
        House { directory, store }
    }

    /// Another handle on the same file, as another process has it.
    pub(crate) async fn another_store(&self) -> Store {
        open(&self.directory).await
    }

    /// Changes the tables behind the store's back.
    pub(crate) fn damage(&self, sql: &str) {
        let path = self.directory.path().join("store.db");
        sluice_tests::sqlite::change(path.to_str().expect("a plain path"), sql);
    }

    pub(crate) fn tenant(&self) -> Tenant {
        self.store.tenant(&TenantId::local())
    }

    /// A worker that does not linger.
    pub(crate) fn worker(&self) -> Worker {
        self.worker_with(|_| ())
    }

    pub(crate) fn worker_with(&self, change: impl FnOnce(&mut Settings)) -> Worker {
        worker_on(self.store.clone(), change)
    }

    /// The record of a run, to its end.
    pub(crate) async fn record(&self, run: &RunId) -> Vec<Event> {
        let mut feed = Feed::new(&self.store, &TenantId::local(), run.clone(), 0);
        let mut events = Vec::new();
        loop {
            let more = feed.next().await.expect("the store answers");
            if more.is_empty() {
                return events;
            }
            events.extend(more);
        }
    }

    pub(crate) async fn outcome(&self, run: &RunId) -> Outcome {
        match self.record(run).await.pop().map(|event| event.body) {
            Some(EventBody::RunEnded { outcome, .. }) => outcome,
            other => panic!("the run did not end: {other:#?}"),
        }
    }

    #[track_caller]
    pub(crate) fn output(outcome: Outcome) -> Value {
        outcome.into_result().unwrap_or_else(|failure| panic!("the run failed: {failure:#?}"))
    }

    pub(crate) async fn row(&self, run: &RunId) -> RunRow {
        self.tenant().run(run).await.expect("the store answers").expect("the run exists")
    }

    /// Waits until the run stands there, as the store's notices tell.
    pub(crate) async fn until(&self, run: &RunId, state: RunState) -> RunRow {
        let mut notices = self.store.notices();
        loop {
            let row = self.row(run).await;
            if row.state == state {
                return row;
            }
            assert_ne!(row.state, RunState::Ended, "{:#?}", self.outcome(run).await);
            // Whatever it is, the row says where the run stands.
            let _ = tokio::time::timeout(Duration::from_secs(1), notices.recv()).await;
        }
    }

    /// The questions of a run that stand.
    pub(crate) async fn asks(&self, run: &RunId) -> Vec<AskRow> {
        let filter = AskFilter { run: Some(run.clone()), ..AskFilter::default() };
        self.tenant().asks(&filter).await.expect("the store answers")
    }

    pub(crate) async fn answer(&self, ask: &AskRow, value: Value) {
        let answered = self.tenant().answer(&ask.id, &value, "tester", now_us()).await;
        answered.expect("the question stands");
    }
}

async fn open(directory: &tempfile::TempDir) -> Store {
    let path = directory.path().join("store.db");
    Store::open(path.to_str().expect("a plain path")).await.expect("the store opens")
}

pub(crate) fn worker_on(store: Store, change: impl FnOnce(&mut Settings)) -> Worker {
    let mut settings = Settings { linger: Duration::ZERO, ..Settings::default() };
    change(&mut settings);
    let executor = Executor::new(store, sluice_tests::sandbox(), settings);
    let (stop, stopped) = oneshot::channel::<()>();
    let working = executor.clone();
    let work = tokio::spawn(async move {
        working
            .work(async {
                // A worker that is dropped stops, too.
                let _ = stopped.await;
            })
            .await
    });
    Worker { executor, stop: Some(stop), work }
}

impl Worker {
    /// Leaves the runs in good order.
    pub(crate) async fn stop(mut self) {
        drop(self.stop.take());
        self.work.await.expect("the worker does not panic").expect("the store answers");
    }

    /// Ends at once, as a process that is killed.
    pub(crate) async fn kill(self) {
        self.work.abort();
        // It was aborted or had ended.
        let _ = self.work.await;
    }

    pub(crate) async fn submit(&self, source: &str, flow: &str, input: Value) -> RunId {
        self.submit_with(source, flow, input, |_| ()).await
    }

    pub(crate) async fn submit_with(
        &self,
        source: &str,
        flow: &str,
        input: Value,
        change: impl FnOnce(&mut Submission),
    ) -> RunId {
        let mut submission = submission(&self.executor, source, flow, input).await;
        change(&mut submission);
        self.executor.submit(submission).await.expect("the run is taken on")
    }
}

pub(crate) async fn submission(
    executor: &Executor,
    source: &str,
    flow: &str,
    input: Value,
) -> Submission {
    let version = executor.version(&TenantId::local(), &Arc::from(source)).await;
    let version = version.unwrap_or_else(|error| panic!("the source: {error:#?}"));
    let every = ["ask", "flow:*", "kv:*", "artifact:*", "rpc:*", "llm:*"];
    Submission {
        tenant: TenantId::local(),
        by: None,
        version,
        flow: Some(flow.to_owned()),
        input,
        grants: every.map(|word| word.parse().expect("a capability")).to_vec(),
        limits: Limits::default(),
        retry: RetryPolicy::default(),
        deadline_us: None,
        seed: None,
        idempotency_key: None,
        trace: None,
    }
}
