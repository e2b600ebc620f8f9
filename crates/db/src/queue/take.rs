//! Taking runs up: an equal share for each tenant with work, within its quota.

use std::sync::Arc;

use sluice_model::RunId;

use super::{Allowed, Claim, TAKEN, Taken, standing};
use crate::engine::{args, composed};
use crate::writer::{Tx, Work};
use crate::{DbError, crash_point};

/// Takes runs up for a worker.
pub(super) struct Take {
    pub(super) claim: Claim,
    pub(super) image_digest: Arc<str>,
    pub(super) only: Option<RunId>,
    pub(super) now_us: u64,
    pub(super) most: u32,
    /// Those with work, whose turn it is first.
    pub(super) tenants: Vec<String>,
}

impl Work for Take {
    /// What was taken, and the tenant that was served last.
    type Output = (Vec<Taken>, Option<String>);

    async fn run(&self, tx: &mut Tx) -> Result<Self::Output, DbError> {
        let mut taken = Vec::new();
        let mut served = None;
        let count = u32::try_from(self.tenants.len()).unwrap_or(u32::MAX);
        // First an equal share for each whose turn it is, then what is left for whoever has more.
        let share = (self.most / count).max(1);
        let mut has_more = Vec::new();
        for tenant in &self.tenants {
            let left = self.left(&taken);
            if left == 0 {
                break;
            }
            let before = taken.len();
            self.take(tx, tenant, share.min(left), &mut taken).await?;
            if taken.len() > before {
                served = Some(tenant.clone());
            }
            if taken.len() - before == share.min(left) as usize {
                has_more.push(tenant);
            }
        }
        for tenant in has_more {
            let left = self.left(&taken);
            if left == 0 {
                break;
            }
            self.take(tx, tenant, left, &mut taken).await?;
        }
        crash_point("claim");
        Ok((taken, served))
    }
}

impl Take {
    fn left(&self, taken: &[Taken]) -> u32 {
        self.most.saturating_sub(u32::try_from(taken.len()).unwrap_or(u32::MAX))
    }

    async fn take(
        &self,
        tx: &mut Tx,
        tenant: &str,
        most: u32,
        taken: &mut Vec<Taken>,
    ) -> Result<(), DbError> {
        let Some(standing) = standing(tx, tenant, self.now_us).await? else { return Ok(()) };
        let most = most.min(standing.places());
        if most == 0 {
            return Ok(());
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
        for row in tx.rows(composed(sql), args).await? {
            taken.push(Taken::of_row(&row, allowed.clone())?);
        }
        Ok(())
    }
}
