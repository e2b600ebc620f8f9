//! Keys: what somebody who comes in shows before it is known whose it is. So this is the one place
//! beside the queue and the administrator that looks across tenants; it finds by hashes
//! of secrets that cannot be guessed, and what was found so by its id, and lists nothing.

use sluice_model::{Failure, Scope, TenantId, TokenId};

use crate::engine::{Arg, Row, args, composed};
use crate::record::to_json;
use crate::tenant::{TokenRow, WholeToken, no_token_more, note};
use crate::writer::{Tx, Work};
use crate::{AuditEntry, DbError, KeepError, NewToken, Store};

/// How much newer a use must be to be written down.
const USED_WITHIN_US: u64 = 60_000_000;

/// Tickets of one token that were not used and whose time is not over, at most.
const MOST_TICKETS: u64 = 100;

/// Tickets that are swept away at once.
const SWEPT_AT_ONCE: u32 = 100;

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

    /// Keeps a ticket under the hash of what it is shown by. False where its token has a hundred that were
    /// not used.
    pub async fn issue_ticket(
        &self,
        hash: &[u8; 32],
        ticket: Ticket,
        now_us: u64,
    ) -> Result<bool, DbError> {
        let scopes = to_json(&ticket.scopes)?;
        self.store.write(IssueTicket { hash: *hash, ticket, scopes, now_us }).await
    }

    /// Takes a ticket, which is gone then. None where there is no such ticket for that purpose, or its
    /// time is over. Who has none keeps nobody from writing.
    pub async fn redeem_ticket(
        &self,
        hash: &[u8; 32],
        purpose: Purpose,
        now_us: u64,
    ) -> Result<Option<Ticket>, DbError> {
        let wanted = Wanted { hash: *hash, purpose, now_us };
        if !self.has(&wanted).await? {
            return Ok(None);
        }
        self.store.write(RedeemTicket { wanted }).await
    }

    /// Takes a login code and makes a token for it, of the tenant and with the scopes of the code. None
    /// where there is no such code, or its time is over. Where the tenant has as many tokens as it may
    /// have, that is refused, and the code can be used later.
    pub async fn log_in(
        &self,
        hash: &[u8; 32],
        login: NewLogin,
        now_us: u64,
    ) -> Result<Option<Ticket>, KeepError> {
        let wanted = Wanted { hash: *hash, purpose: Purpose::Login, now_us };
        if !self.has(&wanted).await? {
            return Ok(None);
        }
        let NewLogin { token, entry } = login;
        let login = LogIn { wanted, token: WholeToken::of(token)?, entry };
        self.store.write(login).await?.map_err(KeepError::Refused)
    }

    /// Whether there is that ticket.
    async fn has(&self, wanted: &Wanted) -> Result<bool, DbError> {
        let conn = &mut self.store.reader().await?;
        Ok(conn.row(composed(Wanted::sql("SELECT 1 FROM", "")), wanted.args()).await?.is_some())
    }
}

/// What somebody comes in as who has a login code.
#[derive(Clone, Debug, PartialEq)]
pub struct NewLogin {
    /// The token that is to be; its scopes are those of the code.
    pub token: NewToken,
    /// What is noted of it.
    pub entry: AuditEntry,
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
    now_us: u64,
}

impl Work for IssueTicket {
    type Output = bool;

    async fn run(&self, tx: &mut Tx) -> Result<bool, DbError> {
        let Ticket { tenant, token, purpose, expires_at_us, .. } = &self.ticket;
        if let Some(token) = token {
            let sql = "SELECT COUNT(*) FROM tickets WHERE token_id = $1 AND expires_at_us > $2";
            let row = tx.row(sql, args![token.as_str(), self.now_us]).await?;
            if row.map_or(Ok(0), |row| row.count(0))? >= MOST_TICKETS {
                return Ok(false);
            }
        }
        let sql = "DELETE FROM tickets WHERE hash IN (SELECT hash FROM tickets \
            WHERE expires_at_us <= $1 ORDER BY expires_at_us LIMIT $2)";
        tx.run(sql, args![self.now_us, SWEPT_AT_ONCE]).await?;
        let sql = "INSERT INTO tickets (hash, tenant, token_id, purpose, scopes, expires_at_us) \
            VALUES ($1, $2, $3, $4, $5, $6)";
        let args = args![
            &self.hash[..],
            tenant.as_str(),
            token.as_ref().map(TokenId::as_str),
            purpose.as_str(),
            self.scopes.as_str(),
            *expires_at_us,
        ];
        tx.run(sql, args).await?;
        Ok(true)
    }
}

/// A ticket that somebody shows.
struct Wanted {
    hash: [u8; 32],
    purpose: Purpose,
    now_us: u64,
}

impl Wanted {
    /// A statement about the ticket.
    fn sql(before: &str, after: &str) -> String {
        format!("{before} tickets WHERE hash = $1 AND purpose = $2 AND expires_at_us > $3{after}")
    }

    fn args(&self) -> Vec<Arg> {
        args![&self.hash[..], self.purpose.as_str(), self.now_us]
    }

    /// Takes it.
    async fn take(&self, tx: &mut Tx) -> Result<Option<Ticket>, DbError> {
        let sql = Wanted::sql("DELETE FROM", &format!(" RETURNING {TICKET}"));
        let row = tx.row(composed(sql), self.args()).await?;
        row.map(|row| self.of_row(&row)).transpose()
    }

    /// Reads it; nobody else takes it until the transaction ends.
    async fn hold(&self, tx: &mut Tx) -> Result<Option<Ticket>, DbError> {
        let sql = Wanted::sql(&format!("SELECT {TICKET} FROM"), tx.for_update());
        let row = tx.row(composed(sql), self.args()).await?;
        row.map(|row| self.of_row(&row)).transpose()
    }

    fn of_row(&self, row: &Row) -> Result<Ticket, DbError> {
        Ok(Ticket {
            tenant: row.parse(0)?,
            token: row.parse_or_null(1)?,
            purpose: self.purpose,
            scopes: row.json(2)?,
            expires_at_us: row.count(3)?,
        })
    }
}

const TICKET: &str = "tenant, token_id, scopes, expires_at_us";

struct RedeemTicket {
    wanted: Wanted,
}

impl Work for RedeemTicket {
    type Output = Option<Ticket>;

    async fn run(&self, tx: &mut Tx) -> Result<Option<Ticket>, DbError> {
        self.wanted.take(tx).await
    }
}

struct LogIn {
    wanted: Wanted,
    token: WholeToken,
    entry: AuditEntry,
}

impl Work for LogIn {
    type Output = Result<Option<Ticket>, Box<Failure>>;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Output, DbError> {
        let Some(ticket) = self.wanted.hold(tx).await? else { return Ok(Ok(None)) };
        if let Some(refused) = no_token_more(tx, &ticket.tenant, self.wanted.now_us).await? {
            return Ok(Err(refused));
        }
        self.wanted.take(tx).await?;
        let scopes = to_json(&ticket.scopes)?;
        if !self.token.write_with(tx, &ticket.tenant, &scopes).await? {
            // Nothing is written then, and the code is still there.
            return Err(DbError::Statement("a token of that id is there already".to_owned()));
        }
        note(tx, &ticket.tenant, &self.entry).await?;
        Ok(Ok(Some(ticket)))
    }
}
