//! The model of a disk: what is on it for certain, and what may be there if the power fails now.
//!
//! - What a file was at its last `fsync` is there. Of what was done to it since, each write may be
//!   there or not, torn at every boundary of a 512-byte sector, in any order; where a file grew, its
//!   new part may hold anything at all. Writes that are not made do not change the bytes beside them
//!   (`SQLite` calls it powersafe overwrite, and takes it for granted too).
//! - A name is in the directory, or gone from it, for certain once the directory itself was synced.
//!   Of later changes a beginning may be there, as a file system with a journal leaves it.

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::trace::{FileNumber, Operation};

const SECTOR: usize = 512;

/// The files of the directory, by name.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// Which of the changes that were not synced are found after the power cut.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Survivors {
    /// None: the disk holds what was promised.
    None,
    /// All: as if the program alone had died.
    All,
    /// The first of them by chance, the last one of these torn.
    Beginning,
    /// Each sector by chance, and growth without its content.
    Any,
}

#[derive(Default)]
pub(crate) struct Disk<'a> {
    files: BTreeMap<FileNumber, File<'a>>,
    names: BTreeMap<&'a str, FileNumber>,
    unsynced_names: Vec<NameChange<'a>>,
}

#[derive(Default)]
struct File<'a> {
    synced: Vec<u8>,
    unsynced: Vec<Change<'a>>,
}

#[derive(Clone, Copy)]
enum Change<'a> {
    Write { offset: usize, bytes: &'a [u8] },
    Resize(usize),
}

#[derive(Clone, Copy)]
enum NameChange<'a> {
    Appears(&'a str, FileNumber),
    Vanishes(&'a str),
}

impl<'a> Disk<'a> {
    /// Takes the next operation of a trace.
    pub(crate) fn apply(&mut self, operation: Operation<'a>) {
        match operation {
            Operation::Create { file, name } => {
                self.files.insert(file, File::default());
                self.unsynced_names.push(NameChange::Appears(name, file));
            }
            Operation::Write { file, offset, bytes } => {
                self.file(file).unsynced.push(Change::Write { offset, bytes });
            }
            Operation::Resize { file, size } => {
                self.file(file).unsynced.push(Change::Resize(size));
            }
            Operation::Sync { file } => {
                let file = self.file(file);
                for change in file.unsynced.drain(..) {
                    change.make(&mut file.synced);
                }
            }
            Operation::SyncDirectory => {
                for change in self.unsynced_names.drain(..) {
                    change.make(&mut self.names);
                }
            }
            Operation::Unlink { name } => self.unsynced_names.push(NameChange::Vanishes(name)),
            Operation::Mapped => panic!("a file is written through a mapping, which nobody sees"),
            Operation::Mark { .. } => {}
        }
    }

    fn file(&mut self, number: FileNumber) -> &mut File<'a> {
        self.files.get_mut(&number).expect("a file is created before it is used")
    }

    /// What is found in the directory if the power fails now.
    pub(crate) fn after_power_cut(&self, survivors: Survivors, chance: &mut Chance) -> Files {
        let mut names = self.names.clone();
        let surviving = match survivors {
            Survivors::None => 0,
            Survivors::All => self.unsynced_names.len(),
            Survivors::Beginning | Survivors::Any => chance.below(self.unsynced_names.len() + 1),
        };
        for change in &self.unsynced_names[..surviving] {
            change.make(&mut names);
        }
        let content = |(name, number): (&&str, &FileNumber)| {
            ((*name).to_owned(), self.files[number].after_power_cut(survivors, chance))
        };
        names.iter().map(content).collect()
    }
}

impl File<'_> {
    fn after_power_cut(&self, survivors: Survivors, chance: &mut Chance) -> Vec<u8> {
        let mut content = self.synced.clone();
        match survivors {
            Survivors::None => {}
            Survivors::All => {
                for change in &self.unsynced {
                    change.make(&mut content);
                }
            }
            Survivors::Beginning => {
                let whole = chance.below(self.unsynced.len() + 1);
                for change in &self.unsynced[..whole] {
                    change.make(&mut content);
                }
                if let Some(Change::Write { offset, bytes }) = self.unsynced.get(whole) {
                    let sectors = sectors(*offset, bytes);
                    let torn = chance.below(sectors.len());
                    for sector in &sectors[..torn] {
                        sector.make(&mut content);
                    }
                }
            }
            Survivors::Any => self.any(&mut content, chance),
        }
        content
    }

    /// Each sector with a probability that is the same within one power cut, so that there are cuts
    /// after which nearly all is there, and such after which hardly anything is.
    fn any(&self, content: &mut Vec<u8>, chance: &mut Chance) {
        let percent = chance.below(101);
        let mut all = self.synced.clone();
        for change in &self.unsynced {
            change.make(&mut all);
            let parts = match change {
                Change::Write { offset, bytes } => sectors(*offset, bytes),
                Change::Resize(_) => vec![*change],
            };
            for part in parts.iter().filter(|_| chance.below(100) < percent) {
                part.make(content);
            }
        }
        if all.len() > content.len() && chance.below(2) == 0 {
            let grown = content.len();
            content.resize(all.len(), 0);
            chance.fill(&mut content[grown..]);
        }
    }
}

/// A write, taken apart where the sectors of the disk begin.
fn sectors(offset: usize, bytes: &[u8]) -> Vec<Change<'_>> {
    let head = bytes.len().min(SECTOR - offset % SECTOR);
    let (head, rest) = bytes.split_at(head);
    let whole = rest.chunks(SECTOR).zip((offset + head.len()..).step_by(SECTOR));
    let whole = whole.map(|(bytes, offset)| Change::Write { offset, bytes });
    [Change::Write { offset, bytes: head }].into_iter().chain(whole).collect()
}

impl Change<'_> {
    fn make(self, content: &mut Vec<u8>) {
        match self {
            Change::Resize(size) => content.resize(size, 0),
            Change::Write { offset, bytes } => {
                let end = offset + bytes.len();
                content.resize(content.len().max(end), 0);
                content[offset..end].copy_from_slice(bytes);
            }
        }
    }
}

impl<'a> NameChange<'a> {
    fn make(self, names: &mut BTreeMap<&'a str, FileNumber>) {
        match self {
            NameChange::Appears(name, file) => names.insert(name, file),
            NameChange::Vanishes(name) => names.remove(name),
        };
    }
}

/// Numbers from a seed.
pub(crate) struct Chance(ChaCha8Rng);

impl Chance {
    pub(crate) fn of_seed(seed: u64) -> Chance {
        Chance(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A number below the bound, which is not 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).expect("a length fits 64 bits");
        usize::try_from(self.0.next_u64() % bound).expect("it is below a length")
    }

    /// Garbage.
    pub(crate) fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of four synced sectors of `a`, then one write of four sectors of `b`.
    fn overwritten(then: &[Operation<'static>]) -> Disk<'static> {
        let mut disk = Disk::default();
        let written = [
            Operation::Create { file: 1, name: "f" },
            Operation::Write { file: 1, offset: 0, bytes: &[b'a'; 4 * SECTOR] },
            Operation::Sync { file: 1 },
            Operation::SyncDirectory,
            Operation::Write { file: 1, offset: 0, bytes: &[b'b'; 4 * SECTOR] },
        ];
        for operation in written.iter().chain(then) {
            disk.apply(*operation);
        }
        disk
    }

    /// The first byte of each sector, in each of many power cuts.
    fn seen(disk: &Disk<'_>, survivors: Survivors) -> std::collections::BTreeSet<String> {
        let mut chance = Chance::of_seed(7);
        let cut = |_| {
            let files = disk.after_power_cut(survivors, &mut chance);
            let sectors = files.get("f").into_iter().flat_map(|file| file.chunks(SECTOR));
            sectors.map(|sector| char::from(sector[0])).collect()
        };
        (0..1_000).map(cut).collect()
    }

    #[test]
    fn what_is_not_synced_may_be_lost_torn_and_reordered() {
        let disk = overwritten(&[]);
        assert_eq!(Vec::from_iter(seen(&disk, Survivors::None)), ["aaaa"]);
        assert_eq!(Vec::from_iter(seen(&disk, Survivors::All)), ["bbbb"]);
        let torn = ["aaaa", "baaa", "bbaa", "bbba", "bbbb"];
        assert_eq!(Vec::from_iter(seen(&disk, Survivors::Beginning)), torn);
        assert_eq!(seen(&disk, Survivors::Any).len(), 16);
    }

    #[test]
    fn what_is_synced_is_there() {
        let disk = overwritten(&[Operation::Sync { file: 1 }]);
        for survivors in [Survivors::None, Survivors::All, Survivors::Beginning, Survivors::Any] {
            assert_eq!(Vec::from_iter(seen(&disk, survivors)), ["bbbb"], "{survivors:?}");
        }
    }

    #[test]
    fn a_name_goes_for_certain_when_the_directory_is_synced() {
        let disk = overwritten(&[Operation::Unlink { name: "f" }]);
        assert_eq!(Vec::from_iter(seen(&disk, Survivors::None)), ["aaaa"]);
        let seen_any = seen(&disk, Survivors::Any);
        assert!(seen_any.contains("") && seen_any.contains("aaaa"), "{seen_any:?}");
        let disk = overwritten(&[Operation::Unlink { name: "f" }, Operation::SyncDirectory]);
        assert_eq!(Vec::from_iter(seen(&disk, Survivors::None)), [""]);
    }
}
