//! Taking runs up: an equal share for each tenant with work, within its quota.

use std::sync::Arc;

use sluice_model::{RunId, TenantId};

use super::{Allowed, Claim, Places, TAKEN, Taken, standing};
use crate::engine::{args, composed};
use crate::writer::{Tx, Work};
use crate::{DbError, crash_point};

/// Takes runs up for a worker.
pub(super) struct Take {
    pub(super) claim: Claim,
    pub(super) image_digest: Arc<str>,
    pub(super) only: Option<RunId>,
    pub(super) now_us: u64,
    pub(super) places: Places,
    /// Those with work, whose turn it is first.
    pub(super) tenants: Vec<TenantId>,
}

impl Work for Take {
    /// What was taken, and the tenant that was served last.
    type Output = (Vec<Taken>, Option<String>);

    async fn run(&self, tx: &mut Tx) -> Result<Self::Output, DbError> {
        let mut taken = Vec::new();
        let mut served = None;
        let mut places = self.places.clone();
        let count = u32::try_from(self.tenants.len()).unwrap_or(u32::MAX);
        // First an equal share for each whose turn it is, then what is left for whoever has more.
        let share = (places.left() / count).max(1);
        let mut has_more = Vec::new();
        for tenant in &self.tenants {
            let most = share.min(places.of(tenant));
            let took = self.take(tx, tenant, most, &mut taken).await?;
            places.take(tenant, took);
            if took > 0 {
                served = Some(tenant.as_str().to_owned());
            }
            if took == most {
                has_more.push(tenant);
            }
        }
        for tenant in has_more {
            let took = self.take(tx, tenant, places.of(tenant), &mut taken).await?;
            places.take(tenant, took);
        }
        crash_point("claim");
        Ok((taken, served))
    }
}

impl Take {
    /// Takes up at most so many runs of a tenant. Returns how many.
    async fn take(
        &self,
        tx: &mut Tx,
        tenant: &TenantId,
        most: u32,
        taken: &mut Vec<Taken>,
    ) -> Result<u32, DbError> {
        if most == 0 {
            return Ok(0);
        }
        let tenant = tenant.as_str();
        let Some(standing) = standing(tx, tenant, self.now_us).await? else { return Ok(0) };
        let most = most.min(standing.places());
        if most == 0 {
            return Ok(0);
        }
        let allowed = Allowed::of(&standing);
        let mut args = args![
            self.claim.worker.as_str(),
            self.claim.lease_until_us,
            Arc::clone(&self.image_digest),
            tenant,
            self.now_us,
            most,
        ];
        let only = match &self.only {
            Some(only) => {
                args.push(only.as_str().into());
                " AND (id = $7 OR root_run = $7)"
            }
            None => "",
        };
        let day = if standing.cpu_ms_left() == 0 { " AND cancel_reason IS NOT NULL" } else { "" };
        let sql = format!(
            "WITH due AS (SELECT id FROM runs WHERE image_digest = $3 AND tenant = $4 \
             AND due_at_us <= $5{only}{day} ORDER BY due_at_us, id LIMIT $6{}) \
             UPDATE runs SET lost = CASE WHEN state = 'running' THEN lost + 1 ELSE lost END, \
             state = 'running', fence = fence + 1, worker = $1, due_at_us = $2 \
             WHERE id IN (SELECT id FROM due) RETURNING {TAKEN}",
            tx.for_update_of_free()
        );
        let rows = tx.rows(composed(sql), args).await?;
        for row in &rows {
            match Taken::of_row(row, allowed.clone()) {
                Ok(one) => taken.push(one),
                // Its lease runs out, and it is lost again: one damaged row holds nobody else up.
                Err(error) => tracing::error!(%error, "a run cannot be taken up"),
            }
        }
        Ok(u32::try_from(rows.len()).unwrap_or(u32::MAX))
    }
}
