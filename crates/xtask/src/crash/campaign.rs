//! The campaign: cycles of work and death, and now and then a worker that is left alone until all is
//! done.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use sluice_db::Store;
use tokio::runtime::Runtime;

use super::Args;
use super::book::Book;
use super::chance::Chance;
use super::check::Checker;
use super::child::LEASE;
use super::figures::Figures;
use super::ledger::Ledger;
use super::load;
use super::stores::Stores;
use super::words::{Command, Said};
use super::worker::{Death, Heard, Place, Worker};

/// The longest life of a worker after it is ready.
const LONGEST_LIFE_MS: u64 = 400;

/// How long a worker may take until it is ready.
const START: Duration = Duration::from_mins(5);

/// How long it may take until nothing is left to do: so long that a busy machine does not read as runs
/// that are stuck.
const DRAIN: Duration = Duration::from_mins(10);

/// Records that are replayed after each drain.
const REPLAYS: u32 = 60;

/// Violations after which the campaign is given up.
const MOST_VIOLATIONS: usize = 50;

/// One campaign.
pub(super) struct Campaign {
    cycles: u64,
    drain_every: u64,
    fresh_every: u64,
    runtime: Runtime,
    dir: tempfile::TempDir,
    stores: Stores,
    url: String,
    ledger: Ledger,
    chance: Chance,
    book: Book,
    checker: Checker,
    figures: Figures,
    violations: Vec<String>,
    workers: u64,
}

impl Campaign {
    pub(super) fn new(args: &Args, seed: u64) -> anyhow::Result<Campaign> {
        let dir = tempfile::Builder::new().prefix("sluice-crash-").tempdir()?;
        let mut stores = Stores::new(args.store, dir.path().to_owned())?;
        Ok(Campaign {
            cycles: args.cycles,
            drain_every: args.drain_every.max(1),
            fresh_every: args.fresh_every.max(1),
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build()?,
            url: stores.fresh()?,
            stores,
            ledger: Ledger::open(dir.path())?,
            dir,
            chance: Chance::new(seed),
            book: Book::default(),
            checker: Checker::default(),
            figures: Figures { stores: 1, ..Figures::default() },
            violations: Vec::new(),
            workers: 0,
        })
    }

    /// Whether nothing was violated.
    pub(super) fn run(mut self) -> anyhow::Result<bool> {
        let began = Instant::now();
        while self.figures.cycles < self.cycles && self.violations.len() < MOST_VIOLATIONS {
            self.figures.cycles += 1;
            if self.chance.percent(10) {
                self.two_workers()?;
            } else {
                self.one_worker()?;
            }
            self.look()?;
            let is_last = self.figures.cycles == self.cycles;
            if is_last || self.figures.cycles.is_multiple_of(self.drain_every) {
                self.drain()?;
                eprintln!("{} cycles, {} violations", self.figures.cycles, self.violations.len());
            }
        }
        self.figures.took = began.elapsed();
        (self.figures.effects, self.figures.repeated) = self.ledger.totals();
        let Checker { runs, attempts, events, .. } = self.checker;
        (self.figures.runs, self.figures.attempts, self.figures.events) = (runs, attempts, events);
        println!("{}", self.figures);
        println!("violations       {:>9}", self.violations.len());
        if !self.violations.is_empty() {
            let kept: PathBuf = self.dir.keep();
            println!("the last store is {}, beside {}", self.url, kept.display());
            return Ok(false);
        }
        self.stores.remove()?;
        Ok(true)
    }

    fn start(&mut self, crash_point: Option<&str>) -> anyhow::Result<Worker> {
        self.workers += 1;
        let name = format!("worker-{}", self.workers);
        let place = Place { store: &self.url, ledger: self.ledger.path() };
        Worker::start(&place, &name, crash_point)
    }

    /// A worker that is killed: at a crash point, or at any time, perhaps before it is ready.
    fn one_worker(&mut self) -> anyhow::Result<()> {
        let point = self.chance.percent(50).then(|| load::crash_point(&mut self.chance));
        let mut worker = self.start(point.as_deref())?;
        let is_early = point.is_none() && self.chance.percent(8);
        if is_early {
            let until = Instant::now() + self.chance.millis(0, 80);
            self.hear(&mut worker, until);
        } else if self.hear_ready(&mut worker)? {
            let longest = Duration::from_millis(LONGEST_LIFE_MS);
            let life = match point {
                Some(_) => longest,
                None => self.chance.millis(0, LONGEST_LIFE_MS),
            };
            let planned = load::plan(&mut self.chance, &mut self.book, life.max(longest / 4));
            self.live(&mut [&mut worker], planned, life);
        }
        let (death, said) = worker.kill()?;
        self.hear_all(said);
        self.buried(death, point.as_deref());
        Ok(())
    }

    /// Two workers on one store; one is stopped until its leases have run out, and woken again.
    fn two_workers(&mut self) -> anyhow::Result<()> {
        let (mut paused, mut other) = (self.start(None)?, self.start(None)?);
        if self.hear_ready(&mut paused)? && self.hear_ready(&mut other)? {
            let before = self.chance.millis(10, 150);
            let planned = load::plan(&mut self.chance, &mut self.book, before);
            self.live(&mut [&mut paused, &mut other], planned, before);
            paused.pause()?;
            let asleep = LEASE + self.chance.millis(20, 200);
            let planned = load::plan(&mut self.chance, &mut self.book, asleep);
            self.live(&mut [&mut other], planned, asleep);
            paused.wake()?;
            let after = self.chance.millis(20, 250);
            self.live(&mut [&mut paused, &mut other], Vec::new(), after);
            self.figures.paused += 1;
        }
        for worker in [paused, other] {
            let (death, said) = worker.kill()?;
            self.hear_all(said);
            self.buried(death, None);
        }
        Ok(())
    }

    /// Tells the workers in turn what is planned, and hears them, for that long.
    fn live(&mut self, workers: &mut [&mut Worker], planned: Vec<load::Planned>, life: Duration) {
        let began = Instant::now();
        let end = began + life;
        for (at, command) in planned {
            let at = (began + at).min(end);
            for worker in workers.iter_mut() {
                if !self.hear(worker, at) {
                    return;
                }
            }
            let drawn = self.chance.below(workers.len() as u64);
            if let Some(worker) = workers.get_mut(usize::try_from(drawn).unwrap_or(0)) {
                worker.tell(&command);
            }
        }
        for worker in workers {
            self.hear(worker, end);
        }
    }

    /// Hears a worker until then. False where it is dead.
    fn hear(&mut self, worker: &mut Worker, until: Instant) -> bool {
        loop {
            match worker.hear(until) {
                Heard::Said(said) => self.hear_all(vec![said]),
                Heard::Nothing => return true,
                Heard::End => return false,
            }
        }
    }

    /// Hears a worker until it is ready. False where it died before.
    fn hear_ready(&mut self, worker: &mut Worker) -> anyhow::Result<bool> {
        let until = Instant::now() + START;
        loop {
            match worker.hear(until) {
                Heard::Said(Said::Ready) => return Ok(true),
                Heard::Said(said) => self.hear_all(vec![said]),
                Heard::Nothing => anyhow::bail!("a worker is not ready after {START:?}"),
                Heard::End => return Ok(false),
            }
        }
    }

    /// Orders what was never acknowledged, and then waits until nothing is left to do.
    fn hear_drained(&mut self, worker: &mut Worker) -> anyhow::Result<bool> {
        let until = Instant::now() + 2 * DRAIN;
        for order in self.book.unacknowledged() {
            worker.tell(&Command::Submit(order));
        }
        let mut is_told = false;
        loop {
            if !is_told && self.book.unacknowledged().is_empty() {
                let ceiling_ms = u64::try_from(DRAIN.as_millis())?;
                worker.tell(&Command::Drain { ceiling_ms, replays: REPLAYS });
                is_told = true;
            }
            match worker.hear(until) {
                Heard::Said(said) => {
                    let is_drained = matches!(said, Said::Drained { .. });
                    self.hear_all(vec![said]);
                    if is_drained {
                        return Ok(true);
                    }
                }
                Heard::Nothing | Heard::End => return Ok(false),
            }
        }
    }

    fn hear_all(&mut self, said: Vec<Said>) {
        for said in said {
            if let Said::Drained { replayed } = said {
                self.figures.replays += u64::from(replayed);
            }
            if let Some(wrong) = self.book.heard(said) {
                self.violated(wrong);
            }
        }
    }

    fn buried(&mut self, death: Death, point: Option<&str>) {
        match (death, point) {
            (Death::Killed, _) => self.figures.at_random += 1,
            (Death::Aborted, Some(point)) => {
                let name = point.split(':').next().unwrap_or(point);
                *self.figures.at_points.entry(name.to_owned()).or_default() += 1;
            }
            (death, _) => self.violated(format!("a worker ended by itself: {death:?}")),
        }
    }

    fn violated(&mut self, what: String) {
        println!("violation in cycle {}: {what}", self.figures.cycles);
        self.violations.push(what);
    }

    /// Looks at everything, now that nobody else does.
    fn look(&mut self) -> anyhow::Result<()> {
        let wrong = self.runtime.block_on(async {
            let store = Store::open(&self.url).await?;
            let wrong = self.checker.after_cycle(&store, &self.ledger, &self.book).await;
            store.close().await;
            wrong
        })?;
        for wrong in wrong.into_iter().chain(self.ledger.wrong()) {
            self.violated(wrong);
        }
        Ok(())
    }

    /// Leaves a worker alone until nothing is left to do, and looks what became of everything.
    fn drain(&mut self) -> anyhow::Result<()> {
        let before = self.violations.len();
        let mut worker = self.start(None)?;
        let is_drained = self.hear_ready(&mut worker)? && self.hear_drained(&mut worker)?;
        let (death, said) = worker.leave(Duration::from_secs(20))?;
        self.hear_all(said);
        if !is_drained || death != Death::Left {
            self.violated(format!("drained: {is_drained}; the worker ended so: {death:?}"));
        }
        self.look()?;
        for wrong in self.checker.after_drain(&self.ledger, &self.book) {
            self.violated(wrong);
        }
        self.figures.drains += 1;
        self.book.turn_page();
        self.ledger.turn_page();
        let is_clean = self.violations.len() == before;
        if is_clean && !self.figures.drains.is_multiple_of(self.fresh_every) {
            return Ok(());
        }
        self.checker.next_store();
        if self.figures.cycles < self.cycles {
            self.url = self.stores.fresh()?;
            self.figures.stores += 1;
        }
        Ok(())
    }
}
