//! A record as one file: lines of JSON that hold all that a replay needs, to be taken elsewhere.
//!
//! The first line names the run and holds the source; then come the events in order, then the bytes
//! that events name. What is redacted is replaced everywhere by the same word, so that a replay mostly
//! still agrees with it.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sluice_db::{DbError, Imported, KeepError, Tenant};
use sluice_model::{Attachment, Event, EventBody, Failure, RunId, TenantId};

use crate::digest::sha256;
use crate::fresh::{now_us, run_id};
use crate::replay::start_of;
use crate::sound::first_flaw;

/// The version of the file's form.
const VERSION: u32 = 1;

/// Members whose values are secret by their name.
const SECRET_NAMES: [&str; 8] =
    ["password", "passwd", "secret", "token", "authorization", "api_key", "apikey", "credential"];

/// What stands in the place of what is redacted.
const REDACTED: &str = "[redacted]";

/// What is left out of an exported record.
#[derive(Clone, Debug, Default)]
pub struct Redaction {
    /// The values of members that are called like a secret.
    pub by_name: bool,
    /// These texts, wherever they stand.
    pub words: Vec<String>,
}

/// One line of the file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    /// The first.
    SluiceRecord { version: u32, run: RunId, redacted: bool, source: String },
    /// An event.
    Event(Box<Event>),
    /// Bytes that events name.
    Attachment { digest: String, base64: String },
}

/// A file that is no record, or a store that does not answer.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// There is no such run.
    #[error("there is no run {0}")]
    Unknown(RunId),
    /// A line is not what it should be.
    #[error("line {line} of the record: {what}")]
    Line {
        /// From 1.
        line: usize,
        /// What is wrong with it.
        what: String,
    },
    /// The tenant may not have more.
    #[error("{}", .0.message)]
    Refused(Box<Failure>),
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] DbError),
}

impl From<KeepError> for RecordError {
    fn from(error: KeepError) -> RecordError {
        match error {
            KeepError::Refused(failure) => RecordError::Refused(failure),
            KeepError::Db(error) => RecordError::Store(error),
        }
    }
}

/// The file of a run.
pub async fn export(
    tenant: &Tenant,
    run: &RunId,
    redaction: &Redaction,
) -> Result<String, RecordError> {
    let events = tenant.history(run).await?;
    let Some(start) = start_of(&events) else { return Err(RecordError::Unknown(run.clone())) };
    let source = tenant.source(&start.source_digest).await?.unwrap_or_default();
    let is_redacted = redaction.by_name || !redaction.words.is_empty();
    let first = Line::SluiceRecord {
        version: VERSION,
        run: run.clone(),
        redacted: is_redacted,
        source: replace_words(&source, &redaction.words),
    };
    let mut attachments: BTreeMap<String, Arc<[u8]>> = BTreeMap::new();
    for attachment in events.iter().filter_map(attachment_of) {
        if !attachment.bytes.is_empty() {
            attachments.insert(attachment.digest.clone(), Arc::clone(&attachment.bytes));
        }
    }
    let mut text = line(&first);
    for event in events {
        let mut value = value_of(&Line::Event(Box::new(event)));
        if is_redacted {
            redact(&mut value, redaction);
        }
        text.push_str(&value.to_string());
        text.push('\n');
    }
    // Bytes cannot be looked through for what is secret.
    if !is_redacted {
        for (digest, bytes) in attachments {
            text.push_str(&line(&Line::Attachment { digest, base64: BASE64.encode(bytes) }));
        }
    }
    Ok(text)
}

/// Takes a file into a store, where the run can be looked at, replayed and run again from a step, and
/// never goes on by itself. For the tenant of a machine it keeps its id where that is free; for others
/// it gets a new one, since whether an id is free tells of other tenants. Nothing that the file says of
/// whose it is counts, and what it names without having it stays absent.
pub async fn import(tenant: &Tenant, text: &str) -> Result<RunId, RecordError> {
    let mut run = None;
    let mut events = Vec::new();
    let mut attachments: BTreeMap<String, Arc<[u8]>> = BTreeMap::new();
    for (number, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
        let wrong = |what: String| RecordError::Line { line: number, what };
        match serde_json::from_str(text).map_err(|error| wrong(error.to_string()))? {
            Line::SluiceRecord { version, .. } if version != VERSION => {
                return Err(wrong(format!("version {version} is not known to this Sluice")));
            }
            Line::SluiceRecord { run: id, redacted, source, .. } => {
                run = Some((id, redacted, source));
            }
            Line::Event(event) if event.seq != events.len() as u64 + 1 => {
                return Err(wrong(format!("event {} is not the next", event.seq)));
            }
            Line::Event(event) => events.push(*event),
            Line::Attachment { digest, base64 } => {
                let bytes = BASE64.decode(base64).map_err(|error| wrong(error.to_string()))?;
                if sha256(&bytes) != digest {
                    return Err(wrong("the bytes are not those of the digest".to_owned()));
                }
                attachments.insert(digest, bytes.into());
            }
        }
    }
    let whole = |what: &str| RecordError::Line { line: 1, what: what.to_owned() };
    let (id, redacted, source) = run.ok_or_else(|| whole("this is no record of a run"))?;
    let start = start_of(&events).ok_or_else(|| whole("the record does not begin with a run"))?;
    if !redacted && sha256(source.as_bytes()) != start.source_digest {
        return Err(whole("the source is not the one that the run is pinned to"));
    }
    if let Some((seq, flaw)) = first_flaw(&events) {
        return Err(whole(&format!("event {seq}: {flaw}")));
    }
    for event in &mut events {
        // A source from which words were taken out is another source.
        if let EventBody::RunQueued(start) = &mut event.body {
            start.source_digest = sha256(source.as_bytes());
        }
        let seq = event.seq;
        let Some(attachment) = attachment_of_mut(event) else { continue };
        if let Some(bytes) = attachments.get(&attachment.digest) {
            attachment.size_bytes = bytes.len() as u64;
            attachment.bytes = Arc::clone(bytes);
        } else if attachment.size_bytes == 0 && attachment.digest != sha256(&[]) {
            return Err(whole(&format!("event {seq} names no bytes by the digest of some")));
        }
    }
    let is_free = *tenant.id() == TenantId::local() && tenant.is_free(&id).await?;
    let id = if is_free { id } else { run_id() };
    let source = source.into();
    Ok(tenant.import(Imported { id, events, source, at_us: now_us() }).await?)
}

fn attachment_of(event: &Event) -> Option<&Attachment> {
    match &event.body {
        EventBody::CallStarted { call } => call.attachment.as_ref(),
        EventBody::CallEnded { answer: Some(answer), .. } => answer.attachment.as_ref(),
        _ => None,
    }
}

fn attachment_of_mut(event: &mut Event) -> Option<&mut Attachment> {
    match &mut event.body {
        EventBody::CallStarted { call } => call.attachment.as_mut(),
        EventBody::CallEnded { answer: Some(answer), .. } => answer.attachment.as_mut(),
        _ => None,
    }
}

fn value_of(line: &Line) -> Value {
    serde_json::to_value(line).unwrap_or_default()
}

fn line(line: &Line) -> String {
    let mut text = value_of(line).to_string();
    text.push('\n');
    text
}

fn redact(value: &mut Value, redaction: &Redaction) {
    match value {
        Value::String(text) => *text = replace_words(text, &redaction.words),
        Value::Array(items) => items.iter_mut().for_each(|item| redact(item, redaction)),
        Value::Object(members) => {
            for (name, value) in members {
                if redaction.by_name && is_secret(name) && value.is_string() {
                    *value = REDACTED.into();
                } else {
                    redact(value, redaction);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn replace_words(text: &str, words: &[String]) -> String {
    let words = words.iter().filter(|word| !word.is_empty());
    words.fold(text.to_owned(), |text, word| text.replace(word.as_str(), REDACTED))
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_NAMES.iter().any(|secret| name.contains(secret))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_told_by_their_names_and_words_by_themselves() {
        let redaction = Redaction { by_name: true, words: vec!["Ada".to_owned()] };
        let mut value = json!({"api_token": "t", "tokens": 3, "who": ["Ada Lovelace"]});
        redact(&mut value, &redaction);
        assert_eq!(
            value,
            json!({"api_token": "[redacted]", "tokens": 3, "who": ["[redacted] Lovelace"]})
        );
    }
}
