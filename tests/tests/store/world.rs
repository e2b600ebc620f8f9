//! A store with nothing in it, and short words for what is done with it.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};
use sluice_db::{Claim, Leased, NewEvent, NewRun, Places, Store, Tenant};
use sluice_model::{
    AskId, AttemptEnd, Call, CallId, EventBody, Level, Limits, Observed, Outcome, Parent, Question,
    Request, RetryPolicy, RunId, SpanId, Start, TenantId, Usage,
};
use sluice_tests::postgres::Database;

pub(crate) const IMAGE: &str = "image";
pub(crate) const LEASE_US: u64 = 1_000_000;

/// Where a test's store is.
enum Place {
    File { _folder: tempfile::TempDir },
    Database(Database),
}

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) address: String,
    place: Place,
    ids: AtomicU64,
}

pub(crate) fn on_sqlite<F: Future<Output = ()>>(test: fn(World) -> F) {
    let folder = tempfile::tempdir().expect("a folder is made");
    let path = folder.path().join("inner/store.db");
    run(test, path.to_str().expect("the path is text").to_owned(), Place::File { _folder: folder });
}

pub(crate) fn on_postgres<F: Future<Output = ()>>(test: fn(World) -> F) {
    let database = Database::fresh();
    run(test, database.url(), Place::Database(database));
}

fn run<F: Future<Output = ()>>(test: fn(World) -> F, address: String, place: Place) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("the runtime starts").block_on(async {
        let store = Store::open(&address).await.expect("the store opens");
        test(World { store, address, place, ids: AtomicU64::new(1) }).await;
    });
}

impl World {
    pub(crate) fn is_sqlite(&self) -> bool {
        matches!(self.place, Place::File { .. })
    }

    /// Another process's view of the same store.
    pub(crate) async fn elsewhere(&self) -> Store {
        Store::open(&self.address).await.expect("the store opens once more")
    }

    /// Changes the tables behind the store's back.
    pub(crate) fn sql(&self, sql: &str) {
        match &self.place {
            Place::Database(database) => database.sql(sql),
            Place::File { .. } => sluice_tests::sqlite::change(&self.address, sql),
        }
    }

    /// Leaves nothing of a store that was closed.
    pub(crate) fn empty(&self) {
        match &self.place {
            Place::Database(database) => {
                database.sql("DROP SCHEMA public CASCADE");
                database.sql("CREATE SCHEMA public");
            }
            Place::File { .. } => {
                for end in ["", "-wal", "-shm"] {
                    match std::fs::remove_file(format!("{}{end}", self.address)) {
                        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                            panic!("{}{end}: {error}", self.address)
                        }
                        _ => {}
                    }
                }
            }
        }
    }

    pub(crate) fn local(&self) -> Tenant {
        self.store.tenant(&TenantId::local())
    }

    fn random(&self) -> (u64, [u8; 10]) {
        let id = self.ids.fetch_add(1, Ordering::Relaxed);
        let mut random = [0; 10];
        random[..8].copy_from_slice(&id.to_be_bytes());
        (id, random)
    }

    pub(crate) fn run_id(&self) -> RunId {
        let (id, random) = self.random();
        RunId::new(id, random)
    }

    pub(crate) fn ask_id(&self) -> AskId {
        let (id, random) = self.random();
        AskId::new(id, random)
    }

    /// A run of the tenant `local`, due at once.
    pub(crate) fn new_run(&self) -> NewRun {
        NewRun {
            id: self.run_id(),
            start: start(TenantId::local()),
            source: "source".into(),
            at_us: 1,
            due_at_us: 1,
            idempotency_key: None,
            prefix: Vec::new(),
            claim: None,
        }
    }

    /// A run that is a child of another one's call.
    pub(crate) fn child_of(&self, parent: &RunId, call: u64) -> NewRun {
        let mut new = self.new_run();
        new.start.parent = Some(Parent {
            run: parent.clone(),
            call: CallId(call),
            span: SpanId(1),
            root: parent.clone(),
            depth: 1,
        });
        new
    }

    pub(crate) async fn submit(&self, new: NewRun) -> RunId {
        let tenant = self.store.tenant(&new.start.tenant);
        tenant.submit(new).await.expect("the run is taken on").run
    }

    /// A run that was submitted and taken up.
    pub(crate) async fn live(&self) -> Leased {
        let run = self.submit(self.new_run()).await;
        let mut leased = self.claim("w", 10, 1).await;
        assert_eq!(leased[0].run, run);
        leased.remove(0)
    }

    pub(crate) async fn claim(&self, worker: &str, now_us: u64, most: u32) -> Vec<Leased> {
        let claim = claim(worker, now_us);
        let claimed = self.store.queue().claim(&claim, IMAGE, None, now_us, &places(most)).await;
        claimed.expect("the queue answers")
    }
}

pub(crate) fn claim(worker: &str, now_us: u64) -> Claim {
    Claim { worker: worker.to_owned(), lease_until_us: now_us + LEASE_US }
}

pub(crate) fn start(tenant: TenantId) -> Start {
    Start {
        tenant,
        flow: "flow".to_owned(),
        source_digest: "digest".to_owned(),
        clients: std::collections::BTreeMap::new(),
        image_digest: IMAGE.to_owned(),
        input: json!({"name": "Ada"}),
        seed: "00".repeat(32),
        grants: Vec::new(),
        withheld: Vec::new(),
        uses: Vec::new(),
        limits: Limits::default(),
        retry: RetryPolicy::default(),
        deadline_us: None,
        started_by: None,
        parent: None,
        forked_from: None,
        trace: None,
    }
}

pub(crate) fn tenant(name: &str) -> TenantId {
    name.parse().expect("the name is a tenant's")
}

pub(crate) fn event(at_us: u64, body: EventBody) -> NewEvent {
    NewEvent { at_us, observed: Observed::default(), body }
}

pub(crate) fn started(at_us: u64, attempt: u32) -> NewEvent {
    event(at_us, EventBody::AttemptStarted { attempt, worker: "w".to_owned() })
}

pub(crate) fn log(at_us: u64, message: &str) -> NewEvent {
    let body = EventBody::Log {
        span: SpanId::RUN,
        level: Level::Info,
        message: message.to_owned(),
        attributes: sluice_model::Attributes::new(),
        stream: None,
    };
    NewEvent {
        observed: Observed { clock: vec![(0, at_us)], delivered: Vec::new() },
        ..event(at_us, body)
    }
}

pub(crate) fn sleep_call(call: u64) -> Call {
    Call {
        call: CallId(call),
        span: SpanId(call),
        request: Request::Sleep { duration_ms: 1 },
        attachment: None,
        needs_approval: false,
    }
}

pub(crate) fn suspended(at_us: u64, wake_at_us: Option<u64>) -> NewEvent {
    let why = AttemptEnd::Suspended { wake_at_us };
    event(at_us, EventBody::AttemptEnded { why, usage: usage() })
}

pub(crate) fn ended(at_us: u64, output: Value) -> NewEvent {
    event(at_us, EventBody::RunEnded { outcome: Outcome::Succeeded { output }, usage: usage() })
}

pub(crate) fn usage() -> Usage {
    Usage { cpu_time_us: 5, wall_time_us: 7, memory_bytes: 9 }
}

pub(crate) fn question(assignee: Option<&str>) -> Question {
    Question {
        question: "May it?".to_owned(),
        schema: json!({"type": "boolean"}),
        details: sluice_model::Attributes::new(),
        assignee: assignee.map(str::to_owned),
        timeout_ms: None,
    }
}

pub(crate) fn text(value: &str) -> Arc<str> {
    value.into()
}

/// So many places of a worker that has many more.
pub(crate) fn places(most: u32) -> Places {
    Places::new(1 << 20, []).at_most(most)
}
