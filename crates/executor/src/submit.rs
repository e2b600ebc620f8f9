//! Submitting: a source, the flow in it, its input and what it may do become a run in the store.

use std::sync::Arc;

use serde_json::Value;
use sluice_db::{DbError, IdempotencyKey, KeepError, NewRun};
use sluice_model::{
    CallKind, Capability, Code, Event, Failure, Limits, RetryPolicy, RunId, Start, TenantId,
    TraceContext,
};
use sluice_sandbox::SandboxError;

use crate::clients::Pinned;
use crate::digest::{hex, sha256};
use crate::executor::Executor;
use crate::fresh::{self, now_us};
use crate::schema;
use crate::sources::Version;

/// A run as somebody asks for it.
#[derive(Clone, Debug)]
pub struct Submission {
    /// Whose it is.
    pub tenant: TenantId,
    /// Who submits it, in the words of the audit.
    pub by: Option<String>,
    /// The version, from [`Executor::version`].
    pub version: Arc<Version>,
    /// The flow; may be left out where the source has one.
    pub flow: Option<String>,
    /// Its input.
    pub input: Value,
    /// What it may do, as far as it asks for it and the tenant has it.
    pub grants: Vec<Capability>,
    /// Its ceilings.
    pub limits: Limits,
    /// Whether it is tried again.
    pub retry: RetryPolicy,
    /// When it must be over, in microseconds since the Unix epoch.
    pub deadline_us: Option<u64>,
    /// Where its randomness begins; drawn where it is absent.
    pub seed: Option<[u8; 32]>,
    /// The same key submits the same run once.
    pub idempotency_key: Option<IdempotencyKey>,
    /// The trace that it is to be part of; one of its own where that is absent.
    pub trace: Option<TraceContext>,
}

/// What was asked for was not done: a run was not taken on, a source not loaded, a record not replayed.
#[derive(Debug, thiserror::Error)]
pub enum NotSubmitted {
    /// For a reason that whoever asked can mend, or by a fault of ours (`platform_error`).
    #[error("{}", .0.message)]
    Refused(Box<Failure>),
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] DbError),
}

impl NotSubmitted {
    /// The sandbox failed.
    pub(crate) fn broken(error: &SandboxError) -> NotSubmitted {
        tracing::error!(%error, "the sandbox failed");
        let failure = Failure::new(Code::PlatformError, error.to_string());
        NotSubmitted::Refused(Box::new(failure))
    }
}

impl From<Box<Failure>> for NotSubmitted {
    fn from(failure: Box<Failure>) -> Self {
        NotSubmitted::Refused(failure)
    }
}

impl Executor {
    /// Loads a source for a tenant, or finds it loaded.
    pub async fn version(
        &self,
        tenant: &TenantId,
        source: &Arc<str>,
    ) -> Result<Arc<Version>, NotSubmitted> {
        let clients = self.shared.services.of_source(self.store(), source).await?;
        self.pinned_version(tenant, source, &clients).await
    }

    /// The same with the clients that a run is pinned to.
    pub(crate) async fn pinned_version(
        &self,
        tenant: &TenantId,
        source: &Arc<str>,
        clients: &Pinned,
    ) -> Result<Arc<Version>, NotSubmitted> {
        if let Some(version) = self.shared.sources.kept(&sha256(source.as_bytes()), clients) {
            return Ok(version);
        }
        let Some(texts) = self.shared.services.texts(self.store(), clients).await? else {
            return Err(NotSubmitted::Refused(Box::new(no_client())));
        };
        let (shared, source) = (Arc::clone(&self.shared), Arc::clone(source));
        let clients = clients.clone();
        let load =
            async move { shared.sources.version(&shared.sandbox, &source, &clients, &texts).await };
        match self.shared.beside(tenant, Box::pin(load)).await? {
            Ok(version) => Ok(version?),
            Err(error) => Err(NotSubmitted::broken(&error)),
        }
    }

    /// Takes a run on. When this returns it is in the store and will end, whatever happens here.
    pub async fn submit(&self, submission: Submission) -> Result<RunId, NotSubmitted> {
        let mut start = self.start_of(&submission)?;
        self.shared.tenants.narrow(self.store(), &mut start).await?;
        let source = Arc::clone(&submission.version.source);
        self.take_on(start, source, Vec::new(), submission.idempotency_key).await
    }

    /// Puts a run into the store. `prefix` is what its record begins with.
    pub(crate) async fn take_on(
        &self,
        start: Start,
        source: Arc<str>,
        prefix: Vec<Event>,
        idempotency_key: Option<IdempotencyKey>,
    ) -> Result<RunId, NotSubmitted> {
        let executor = self.clone();
        // Whoever asked may go away meanwhile; a run that is leased to this process is taken up all the same.
        let taken_on =
            tokio::spawn(async move { executor.put(start, source, prefix, idempotency_key).await });
        match taken_on.await {
            Ok(taken_on) => taken_on,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(DbError::Closed.into()),
            },
        }
    }

    async fn put(
        &self,
        start: Start,
        source: Arc<str>,
        prefix: Vec<Event>,
        idempotency_key: Option<IdempotencyKey>,
    ) -> Result<RunId, NotSubmitted> {
        let now = now_us();
        let (claim, reserved) = self.claim(&start.tenant).unzip();
        let submitted = self
            .store()
            .tenant(&start.tenant)
            .submit(NewRun {
                id: fresh::run_id(),
                start,
                source,
                at_us: now,
                due_at_us: now,
                idempotency_key,
                prefix,
                claim,
            })
            .await
            .map_err(|error| match error {
                KeepError::Refused(failure) => NotSubmitted::Refused(failure),
                KeepError::Db(error) => NotSubmitted::Store(error),
            })?;
        self.submitted(&submitted.run, submitted.leased.zip(reserved));
        Ok(submitted.run)
    }

    /// What the run is pinned to.
    pub(crate) fn start_of(&self, submission: &Submission) -> Result<Start, Box<Failure>> {
        let flow = submission.version.flow(submission.flow.as_deref())?;
        schema::check("the input", Code::InputInvalid, &flow.input, &submission.input)?;
        Ok(Start {
            tenant: submission.tenant.clone(),
            flow: flow.name.clone(),
            source_digest: submission.version.digest.clone(),
            clients: submission.version.clients.clone(),
            image_digest: self.image_digest().to_owned(),
            input: submission.input.clone(),
            seed: hex(&submission.seed.unwrap_or_else(fresh::seed)),
            grants: with_asking(submission.grants.clone()),
            withheld: Vec::new(),
            uses: uses(&flow.name, &flow.uses)?,
            limits: submission.limits.clone(),
            retry: submission.retry.clone(),
            deadline_us: submission.deadline_us,
            started_by: submission.by.clone(),
            parent: None,
            forked_from: None,
            trace: submission.trace.clone(),
        })
    }
}

/// The failure of a run whose record was made with a client that is not here.
pub(crate) fn no_client() -> Failure {
    Failure::new(
        Code::PlatformError,
        "a client of a service that the run is pinned to is not in the store",
    )
    .hint("A record from another store may be replayed there.")
}

/// The same and `ask`: every flow may do that unless a step takes it away, since it reaches nobody but
/// the tenant's own people.
pub(crate) fn with_asking(words: Vec<Capability>) -> Vec<Capability> {
    let asking = Capability::new(CallKind::Ask, "");
    let others = words.into_iter().filter(|word| *word != asking);
    others.chain([asking.clone()]).collect()
}

/// The capabilities that a flow asks for, and what needs no asking for.
pub(crate) fn uses(flow: &str, words: &[String]) -> Result<Vec<Capability>, Box<Failure>> {
    let parse = |word: &String| {
        word.parse::<Capability>().map_err(|error| {
            let message = format!("`{flow}` asks for what is no capability: {error}");
            Box::new(Failure::new(Code::UsesInvalid, message))
        })
    };
    let words = words.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    Ok(with_asking(words))
}
