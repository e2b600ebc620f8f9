//! `sluice mcp`: the tools of the server for an agent that starts this process, over the local store.
//! Standard output is the protocol's alone.

use sluice_server::{Edge, Settings, mcp_stdio};

use super::interrupts::Interrupts;
use super::{async_runtime, local_machine, store_url};
use crate::cli::{Global, McpArgs};
use crate::exit::Exit;
use crate::local::{Keys, LocalMachine, Only};
use crate::render::Theme;
use crate::secrets::known;

/// Serves until the agent closes standard input, and leaves the runs that go on in good order.
pub fn run(_args: &McpArgs, global: &Global) -> anyhow::Result<Exit> {
    let theme = Theme::of_stderr(global.color);
    let runtime = async_runtime()?;
    let exit = runtime.block_on(async {
        let machine = local_machine(
            &store_url(global)?,
            theme,
            Only::Everything,
            None,
            (None, known(global), Keys::Found),
        )
        .await?;
        Box::pin(serve(&machine)).await
    });
    // A read of standard input cannot be given up; nothing else is left.
    runtime.shutdown_background();
    exit
}

async fn serve(machine: &LocalMachine) -> anyhow::Result<Exit> {
    let mut interrupts = Interrupts::listen()?;
    let edge = Edge::new(machine.executor().clone(), Settings::default());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let mut work = std::pin::pin!(machine.work(async {
        // Sent or dropped: either way it is time to stop.
        let _ = stopped.await;
    }));
    let exit = tokio::select! {
        worked = &mut work => {
            worked?;
            return Ok(Exit::Ok);
        }
        served = mcp_stdio(edge.clone()) => {
            served?;
            Exit::Ok
        }
        () = interrupts.next() => Exit::Interrupted,
    };
    edge.stop();
    drop(stop);
    work.await?;
    Ok(exit)
}
