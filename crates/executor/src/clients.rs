//! The Python clients of services: which of them a source may import, and those that a run is pinned to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sluice_db::{DbError, ServiceRow, Store};
use sluice_rpc::module_of;

/// How long the list of services is kept in mind: a change takes hold after that.
const KEPT: Duration = Duration::from_secs(1);

/// Digests of the clients that a source may import, by the names of their modules.
pub type Pinned = BTreeMap<String, String>;

/// The services of a store.
#[derive(Default)]
pub(crate) struct Services {
    listed: Mutex<Option<(Instant, Arc<[ServiceRow]>)>>,
    texts: Mutex<BTreeMap<String, Arc<str>>>,
}

impl Services {
    /// All of them, as they were a moment ago.
    pub(crate) async fn all(&self, store: &Store) -> Result<Arc<[ServiceRow]>, DbError> {
        let listed = || self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((read, services)) = &*listed()
            && read.elapsed() < KEPT
        {
            return Ok(Arc::clone(services));
        }
        let read = Instant::now();
        let services: Arc<[ServiceRow]> = store.admin().services().await?.into();
        *listed() = Some((read, Arc::clone(&services)));
        Ok(services)
    }

    /// The clients that a source may import by now: of the services that it names at all.
    pub(crate) async fn of_source(&self, store: &Store, source: &str) -> Result<Pinned, DbError> {
        if !source.contains("hero_rpc") {
            return Ok(Pinned::new());
        }
        let services = self.all(store).await?;
        let modules = services.iter().map(|service| (module_of(&service.name), service));
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
    fn a_word_is_found_where_it_stands_alone() {
        assert!(names("from hero_rpc import calendar", "calendar"));
        assert!(names("hero_rpc.calendar.event_list()", "calendar"));
        assert!(!names("from hero_rpc import calendars", "calendar"));
        assert!(!names("my_calendar", "calendar"));
    }
}
