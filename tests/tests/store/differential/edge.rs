//! What comes from outside of any run: tokens, tickets, the audit, flows, keys and values.

use serde_json::json;
use sluice_db::{AuditEntry, FlowFilter, KvMatch, NewToken, Purpose, Tenant, Ticket};
use sluice_model::{AuditId, TokenId};

use super::Workload;

impl Workload {
    /// What comes from outside of any run.
    pub(super) async fn edge(&mut self) {
        let place = usize::try_from(self.chance.below(3)).unwrap_or(0);
        let tenant = self.world.store.tenant(&self.tenants[place]);
        let (keys, at_us) = (self.world.store.keys(), self.now_us);
        let number = u8::try_from(self.chance.below(20)).unwrap_or(0);
        let id = TokenId::new(u64::from(number), [number; 10]);
        let said = match self.chance.below(9) {
            0 => format!("token {:?}", tenant.create_token(token(number, id, at_us)).await),
            1 => format!("revoked {:?}", tenant.revoke_token(&id, at_us).await),
            2 => format!("used {:?}", keys.used(&id, at_us).await),
            3 => {
                let ticket = Ticket {
                    tenant: tenant.id().clone(),
                    token: None,
                    purpose: Purpose::ALL[usize::from(number) % 2],
                    scopes: Vec::new(),
                    expires_at_us: at_us + self.chance.below(9_000),
                };
                let hash = [u8::try_from(self.said.len() % 251).unwrap_or(0); 32];
                let issued = keys.issue_ticket(&hash, ticket, at_us).await.is_ok();
                let redeemed = keys.redeem_ticket(&hash, Purpose::Login, at_us).await;
                format!("ticket {issued} {redeemed:?}")
            }
            4 | 5 => self.change(&tenant, number).await,
            6 => {
                let described = json!({"summary": format!("Does {number}% of it")});
                let (name, source) = (format!("flow{}", number % 4), format!("{number}").into());
                let saved = tenant.save_flow(&name, &source, &described, at_us).await;
                format!("saved {saved:?}")
            }
            7 => {
                let filter =
                    FlowFilter { text: Some(format!("{}%", number % 9)), ..FlowFilter::default() };
                format!(
                    "found {:?} {:?}",
                    keys.find(&[number; 32]).await,
                    tenant.flows(&filter).await
                )
            }
            _ => {
                let entry = AuditEntry {
                    id: AuditId::new(self.said.len() as u64, [number; 10]),
                    at_us,
                    actor: "ada".to_owned(),
                    action: "test".to_owned(),
                    subject: number.to_string(),
                    detail: json!({"b": 1, "a": number}),
                };
                format!("noted {:?}", tenant.note(entry).await)
            }
        };
        self.say(said);
    }

    async fn change(&mut self, tenant: &Tenant, number: u8) -> String {
        let (key, space) = (format!("key{}", number % 5), format!("space{}", number % 3));
        let value = json!({"n": self.chance.below(4)});
        let if_match = match self.chance.below(3) {
            0 => KvMatch::Any,
            1 => KvMatch::Absent,
            _ => KvMatch::Is(json!({"n": self.chance.below(4)})),
        };
        let ttl_us = number.is_multiple_of(3).then_some(2_000);
        if self.chance.below(3) == 0 {
            return format!(
                "deleted {:?}",
                tenant.kv_delete(&space, &key, if_match, self.now_us).await
            );
        }
        let put = tenant.kv_put(&space, &key, &value, ttl_us, if_match, self.now_us).await;
        format!("put {put:?} {:?}", tenant.kv_spaces(Some("space0"), 2).await)
    }
}

fn token(number: u8, id: TokenId, at_us: u64) -> NewToken {
    NewToken {
        id,
        name: "token".to_owned(),
        hash: [number; 32],
        scopes: Vec::new(),
        grants: None,
        created_by: "ada".to_owned(),
        at_us,
        expires_at_us: None,
    }
}
