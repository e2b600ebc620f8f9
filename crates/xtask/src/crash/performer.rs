//! The calls of a worker under test that leave it: `rpc:ledger.append`, which may be done again, and
//! `rpc:ledger.once`, which may not.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use serde_json::{Value, json};
use sluice_executor::{CallContext, Performer};
use sluice_model::{Answer, Call, Code, Failure, Request};

use super::ledger::{Effect, Receipt};

/// The method that may be done once.
pub(super) const ONCE: &str = "ledger.once";

/// Takes effects to the ledger.
pub(super) struct ToLedger {
    pub(super) ledger: PathBuf,
    pub(super) worker: String,
}

#[async_trait]
impl Performer for ToLedger {
    fn is_idempotent(&self, call: &Call) -> bool {
        !is_once(call)
    }

    async fn perform(&self, context: CallContext, call: Call) -> Result<Answer, Box<Failure>> {
        let effect = Effect {
            key: context.idempotency_key,
            label: label(&call).unwrap_or_default().to_owned(),
            slow_ms: params(&call).and_then(|params| params.get("slow_ms")?.as_u64()).unwrap_or(0),
            worker: self.worker.clone(),
        };
        let ledger = self.ledger.clone();
        let asked = tokio::task::spawn_blocking(move || ask(&ledger, &effect)).await;
        let failed = |why: String| Box::new(Failure::new(Code::NotAvailable, why));
        match asked {
            Ok(Ok(receipt)) => Ok(Answer::of(json!(receipt))),
            Ok(Err(error)) => Err(failed(format!("the ledger: {error}"))),
            Err(error) => Err(failed(format!("the ledger: {error}"))),
        }
    }
}

fn ask(ledger: &Path, effect: &Effect) -> anyhow::Result<Receipt> {
    let mut stream = UnixStream::connect(ledger)?;
    stream.write_all(format!("{}\n", json!(effect)).as_bytes())?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    Ok(serde_json::from_str(&line)?)
}

/// Whether the call may be done once only.
pub(super) fn is_once(call: &Call) -> bool {
    matches!(&call.request, Request::Rpc(call) if call.target() == ONCE)
}

/// What the flow calls the effect; none of a call that is no effect.
pub(super) fn label(call: &Call) -> Option<&str> {
    params(call)?.get("label")?.as_str()
}

fn params(call: &Call) -> Option<&Value> {
    match &call.request {
        Request::Rpc(call) => Some(&call.params),
        _ => None,
    }
}
