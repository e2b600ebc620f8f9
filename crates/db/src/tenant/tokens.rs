//! A tenant's tokens: who may come in as the tenant, and what for. The token itself is nowhere in the
//! store, only its SHA-256.

use sluice_model::{Capability, Scope, TenantId, TokenId};

use super::{MOST_ROWS, Tenant};
use crate::DbError;
use crate::engine::{Row, args, composed};
use crate::record::to_json;
use crate::writer::{Tx, Work};

/// A token that is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewToken {
    /// Its id, which nobody has.
    pub id: TokenId,
    /// What people call it.
    pub name: String,
    /// SHA-256 of the token.
    pub hash: [u8; 32],
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// What runs that are started with it may do at most; none: what the tenant's may.
    pub grants: Option<Vec<Capability>>,
    /// Who makes it.
    pub created_by: String,
    /// When, in microseconds since the Unix epoch.
    pub at_us: u64,
    /// When it ends, where it does.
    pub expires_at_us: Option<u64>,
}

/// A token, valid or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRow {
    /// Its id.
    pub id: TokenId,
    /// Whose it is.
    pub tenant: TenantId,
    /// What people call it.
    pub name: String,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// What runs that are started with it may do at most; none: what the tenant's may.
    pub grants: Option<Vec<Capability>>,
    /// When it was made. All times are in microseconds since the Unix epoch.
    pub created_at_us: u64,
    /// Who made it.
    pub created_by: String,
    /// When it ends.
    pub expires_at_us: Option<u64>,
    /// When somebody took it back.
    pub revoked_at_us: Option<u64>,
    /// When it was used last, to about a minute.
    pub last_used_at_us: Option<u64>,
}

impl TokenRow {
    /// The columns of a token, for [`TokenRow::of_row`].
    pub(crate) const COLUMNS: &str = "id, tenant, name, scopes, grants, created_at_us, created_by, \
        expires_at_us, revoked_at_us, last_used_at_us";

    pub(crate) fn of_row(row: &Row) -> Result<TokenRow, DbError> {
        Ok(TokenRow {
            id: row.parse(0)?,
            tenant: row.parse(1)?,
            name: row.text(2)?.to_owned(),
            scopes: row.json(3)?,
            grants: row.json_or_null(4)?,
            created_at_us: row.count(5)?,
            created_by: row.text(6)?.to_owned(),
            expires_at_us: row.count_or_null(7)?,
            revoked_at_us: row.count_or_null(8)?,
            last_used_at_us: row.count_or_null(9)?,
        })
    }

    /// Whether it may be used at that time.
    pub fn is_valid(&self, now_us: u64) -> bool {
        self.revoked_at_us.is_none() && self.expires_at_us.is_none_or(|end_us| now_us < end_us)
    }
}

impl Tenant {
    /// The tenant's tokens, the newest 1,000 of them, newest first. Those that ended are among them.
    pub async fn tokens(&self) -> Result<Vec<TokenRow>, DbError> {
        let conn = &mut self.store.reader().await?;
        let sql = format!(
            "SELECT {} FROM tokens WHERE tenant = $1 ORDER BY id DESC LIMIT $2",
            TokenRow::COLUMNS
        );
        let rows = conn.rows(composed(sql), args![self.id.as_str(), MOST_ROWS]).await?;
        rows.iter().map(TokenRow::of_row).collect()
    }

    /// Makes a token. False where there is one of that id or hash already, or no such tenant.
    pub async fn create_token(&self, new: NewToken) -> Result<bool, DbError> {
        let create = CreateToken {
            tenant: self.id.clone(),
            scopes: to_json(&new.scopes)?,
            grants: new.grants.as_ref().map(to_json).transpose()?,
            new,
        };
        self.store.write(create).await
    }

    /// Takes a token back, and the tickets that it was used for. False where the tenant has no such
    /// token, or it was taken back before.
    pub async fn revoke_token(&self, token: &TokenId, at_us: u64) -> Result<bool, DbError> {
        let revoke = RevokeToken { tenant: self.id.clone(), token: token.clone(), at_us };
        self.store.write(revoke).await
    }
}

struct CreateToken {
    tenant: TenantId,
    scopes: String,
    grants: Option<String>,
    new: NewToken,
}

impl Work for CreateToken {
    type Output = bool;

    async fn run(&self, tx: &mut Tx) -> Result<bool, DbError> {
        let sql = "INSERT INTO tokens (id, tenant, name, hash, scopes, grants, created_at_us, \
            created_by, expires_at_us) SELECT $2, id, $3, $4, $5, $6, $7, $8, $9 FROM tenants \
            WHERE id = $1 ON CONFLICT DO NOTHING";
        let args = args![
            self.tenant.as_str(),
            self.new.id.as_str(),
            self.new.name.as_str(),
            &self.new.hash[..],
            self.scopes.as_str(),
            self.grants.as_deref(),
            self.new.at_us,
            self.new.created_by.as_str(),
            self.new.expires_at_us,
        ];
        Ok(tx.run(sql, args).await? == 1)
    }
}

struct RevokeToken {
    tenant: TenantId,
    token: TokenId,
    at_us: u64,
}

impl Work for RevokeToken {
    type Output = bool;

    async fn run(&self, tx: &mut Tx) -> Result<bool, DbError> {
        let sql = "UPDATE tokens SET revoked_at_us = $3 \
            WHERE id = $1 AND tenant = $2 AND revoked_at_us IS NULL";
        let args = args![self.token.as_str(), self.tenant.as_str(), self.at_us];
        if tx.run(sql, args).await? == 0 {
            return Ok(false);
        }
        tx.run("DELETE FROM tickets WHERE token_id = $1", args![self.token.as_str()]).await?;
        Ok(true)
    }
}
