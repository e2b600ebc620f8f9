//! The first start: where a store has no token yet, whoever starts the server gets a code that buys the
//! first one, once.

use std::time::Duration;

use sluice_db::{DbError, Purpose, Store};
use sluice_model::{Role, TenantId};

use crate::auth::ticket::issue;

/// How long the code lasts.
const LASTS: Duration = Duration::from_hours(1);

/// A code for the first administrator.
pub struct FirstLogin {
    /// The code: whoever has it becomes administrator.
    pub code: String,
    /// How long it lasts.
    pub lasts: Duration,
}

/// Makes a code where nobody has a token yet, or where it is forced.
pub async fn first_login(store: &Store, is_forced: bool) -> Result<Option<FirstLogin>, DbError> {
    if !is_forced && store.keys().any_token().await? {
        return Ok(None);
    }
    let scopes = Role::Administrator.scopes();
    let tenant = TenantId::local();
    let secret = issue(store, Purpose::Login, &tenant, None, scopes, LASTS).await?;
    Ok(secret.map(|secret| FirstLogin { code: secret.reveal().to_owned(), lasts: LASTS }))
}
