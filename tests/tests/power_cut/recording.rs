//! Runs the workload in a process of its own under the shim, and keeps what it did.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::disk::{Chance, Disk, Files, Survivors};
use crate::trace::Operation;
use crate::workload;

/// What a workload did, and what it left.
pub(crate) struct Recording {
    /// For `trace::read`.
    pub(crate) trace: Vec<u8>,
    left: Files,
}

impl Recording {
    /// Of the workload on a store with that value of `synchronous`.
    pub(crate) fn of_workload(synchronous: &str) -> Recording {
        let place = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
        let trace = place.path().join("trace");
        let directory = scratch();
        let store = canonical(directory.path());
        let child = Command::new(std::env::current_exe().expect("this test is a program"))
            .args(["--exact", workload::NAME, "--ignored", "--nocapture"])
            .env("LD_PRELOAD", build_shim(place.path()))
            .env("POWER_CUT_DIRECTORY", &store)
            .env("POWER_CUT_TRACE", &trace)
            .env("POWER_CUT_MARKS", place.path().join("marks"))
            .env(workload::SYNCHRONOUS, synchronous)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut child = child.expect("the workload starts");
        let output = child.stdout.take().expect("its output is a pipe");
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let done = lines.any(|line| line.ends_with(workload::DONE));
        child.kill().expect("it is ours to kill");
        let status = child.wait().expect("it ends");
        assert!(done, "the workload failed: {status}");
        Recording { trace: fs::read(&trace).expect("the shim wrote a trace"), left: files(&store) }
    }

    /// Fails unless the trace explains every byte that is in the directory: the shim missed nothing.
    pub(crate) fn assert_complete(&self, operations: &[Operation<'_>]) {
        let mut disk = Disk::default();
        for operation in operations {
            disk.apply(*operation);
        }
        let explained = disk.after_power_cut(Survivors::All, &mut Chance::of_seed(0));
        let names = |files: &Files| files.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&explained), names(&self.left));
        for (name, content) in &self.left {
            assert!(explained[name] == *content, "{name}: the trace tells something else");
        }
    }
}

/// A directory for files that live shortly, in memory where there is such a place.
pub(crate) fn scratch() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a directory")
}

fn build_shim(place: &Path) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/power_cut/shim.c");
    let shim = place.join("shim.so");
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    let status = Command::new(&compiler)
        .args(["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-pthread", "-o"])
        .args([&shim, &source])
        .status();
    let status = status.unwrap_or_else(|error| panic!("{}: {error}", compiler.display()));
    assert!(status.success(), "the shim does not compile: {status}");
    shim
}

fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().expect("the directory is there")
}

fn files(directory: &Path) -> Files {
    let entries = fs::read_dir(directory).expect("the directory is there");
    let file = |entry: std::io::Result<fs::DirEntry>| {
        let entry = entry.expect("the directory is read");
        let name = entry.file_name().into_string().expect("the store's names are plain");
        let content = fs::read(entry.path()).expect("the file is read");
        (!name.ends_with("-shm")).then_some((name, content))
    };
    entries.filter_map(file).collect()
}
