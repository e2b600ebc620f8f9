//! The calls that leave this machine, and those about what they need: a performer each.

mod catalogue;
mod http;
mod llm;
mod opened;
mod rpc;
mod secret;
mod vault;

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::json;
use sluice_db::{DbError, KeepError, Store};
use sluice_model::{CallKind, Code, Failure, Scrub};
use sluice_outbound::http::{Guard, Http};

use crate::clients::Services;
use crate::performer::Performer;
use crate::speech::Speech;
pub use catalogue::{Checked, Interface, ServiceSummary};
pub use llm::{InvalidEndpoint, ModelEndpoint};
pub use vault::{SecretBounds, SecretPlace, Vault};

/// What performers share.
#[derive(Clone)]
pub struct Outside {
    store: Store,
    services: Arc<Services>,
    http: Arc<Http>,
    rpc: sluice_rpc::Client,
    vault: Option<Vault>,
    scrub: Scrub,
    budgets: Arc<llm::Budgets>,
    speech: Speech,
}

impl Outside {
    /// Performers over a store. `guard` says which addresses that are not public may be reached; without a
    /// vault there are no secrets; `scrub` takes the secrets out that are in use.
    pub fn new(store: Store, guard: Guard, vault: Option<Vault>, scrub: Scrub) -> Outside {
        let (http, rpc) = (Arc::new(Http::new(guard)), sluice_rpc::Client::new());
        let services = Arc::default();
        let (budgets, speech) = (Arc::default(), Speech::default());
        Outside { store, services, http, rpc, vault, scrub, budgets, speech }
    }

    /// The same over this client.
    #[must_use]
    pub fn with_http(mut self, http: Http) -> Outside {
        self.http = Arc::new(http);
        self
    }

    /// What opens and seals secrets, where there is a master key.
    pub fn vault(&self) -> Option<&Vault> {
        self.vault.as_ref()
    }

    /// The services, as they are kept in mind.
    pub(crate) fn kept_services(&self) -> Arc<Services> {
        Arc::clone(&self.services)
    }

    /// What models are saying right now.
    pub fn speech(&self) -> &Speech {
        &self.speech
    }

    /// A performer for each kind of call.
    pub fn performers(&self) -> HashMap<CallKind, Arc<dyn Performer>> {
        let of = |performer: Arc<dyn Performer>| performer;
        HashMap::from([
            (CallKind::Rpc, of(Arc::new(rpc::Rpc(self.clone())))),
            (CallKind::Http, of(Arc::new(http::OverHttp(self.clone())))),
            (CallKind::Llm, of(Arc::new(llm::Llm(self.clone())))),
            (CallKind::Secret, of(Arc::new(secret::References(self.clone())))),
        ])
    }
}

/// What a call fails with where the store does not answer.
fn broken(error: &DbError) -> Box<Failure> {
    tracing::error!(%error, "the store failed under a call");
    Box::new(Failure::new(Code::PlatformError, "the store does not answer"))
}

/// What is refused of a request, and in which place of it: a pointer into its body, or the name of a parameter.
fn invalid(place: &str, why: &str) -> KeepError {
    let problems = json!([{ "place": place, "problem": why }]);
    KeepError::Refused(Box::new(
        Failure::new(Code::RequestInvalid, why).detail("problems", problems),
    ))
}

/// What a performer says of a call that is not its own.
fn not_ours() -> Box<Failure> {
    Box::new(Failure::new(Code::PlatformError, "a call went to the wrong performer"))
}
