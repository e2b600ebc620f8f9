//! Flow versions that are ready to run: a source is loaded and compiled once and kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use sluice_model::{Code, Failure, FlowDescription, Severity};
use sluice_sandbox::{Described, Sandbox, SandboxError};

use crate::clients::Pinned;
use crate::digest::sha256;

/// Bytes of sources and their compiled forms that are kept. What was not used for longest goes first.
const MOST_KEPT_BYTES: usize = 64 << 20;

/// The longest source.
const LONGEST_SOURCE: usize = 256 << 10;

/// A source with what `describe` found in it.
#[derive(Debug)]
pub struct Version {
    /// SHA-256 of the source, in hex.
    pub digest: String,
    /// The source.
    pub source: Arc<str>,
    /// The clients that it may import.
    pub clients: Pinned,
    /// What it holds, and its compiled form.
    pub described: Described,
}

impl Version {
    /// About what it takes in memory.
    fn bytes(&self) -> usize {
        self.source.len() + self.described.code.len()
    }

    /// Refuses a source with an error in it, or without a flow: what is to be saved.
    pub fn is_usable(&self) -> Result<(), Box<Failure>> {
        let description = &self.described.description;
        let errors = description.problems.iter().filter(|it| it.severity == Severity::Error);
        if let Some(first) = errors.clone().next() {
            let problems: Vec<_> = errors.filter_map(|it| serde_json::to_value(it).ok()).collect();
            let failure = Failure::new(Code::SourceInvalid, first.message.clone());
            let failure = failure.detail("source_problems", problems);
            return Err(Box::new(match &first.hint {
                Some(hint) => failure.hint(hint.clone()),
                None => failure,
            }));
        }
        match description.flows.as_slice() {
            [] => self.flow(None).map(|_| ()),
            _ => Ok(()),
        }
    }

    /// The flow that is meant: the named one, or the only one.
    pub fn flow(&self, name: Option<&str>) -> Result<&FlowDescription, Box<Failure>> {
        let flows = &self.described.description.flows;
        let names = || flows.iter().map(|flow| flow.name.as_str()).collect::<Vec<_>>();
        let failure = match (name, flows.as_slice()) {
            (_, []) => Failure::new(Code::FlowMissing, "the source has no flow")
                .hint("Put `@flow` above a function."),
            (Some(name), _) => match flows.iter().find(|flow| flow.name == name) {
                Some(flow) => return Ok(flow),
                None => {
                    Failure::new(Code::FlowNotFound, format!("the source has no flow `{name}`"))
                        .hint(format!("It has: {}.", names().join(", ")))
                        .detail("flows", names())
                }
            },
            (None, [only]) => return Ok(only),
            (None, _) => Failure::new(Code::FlowAmbiguous, "the source has several flows")
                .hint(format!("Name one of: {}.", names().join(", ")))
                .detail("flows", names()),
        };
        Err(Box::new(failure))
    }
}

/// The versions that were used last.
pub(crate) struct Sources {
    kept: Mutex<Kept>,
}

/// The digest of a source, and the clients that it may import.
type Key = (String, Pinned);

#[derive(Default)]
struct Kept {
    versions: HashMap<Key, (u64, Arc<Version>)>,
    bytes: usize,
    uses: u64,
}

impl Sources {
    pub(crate) fn new() -> Sources {
        Sources { kept: Mutex::default() }
    }

    /// The version of a digest with those clients, where it is kept.
    pub(crate) fn kept(&self, digest: &str, clients: &Pinned) -> Option<Arc<Version>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.uses += 1;
        let now = kept.uses;
        let (last_use, version) = kept.versions.get_mut(&(digest.to_owned(), clients.clone()))?;
        *last_use = now;
        Some(Arc::clone(version))
    }

    /// The version of a source with those clients, whose texts are `texts`, loaded where it is not kept.
    /// The inner error is the source's.
    pub(crate) async fn version(
        &self,
        sandbox: &Sandbox,
        source: &Arc<str>,
        clients: &Pinned,
        texts: &str,
    ) -> Result<Result<Arc<Version>, Box<Failure>>, SandboxError> {
        if source.len() > LONGEST_SOURCE {
            let message =
                format!("the source has {} bytes, and may have {LONGEST_SOURCE}", source.len());
            let failure = Failure::new(Code::SourceInvalid, message)
                .hint("Give large data to the flow as its input, or save parts as flows.");
            return Ok(Err(Box::new(failure)));
        }
        let digest = sha256(source.as_bytes());
        if let Some(version) = self.kept(&digest, clients) {
            return Ok(Ok(version));
        }
        let described = match sandbox.describe(source, texts).await? {
            Ok(described) => described,
            Err(failure) => return Ok(Err(Box::new(failure))),
        };
        let version =
            Version { digest, source: Arc::clone(source), clients: clients.clone(), described };
        let version = Arc::new(version);
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).keep(&version);
        Ok(Ok(version))
    }
}

impl Kept {
    fn keep(&mut self, version: &Arc<Version>) {
        self.uses += 1;
        self.bytes += version.bytes();
        let kept = (self.uses, Arc::clone(version));
        if let Some((_, before)) =
            self.versions.insert((version.digest.clone(), version.clients.clone()), kept)
        {
            self.bytes -= before.bytes();
        }
        while self.bytes > MOST_KEPT_BYTES {
            let oldest = self.versions.iter().min_by_key(|(_, (used, _))| *used);
            let Some(oldest) = oldest.map(|(key, _)| key.clone()) else { return };
            if let Some((_, gone)) = self.versions.remove(&oldest) {
                self.bytes -= gone.bytes();
            }
        }
    }
}
