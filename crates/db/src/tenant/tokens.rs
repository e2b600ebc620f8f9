//! A tenant's tokens: who may come in as the tenant, and what for. The token itself is nowhere in the
//! store, only its SHA-256.

use sluice_model::{Capability, Code, Failure, Quota, Scope, TenantId, TokenId};

use super::{Tenant, newest, whole};
use crate::engine::{Row, args, composed};
use crate::queue::no_room;
use crate::record::to_json;
use crate::writer::{Tx, Work};
use crate::{DbError, KeepError};

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
    /// The tenant's tokens before that one, newest first, at most so many; 100 where nothing is said,
    /// and at most 1,000. Those that ended are among them.
    pub async fn tokens(
        &self,
        before: Option<&TokenId>,
        limit: Option<u32>,
    ) -> Result<Vec<TokenRow>, DbError> {
        let conditions = [("id <", before.map(TokenId::as_str))];
        let (sql, args) =
            whole(TokenRow::COLUMNS, newest("tokens", &self.id, false, &conditions), limit);
        let conn = &mut self.store.reader().await?;
        let rows = conn.rows(composed(sql), args).await?;
        rows.iter().map(TokenRow::of_row).collect()
    }

    /// One of the tenant's tokens, valid or not.
    pub async fn token(&self, token: &TokenId) -> Result<Option<TokenRow>, DbError> {
        let conn = &mut self.store.reader().await?;
        let sql = format!("SELECT {} FROM tokens WHERE id = $1 AND tenant = $2", TokenRow::COLUMNS);
        let row = conn.row(composed(sql), args![token.as_str(), self.id.as_str()]).await?;
        row.as_ref().map(TokenRow::of_row).transpose()
    }

    /// Makes a token. False where there is one of that id or hash already, or no such tenant. Refused
    /// where the tenant has as many that are valid as it may have, or has stored all that it may.
    pub async fn create_token(&self, new: NewToken) -> Result<bool, KeepError> {
        let create = CreateToken { tenant: self.id.clone(), new: WholeToken::of(new)? };
        self.store.write(create).await?.map_err(KeepError::Refused)
    }

    /// Takes a token back, and the tickets that it was used for. False where the tenant has no such
    /// token, or it was taken back before.
    pub async fn revoke_token(&self, token: &TokenId, at_us: u64) -> Result<bool, DbError> {
        let revoke = RevokeToken { tenant: self.id.clone(), token: token.clone(), at_us };
        self.store.write(revoke).await
    }
}

/// Why a tenant gets no token more, where that is so.
pub(crate) async fn no_token_more(
    tx: &mut Tx,
    tenant: &TenantId,
    now_us: u64,
) -> Result<Option<Box<Failure>>, DbError> {
    let sql = "SELECT quota FROM tenants WHERE id = $1";
    let Some(row) = tx.row(sql, args![tenant.as_str()]).await? else { return Ok(None) };
    let quota: Quota = row.json(0)?;
    let most = quota.tokens;
    let sql = "SELECT COUNT(*) FROM tokens WHERE tenant = $1 AND revoked_at_us IS NULL \
        AND (expires_at_us IS NULL OR expires_at_us > $2)";
    let row = tx.row(sql, args![tenant.as_str(), now_us]).await?;
    let valid = row.map_or(Ok(0), |row| row.count(0))?;
    Ok((valid >= u64::from(most)).then(|| {
        let message = format!("the tenant has {valid} tokens that are valid, and may have {most}");
        let failure = Failure::new(Code::QuotaExceeded, message)
            .hint(
                "Take back those that nobody uses: `GET /v1/tokens` says when each was used last.",
            )
            .detail("quota", "tokens")
            .detail("limit", most);
        Box::new(failure)
    }))
}

/// A token that is to be, as its row holds it.
pub(crate) struct WholeToken {
    new: NewToken,
    scopes: String,
    grants: Option<String>,
}

/// About what a token takes beside its texts.
const ROW_BYTES: usize = 200;

impl WholeToken {
    pub(crate) fn of(new: NewToken) -> Result<WholeToken, DbError> {
        let scopes = to_json(&new.scopes)?;
        let grants = new.grants.as_ref().map(to_json).transpose()?;
        Ok(WholeToken { new, scopes, grants })
    }

    /// When it is made.
    pub(crate) fn at_us(&self) -> u64 {
        self.new.at_us
    }

    /// Writes it. False where there is one of that id or hash already, or no such tenant.
    pub(crate) async fn write(&self, tx: &mut Tx, tenant: &TenantId) -> Result<bool, DbError> {
        self.write_with(tx, tenant, &self.scopes).await
    }

    /// The same with these scopes, as JSON, in the place of its own.
    pub(crate) async fn write_with(
        &self,
        tx: &mut Tx,
        tenant: &TenantId,
        scopes: &str,
    ) -> Result<bool, DbError> {
        let sql = "INSERT INTO tokens (id, tenant, name, hash, scopes, grants, created_at_us, \
            created_by, expires_at_us) SELECT $2, id, $3, $4, $5, $6, $7, $8, $9 FROM tenants \
            WHERE id = $1 ON CONFLICT DO NOTHING";
        let args = args![
            tenant.as_str(),
            self.new.id.as_str(),
            self.new.name.as_str(),
            &self.new.hash[..],
            scopes,
            self.grants.as_deref(),
            self.new.at_us,
            self.new.created_by.as_str(),
            self.new.expires_at_us,
        ];
        let is_made = tx.run(sql, args).await? == 1;
        if is_made {
            let grants = self.grants.as_ref().map_or(0, String::len);
            let bytes = self.new.name.len() + scopes.len() + grants + ROW_BYTES;
            tx.tally.store(tenant.as_str(), bytes as u64);
        }
        Ok(is_made)
    }
}

struct CreateToken {
    tenant: TenantId,
    new: WholeToken,
}

impl Work for CreateToken {
    type Output = Result<bool, Box<Failure>>;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Output, DbError> {
        if let Some(refused) = no_room(tx, self.tenant.as_str()).await? {
            return Ok(Err(refused));
        }
        if let Some(refused) = no_token_more(tx, &self.tenant, self.new.at_us()).await? {
            return Ok(Err(refused));
        }
        self.new.write(tx, &self.tenant).await.map(Ok)
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
