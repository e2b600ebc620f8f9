//! Power cuts: no acknowledged event is lost when the power fails, whatever becomes of the writes
//! that were not synced; with less than our settings the same test sees a loss.
//!
//! A workload runs on the real store under a preloaded library (shim.c), which writes down every
//! operation on the store's files, and between them what the store had acknowledged (`recording`,
//! `workload`, `trace`). A model of the disk (`disk`) then gives, for a moment of that trace, the
//! states in which a power cut could leave the files. Each chosen state (`cuts`) is laid out as a
//! directory of its own and opened by the real store (`examination`): it opens, is sound, holds every
//! event that was acknowledged before that moment, without gaps, with its content.
//!
//! The moments: just before each sync, once with nothing and once with all that was not synced. The
//! first of these is the worst that can be found between two syncs, as the most was acknowledged
//! there. Then, by chance, moments and survivors of all kinds.
//!
//! What `SQLite` takes for granted of a disk is what the model gives, and no more: a sector is 512
//! bytes, writes are reordered and torn, a new file is certain once its directory was synced, a file
//! that grew may hold garbage, a write does not damage the bytes beside it
//! (<https://sqlite.org/atomiccommit.html>, sections 2 and 9.3; <https://sqlite.org/psow.html>).
//! With `synchronous=FULL` it syncs the write-ahead log after each commit, with `NORMAL` only before
//! a checkpoint, so that commits may be lost and the file stays sound
//! (<https://sqlite.org/pragma.html#pragma_synchronous>). The index of the log (`-shm`) is made anew
//! when the first connection opens the store (<https://sqlite.org/walformat.html>, section 2): after
//! a cut it is missing or garbage here.
//!
//! Not modelled: disks that lie about a sync, bits that rot, damage beside a write, a file system
//! that loses what was synced, and `PostgreSQL`, which answers for its own files.

#![cfg(target_os = "linux")]

mod cuts;
mod disk;
mod examination;
mod recording;
mod trace;
mod workload;

use crate::cuts::cuts;
use crate::disk::Chance;
use crate::examination::{Figures, examine};
use crate::recording::Recording;
use crate::trace::Operation;

/// The variable that gives another seed than the default.
const SEED: &str = "SLUICE_POWER_CUT_SEED";

#[test]
fn no_acknowledged_event_is_lost() {
    let figures = figures_of("full", 600);
    assert_eq!(figures.unsound, Vec::<String>::new());
    assert_eq!(figures.lost, 0, "acknowledged events were lost");
    assert!(figures.acknowledged > 1_000, "the workload is too small to show anything");
}

#[test]
fn the_control_loses_acknowledged_events() {
    let figures = figures_of("normal", 60);
    assert_eq!(figures.unsound, Vec::<String>::new());
    assert!(figures.lost > 0, "this test would not notice a missing sync");
}

#[expect(clippy::print_stdout, reason = "the figures are what this test is made for")]
fn figures_of(synchronous: &str, by_chance: usize) -> Figures {
    let seed = std::env::var(SEED).map_or(1, |seed| seed.parse().expect("the seed is a number"));
    println!("synchronous={synchronous}: {SEED}={seed}");
    let recording = Recording::of_workload(synchronous);
    let operations = trace::read(&recording.trace);
    recording.assert_complete(&operations);
    let checkpoints = checkpoints(&operations);
    assert!(checkpoints > 1, "the workload is too small to reach a checkpoint");
    let mut chance = Chance::of_seed(seed);
    let cuts = cuts(&operations, by_chance, &mut chance);
    let figures = examine(&operations, &cuts, &mut chance);
    let count = operations.len();
    println!("synchronous={synchronous}: {count} operations, {checkpoints} checkpoints; {figures}");
    figures
}

/// How often the store's own file was synced after the first acknowledgement.
fn checkpoints(operations: &[Operation<'_>]) -> usize {
    let store = operations.iter().find_map(|operation| match operation {
        Operation::Create { file, name } if *name == workload::STORE => Some(*file),
        _ => None,
    });
    let is_mark = |operation: &&Operation<'_>| matches!(operation, Operation::Mark { .. });
    let is_checkpoint = |operation: &&Operation<'_>| match operation {
        Operation::Sync { file } => Some(*file) == store,
        _ => false,
    };
    operations.iter().skip_while(|operation| !is_mark(operation)).filter(is_checkpoint).count()
}
