//! Keys: what somebody who comes in shows before it is known whose it is. So this is the one place
//! beside the queue and the administrator that looks across tenants; it finds by hashes
//! of secrets that cannot be guessed, and what was found so by its id, and lists nothing.

use sluice_model::{Scope, TenantId, TokenId};

use crate::engine::{args, composed};
use crate::record::to_json;
use crate::tenant::TokenRow;
use crate::writer::{Tx, Work};
use crate::{DbError, Store};

/// How much newer a use must be to be written down.
const USED_WITHIN_US: u64 = 60_000_000;

/// Tokens and tickets of all tenants, found by their hashes.
#[derive(Clone)]
pub struct Keys {
    store: Store,
}

/// What a ticket is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A person comes in with a browser.
    Login,
    /// A browser opens a socket.
    Socket,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Purpose; 2] = [Purpose::Login, Purpose::Socket];

    /// The word that stands for it in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Purpose::Login => "login",
            Purpose::Socket => "socket",
        }
    }

    /// The purpose that the word stands for.
    pub fn of_word(word: &str) -> Option<Purpose> {
        Purpose::ALL.into_iter().find(|purpose| purpose.as_str() == word)
    }
}

/// What somebody comes in with once, in the place of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Whose it is.
    pub tenant: TenantId,
    /// The token that it stands for; none where it was made without one.
    pub token: Option<TokenId>,
    /// What it is for.
    pub purpose: Purpose,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// When it ends, in microseconds since the Unix epoch.
    pub expires_at_us: u64,
}

impl Keys {
    pub(crate) fn new(store: Store) -> Keys {
        Keys { store }
    }

    /// The token with that hash, also where it was revoked or has expired: whoever asks decides.
    pub async fn find(&self, hash: &[u8; 32]) -> Result<Option<TokenRow>, DbError> {
        let conn = &mut self.store.reader().await?;
        let sql = format!("SELECT {} FROM tokens WHERE hash = $1", TokenRow::COLUMNS);
        let row = conn.row(composed(sql), args![&hash[..]]).await?;
        row.as_ref().map(TokenRow::of_row).transpose()
    }

    /// A token that was found before, as it is by now.
    pub async fn token(&self, token: &TokenId) -> Result<Option<TokenRow>, DbError> {
        let conn = &mut self.store.reader().await?;
        let sql = format!("SELECT {} FROM tokens WHERE id = $1", TokenRow::COLUMNS);
        let row = conn.row(composed(sql), args![token.as_str()]).await?;
        row.as_ref().map(TokenRow::of_row).transpose()
    }

    /// Notes that a token was used, once a minute at most: asking for more writes nothing.
    pub async fn used(&self, token: &TokenId, at_us: u64) -> Result<(), DbError> {
        self.store.write(Used { token: token.clone(), at_us }).await
    }

    /// Whether there is any token at all, valid or not.
    pub async fn any_token(&self) -> Result<bool, DbError> {
        let conn = &mut self.store.reader().await?;
        Ok(conn.row("SELECT 1 FROM tokens LIMIT 1", Vec::new()).await?.is_some())
    }

    /// Keeps a ticket under the hash of what it is shown by.
    pub async fn issue_ticket(&self, hash: &[u8; 32], ticket: Ticket) -> Result<(), DbError> {
        let scopes = to_json(&ticket.scopes)?;
        self.store.write(IssueTicket { hash: *hash, ticket, scopes }).await
    }

    /// Takes a ticket, which is gone then. None where there is no such ticket for that purpose, or its
    /// time is over.
    pub async fn redeem_ticket(
        &self,
        hash: &[u8; 32],
        purpose: Purpose,
        now_us: u64,
    ) -> Result<Option<Ticket>, DbError> {
        self.store.write(RedeemTicket { hash: *hash, purpose, now_us }).await
    }
}

struct Used {
    token: TokenId,
    at_us: u64,
}

impl Work for Used {
    type Output = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        let sql = "UPDATE tokens SET last_used_at_us = $2 \
            WHERE id = $1 AND (last_used_at_us IS NULL OR last_used_at_us <= $3)";
        let before = self.at_us.saturating_sub(USED_WITHIN_US);
        tx.run(sql, args![self.token.as_str(), self.at_us, before]).await?;
        Ok(())
    }
}

struct IssueTicket {
    hash: [u8; 32],
    ticket: Ticket,
    scopes: String,
}

impl Work for IssueTicket {
    type Output = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        let sql = "INSERT INTO tickets (hash, tenant, token_id, purpose, scopes, expires_at_us) \
            VALUES ($1, $2, $3, $4, $5, $6)";
        let Ticket { tenant, token, purpose, expires_at_us, .. } = &self.ticket;
        let args = args![
            &self.hash[..],
            tenant.as_str(),
            token.as_ref().map(TokenId::as_str),
            purpose.as_str(),
            self.scopes.as_str(),
            *expires_at_us,
        ];
        tx.run(sql, args).await?;
        Ok(())
    }
}

struct RedeemTicket {
    hash: [u8; 32],
    purpose: Purpose,
    now_us: u64,
}

impl Work for RedeemTicket {
    type Output = Option<Ticket>;

    async fn run(&self, tx: &mut Tx) -> Result<Option<Ticket>, DbError> {
        let sql = "DELETE FROM tickets WHERE expires_at_us <= $1";
        tx.run(sql, args![self.now_us]).await?;
        let sql = "DELETE FROM tickets WHERE hash = $1 AND purpose = $2 \
            RETURNING tenant, token_id, scopes, expires_at_us";
        let row = tx.row(sql, args![&self.hash[..], self.purpose.as_str()]).await?;
        let ticket = row.map(|row| {
            Ok(Ticket {
                tenant: row.parse(0)?,
                token: row.parse_or_null(1)?,
                purpose: self.purpose,
                scopes: row.json(2)?,
                expires_at_us: row.count(3)?,
            })
        });
        ticket.transpose()
    }
}
