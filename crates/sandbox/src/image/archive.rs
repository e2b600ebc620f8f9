//! The files that the interpreter sees while it is snapshotted: the standard library under `/lib`
//! and our SDK under `/sdk`. In memory, read-only, in one order: the snapshot cannot depend on a disk.

use std::collections::BTreeMap;
use std::io::Read;
use std::ops::Bound;
use std::sync::Arc;

/// A directory tree. Paths are relative to its root, with `/`, and the root itself is the empty path.
#[derive(Clone, Debug, Default)]
pub(super) struct Archive {
    nodes: BTreeMap<String, Node>,
}

/// A file or a directory.
#[derive(Clone, Debug)]
pub(super) enum Node {
    File(Arc<[u8]>),
    /// Names of the entries, sorted.
    Directory(Vec<String>),
}

impl Archive {
    /// Reads a tar file, compressed with zstd, as the content of the directory `root`.
    pub(super) fn add_tar_zst(&mut self, root: &str, compressed: &[u8]) -> std::io::Result<()> {
        let mut tar = tar::Archive::new(zstd::Decoder::new(compressed)?);
        for entry in tar.entries()? {
            let mut entry = entry?;
            if !entry.header().entry_type().is_file() {
                continue;
            }
            let path = entry.path()?.to_string_lossy().trim_start_matches("./").to_owned();
            let mut content = Vec::new();
            entry.read_to_end(&mut content)?;
            self.add_file(&format!("{root}/{path}"), &content);
        }
        Ok(())
    }

    /// Adds one file and the directories above it.
    pub(super) fn add_file(&mut self, path: &str, content: &[u8]) {
        self.nodes.insert(path.to_owned(), Node::File(content.into()));
        let mut child = path;
        while !child.is_empty() {
            let (parent, name) = child.rsplit_once('/').unwrap_or(("", child));
            let entry =
                self.nodes.entry(parent.to_owned()).or_insert_with(|| Node::Directory(Vec::new()));
            let Node::Directory(names) = entry else { return };
            match names.binary_search_by(|known| known.as_str().cmp(name)) {
                Ok(_) => return,
                Err(place) => names.insert(place, name.to_owned()),
            }
            child = parent;
        }
    }

    /// What stands at a path in which `.` and `..` may occur.
    pub(super) fn get(&self, path: &str) -> Option<(String, &Node)> {
        let mut parts: Vec<&str> = Vec::new();
        for part in path.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop();
                }
                part => parts.push(part),
            }
        }
        let path = parts.join("/");
        let node = self.nodes.get(&path)?;
        Some((path, node))
    }

    /// The place of a path in the order of all paths: stands in for an inode number.
    pub(super) fn inode(&self, path: &str) -> u64 {
        self.nodes.range::<str, _>((Bound::Unbounded, Bound::Excluded(path))).count() as u64 + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_bring_their_directories_and_listings_are_sorted() {
        let mut archive = Archive::default();
        archive.add_file("lib/json/encoder.py", b"e");
        archive.add_file("lib/abc.py", b"a");
        archive.add_file("lib/json/decoder.py", b"d");
        let listing = |path: &str| match archive.get(path) {
            Some((_, Node::Directory(names))) => names.clone(),
            other => panic!("{path} is no directory: {other:?}"),
        };
        assert_eq!(listing("lib"), ["abc.py", "json"]);
        assert_eq!(listing("lib/./json/../json"), ["decoder.py", "encoder.py"]);
        assert!(matches!(archive.get("lib/abc.py"), Some((_, Node::File(_)))));
        assert!(archive.get("lib/missing.py").is_none());
    }
}
