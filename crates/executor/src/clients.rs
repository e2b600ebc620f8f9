//! The Python clients of services: which of them a source may import, and those that a run is pinned to.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sluice_db::{DbError, ServiceRow, Store};
use sluice_rpc::{Document, Method, module_of};

/// How long the list of services is kept in mind: a change by another process takes hold after that.
const KEPT: Duration = Duration::from_secs(1);

/// Digests of the clients that a source may import, by the names of their modules.
pub type Pinned = BTreeMap<String, String>;

/// Which methods of a service may be called again where nobody knows whether they were, and which of them change
/// nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Effects {
    idempotent: BTreeSet<String>,
    read_only: BTreeSet<String>,
}

impl Effects {
    /// By what the document says.
    pub(crate) fn of(document: &Document) -> Effects {
        let names = |is_one: fn(&Method) -> bool| {
            let methods = document.methods.iter().filter(|method| is_one(method));
            methods.map(|method| method.name.clone()).collect()
        };
        Effects {
            idempotent: names(|method| method.idempotent),
            read_only: names(|method| method.read_only),
        }
    }

    /// As it is kept.
    pub(crate) fn json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// Whether a method may be called again.
    pub(crate) fn is_idempotent(&self, method: &str) -> bool {
        self.idempotent.contains(method)
    }

    /// Whether a method changes nothing.
    pub(crate) fn is_read_only(&self, method: &str) -> bool {
        self.read_only.contains(method)
    }
}

/// What is known of all services.
#[derive(Default)]
pub(crate) struct Listed {
    pub(crate) services: Vec<ServiceRow>,
    effects: HashMap<String, Effects>,
}

impl Listed {
    fn of(services: Vec<ServiceRow>) -> Listed {
        let effects = |row: &ServiceRow| Effects::deserialize(&row.effects).ok();
        let effects = services.iter().filter_map(|row| Some((row.name.clone(), effects(row)?)));
        Listed { effects: effects.collect(), services }
    }

    /// What its methods do, as far as that is known.
    pub(crate) fn effects(&self, service: &str) -> Option<&Effects> {
        self.effects.get(service)
    }
}

#[derive(Default)]
struct Kept {
    listed: Option<(Instant, Arc<Listed>)>,
    /// How often the list was changed by this process.
    changes: u64,
}

impl Kept {
    fn fresh(&self, now: Instant) -> Option<&Arc<Listed>> {
        let (read, listed) = self.listed.as_ref()?;
        (now.saturating_duration_since(*read) < KEPT).then_some(listed)
    }
}

/// The services of a store.
#[derive(Default)]
pub(crate) struct Services {
    kept: Mutex<Kept>,
    texts: Mutex<BTreeMap<String, Arc<str>>>,
}

impl Services {
    /// All of them, as they were a moment ago.
    pub(crate) async fn all(&self, store: &Store) -> Result<Arc<Listed>, DbError> {
        match self.fresh() {
            Some(listed) => Ok(listed),
            None => self.read(store).await,
        }
    }

    /// All of them, as they are.
    pub(crate) async fn read(&self, store: &Store) -> Result<Arc<Listed>, DbError> {
        let (read, changes) = (Instant::now(), self.kept().changes);
        let listed = Arc::new(Listed::of(store.admin().services().await?));
        let mut kept = self.kept();
        // What was read before a change may lack it.
        if kept.changes == changes {
            kept.listed = Some((read, Arc::clone(&listed)));
        }
        Ok(listed)
    }

    /// All of them, as they were when somebody last looked, however long ago.
    pub(crate) fn known(&self) -> Option<Arc<Listed>> {
        self.kept().listed.as_ref().map(|(_, listed)| Arc::clone(listed))
    }

    /// All of them, where somebody has looked a moment ago.
    pub(crate) fn fresh(&self) -> Option<Arc<Listed>> {
        self.kept().fresh(Instant::now()).map(Arc::clone)
    }

    /// Whoever asks next looks: the list is no more what it was.
    pub(crate) fn changed(&self) {
        let mut kept = self.kept();
        kept.changes += 1;
        kept.listed = None;
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The clients that a source may import by now: of the services that it names at all.
    pub(crate) async fn of_source(&self, store: &Store, source: &str) -> Result<Pinned, DbError> {
        if !source.contains("hero_rpc") {
            return Ok(Pinned::new());
        }
        let listed = self.all(store).await?;
        let modules = listed.services.iter().map(|service| (module_of(&service.name), service));
        let named = modules.filter(|(module, _)| names(source, module));
        Ok(named.filter_map(|(module, it)| Some((module, it.client_digest.clone()?))).collect())
    }

    /// The texts of clients, as the guest takes them: a JSON object. None where one is not in the store.
    pub(crate) async fn texts(
        &self,
        store: &Store,
        pinned: &Pinned,
    ) -> Result<Option<String>, DbError> {
        let mut texts = serde_json::Map::new();
        for (service, digest) in pinned {
            let Some(text) = self.text(store, digest).await? else { return Ok(None) };
            texts.insert(service.clone(), serde_json::Value::from(&*text));
        }
        Ok(Some(serde_json::Value::Object(texts).to_string()))
    }

    async fn text(&self, store: &Store, digest: &str) -> Result<Option<Arc<str>>, DbError> {
        /// Texts that are kept in mind at most.
        const MOST_TEXTS: usize = 64;
        let texts = || self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(text) = texts().get(digest) {
            return Ok(Some(Arc::clone(text)));
        }
        let Some(text) = store.admin().text(digest).await? else { return Ok(None) };
        let mut texts = texts();
        if texts.len() >= MOST_TEXTS {
            texts.clear();
        }
        texts.insert(digest.to_owned(), Arc::clone(&text));
        Ok(Some(text))
    }
}

/// Whether a source has that word.
fn names(source: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    source.match_indices(word).any(|(at, _)| {
        !source[..at].ends_with(is_part) && !source[at + word.len()..].starts_with(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_fresh_for_as_long_as_it_is_kept() {
        let services = Services::default();
        assert!(services.known().is_none() && services.fresh().is_none());
        let now = Instant::now();
        services.kept().listed = Some((now, Arc::default()));
        assert!(services.kept().fresh(now + KEPT / 2).is_some());
        assert!(services.kept().fresh(now + KEPT).is_none());
        assert!(services.known().is_some());
        services.changed();
        assert!(services.known().is_none());
    }

    #[test]
    fn a_word_is_found_where_it_stands_alone() {
        assert!(names("from hero_rpc import calendar", "calendar"));
        assert!(names("hero_rpc.calendar.event_list()", "calendar"));
        assert!(!names("from hero_rpc import calendars", "calendar"));
        assert!(!names("my_calendar", "calendar"));
    }
}
