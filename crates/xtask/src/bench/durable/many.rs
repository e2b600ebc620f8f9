//! What a store costs that holds very many runs: listing, submitting, taking up.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Instant;

use anyhow::Context as _;
use serde_json::json;
use sluice_db::{Claim, Leased, NewEvent, Places, RunFilter};
use sluice_executor::{Settings, now_us};
use sluice_model::{
    AttemptEnd, Code, EventBody, Failure, Observed, Outcome, RunId, RunState, Usage,
};
use tokio::task::JoinSet;

use super::Context;
use super::client::Client;
use super::place::Place;
use crate::bench::figures::{Figures, heading, line};

/// Runs that are submitted and brought to their end together.
const BATCH: usize = 512;

const SAMPLES: usize = 100;

/// Not measured.
const WARM_UPS: usize = 10;

/// Longer than any measurement.
const LEASE_US: u64 = 3_600_000_000;

pub(super) fn measure(context: &Context) -> anyhow::Result<()> {
    context.runtime.block_on(measured(context))
}

async fn measured(context: &Context) -> anyhow::Result<()> {
    let store = context.stores.fresh()?;
    let place = Place::open(store.url(), Settings::default()).await?;
    let mut sizes = vec![1_000, context.scaled(100_000)];
    if context.long {
        sizes.push(context.scaled(1_000_000));
    }
    let mut filling = Filling { client: place.client.clone(), runs: Vec::new() };
    let mut medians = BTreeMap::new();
    for size in sizes {
        let began = Instant::now();
        filling.up_to(size).await?;
        let filled = began.elapsed().as_secs_f64();
        let mib = store.size_bytes()? as f64 / f64::from(1 << 20);
        heading(&format!("{size} runs, {mib:.0} MiB"));
        costs(&filling, context.scaled(SAMPLES), &mut medians).await?;
        println!("  filled up in {filled:.1} s");
    }
    place.close().await
}

/// A store on its way to very many runs.
struct Filling {
    client: Client,
    /// Those that are in it, oldest first.
    runs: Vec<RunId>,
}

impl Filling {
    /// One of eight runs fails and one waits; one of ten is of another flow, which never fails. No
    /// guest is needed for that: a worker's writes without its work.
    async fn up_to(&mut self, size: usize) -> anyhow::Result<()> {
        while self.runs.len() < size {
            let count = BATCH.min(size - self.runs.len());
            let others = count / 10;
            self.client.submit_many("nothing", &json!({}), count - others, BATCH).await?;
            self.client.submit_many("other", &json!({}), others, BATCH).await?;
            let mut closing = JoinSet::new();
            for (number, mut leased) in self.claim(count).await?.into_iter().enumerate() {
                self.runs.push(leased.run.clone());
                let last = last_event(number, &leased.start.flow);
                let started = EventBody::AttemptStarted {
                    attempt: leased.attempt,
                    worker: "bench".to_owned(),
                };
                let events = [started, last].map(|body| NewEvent {
                    at_us: now_us(),
                    observed: Observed::default(),
                    body,
                });
                let closed = leased.log.close(events.into(), leased.wakes);
                closing.spawn(closed);
            }
            while let Some(closed) = closing.join_next().await {
                closed??;
            }
        }
        self.runs.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        Ok(())
    }

    async fn claim(&self, count: usize) -> anyhow::Result<Vec<Leased>> {
        let executor = self.client.executor();
        let (queue, image) = (executor.store().queue(), executor.image_digest());
        // More than any tenant can use up.
        let places = Places::new(1 << 20, []).at_most(u32::try_from(count)?);
        let now = now_us();
        let claim = Claim { worker: "bench".to_owned(), lease_until_us: now + LEASE_US };
        let leased = queue.claim(&claim, image, None, now, &places).await?;
        anyhow::ensure!(leased.len() == count, "{} runs were taken, not {count}", leased.len());
        Ok(leased)
    }
}

/// What ends the attempt of the run of that number in its batch.
fn last_event(number: usize, flow: &str) -> EventBody {
    let usage = Usage { cpu_time_us: 500, wall_time_us: 600, memory_bytes: 50 << 20 };
    let outcome = match number % 8 {
        3 if flow != "other" => {
            Outcome::from_failure(Failure::new(Code::Exception, "as it should"))
        }
        7 => {
            let why = AttemptEnd::Suspended { wake_at_us: None };
            return EventBody::AttemptEnded { why, usage };
        }
        _ => Outcome::Succeeded { output: json!({ "number": number }) },
    };
    EventBody::RunEnded { outcome, usage }
}

/// One line for each thing that is asked of the store, with how its median compares to that of the
/// smallest store.
async fn costs(
    filling: &Filling,
    samples: usize,
    medians: &mut BTreeMap<&'static str, f64>,
) -> anyhow::Result<()> {
    let Filling { client, runs } = filling;
    let tenant = client.tenant();
    let middle = runs.get(runs.len() / 2).context("the store is empty")?;
    let all = RunFilter::default();
    let pages = [
        ("the first page of 100", all.clone()),
        ("the page in the middle", RunFilter { before: Some(middle.clone()), ..all.clone() }),
        ("one outcome", RunFilter { outcome: Some("failed".to_owned()), ..all.clone() }),
        ("one state", RunFilter { state: Some(RunState::Waiting), ..all.clone() }),
        ("one flow", RunFilter { flow: Some("other".to_owned()), ..all.clone() }),
        (
            "an outcome that a flow never has",
            RunFilter {
                flow: Some("other".to_owned()),
                outcome: Some("failed".to_owned()),
                ..all.clone()
            },
        ),
        ("an outcome that no run has", RunFilter { outcome: Some("timed_out".to_owned()), ..all }),
    ];
    let mut told = |what, figures: Figures| {
        let smallest = *medians.entry(what).or_insert(figures.median());
        let remark = format!("{:.2} times the smallest store's", figures.median() / smallest);
        line(what, "ms", &figures, &remark);
    };
    for (what, filter) in pages {
        let page = || async { anyhow::Ok(tenant.runs(&filter).await?) };
        told(what, timed(samples, page).await?);
    }
    let one = || async { anyhow::Ok(tenant.history(middle).await?) };
    told("the record of a run", timed(samples, one).await?);
    let submit = || client.submit("nothing", json!({}));
    told("a run submitted", timed(samples, submit).await?);
    let mut taken = Vec::new();
    let mut times = Vec::new();
    for _ in 0..samples {
        let began = Instant::now();
        taken.extend(filling.claim(1).await?);
        times.push(began.elapsed().as_secs_f64() * 1e3);
    }
    told("a run taken up", Figures::of(times));
    let mut times = Vec::new();
    for mut leased in taken {
        let began = Instant::now();
        let end = NewEvent {
            at_us: now_us(),
            observed: Observed::default(),
            body: last_event(0, "nothing"),
        };
        leased.log.close(vec![end], leased.wakes).await?;
        times.push(began.elapsed().as_secs_f64() * 1e3);
    }
    told("a run brought to its end", Figures::of(times));
    Ok(())
}

/// Milliseconds of each time that something is done.
async fn timed<T, F: Future<Output = anyhow::Result<T>>>(
    samples: usize,
    thing: impl Fn() -> F,
) -> anyhow::Result<Figures> {
    for _ in 0..WARM_UPS {
        thing().await?;
    }
    let mut times = Vec::with_capacity(samples);
    for _ in 0..samples {
        let began = Instant::now();
        thing().await?;
        times.push(began.elapsed().as_secs_f64() * 1e3);
    }
    Ok(Figures::of(times))
}
