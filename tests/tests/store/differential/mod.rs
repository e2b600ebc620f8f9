//! The same workload, drawn from a seed, on both engines: what is answered and what is stored is the
//! same.
//!
//! `SLUICE_TEST_SEED` chooses the seed; it stands in the message of a failure.

mod edge;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};
use sluice_db::{AskFilter, AuditFilter, Leased, NewEvent, RunFilter};
use sluice_model::{
    AskId, AttemptEnd, CallId, Code, EventBody, Failure, KvAction, Quota, RunId, TenantId,
};

use crate::world::{
    World, ended, event, log, question, sleep_call, start, started, suspended, tenant, usage,
};

const OPERATIONS: u32 = 3_000;

/// A sequence of numbers that anybody can draw again.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn one_of<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        let count = items.len() as u64;
        let place = if count == 0 { return None } else { self.below(count) };
        items.get(usize::try_from(place).ok()?)
    }
}

struct Workload {
    world: World,
    chance: Chance,
    now_us: u64,
    tenants: [TenantId; 3],
    runs: Vec<(TenantId, RunId)>,
    asks: Vec<(TenantId, AskId)>,
    live: BTreeMap<RunId, (Leased, u64)>,
    said: Vec<String>,
}

impl Workload {
    fn say(&mut self, what: String) {
        self.said.push(what);
    }

    async fn step(&mut self) {
        self.now_us += self.chance.below(50);
        match self.chance.below(20) {
            0..=3 => self.submit().await,
            4..=6 => self.claim().await,
            7..=12 => self.append().await,
            13..=14 => self.leave().await,
            15 => self.kv().await,
            16 => self.ask().await,
            17 => self.answer().await,
            18 if self.chance.below(2) == 0 => self.edge().await,
            18 => self.cancel().await,
            _ => self.child().await,
        }
    }

    async fn submit(&mut self) {
        let mut new = self.world.new_run();
        let place = self.chance.below(3);
        new.start = start(self.tenants[usize::try_from(place).unwrap_or(0)].clone());
        new.start.flow = format!("flow{}", self.chance.below(4));
        new.at_us = self.now_us;
        new.due_at_us = self.now_us + self.chance.below(100);
        if self.chance.below(3) == 0 {
            new.idempotency_key = Some(format!("key{}", self.chance.below(30)).into());
        }
        if self.chance.below(4) == 0 {
            new.claim = Some(crate::world::claim("w", self.now_us));
        }
        let tenant = new.start.tenant.clone();
        match self.world.store.tenant(&tenant).submit(new).await {
            Ok(submitted) => {
                let is_leased = submitted.leased.is_some();
                self.say(format!("submitted {} {} {is_leased}", submitted.run, submitted.is_new));
                if submitted.is_new {
                    self.runs.push((tenant, submitted.run));
                }
                self.take(submitted.leased);
            }
            Err(error) => self.say(format!("not submitted: {error}")),
        }
    }

    fn take(&mut self, leased: impl IntoIterator<Item = Leased>) {
        for leased in leased {
            self.say(format!(
                "leased {} {} {} {} {} {:?}",
                leased.run,
                leased.fence,
                leased.attempt,
                leased.lost,
                leased.wakes,
                leased.cancel_reason
            ));
            self.live.insert(leased.run.clone(), (leased, 1));
        }
    }

    async fn claim(&mut self) {
        if self.chance.below(15) == 0 {
            // Some leases run out.
            self.now_us += crate::world::LEASE_US;
        }
        let most = u32::try_from(self.chance.below(5)).unwrap_or(0) + 1;
        let mut taken = self.world.claim("w", self.now_us, most).await;
        taken.sort_by(|one, other| one.run.cmp(&other.run));
        self.take(taken);
        let due = self.world.store.queue().next_due(crate::world::IMAGE, None).await;
        self.say(format!("due {due:?}"));
    }

    /// A live run, as far as this worker knows.
    fn live(&mut self) -> Option<RunId> {
        let runs: Vec<RunId> = self.live.keys().cloned().collect();
        self.chance.one_of(&runs).cloned()
    }

    async fn write(&mut self, run: &RunId, events: Vec<NewEvent>) {
        let Some((leased, _)) = self.live.get_mut(run) else { return };
        let wakes = leased.wakes;
        let written = leased.log.close(events, wakes).await;
        self.say(format!("{run} wrote {written:?}"));
    }

    async fn append(&mut self) {
        let Some(run) = self.live() else { return };
        let count = self.chance.below(4) + 1;
        let mut events = Vec::new();
        for _ in 0..count {
            let at_us = self.now_us;
            events.push(match self.chance.below(5) {
                0 => started(at_us, u32::try_from(self.chance.below(9)).unwrap_or(0)),
                1 => {
                    event(at_us, EventBody::CallStarted { call: sleep_call(self.chance.below(99)) })
                }
                2 if self.chance.below(9) == 0 => log(at_us, &"long ".repeat(3_000)),
                _ => log(at_us, &format!("line {}", self.chance.below(1_000))),
            });
        }
        self.write(&run, events).await;
    }

    async fn leave(&mut self) {
        let Some(run) = self.live() else { return };
        let at_us = self.now_us;
        let last = match self.chance.below(5) {
            0 => suspended(at_us, None),
            1 => suspended(at_us, Some(at_us + self.chance.below(500))),
            2 => {
                let failure = Box::new(Failure::new(Code::Exception, "boom"));
                let due_at_us = at_us + self.chance.below(500);
                let why = AttemptEnd::Retried { failure, due_at_us };
                event(at_us, EventBody::AttemptEnded { why, usage: usage() })
            }
            _ => ended(at_us, json!({"of": run.as_str()})),
        };
        self.write(&run, vec![last]).await;
        self.live.remove(&run);
    }

    async fn kv(&mut self) {
        let Some(run) = self.live() else { return };
        let key = format!("key{}", self.chance.below(5));
        let value = |number: u64| if number == 0 { Value::Null } else { json!({"n": number}) };
        let ttl_ms = (self.chance.below(3) == 0).then(|| self.chance.below(2));
        let action = match self.chance.below(5) {
            0 => KvAction::Get { key },
            1 => KvAction::Set { key, value: value(self.chance.below(4)), ttl_ms },
            2 => KvAction::Delete { key },
            3 => KvAction::List { prefix: "key".to_owned(), after: None, limit: None },
            _ => {
                let (expected, value) = (value(self.chance.below(4)), value(self.chance.below(4)));
                KvAction::CompareAndSet { key, expected, value, ttl_ms }
            }
        };
        let call = CallId(self.chance.below(20));
        let Some((leased, _)) = self.live.get(&run) else { return };
        let done =
            leased.log.writer().kv(call, "space".to_owned(), action, 1_000, self.now_us).await;
        self.say(format!("kv {done:?}"));
    }

    async fn ask(&mut self) {
        let Some(run) = self.live() else { return };
        let assignee = if self.chance.below(2) == 0 { Some("ada") } else { None };
        let call = CallId(self.chance.below(5));
        let (id, at_us) = (self.world.ask_id(), self.now_us);
        let takes_back = self.chance.below(4) == 0;
        let Some((leased, _)) = self.live.get(&run) else { return };
        let (tenant, writer) = (leased.tenant.clone(), leased.log.writer());
        if takes_back {
            let closed = writer.close_ask(call).await;
            self.say(format!("closed {closed:?}"));
            return;
        }
        let asked = writer.create_ask(id, call, question(assignee), at_us, None).await;
        self.say(format!("asked {asked:?}"));
        self.asks.extend(asked.ok().map(|ask| (tenant, ask)));
    }

    async fn answer(&mut self) {
        let Some((tenant, ask)) = self.chance.one_of(&self.asks).cloned() else { return };
        let by = if self.chance.below(2) == 0 { "ada" } else { "bob" };
        let value = json!(self.chance.below(9));
        let tenant = self.world.store.tenant(&tenant);
        let answered = tenant.answer(&ask, &value, by, self.now_us).await;
        self.say(format!("answered {answered:?}"));
    }

    async fn cancel(&mut self) {
        let Some((tenant, run)) = self.chance.one_of(&self.runs).cloned() else { return };
        let tenant = self.world.store.tenant(&tenant);
        let cancelled = tenant.cancel(&run, "enough", self.now_us).await;
        self.say(format!("cancelled {run} {cancelled:?}"));
    }

    async fn child(&mut self) {
        let Some(run) = self.live() else { return };
        let call = self.chance.below(5);
        let mut new = self.world.child_of(&run, call);
        let Some((leased, _)) = self.live.get(&run) else { return };
        new.start.tenant = leased.tenant.clone();
        let tenant = leased.tenant.clone();
        let made = leased.log.writer().create_child(new).await;
        let looked = leased.log.look((0..5).map(CallId).collect()).await;
        self.say(format!("child {made:?}, looked {looked:?}"));
        if let Ok(child) = made
            && !self.runs.iter().any(|(_, known)| *known == child)
        {
            self.runs.push((tenant, child));
        }
    }

    /// All that is stored.
    async fn store(&mut self) {
        for tenant in self.tenants.clone() {
            let tenant = self.world.store.tenant(&tenant);
            let mut before = None;
            loop {
                let filter = RunFilter { before, limit: Some(50), ..RunFilter::default() };
                let rows = tenant.runs(&filter).await.expect("they are listed");
                let Some(last) = rows.last() else { break };
                before = Some(last.id.clone());
                for row in rows {
                    let verified = tenant.verify(&row.id).await.expect("the record is read");
                    assert_eq!((verified.events, verified.first_bad), (row.seq, None));
                    let events = tenant.history(&row.id).await.expect("the record is read");
                    self.said.push(format!("{row:?}\n{events:?}"));
                }
            }
            let entries = tenant.kv_list("space", "", None, 99, self.now_us).await;
            self.said.push(format!("{entries:?}"));
            let filter = AskFilter { limit: Some(1_000), ..AskFilter::default() };
            let asks = tenant.asks(&filter).await;
            self.said.push(format!("{asks:?}"));
            let audit = tenant.audit(AuditFilter { before: None, limit: Some(1_000) }).await;
            self.said.push(format!("{:?} {:?}", tenant.row().await, tenant.usage(0..=9).await));
            self.said.push(format!("{:?} {audit:?}", tenant.tokens(None, None).await));
        }
    }
}

/// What was said on the engine that was driven last.
static SAID: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn seed() -> u64 {
    std::env::var("SLUICE_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_121)
}

async fn drive(world: World) {
    let tenants = [tenant("local"), tenant("small"), tenant("wide")];
    let admin = world.store.admin();
    let small = Quota { running: 3, queued: 20, ..Quota::default() };
    admin.create_tenant(&tenants[1], &small, &[], 1).await.expect("it is made");
    admin.create_tenant(&tenants[2], &Quota::default(), &[], 1).await.expect("it is made");
    let mut workload = Workload {
        world,
        chance: Chance(seed()),
        now_us: 1_000,
        tenants,
        runs: Vec::new(),
        asks: Vec::new(),
        live: BTreeMap::new(),
        said: Vec::new(),
    };
    for _ in 0..OPERATIONS {
        workload.step().await;
    }
    workload.store().await;
    *SAID.lock().unwrap_or_else(PoisonError::into_inner) = std::mem::take(&mut workload.said);
}

#[test]
fn both_engines_do_the_same() {
    let said = || std::mem::take(&mut *SAID.lock().unwrap_or_else(PoisonError::into_inner));
    crate::world::on_sqlite(drive);
    let sqlite = said();
    crate::world::on_postgres(drive);
    let postgres = said();
    let seed = seed();
    for (number, (one, other)) in sqlite.iter().zip(&postgres).enumerate() {
        assert_eq!(one, other, "answer {number} with the seed {seed}");
    }
    assert_eq!(sqlite.len(), postgres.len(), "with the seed {seed}");
    let done = |what: &str| sqlite.iter().filter(|said| said.starts_with(what)).count();
    let all = ["submitted", "leased", "kv Ok", "asked Ok", "answered Ok", "cancelled", "child Ok"];
    let edge = [
        "token",
        "revoked",
        "used",
        "ticket",
        "put Ok",
        "deleted Ok",
        "saved Ok",
        "found Ok",
        "noted Ok",
    ];
    for what in all {
        assert!(done(what) > 10, "only {} times {what} with the seed {seed}", done(what));
    }
    for what in edge {
        assert!(done(what) > 1, "only {} times {what} with the seed {seed}", done(what));
    }
}
