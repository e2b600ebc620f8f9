//! References to secrets: what flows hold in their place.

use async_trait::async_trait;
use serde_json::json;
use sluice_db::KeepError;
use sluice_model::{Answer, Call, Code, Failure, Request};

use super::{Outside, broken, not_ours};
use crate::performer::{CallContext, Performer};

pub(super) struct References(pub(super) Outside);

#[async_trait]
impl Performer for References {
    fn is_idempotent(&self, _call: &Call) -> bool {
        true
    }

    fn is_read_only(&self, _call: &Call) -> bool {
        true
    }

    async fn perform(&self, context: CallContext, call: Call) -> Result<Answer, Box<Failure>> {
        let Request::Secret { name } = call.request else { return Err(not_ours()) };
        let tenant = self.0.store.tenant(&context.tenant);
        let row = tenant.secret(&name).await.map_err(|error| broken(&error))?;
        let Some((row, vault)) = row.zip(self.0.vault.as_ref()) else {
            return Err(Box::new(missing(&name)));
        };
        let key = vault.key(&tenant).await.map_err(not_opened)?;
        let reference = key.reference(&context.seed, &name);
        Ok(Answer::of(json!({ "reference": reference.as_str(), "version": row.version })))
    }
}

pub(super) fn not_opened(error: KeepError) -> Box<Failure> {
    match error {
        KeepError::Refused(failure) => failure,
        KeepError::Db(error) => broken(&error),
    }
}

pub(super) fn missing(name: &str) -> Failure {
    Failure::new(Code::SecretNotFound, format!("the tenant has no secret `{name}`"))
        .hint(format!("Set it: `sluice secrets set {name} --host HOST`."))
}
