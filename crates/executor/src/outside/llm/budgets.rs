//! Budgets held: before a turn what it may take is held back, of the tenant's day and of all that the run's
//! record has a bound for; afterwards what it took is counted, also where nobody waits for it any more.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use sluice_db::{DbError, ModelUsage, Tenant};
use sluice_model::{CallId, Failure, LlmCall, RunId, TenantId};
use sluice_outbound::llm::{Amount, Bound, Fitted, Level, Turn, USUAL_OUTPUT, estimate, fit};
use tokio::runtime::Handle;
use tokio::sync::Mutex as AsyncMutex;

use super::endpoint::{ModelEndpoint, Models};
use super::spending::{Purses, Spending};
use super::words::{exceeded, turn_of};
use crate::fresh::now_us;
use crate::outside::broken;

/// Runs that are kept in mind; those at rest longest are forgotten, and read again when they go on.
const MOST_RUNS: usize = 256;

/// Tenants that are kept in mind before those without a turn under way are forgotten.
const MOST_TENANTS: usize = 1_024;

/// Events of a record that are read at a time.
const PAGE: u32 = 500;

/// All budgets of this process.
#[derive(Default)]
pub(crate) struct Budgets {
    runs: Mutex<Runs>,
    /// What turns under way may take of each tenant's day.
    days: Mutex<HashMap<TenantId, Arc<AsyncMutex<Amount>>>>,
}

#[derive(Default)]
struct Runs {
    by_id: HashMap<RunId, (u64, Arc<AsyncMutex<Spending>>)>,
    uses: u64,
}

/// A turn that is about to be asked.
pub(super) struct Asking<'t> {
    pub(super) run: &'t RunId,
    pub(super) call: CallId,
    pub(super) purses: &'t Purses,
    pub(super) turn: &'t Turn,
    pub(super) models: &'t Models,
    pub(super) endpoint: &'t ModelEndpoint,
}

/// What is held back for a turn. Dropped without a word of what it took, all of it counts.
#[must_use = "what is held back counts as taken"]
pub(super) struct Hold(Option<Held>);

struct Held {
    tenant: Tenant,
    call: CallId,
    amount: Amount,
    run: Option<Arc<AsyncMutex<Spending>>>,
    day: Option<Arc<AsyncMutex<Amount>>>,
}

impl Budgets {
    /// Holds back what a turn may take, or refuses it where a budget has too little. How long the answer
    /// may be comes with it.
    pub(super) async fn hold(
        &self,
        tenant: &Tenant,
        asking: Asking<'_>,
    ) -> Result<(Hold, Option<u64>), Box<Failure>> {
        let Asking { run, call, purses, turn, models, endpoint } = asking;
        let prices = endpoint.prices().unwrap_or_default();
        let run = purses.are_bounded().then(|| (run, self.run(run)));
        let mut spending = match &run {
            Some((_, spending)) => Some(spending.lock().await),
            None => None,
        };
        let mut bounds = Vec::new();
        if let (Some((run, _)), Some(spending)) = (&run, &mut spending) {
            let read = read_on(tenant, run, spending, models).await;
            read.map_err(|error| broken(&error))?;
            bounds = spending.bounds(call, purses);
        }
        let day = self.day(tenant, endpoint);
        let mut reserved = match &day {
            Some(day) => Some(day.lock().await),
            None => None,
        };
        if let Some(reserved) = &reserved {
            let usage = tenant.model_usage(now_us()).await.map_err(|error| broken(&error))?;
            let charged = Amount { tokens: usage.tokens, micros: usage.cost_micros };
            let bound = Bound {
                level: Level::Tenant,
                tokens: endpoint.tokens_per_day,
                micros: endpoint.cost_micros_per_day,
                used: charged.plus(**reserved),
            };
            bounds.insert(0, bound);
        }
        let fitted = fit(&bounds, turn, &prices);
        let amount = fitted.map_or_else(|_| Amount::default(), |fitted| fitted.amount);
        if let Some(spending) = &mut spending {
            spending.decide(call, amount);
        }
        if let Some(reserved) = &mut reserved {
            **reserved = reserved.plus(amount);
        }
        drop((spending, reserved));
        let Fitted { max_output_tokens, .. } =
            fitted.map_err(|refused| Box::new(exceeded(&refused)))?;
        let run = run.map(|(_, spending)| spending);
        let held = Held { tenant: tenant.clone(), call, amount, run, day };
        Ok((Hold(Some(held)), max_output_tokens))
    }

    fn run(&self, run: &RunId) -> Arc<AsyncMutex<Spending>> {
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        runs.uses += 1;
        let now = runs.uses;
        if runs.by_id.len() >= MOST_RUNS && !runs.by_id.contains_key(run) {
            // One that a turn is under way for knows more than the record.
            let at_rest = runs.by_id.iter().filter(|(_, (_, it))| Arc::strong_count(it) == 1);
            let oldest = at_rest.min_by_key(|(_, (used, _))| *used).map(|(run, _)| run.clone());
            if let Some(oldest) = oldest {
                runs.by_id.remove(&oldest);
            }
        }
        let (used, spending) = runs.by_id.entry(run.clone()).or_default();
        *used = now;
        Arc::clone(spending)
    }

    /// The tenant's day, where the model has a bound for it.
    fn day(&self, tenant: &Tenant, endpoint: &ModelEndpoint) -> Option<Arc<AsyncMutex<Amount>>> {
        if endpoint.tokens_per_day.is_none() && endpoint.cost_micros_per_day.is_none() {
            return None;
        }
        let mut days = self.days.lock().unwrap_or_else(PoisonError::into_inner);
        if days.len() >= MOST_TENANTS && !days.contains_key(tenant.id()) {
            days.retain(|_, day| Arc::strong_count(day) > 1);
        }
        Some(Arc::clone(days.entry(tenant.id().clone()).or_default()))
    }
}

/// Counts what the record has more of.
async fn read_on(
    tenant: &Tenant,
    run: &RunId,
    spending: &mut Spending,
    models: &Models,
) -> Result<(), DbError> {
    let may_take = |call: LlmCall| {
        let prices = models.prices(&call.model);
        estimate(&turn_of(call), &prices, USUAL_OUTPUT)
    };
    loop {
        let part = tenant.some_events(run, spending.seen, PAGE, None).await?;
        let is_over = !part.has_more || part.items.is_empty();
        for event in part.items {
            spending.apply(event, may_take);
        }
        if is_over {
            return Ok(());
        }
    }
}

impl Hold {
    /// What is held back.
    pub(super) fn amount(&self) -> Amount {
        self.0.as_ref().map(|held| held.amount).unwrap_or_default()
    }

    /// Counts what the turn took.
    pub(super) async fn settle(mut self, taken: Amount) {
        if let Some(held) = self.0.take() {
            // Whoever gives the call up now does not stop this.
            let counting = tokio::spawn(held.settle(taken));
            if let Err(error) = counting.await {
                tracing::error!(%error, "what a turn of a model took was not counted");
            }
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let Some(held) = self.0.take() else { return };
        // Without a runtime the process is about to end.
        if let Ok(runtime) = Handle::try_current() {
            let amount = held.amount;
            runtime.spawn(held.settle(amount));
        }
    }
}

impl Held {
    async fn settle(self, taken: Amount) {
        let mut day = match &self.day {
            Some(day) => Some(day.lock().await),
            None => None,
        };
        if taken != Amount::default() {
            let usage = ModelUsage { tokens: taken.tokens, cost_micros: taken.micros };
            // The turn was taken and has its answer, whether it could be counted or not.
            if let Err(error) = self.tenant.charge_model(usage, now_us()).await {
                tracing::error!(%error, "what a turn of a model took was not counted");
            }
        }
        if let Some(day) = &mut day {
            **day = day.minus(self.amount);
        }
        drop(day);
        if let Some(run) = &self.run {
            run.lock().await.decide(self.call, taken);
        }
    }
}
