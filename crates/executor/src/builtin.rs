//! The calls that the store itself answers: children, questions, keys and values, artifacts. Each may
//! be done again with the same result, since the store knows it by its run and call.

use std::future::Future;
use std::sync::Arc;

use sluice_db::{BesideError, DbError, NewRun, RunWriter, WriteError};
use sluice_model::{
    Answer, ArtifactAction, Attributes, Call, CallId, Code, Failure, KvAction, Outcome, Parent,
    Question, Request, RetryPolicy, RunId, Start,
};

use crate::digest::hex;
use crate::fresh::{self, now_us};
use crate::journal::Journal;
use crate::outstanding::{Done, refused};
use crate::shared::{RunOf, Shared};
use crate::sources::Version;
use crate::submit::{no_client, uses};
use crate::trace::RunTrace;

/// Makes a call's child run.
pub(crate) fn child(
    shared: &Arc<Shared>,
    parent: &RunOf,
    version: &Arc<Version>,
    journal: &Journal,
    call: Call,
) -> impl Future<Output = Done> + Send + use<> {
    let (shared, parent, version) = (Arc::clone(shared), parent.clone(), Arc::clone(version));
    let writer = journal.log().writer();
    async move {
        let id = call.call;
        let new = match child_run(&shared, &parent, version, call).await {
            Ok(Ok(new)) => new,
            Ok(Err(failure)) => return Done::Called { call: id, outcome: Err(failure) },
            Err(error) => return Done::Broken(error),
        };
        match writer.create_child(new).await {
            Ok(child) => Done::Child { call: id, child },
            Err(error) => not_kept(id, error),
        }
    }
}

/// What becomes of a call for which nothing was kept.
fn not_kept(call: CallId, error: BesideError) -> Done {
    match error {
        BesideError::Refused(failure) => Done::Called { call, outcome: Err(failure) },
        BesideError::Fenced => Done::Fenced,
        BesideError::Db(error) => Done::Broken(error),
    }
}

/// The child as it is to be submitted. The inner error is what the call fails with.
async fn child_run(
    shared: &Shared,
    parent: &RunOf,
    version: Arc<Version>,
    call: Call,
) -> Result<Result<NewRun, Box<Failure>>, DbError> {
    let Request::Flow { flow, input, grants } = call.request else {
        let failure = Failure::new(Code::CallInvalid, "this is no call of a flow");
        return Ok(Err(Box::new(failure)));
    };
    let depth = parent.start.parent.as_ref().map_or(1, |parent| parent.depth + 1);
    let most = shared.settings.most_depth;
    if depth > most {
        let message = format!("children are nested more than {most} deep");
        let failure = Failure::new(Code::LimitDepth, message)
            .hint("Look for a flow that starts itself, or do more in one flow.")
            .detail("limit", most);
        return Ok(Err(Box::new(failure)));
    }
    let version = match version_of(shared, parent, version, &flow).await? {
        Ok(version) => version,
        Err(failure) => return Ok(Err(failure)),
    };
    let described = match version.flow(Some(&flow)) {
        Ok(described) => described,
        Err(failure) => return Ok(Err(failure)),
    };
    let uses = match uses(&flow, &described.uses) {
        Ok(uses) => uses,
        Err(failure) => return Ok(Err(failure)),
    };
    let root = parent.start.parent.as_ref().map_or(&parent.id, |above| &above.root);
    let now = now_us();
    Ok(Ok(NewRun {
        id: fresh::run_id(),
        start: Start {
            tenant: parent.tenant.clone(),
            flow,
            source_digest: version.digest.clone(),
            clients: version.clients.clone(),
            image_digest: parent.start.image_digest.clone(),
            input,
            seed: hex(&fresh::seed()),
            grants,
            withheld: parent.start.withheld.clone(),
            uses,
            limits: parent.start.limits.clone(),
            retry: RetryPolicy::default(),
            deadline_us: parent.start.deadline_us,
            started_by: None,
            parent: Some(Parent {
                run: parent.id.clone(),
                call: call.call,
                span: call.span,
                root: root.clone(),
                depth,
            }),
            forked_from: None,
            trace: Some(RunTrace::of(&parent.id, parent.start.trace.as_ref()).context(call.span)),
        },
        source: Arc::clone(&version.source),
        at_us: now,
        due_at_us: now,
        idempotency_key: None,
        prefix: Vec::new(),
        claim: None,
    }))
}

/// Where a flow of that name is: in the same source, else among the tenant's flows.
async fn version_of(
    shared: &Shared,
    parent: &RunOf,
    version: Arc<Version>,
    flow: &str,
) -> Result<Result<Arc<Version>, Box<Failure>>, DbError> {
    if version.flow(Some(flow)).is_ok() {
        return Ok(Ok(version));
    }
    let tenant = shared.store.tenant(&parent.tenant);
    let saved = match tenant.flow(flow).await? {
        Some(saved) => tenant.source(&saved.source_digest).await?,
        None => None,
    };
    let Some(source) = saved else {
        let failure = Failure::new(Code::FlowNotFound, format!("there is no flow `{flow}`"))
            .hint("Put it into the same source, or save it first: `sluice flows save FILE`.");
        return Ok(Err(Box::new(failure)));
    };
    let clients = shared.services.of_source(&shared.store, &source).await?;
    let Some(texts) = shared.services.texts(&shared.store, &clients).await? else {
        return Ok(Err(Box::new(no_client())));
    };
    Ok(match shared.sources.version(&shared.sandbox, &source, &clients, &texts).await {
        Ok(version) => version,
        Err(error) => Err(Box::new(Failure::new(Code::PlatformError, error.to_string()))),
    })
}

/// What a call of a flow comes to when the child has ended.
pub(crate) fn child_outcome(child: &RunId, outcome: Outcome) -> Result<Answer, Box<Failure>> {
    let failure = match outcome.into_result() {
        Ok(output) => return Ok(Answer::of(output)),
        Err(failure) => failure,
    };
    let message = format!("the child run did not succeed: {}", failure.message);
    let mut failed = Failure::new(Code::ChildFailed, message)
        .hint(format!("`sluice runs get {child}` shows what became of it."))
        .detail("run", child.as_str());
    failed.cause = Some(Box::new(Failure { version: 0, ..*failure }));
    failed.cause_kind = Some("cause".to_owned());
    Err(Box::new(failed))
}

/// Cancels a child that nobody waits for any more.
pub(crate) async fn cancel_child(writer: RunWriter, call: CallId, child: RunId) -> Done {
    match writer.cancel_child(&child, "the run that started it gave it up", now_us()).await {
        Ok(_) => Done::Called { call, outcome: Err(Box::new(given_up())) },
        Err(error) => refused(error),
    }
}

/// Cancels what a run has started and that has not ended, as long as the lease holds.
pub(crate) async fn cancel_children(
    shared: &Shared,
    run: &RunOf,
    writer: &RunWriter,
) -> Result<(), WriteError> {
    for child in shared.store.tenant(&run.tenant).children(&run.id).await? {
        writer.cancel_child(&child, "the run that started it ended", now_us()).await?;
    }
    Ok(())
}

/// What a call fails with that the flow gave up.
pub(crate) fn given_up() -> Failure {
    Failure::new(Code::Cancelled, "the call was cancelled")
}

/// Puts a call's question up.
pub(crate) fn ask(
    journal: &Journal,
    call: CallId,
    question: &Question,
    due_us: Option<u64>,
) -> impl Future<Output = Done> + Send + use<> {
    let writer = journal.log().writer();
    let question = question.clone();
    async move {
        match writer.create_ask(fresh::ask_id(), call, question, now_us(), due_us).await {
            Ok(ask) => Done::Asked { call, ask },
            Err(error) => refused(error),
        }
    }
}

/// What a person is asked before a call is performed.
pub(crate) fn approval_of(call: &Call) -> Question {
    let mut details = Attributes::new();
    details.insert("call".to_owned(), serde_json::to_value(&call.request).unwrap_or_default());
    if let Some(attachment) = &call.attachment {
        details.insert("attachment_bytes".to_owned(), attachment.size_bytes.into());
        details.insert("attachment_digest".to_owned(), attachment.digest.as_str().into());
    }
    Question {
        question: format!("May this run call `{}`?", call.request.span_name()),
        schema: serde_json::json!({ "type": "boolean" }),
        details,
        assignee: None,
        timeout_ms: None,
    }
}

/// What a call fails with that somebody did not allow.
pub(crate) fn not_approved(call: &Call) -> Failure {
    let message = format!("`{}` was not allowed", call.request.span_name());
    Failure::new(Code::ApprovalRefused, message)
        .hint("Whoever was asked said no. The flow may handle `sluice.CallFailed` and go on.")
}

/// Takes a question back.
pub(crate) fn close_ask(
    journal: &Journal,
    call: CallId,
) -> impl Future<Output = Done> + Send + use<> {
    let writer = journal.log().writer();
    async move { writer.close_ask(call).await.map_or_else(refused, |_| Done::Committed) }
}

/// Takes a question back whose time is over. An answer that came before counts.
pub(crate) fn time_out_ask(
    journal: &Journal,
    call: CallId,
) -> impl Future<Output = Done> + Send + use<> {
    let writer = journal.log().writer();
    async move {
        let outcome = match writer.close_ask(call).await {
            Ok(Some(answer)) => Ok(Answer::of(answer)),
            Ok(None) => Err(Box::new(
                Failure::new(Code::CallTimedOut, "nobody answered in time")
                    .hint("Give the question more time, or handle `TimeoutError` in the flow."),
            )),
            Err(error) => return refused(error),
        };
        Done::Called { call, outcome }
    }
}

/// Reads or changes the tenant's keys and values, once for each call.
pub(crate) fn kv(
    journal: &Journal,
    call: CallId,
    space: &str,
    action: &KvAction,
    most_bytes: u64,
) -> impl Future<Output = Done> + Send + use<> {
    let writer = journal.log().writer();
    let (space, action) = (space.to_owned(), action.clone());
    async move {
        match writer.kv(call, space, action, most_bytes, now_us()).await {
            Ok(value) => Done::Called { call, outcome: Ok(Answer::of(value)) },
            Err(error) => not_kept(call, error),
        }
    }
}

/// Keeps bytes with the run, or reads them again.
pub(crate) fn artifact(journal: &Journal, call: Call) -> impl Future<Output = Done> + Send + use<> {
    let writer = journal.log().writer();
    async move {
        let id = call.call;
        let Request::Artifact { name, action } = call.request else {
            let failure = Failure::new(Code::CallInvalid, "this is no call of an artifact");
            return Done::Called { call: id, outcome: Err(Box::new(failure)) };
        };
        let done = match action {
            ArtifactAction::Write { media_type } => writer
                .write_artifact(id, name, media_type, call.attachment, now_us())
                .await
                .map(Some),
            ArtifactAction::Read => writer.read_artifact(&name).await.map_err(Into::into),
        };
        match done {
            Ok(Some(answer)) => Done::Called { call: id, outcome: Ok(answer) },
            Ok(None) => {
                let failure = Failure::new(Code::CallInvalid, "the run kept nothing by that name")
                    .hint("Write an artifact before it is read; names are those of this run.");
                Done::Called { call: id, outcome: Err(Box::new(failure)) }
            }
            Err(error) => not_kept(id, error),
        }
    }
}
