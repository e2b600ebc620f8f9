//! The harness's hold on a worker under test: started, told, heard, stopped, woken, killed.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, Command as Program, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use super::words::{Command, Said};

/// What all workers of one store have in common.
pub(super) struct Place<'p> {
    pub(super) store: &'p str,
    pub(super) ledger: &'p Path,
}

/// A running worker.
pub(super) struct Worker {
    process: Child,
    stdin: Option<ChildStdin>,
    said: Receiver<Said>,
}

/// How a worker came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Death {
    /// At its crash point.
    Aborted,
    /// By our signal.
    Killed,
    /// In good order.
    Left,
    /// Otherwise.
    Failed(ExitStatus),
}

impl Worker {
    /// Starts one that aborts at a crash point, `NAME:N`, where one is given.
    pub(super) fn start(
        place: &Place<'_>,
        name: &str,
        crash_point: Option<&str>,
    ) -> anyhow::Result<Worker> {
        let mut program = Program::new(std::env::current_exe()?);
        program.args(["crash", "--worker", name, "--url", place.store]).arg("--ledger");
        program.arg(place.ledger).env_remove("SLUICE_CRASH_POINT");
        if let Some(point) = crash_point {
            program.env("SLUICE_CRASH_POINT", point);
        }
        program.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = program.spawn().context("a worker does not start")?;
        let stdin = process.stdin.take();
        let stdout = process.stdout.take().context("a worker has no output")?;
        let (sender, said) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                // Half a line is what a killed worker did not say.
                let Ok(said) = serde_json::from_str(&line) else { continue };
                if sender.send(said).is_err() {
                    return;
                }
            }
        });
        Ok(Worker { process, stdin, said })
    }

    /// Tells it something. It may be dead, and then has not heard it.
    pub(super) fn tell(&mut self, command: &Command) {
        if let Some(stdin) = &mut self.stdin {
            let _ = stdin.write_all(format!("{}\n", json!(command)).as_bytes());
        }
    }

    /// The next thing that it says until then; none where it is silent.
    pub(super) fn hear(&mut self, until: Instant) -> Heard {
        let left = until.saturating_duration_since(Instant::now());
        match self.said.recv_timeout(left) {
            Ok(said) => Heard::Said(said),
            Err(RecvTimeoutError::Timeout) => Heard::Nothing,
            Err(RecvTimeoutError::Disconnected) => Heard::End,
        }
    }

    pub(super) fn pause(&self) -> anyhow::Result<()> {
        self.signal(Signal::STOP)
    }

    pub(super) fn wake(&self) -> anyhow::Result<()> {
        self.signal(Signal::CONT)
    }

    fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        let pid = i32::try_from(self.process.id()).ok().and_then(Pid::from_raw);
        kill_process(pid.context("a worker has no number")?, signal)?;
        Ok(())
    }

    /// Kills it. What it said to its end comes back with how it died.
    pub(super) fn kill(mut self) -> anyhow::Result<(Death, Vec<Said>)> {
        // It may be dead already.
        let _ = self.process.kill();
        self.end()
    }

    /// Lets it leave in good order, and kills it where it does not within `patience`.
    pub(super) fn leave(mut self, patience: Duration) -> anyhow::Result<(Death, Vec<Said>)> {
        self.stdin = None;
        let until = Instant::now() + patience;
        let mut said = Vec::new();
        loop {
            match self.hear(until) {
                Heard::Said(one) => said.push(one),
                Heard::End => break,
                Heard::Nothing => {
                    self.process.kill()?;
                    break;
                }
            }
        }
        let (death, rest) = self.end()?;
        said.extend(rest);
        Ok((death, said))
    }

    fn end(mut self) -> anyhow::Result<(Death, Vec<Said>)> {
        let status = self.process.wait()?;
        // The pipe ends with the process, and the channel with the pipe.
        let said = self.said.iter().collect();
        let death = match status.signal().map(Signal::from_named_raw) {
            _ if status.success() => Death::Left,
            Some(Some(Signal::KILL)) => Death::Killed,
            Some(Some(Signal::ABORT)) => Death::Aborted,
            _ => Death::Failed(status),
        };
        Ok((death, said))
    }
}

/// What was heard.
pub(super) enum Heard {
    Said(Said),
    /// Nothing in that time.
    Nothing,
    /// It has come to its end.
    End,
}
