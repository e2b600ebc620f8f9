//! `sluice runs`: the runs that there are.

mod cancel;
mod get;
mod list;
mod logs;
mod rerun;
mod transfer;
mod verify;

use super::follow::{Followed, Whose, follow};
use super::show::Show;
use super::{async_runtime, site};
use crate::cli::{Global, RunsArgs, RunsCommand, TailArgs};
use crate::exit::Exit;
use crate::render::Theme;
use crate::site::Records;

/// Does what is asked for.
pub fn run(args: &RunsArgs, global: &Global) -> anyhow::Result<Exit> {
    if let RunsCommand::Rerun(args) = &args.command {
        return rerun::run(args, global);
    }
    async_runtime()?.block_on(async {
        let records = site::records(global).await?;
        let records = &*records;
        match &args.command {
            RunsCommand::Ls(args) => list::list(args, records, global).await,
            RunsCommand::Get { run, json } => get::get(run, *json, records, global).await,
            RunsCommand::Tail(args) => tail(args, records, global).await,
            RunsCommand::Logs(args) => logs::logs(args, records, global).await,
            RunsCommand::Cancel { runs, reason, json } => {
                cancel::cancel(runs, reason, *json, records, global).await
            }
            RunsCommand::Verify(args) => verify::verify(args, records, global).await,
            RunsCommand::Export(args) => transfer::export(args, records, global).await,
            RunsCommand::Import(args) => transfer::import(args, records, global).await,
            RunsCommand::Rerun(_) => unreachable!("it has a runtime of its own"),
        }
    })
}

/// Shows a run from its beginning until it ends. An interrupt leaves it alone.
async fn tail(args: &TailArgs, records: &dyn Records, global: &Global) -> anyhow::Result<Exit> {
    let run = records.run(&args.run).await?.run;
    let show = Show {
        json: args.json,
        events: args.events,
        quiet: args.quiet,
        path: "flow.py".to_owned(),
        theme: Theme::of_stderr(global.color),
    };
    match follow(records, &run, &show, Whose::Others, std::future::pending()).await? {
        Followed::Ended(conclusion) => show.conclude(&conclusion),
        Followed::Left(exit) => Ok(exit),
    }
}
