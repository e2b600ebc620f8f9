//! The extractor that comes first in every handler: who asks, under which tenant, with which scopes.

use std::marker::PhantomData;
use std::net::IpAddr;

use aide::OperationInput;
use aide::generate::GenContext;
use aide::openapi::{Operation, SecurityRequirement};
use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use sluice_db::{AuditEntry, Tenant, TokenRow};
use sluice_executor::{audit_id, now_us};
use sluice_model::{Capability, Code, Role, Scope, TenantId, TokenId};

use crate::auth::address::address_of;
use crate::auth::secret::{Secret, SecretKind};
use crate::edge::Edge;
use crate::problem::Problem;

/// How exactly it is known when a token was used last, in microseconds.
const LAST_USED_US: u64 = 60_000_000;

/// Somebody whose token is valid.
#[derive(Clone)]
pub(crate) struct Identity {
    /// All that they may see.
    pub(crate) tenant: Tenant,
    /// The token.
    pub(crate) token: TokenId,
    /// What it is called.
    pub(crate) name: String,
    /// What it allows.
    pub(crate) scopes: Vec<Scope>,
    /// What runs that it starts may do at most; all that the tenant may where it is absent.
    pub(crate) grants: Option<Vec<Capability>>,
    /// When it is no longer valid, in microseconds since the Unix epoch.
    pub(crate) expires_at_us: Option<u64>,
}

/// A scope as a type.
pub(crate) trait Needs: Send + Sync + 'static {
    const SCOPE: Scope;
}

macro_rules! needs {
    ($($name:ident)*) => {$(
        /// The scope of that name.
        pub(crate) enum $name {}
        impl Needs for $name {
            const SCOPE: Scope = Scope::$name;
        }
    )*};
}

needs! { Read Run Write Answer Admin }

/// The scope `tenant`, under a name that does not hide the tenant itself.
pub(crate) enum Own {}

impl Needs for Own {
    const SCOPE: Scope = Scope::Tenant;
}

/// Somebody who has that scope.
pub(crate) struct Caller<N> {
    pub(crate) identity: Identity,
    needs: PhantomData<N>,
}

impl<N> std::ops::Deref for Caller<N> {
    type Target = Identity;

    fn deref(&self) -> &Identity {
        &self.identity
    }
}

impl Identity {
    /// Whoever a valid token names.
    pub(crate) fn of(edge: &Edge, row: TokenRow) -> Identity {
        Identity {
            tenant: edge.store().tenant(&row.tenant),
            token: row.id,
            name: row.name,
            scopes: row.scopes,
            grants: row.grants,
            expires_at_us: row.expires_at_us,
        }
    }

    /// Whoever runs Sluice on this machine for themselves: all of the tenant `local`, without a token
    /// that the store knows.
    pub(crate) fn local(edge: &Edge, name: &str) -> Identity {
        Identity {
            tenant: edge.store().tenant(&TenantId::local()),
            token: sluice_executor::token_id(),
            name: name.to_owned(),
            scopes: Role::Owner.scopes().to_vec(),
            grants: None,
            expires_at_us: None,
        }
    }

    /// Refuses where the token does not have the scope.
    pub(crate) fn require(&self, scope: Scope) -> Result<(), Problem> {
        if self.scopes.contains(&scope) { Ok(()) } else { Err(Problem::scope_missing(scope)) }
    }

    /// Who it is, in words for records: the name of the token and its id.
    pub(crate) fn actor(&self) -> String {
        format!("{} ({})", self.name, self.token)
    }

    /// Writes down what somebody did.
    pub(crate) async fn note(
        &self,
        action: &str,
        subject: &str,
        detail: serde_json::Value,
    ) -> Result<(), Problem> {
        let entry = AuditEntry {
            id: audit_id(),
            at_us: now_us(),
            actor: self.actor(),
            action: action.to_owned(),
            subject: subject.to_owned(),
            detail,
        };
        Ok(self.tenant.note(entry).await?)
    }
}

/// Finds out whose token that is. One answer for all that are not valid: which of the reasons it is
/// helps nobody but those who guess.
pub(crate) async fn identify(
    edge: &Edge,
    token: Option<&str>,
    address: IpAddr,
) -> Result<Identity, Problem> {
    let Some(token) = token else {
        return Err(Problem::new(Code::Unauthenticated, "the request has no token")
            .hint("Send `Authorization: Bearer TOKEN`."));
    };
    let invalid = || {
        edge.rates().failure(address)?;
        Err(Problem::new(Code::Unauthenticated, "the token is not valid")
            .hint("It may be misspelt, expired or revoked. `sluice login` gets a new one."))
    };
    let Some(secret) = Secret::parse(token).filter(|it| it.kind() == SecretKind::Token) else {
        return invalid();
    };
    let hash = secret.hash();
    edge.rates().may_be_looked_up(address, Some(&hash))?;
    let Some(row) = edge.store().keys().find(&hash).await? else { return invalid() };
    let now = now_us();
    if !row.is_valid(now) {
        return invalid();
    }
    if row.last_used_at_us.is_none_or(|at| at + LAST_USED_US < now) {
        // Nobody waits for that, and a use that is not noted is the next request's to note.
        let (keys, id) = (edge.store().keys(), row.id.clone());
        tokio::spawn(async move { keys.used(&id, now).await });
    }
    crate::requests::is_of(row.tenant.as_str());
    edge.rates().found_valid(hash);
    edge.rates().request(&row.id, &row.tenant)?;
    Ok(Identity::of(edge, row))
}

/// The token of a request.
pub(crate) fn bearer(parts: &Parts) -> Option<&str> {
    let value = parts.headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

impl<N: Needs> FromRequestParts<Edge> for Caller<N> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, edge: &Edge) -> Result<Self, Problem> {
        // Requests that come from elsewhere have none.
        let identity = match parts.extensions.get::<Identity>() {
            Some(identity) => identity.clone(),
            None => identify(edge, bearer(parts), address_of(parts)).await?,
        };
        identity.require(N::SCOPE)?;
        Ok(Caller { identity, needs: PhantomData })
    }
}

impl<N: Needs> OperationInput for Caller<N> {
    fn operation_input(_ctx: &mut GenContext, operation: &mut Operation) {
        let scopes = vec![N::SCOPE.as_str().to_owned()];
        operation.security.push(SecurityRequirement::from_iter([("token".to_owned(), scopes)]));
    }
}
