//! Models: the tenant's endpoint is found and its key opened; the turn is fitted into the budgets around it,
//! asked, and counted. What comes back holds no key.

mod budgets;
mod endpoint;
mod spending;
mod words;

use async_trait::async_trait;
use sluice_db::Tenant;
use sluice_model::{Answer, Call, Code, Failure, Request};
use sluice_outbound::http::Url;
use sluice_outbound::llm::{Address, Endpoint, Patience, complete};

use super::secret::{missing, not_opened};
use super::vault::{InUse, may_go};
use super::{Outside, SecretPlace, broken, not_ours};
use crate::performer::{CallContext, Performer};
use budgets::Asking;
pub(super) use budgets::Budgets;
use endpoint::Models;
pub use endpoint::{InvalidEndpoint, ModelEndpoint};
use spending::Purses;
use words::{answer_of, failed, taken, taken_without_answer, turn_of};

/// Names of models that a failure tells at most.
const MOST_NAMES: usize = 8;

pub(super) struct Llm(pub(super) Outside);

#[async_trait]
impl Performer for Llm {
    /// A turn costs money and changes nothing elsewhere: one whose answer was lost is asked for again.
    fn is_idempotent(&self, _call: &Call) -> bool {
        true
    }

    async fn perform(&self, context: CallContext, call: Call) -> Result<Answer, Box<Failure>> {
        let Call { call, request: Request::Llm(asked), .. } = call else { return Err(not_ours()) };
        let tenant = self.0.store.tenant(&context.tenant);
        let rows = tenant.models().await.map_err(|error| broken(&error))?;
        let models = Models::of_rows(rows);
        let name = asked.model.clone();
        let Some(model) = models.get(&name) else {
            return Err(Box::new(not_found(&name, &models)));
        };
        let (endpoint, _in_use) = self.endpoint(&tenant, &name, model).await?;
        let purses = Purses::of(&asked);
        let mut turn = turn_of(asked);
        let asking = Asking {
            run: &context.run,
            call,
            purses: &purses,
            turn: &turn,
            models: &models,
            endpoint: model,
        };
        let (hold, max_output_tokens) = self.0.budgets.hold(&tenant, asking).await?;
        turn.max_output_tokens = max_output_tokens;
        let usual = Patience::default();
        let patience = Patience { response_bytes: context.at_most(usual.response_bytes), ..usual };
        let speaker = self.0.speech.speaker(&context.run, call);
        let mut listener = |text: &str| speaker.say(text);
        match complete(&self.0.http, &endpoint, &turn, &patience, Some(&mut listener)).await {
            Ok(reply) => {
                let prices = model.prices();
                hold.settle(taken(&reply, prices.as_ref())).await;
                Ok(Answer::of(answer_of(reply, prices.as_ref())))
            }
            Err(failure) => {
                let counted = taken_without_answer(&failure, hold.amount());
                hold.settle(counted).await;
                Err(Box::new(failed(&name, &failure, counted)))
            }
        }
    }
}

impl Llm {
    async fn endpoint(
        &self,
        tenant: &Tenant,
        name: &str,
        model: &ModelEndpoint,
    ) -> Result<(Endpoint, Option<InUse>), Box<Failure>> {
        let address = model.place().map_err(|error| {
            let message = format!("the model `{name}` cannot be asked: {error}");
            Box::new(Failure::new(Code::ModelFailed, message).detail("reason", "invalid"))
        })?;
        let in_use = match &model.secret {
            Some(secret) => Some(self.key(tenant, secret, &address).await?),
            None => None,
        };
        let endpoint = Endpoint {
            owner: tenant.id().as_str().to_owned(),
            address,
            model: model.model.clone(),
            key: in_use.as_ref().and_then(|in_use| in_use.values.first().cloned()),
            prices: model.prices().unwrap_or_default(),
        };
        Ok((endpoint, in_use))
    }

    /// The key of a model, where it may go there.
    async fn key(
        &self,
        tenant: &Tenant,
        name: &str,
        address: &Address,
    ) -> Result<InUse, Box<Failure>> {
        let row = tenant.secret(name).await.map_err(|error| broken(&error))?;
        let Some((row, vault)) = row.zip(self.0.vault.as_ref()) else {
            return Err(Box::new(missing(name)));
        };
        let url = match address {
            Address::Url(url) => Some(url.clone()),
            // Nothing of it can be read on the way, as behind TLS.
            Address::Socket(_) => Url::parse("https://localhost").ok(),
        };
        may_go(&row, SecretPlace::Header, "the header `authorization`", url.as_ref())?;
        let key = vault.key(tenant).await.map_err(not_opened)?;
        vault.open(&key, tenant, &[row], &self.0.scrub).await
    }
}

fn not_found(name: &str, models: &Models) -> Failure {
    let names: Vec<&str> = models.names().take(MOST_NAMES).collect();
    let hint = match names.as_slice() {
        [] => "The tenant has no models yet: whoever manages it can set one.".to_owned(),
        names => format!("There is {}.", names.join(", ")),
    };
    Failure::new(Code::ModelNotFound, format!("there is no model `{name}`")).hint(hint)
}
