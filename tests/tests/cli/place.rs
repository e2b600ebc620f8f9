//! A directory with a store of its own, and the commands that are run there.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Output, Stdio};

use serde_json::{Value, json};

/// The flow that waits for a person.
pub(crate) const APPROVAL: &str = r#"
import random
import time
import uuid
from dataclasses import dataclass

from sluice import flow


@dataclass
class Decision:
    approve: bool
    reason: str = ""


@flow(name="approval", uses=["ask"])
def approval(amount: int) -> dict:
    """Ask a person before paying."""
    with flow.step("prepare"):
        ticket, drawn_at, lucky = uuid.uuid4().hex, time.time(), random.random()
        flow.log.info("prepared", ticket=ticket, lucky=lucky)
    decision = flow.ask("Pay this invoice?", Decision, details={"amount": amount, "ticket": ticket})
    with flow.step("settle"):
        flow.log.warning("settling")
        return {
            "paid": decision.approve,
            "reason": decision.reason,
            "ticket": ticket,
            "lucky": lucky,
        }
"#;

/// A directory, and a store in it.
pub(crate) struct Place {
    dir: tempfile::TempDir,
    /// What the environment says of a server.
    server: Option<String>,
}

impl Place {
    /// A place with this source as `flow.py`.
    pub(crate) fn with(source: &str) -> Place {
        let dir = tempfile::tempdir().expect("a directory can be made");
        let place = Place { dir, server: None };
        place.file("flow.py", source);
        place
    }

    /// The directory.
    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Writes a file, and returns its path.
    pub(crate) fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, content).expect("a file can be written");
        path
    }

    /// From now on commands work on that server.
    pub(crate) fn work_on(&mut self, server: &str) {
        self.server = Some(server.to_owned());
    }

    /// Puts a file in the place of another, as many editors save.
    pub(crate) fn replace(&self, name: &str, content: &str) {
        let draft = self.file("draft", content);
        std::fs::rename(draft, self.dir.path().join(name)).expect("it can be put in its place");
    }

    /// The text of a file.
    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.dir.path().join(name)).expect("a file can be read")
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.args(args).current_dir(self.dir.path()).stdin(Stdio::null());
        command.env_remove("NO_COLOR").env("LC_ALL", "C.UTF-8").env("USER", "ada");
        command.env("SLUICE_CACHE_DIR", sluice_tests::cache_dir());
        command.env("SLUICE_STORE", self.dir.path().join("store.db"));
        command.env("XDG_CONFIG_HOME", self.dir.path().join("config"));
        command.env("SLUICE_MASTER_KEY_FILE", self.dir.path().join("master.key"));
        command.env("PATH_SOCKET", self.dir.path().join("sockets")).env_remove("SLUICE_REACH");
        command.env_remove("SLUICE_SERVER").env_remove("SLUICE_TOKEN");
        command.envs(self.server.iter().map(|server| ("SLUICE_SERVER", server)));
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        Ran::from(self.command(args).output().expect("the binary starts"))
    }

    /// The document that a command prints which is to succeed.
    #[track_caller]
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        self.run(&[args, &["--json"]].concat()).ends_with(0).json()
    }

    /// Runs a command to its end, with variables set.
    pub(crate) fn run_with(&self, args: &[&str], variables: &[(&str, &str)]) -> Ran {
        let mut command = self.command(args);
        command.envs(variables.iter().copied());
        Ran::from(command.output().expect("the binary starts"))
    }

    /// Runs a command to its end, with that on its standard input.
    pub(crate) fn run_typing(&self, args: &[&str], text: &str) -> Ran {
        let mut command = self.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        let mut typed = child.stdin.take().expect("it was asked for");
        typed.write_all(text.as_bytes()).expect("it reads");
        drop(typed);
        Ran::from(child.wait_with_output().expect("it can be waited for"))
    }

    /// Starts a command that is not waited for.
    pub(crate) fn start(&self, args: &[&str]) -> Started {
        let mut command = self.command(args);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        let notes = BufReader::new(child.stderr.take().expect("it was asked for"));
        Started { child, notes, told: String::new() }
    }

    /// Starts a command that is talked to in JSON-RPC, a message a line.
    pub(crate) fn converse(&self, args: &[&str]) -> Conversation {
        let mut command = self.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().expect("the binary starts");
        let says = child.stdin.take().expect("it was asked for");
        let hears = BufReader::new(child.stdout.take().expect("it was asked for"));
        Conversation { child, says, hears }
    }

    /// Submits the flow, and returns the id of its run.
    pub(crate) fn submit(&self, args: &[&str]) -> String {
        let args = [&["run", "flow.py", "--detach", "--quiet"], args].concat();
        self.run(&args).ends_with(0).stdout.trim_end().to_owned()
    }

    /// Works until nothing is left to do.
    pub(crate) fn work(&self) {
        self.run(&["worker", "--until-idle"]).ends_with(0);
    }

    /// All that is known of a run.
    pub(crate) fn get(&self, run: &str) -> Value {
        self.json(&["runs", "get", run])
    }
}

/// The binary beside the tests.
fn binary() -> PathBuf {
    let tests = std::env::current_exe().expect("a test has a path");
    let binary = tests.parent().and_then(Path::parent).map(|target| target.join("sluice"));
    let binary = binary.expect("tests are built in target/*/deps");
    assert!(
        binary.exists(),
        "{} is missing: `cargo build --package sluice` builds it",
        binary.display()
    );
    binary
}

/// A command that goes on.
pub(crate) struct Started {
    child: Child,
    notes: BufReader<ChildStderr>,
    told: String,
}

impl Started {
    /// Waits until it has said this.
    #[track_caller]
    pub(crate) fn says(&mut self, text: &str) -> &mut Started {
        while !self.told.contains(text) {
            let read = self.notes.read_line(&mut self.told).expect("notes are UTF-8");
            assert!(read > 0, "it ended before it said `{text}`: {}", self.told);
        }
        self
    }

    /// The word behind this in what it has said.
    #[track_caller]
    pub(crate) fn word_after(&self, text: &str) -> String {
        let rest = self.told.split_once(text).map(|(_, rest)| rest.split_whitespace().next());
        rest.flatten().unwrap_or_else(|| panic!("no `{text}` in {}", self.told)).to_owned()
    }

    /// Sends it a signal by its name.
    pub(crate) fn signal(&mut self, name: &str) -> &mut Started {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", name, &pid]).status().expect("kill starts");
        assert!(status.success());
        self
    }

    /// Waits until it ends.
    pub(crate) fn end(mut self) -> Ran {
        self.notes.read_to_string(&mut self.told).expect("notes are UTF-8");
        let told = std::mem::take(&mut self.told);
        let mut ended = Ran::from(self.child.wait_with_output().expect("it can be waited for"));
        ended.stderr = told;
        ended
    }
}

/// A command that is talked to in JSON-RPC.
pub(crate) struct Conversation {
    child: Child,
    says: ChildStdin,
    hears: BufReader<ChildStdout>,
}

impl Conversation {
    /// Asks something, and waits for the answer.
    #[track_caller]
    pub(crate) fn asks(&mut self, method: &str, params: &Value) -> Value {
        self.sends(&json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }));
        let mut line = String::new();
        self.hears.read_line(&mut line).expect("the answer is UTF-8");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// Tells something that has no answer.
    pub(crate) fn tells(&mut self, method: &str) {
        self.sends(&json!({ "jsonrpc": "2.0", "method": method }));
    }

    fn sends(&mut self, message: &Value) {
        writeln!(self.says, "{message}").expect("it listens");
    }

    /// Says no more, and waits for the end.
    pub(crate) fn ends(self) -> Ran {
        drop(self.says);
        drop(self.hears);
        Ran::from(self.child.wait_with_output().expect("it can be waited for"))
    }
}

/// What a command said and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Ran {
        Ran {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("data is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("notes are UTF-8"),
        }
    }
}

impl Ran {
    /// It ended with this exit code.
    #[track_caller]
    pub(crate) fn ends_with(self, code: i32) -> Ran {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// What it printed, as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// It said each of these, to people or to programs.
    #[track_caller]
    pub(crate) fn tells(self, parts: &[&str]) -> Ran {
        for part in parts {
            let is_told = self.stderr.contains(part) || self.stdout.contains(part);
            assert!(is_told, "`{part}` is missing: {self:#?}");
        }
        self
    }
}
