//! Files that somebody edits: which of them has another content than before. Editors write a file anew,
//! put another in its place, or write it in several steps, so folders are watched, what happens there
//! gathers, and what counts at the end is what is in the files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// How long nothing may happen before the files are looked at.
const QUIET: Duration = Duration::from_millis(50);

/// How long that is waited for where something happens all the time.
const LONGEST: Duration = Duration::from_millis(500);

/// Files with what was in them when the round began.
pub struct Saves {
    files: Vec<(PathBuf, Option<Vec<u8>>)>,
    happened: UnboundedReceiver<()>,
    /// Tells as long as it is there.
    _watcher: RecommendedWatcher,
}

impl Saves {
    /// Watches the folders of these files from now on.
    pub fn of(paths: Vec<PathBuf>) -> anyhow::Result<Saves> {
        let (tell, happened) = unbounded_channel();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<_>| {
            let is_look = |event: notify::Event| event.kind.is_access();
            // Reading a file is none of it. An error may have hidden something.
            if !event.is_ok_and(is_look) {
                // Nobody waits any more.
                let _ = tell.send(());
            }
        })
        .context("cannot watch files on this machine")?;
        let folders: BTreeSet<PathBuf> = paths.iter().map(|path| folder(path)).collect();
        for folder in folders {
            watcher
                .watch(&folder, RecursiveMode::NonRecursive)
                .with_context(|| format!("cannot watch {}", folder.display()))?;
        }
        let files = paths.into_iter().map(|path| (path, None)).collect();
        Ok(Saves { files, happened, _watcher: watcher })
    }

    /// A round begins with what is in the files now.
    pub fn begin(&mut self) {
        for (path, content) in &mut self.files {
            *content = std::fs::read(path).ok();
        }
    }

    /// Waits until a file has another content than when the round began, and tells which. May be dropped
    /// and called again.
    pub async fn next(&mut self) -> anyhow::Result<String> {
        loop {
            // Looked at first: it may have happened before anybody listened here.
            let changed = self.files.iter().find(|(path, content)| {
                // A file that is gone is about to come back, or else there is nothing to run.
                std::fs::read(path).is_ok_and(|now| content.as_ref() != Some(&now))
            });
            if let Some((path, _)) = changed {
                return Ok(path.display().to_string());
            }
            self.happened.recv().await.context("the files are not watched any more")?;
            let quiet = async {
                while let Ok(Some(())) = tokio::time::timeout(QUIET, self.happened.recv()).await {}
            };
            // Quiet or not, the files are looked at.
            let _ = tokio::time::timeout(LONGEST, quiet).await;
        }
    }
}

fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_save_is_another_content_however_it_is_made() {
        let place = tempfile::tempdir().expect("a directory can be made");
        let file = place.path().join("flow.py");
        let write =
            |path: &Path, text: &str| std::fs::write(path, text).expect("it can be written");
        write(&file, "one");
        let mut saves = Saves::of(vec![file.clone()]).expect("it can be watched");
        let shown = file.display().to_string();
        for text in ["two", "three"] {
            saves.begin();
            // The same again, and a neighbour: neither is a save.
            write(&file, &std::fs::read_to_string(&file).expect("it is there"));
            write(&place.path().join("other.py"), text);
            let draft = place.path().join("draft");
            write(&draft, text);
            std::fs::rename(&draft, &file).expect("it can be put in its place");
            assert_eq!(saves.next().await.expect("it is watched"), shown);
        }
        saves.begin();
        std::fs::remove_file(&file).expect("it can be removed");
        write(&file, "four");
        assert_eq!(saves.next().await.expect("it is watched"), shown);
    }
}
