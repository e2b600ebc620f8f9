//! What this process knows of secrets by its command line and environment, so that nothing it says holds
//! them.

use sluice_model::Scrub;
use sluice_server::Telemetry;

use crate::cli::Global;
use crate::settings;

/// The variable that PostgreSQL's clients take a password from.
const PASSWORD: &str = "PGPASSWORD";

/// Knows the passwords of the store, and what lets spans into a collector.
pub fn known(global: &Global) -> Scrub {
    let scrub = Scrub::new();
    // An address that cannot be found out holds no password.
    if let Ok(url) = settings::store_url(global.store.as_deref()) {
        scrub.add(sluice_db::secrets_of(&url));
    }
    scrub.add(std::env::var(PASSWORD));
    Telemetry::tell_secrets(&scrub);
    scrub
}
