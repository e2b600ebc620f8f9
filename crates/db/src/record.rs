//! The record of a run as it is stored: a chain of events, each with the hash of all before it.
//!
//! A row holds an event's `observed` and body as JSON text. The hash of an event is SHA-256 over the
//! hash of the one before (32 zero bytes before the first), its number and time as 8 bytes each,
//! highest first, the length of the text of `observed` in the same way, that text, and the text of
//! the body, just as the row holds them. A body over 8 KiB lies with the blobs, and the row names it
//! by its SHA-256, which the hash covers with the row. So a record is checked without being
//! understood.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use sluice_model::{Event, Observed};

use crate::engine::{Arg, Conn, Row, args, composed};
use crate::writer::Tx;
use crate::{DbError, NewEvent};

/// The longest body that lies in its row, in bytes.
const MOST_IN_ROW: usize = 8 << 10;

/// How the body of a row begins that only names its text. A body itself begins with its kind.
const NAMED: &str = "{\"blob\":\"";

/// The columns of an event, for [`read`].
pub(crate) const COLUMNS: &str = "seq, at_us, observed, body";

/// The most rows of one statement; the statements of each number of rows are kept ready.
const MOST_ROWS: usize = 32;

/// Where a record ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tip {
    pub(crate) seq: u64,
    pub(crate) hash: [u8; 32],
}

impl Tip {
    /// Before the first event.
    pub(crate) const START: Tip = Tip { seq: 0, hash: [0; 32] };

    /// Goes on by one event.
    pub(crate) fn push(&mut self, event: NewEvent) -> Result<Stored, DbError> {
        let NewEvent { at_us, observed, body } = event;
        let observed = if observed.is_empty() { None } else { Some(to_json(&observed)?) };
        let mut blobs = Vec::new();
        if let Some(attachment) = body.attachment()
            && (attachment.size_bytes == 0 || !attachment.bytes.is_empty())
        {
            blobs.push((attachment.digest.clone(), Arc::clone(&attachment.bytes)));
        }
        let mut text = to_json(&body)?;
        if text.len() > MOST_IN_ROW {
            let digest = hex(&Sha256::digest(text.as_bytes()));
            let named = format!("{NAMED}{digest}\"}}");
            let whole = std::mem::replace(&mut text, named);
            blobs.push((digest, whole.into_bytes().into()));
        }
        self.seq += 1;
        self.hash = hash(&self.hash, self.seq, at_us, observed.as_deref(), &text);
        Ok(Stored {
            seq: self.seq,
            at_us,
            kind: body.kind(),
            observed: observed.map(Into::into),
            body: text.into(),
            hash: self.hash,
            blobs,
        })
    }
}

/// An event as its row holds it.
pub(crate) struct Stored {
    pub(crate) seq: u64,
    pub(crate) at_us: u64,
    pub(crate) kind: &'static str,
    observed: Option<Arc<str>>,
    body: Arc<str>,
    pub(crate) hash: [u8; 32],
    /// Bytes that are to be stored with it, by their digest.
    blobs: Vec<(String, Arc<[u8]>)>,
}

/// About what a row takes beside its texts.
const ROW_BYTES: u64 = 100;

/// About what events and the bytes beside them take. Bytes that somebody stored before are counted
/// again: otherwise a tenant could find out what others have.
pub(crate) fn bytes_of(events: &[Stored]) -> u64 {
    let texts = |event: &Stored| event.body.len() + event.observed.as_ref().map_or(0, |o| o.len());
    let beside = |event: &Stored| event.blobs.iter().map(|(_, bytes)| bytes.len()).sum::<usize>();
    events.iter().map(|event| (texts(event) + beside(event)) as u64 + ROW_BYTES).sum()
}

/// The hash of an event after the one before.
pub(crate) fn hash(
    before: &[u8; 32],
    seq: u64,
    at_us: u64,
    observed: Option<&str>,
    body: &str,
) -> [u8; 32] {
    let observed = observed.unwrap_or_default().as_bytes();
    Sha256::new()
        .chain_update(before)
        .chain_update(seq.to_be_bytes())
        .chain_update(at_us.to_be_bytes())
        .chain_update((observed.len() as u64).to_be_bytes())
        .chain_update(observed)
        .chain_update(body)
        .finalize()
        .into()
}

/// The digest of the text that a row's body only names.
pub(crate) fn named(body: &str) -> Option<&str> {
    body.strip_prefix(NAMED)?.strip_suffix("\"}")
}

/// Writes events of a run, and the bytes that they name.
pub(crate) async fn write(
    tx: &mut Tx,
    tenant: &str,
    run: &Arc<str>,
    events: &[Stored],
) -> Result<(), DbError> {
    for (digest, bytes) in events.iter().flat_map(|event| &event.blobs) {
        write_blob(tx, tenant, digest, bytes).await?;
    }
    for rows in events.chunks(MOST_ROWS) {
        let mut sql = String::with_capacity(96 + 40 * rows.len());
        sql.push_str("INSERT INTO events (run_id, seq, at_us, kind, observed, body, hash) VALUES ");
        let mut args = args![Arc::clone(run)];
        args.reserve(6 * rows.len());
        for (row, event) in rows.iter().enumerate() {
            let first = 2 + 6 * row;
            let comma = if row == 0 { "" } else { ", " };
            let [seq, at, kind, observed, body, hash] = std::array::from_fn(|place| first + place);
            // Writing to a string does not fail.
            let _ =
                write!(sql, "{comma}($1, ${seq}, ${at}, ${kind}, ${observed}, ${body}, ${hash})");
            args.extend(args![
                event.seq,
                event.at_us,
                event.kind,
                event.observed.clone(),
                Arc::clone(&event.body),
                &event.hash[..],
            ]);
        }
        tx.run(composed(sql), args).await?;
    }
    Ok(())
}

/// Keeps bytes by their digest, for a tenant.
pub(crate) async fn write_blob(
    tx: &mut Tx,
    tenant: &str,
    digest: &str,
    bytes: &[u8],
) -> Result<(), DbError> {
    let sql =
        "INSERT INTO blobs (tenant, digest, bytes) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    tx.run(sql, args![tenant, digest, bytes]).await?;
    Ok(())
}

/// Keeps a source by its digest, for a tenant.
pub(crate) async fn write_source(
    tx: &mut Tx,
    tenant: &str,
    digest: &str,
    source: &Arc<str>,
) -> Result<(), DbError> {
    let sql = "INSERT INTO sources (digest, source) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    tx.run(sql, args![digest, Arc::clone(source)]).await?;
    let sql = "INSERT INTO tenant_sources (tenant, digest) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    if tx.run(sql, args![tenant, digest]).await? == 1 {
        tx.tally.store(tenant, source.len() as u64);
    }
    Ok(())
}

/// What the events of a tenant's rows with [`COLUMNS`] take as JSON, about.
pub(crate) async fn sizes(
    conn: &mut Conn,
    tenant: &str,
    rows: &[Row],
) -> Result<Vec<u64>, DbError> {
    let mut digests = Vec::new();
    for row in rows {
        digests.extend(named(row.text(3)?));
    }
    let mut sizes = HashMap::with_capacity(digests.len());
    for digests in digests.chunks(MOST_ROWS) {
        let sql = format!(
            "SELECT digest, CAST(OCTET_LENGTH(bytes) AS BIGINT) FROM blobs \
             WHERE tenant = $1 AND digest IN ({})",
            places(2, digests.len())
        );
        let mut args = args![tenant];
        args.extend(digests.iter().map(|digest| Arg::from(*digest)));
        for row in conn.rows(composed(sql), args).await? {
            sizes.insert(row.text(0)?.to_owned(), row.count(1)?);
        }
    }
    let size = |row: &Row| {
        let body = row.text(3)?;
        let body = named(body).and_then(|digest| sizes.get(digest)).copied();
        let in_row = row.text(3)?.len() + row.text_or_null(2)?.map_or(0, str::len);
        Ok(body.unwrap_or(0) + in_row as u64)
    };
    rows.iter().map(size).collect()
}

/// The events of a tenant's rows with [`COLUMNS`]. Attachments get their bytes where that is asked for.
pub(crate) async fn read(
    conn: &mut Conn,
    tenant: &str,
    rows: &[Row],
    with_attachments: bool,
) -> Result<Vec<Event>, DbError> {
    let mut digests = Vec::new();
    for row in rows {
        digests.extend(named(row.text(3)?).map(str::to_owned));
    }
    let bodies = blobs(conn, tenant, digests).await?;
    let mut events = Vec::with_capacity(rows.len());
    for row in rows {
        let body = match named(row.text(3)?) {
            None => Cow::Borrowed(row.text(3)?.as_bytes()),
            Some(digest) => {
                Cow::Borrowed(bodies.get(digest).ok_or_else(|| missing(digest))?.as_ref())
            }
        };
        events.push(Event {
            seq: row.count(0)?,
            at_us: row.count(1)?,
            observed: row.json_or_null::<Observed>(2)?.unwrap_or_default(),
            body: from_json_bytes(&body)?,
        });
    }
    if with_attachments {
        fill(conn, tenant, &mut events).await?;
    }
    Ok(events)
}

async fn fill(conn: &mut Conn, tenant: &str, events: &mut [Event]) -> Result<(), DbError> {
    let digests = events.iter().filter_map(|event| event.body.attachment());
    let digests = digests.map(|attachment| attachment.digest.clone()).collect();
    let bytes = blobs(conn, tenant, digests).await?;
    for attachment in events.iter_mut().filter_map(|event| event.body.attachment_mut()) {
        if let Some(bytes) = bytes.get(&attachment.digest) {
            attachment.bytes = Arc::clone(bytes);
        }
    }
    Ok(())
}

/// A tenant's bytes by their digests, as far as they are stored.
pub(crate) async fn blobs(
    conn: &mut Conn,
    tenant: &str,
    mut digests: Vec<String>,
) -> Result<HashMap<String, Arc<[u8]>>, DbError> {
    digests.sort_unstable();
    digests.dedup();
    let mut found = HashMap::with_capacity(digests.len());
    for digests in digests.chunks(MOST_ROWS) {
        let sql = format!(
            "SELECT digest, bytes FROM blobs WHERE tenant = $1 AND digest IN ({})",
            places(2, digests.len())
        );
        let mut args = args![tenant];
        args.extend(digests.iter().map(|digest| digest.as_str().into()));
        for row in conn.rows(composed(sql), args).await? {
            found.insert(row.text(0)?.to_owned(), row.bytes(1)?.into());
        }
    }
    Ok(found)
}

/// `$first, ...` for so many arguments.
pub(crate) fn places(first: usize, count: usize) -> String {
    let places: Vec<String> = (first..first + count).map(|place| format!("${place}")).collect();
    places.join(", ")
}

fn missing(digest: &str) -> DbError {
    DbError::corrupt(format!("the bytes {digest} are missing"))
}

/// A value as JSON.
pub(crate) fn to_json<T: Serialize + ?Sized>(value: &T) -> Result<String, DbError> {
    serde_json::to_string(value).map_err(|error| DbError::Statement(error.to_string()))
}

/// A stored value.
pub(crate) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, DbError> {
    from_json_bytes(text.as_bytes())
}

/// What is stored was a value before and is nested as deep as that was, wrapped in an event; so it is
/// not held to the depth up to which text from outside is read.
fn from_json_bytes<T: DeserializeOwned>(text: &[u8]) -> Result<T, DbError> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    reader.disable_recursion_limit();
    T::deserialize(&mut reader).map_err(|error| DbError::corrupt(error.to_string()))
}

/// Bytes as hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

/// SHA-256 in hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use sluice_model::{EventBody, Level, SpanId};

    use super::*;

    fn log(message: String) -> NewEvent {
        let body = EventBody::Log {
            span: SpanId::RUN,
            level: Level::Info,
            message,
            attributes: sluice_model::Attributes::new(),
            stream: None,
        };
        NewEvent { at_us: 7, observed: Observed { clock: vec![(0, 5)], delivered: vec![] }, body }
    }

    #[test]
    fn each_hash_covers_the_one_before_and_all_columns() {
        let mut tip = Tip::START;
        let first = tip.push(log("a".to_owned())).expect("it is stored");
        let second = tip.push(log("a".to_owned())).expect("it is stored");
        assert_eq!((first.seq, second.seq), (1, 2));
        assert_ne!(first.hash, second.hash);
        let observed = second.observed.as_deref();
        let again = |seq, at, observed, body| hash(&first.hash, seq, at, observed, body);
        assert_eq!(again(2, 7, observed, &second.body), second.hash);
        assert_ne!(again(3, 7, observed, &second.body), second.hash);
        assert_ne!(again(2, 8, observed, &second.body), second.hash);
        assert_ne!(again(2, 7, None, &second.body), second.hash);
        assert_ne!(again(2, 7, observed, &second.body[1..]), second.hash);
        let shifted = observed.map(|text| text[..text.len() - 1].to_owned());
        assert_ne!(again(2, 7, shifted.as_deref(), &format!("}}{}", second.body)), second.hash);
    }

    #[test]
    fn a_long_body_is_named_by_its_digest() {
        let stored = Tip::START.clone().push(log("x".repeat(9_000))).expect("it is stored");
        let digest = named(&stored.body).expect("it is named");
        assert_eq!(stored.blobs.len(), 1);
        assert_eq!(stored.blobs[0].0, digest);
        assert_eq!(sha256(&stored.blobs[0].1), digest);
        let short = Tip::START.clone().push(log("x".to_owned())).expect("it is stored");
        assert!(named(&short.body).is_none() && short.blobs.is_empty());
    }

    #[test]
    fn what_is_nested_deep_is_read_again() {
        let deep = (0..200).fold(json!(1), |inner, _| Value::Array(vec![inner]));
        let text = to_json(&deep).expect("it is written");
        assert_eq!(from_json::<Value>(&text).expect("it is read"), deep);
    }
}
