//! What a tenant keeps of a model: where it is, what it costs, and how much of it a day may take.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sluice_db::{KeepError, ModelRow, Tenant};
use sluice_model::{CallKind, Capability};
use sluice_outbound::llm::{Address, Prices};

use crate::outside::invalid;

/// The longest name of a model at its endpoint, in bytes.
const MAX_NAME_BYTES: usize = 256;

/// A model, as a tenant has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelEndpoint {
    /// Where it is: `https://api.example.com/v1`, or `unix:/PATH` for a socket on this machine.
    pub address: String,
    /// What it is called there.
    pub model: String,
    /// The tenant's secret that goes along as a bearer token. It must be allowed to go to that host, in
    /// headers; to a socket, to `localhost`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// The price of a million tokens that it reads, in millionths of a dollar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_micros_per_million: Option<u64>,
    /// The price of a million tokens that it writes, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_micros_per_million: Option<u64>,
    /// Tokens that all models of the tenant together may have taken in a UTC day; then this one is not
    /// asked any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_per_day: Option<u64>,
    /// Money in millionths of a dollar, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_micros_per_day: Option<u64>,
}

/// A model that cannot be one, in one sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct InvalidEndpoint {
    /// The member that is at fault, as a JSON pointer.
    place: &'static str,
    what: String,
}

impl ModelEndpoint {
    /// Refuses what no turn could be sent to. Whether anybody answers there is not tried.
    pub fn check(&self) -> Result<(), InvalidEndpoint> {
        self.place()?;
        if self.model.is_empty() || self.model.len() > MAX_NAME_BYTES {
            let what = format!("`model` has 1 to {MAX_NAME_BYTES} bytes");
            return Err(InvalidEndpoint { place: "/model", what });
        }
        if self.cost_micros_per_day.is_some() && self.prices().is_none() {
            let what = "`cost_micros_per_day` bounds nothing without a price".to_owned();
            return Err(InvalidEndpoint { place: "/cost_micros_per_day", what });
        }
        Ok(())
    }

    /// Keeps it as what the tenant calls so. Refused where the name or the endpoint is none.
    pub async fn keep(&self, tenant: &Tenant, name: &str, at_us: u64) -> Result<(), KeepError> {
        if !Capability::can_name(CallKind::Llm, name) {
            return Err(invalid("model", "the name of a model has letters, digits and . _ - /"));
        }
        self.check().map_err(|error| invalid(error.place, &error.what))?;
        let kept = serde_json::to_value(self).map_err(|error| invalid("", &error.to_string()))?;
        tenant.set_model(name, &kept, at_us).await?;
        Ok(())
    }

    pub(super) fn place(&self) -> Result<Address, InvalidEndpoint> {
        self.address.parse().map_err(|error| {
            let what = format!(
                "`address` is https://HOST/v1 or unix:/PATH, and `{}` is neither: {error}",
                self.address.chars().take(100).collect::<String>()
            );
            InvalidEndpoint { place: "/address", what }
        })
    }

    /// What it costs; none where nobody has said so.
    pub(super) fn prices(&self) -> Option<Prices> {
        let (input, output) = (self.input_micros_per_million, self.output_micros_per_million);
        (input.is_some() || output.is_some()).then(|| Prices {
            input_micros_per_million: input.unwrap_or_default(),
            output_micros_per_million: output.unwrap_or_default(),
        })
    }
}

/// The models of a tenant, by the tenant's names for them.
pub(super) struct Models(BTreeMap<String, ModelEndpoint>);

impl Models {
    /// Those that can be read.
    pub(super) fn of_rows(rows: Vec<ModelRow>) -> Models {
        let read = |row: ModelRow| match serde_json::from_value(row.endpoint) {
            Ok(endpoint) => Some((row.alias, endpoint)),
            Err(error) => {
                tracing::error!(%error, model = row.alias, "a model cannot be read");
                None
            }
        };
        Models(rows.into_iter().filter_map(read).collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&ModelEndpoint> {
        self.0.get(name)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// What a model costs; nothing where it is not there or has no price.
    pub(super) fn prices(&self, name: &str) -> Prices {
        self.get(name).and_then(ModelEndpoint::prices).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn endpoint(change: &Value) -> ModelEndpoint {
        let mut value = json!({ "address": "https://api.example.com/v1", "model": "m" });
        let members = value.as_object_mut().expect("an object");
        members.extend(change.as_object().expect("an object").clone());
        serde_json::from_value(value).expect("an endpoint")
    }

    #[test]
    fn what_no_turn_can_go_to_is_refused() {
        assert_eq!(endpoint(&json!({})).check(), Ok(()));
        assert_eq!(endpoint(&json!({ "address": "unix:/run/model.sock" })).check(), Ok(()));
        for (odd, word) in [
            (json!({ "address": "api.example.com" }), "`address`"),
            (json!({ "address": "unix:model.sock" }), "`address`"),
            (json!({ "address": "ftp://a.example" }), "`address`"),
            (json!({ "model": "" }), "`model`"),
            (json!({ "model": "x".repeat(257) }), "`model`"),
            (json!({ "cost_micros_per_day": 5 }), "`cost_micros_per_day`"),
        ] {
            let refused = endpoint(&odd).check().expect_err("it is refused").to_string();
            assert!(refused.starts_with(word), "{odd}: {refused}");
        }
        let priced = endpoint(&json!({ "cost_micros_per_day": 5, "input_micros_per_million": 1 }));
        assert_eq!(priced.check(), Ok(()));
    }
}
