//! `sluice serve`: the API over the store, and a worker in the same process.

use anyhow::Context as _;
use rustix::process::{Resource, getrlimit, setrlimit};
use sluice_server::{Edge, ServeError, Settings, Telemetry, Tls, first_login, has_web, serve};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::interrupts::Interrupts;
use super::{async_runtime, local_machine, store_url, telemetry};
use crate::cli::{Global, ServeArgs};
use crate::exit::{Exit, Usage};
use crate::local::{Keys, LocalMachine, Only};
use crate::render::{Line, Theme, Tone};
use crate::site::Records as _;
use crate::{log, out, secrets};

/// Serves until it is stopped.
pub fn run(args: &ServeArgs, global: &Global) -> anyhow::Result<Exit> {
    let theme = Theme::of_stderr(global.color);
    if !args.listen.ip().is_loopback() && args.tls_certificates.is_none() && !args.behind_proxy {
        let message = format!(
            "{} is reached by other machines, and tokens would go to it in the clear",
            args.listen
        );
        return Err(Usage::new(message)
            .hint(
                "give --tls-certificates and --tls-key, or --behind-proxy where a proxy speaks TLS",
            )
            .into());
    }
    let scrub = secrets::known(global);
    log::to_stderr(args.log.log_format, scrub.clone());
    let runtime = async_runtime()?;
    let exit = runtime.block_on(async {
        let concurrency = Some(args.concurrency);
        let telemetry = telemetry(&scrub)?;
        let (url, only) = (store_url(global)?, Only::Everything);
        let machine =
            local_machine(&url, theme, only, concurrency, (telemetry.clone(), scrub, Keys::Made))
                .await?;
        let exit = Box::pin(served(&machine, args, telemetry.clone(), theme)).await;
        if let Some(telemetry) = telemetry.filter(|_| !matches!(exit, Ok(Exit::Interrupted))) {
            telemetry.stop().await;
        }
        exit
    });
    // What a second interrupt left behind is not waited for.
    runtime.shutdown_background();
    exit
}

async fn served(
    machine: &LocalMachine,
    args: &ServeArgs,
    telemetry: Option<Telemetry>,
    theme: Theme,
) -> anyhow::Result<Exit> {
    use_all_files();
    let mut interrupts = Interrupts::listen()?;
    let listener = TcpListener::bind(args.listen).await.map_err(|error| {
        Usage::new(format!("cannot listen on {}: {error}", args.listen))
            .hint("is another server running? --listen names another address")
    })?;
    let address = listener.local_addr().context("the listener has no address")?;
    let tls = args.tls_certificates.clone().zip(args.tls_key.clone());
    let tls = tls.map(|(certificates, key)| Tls { certificates, key });
    let scheme = if tls.is_some() { "https" } else { "http" };
    let url = format!("{scheme}://{address}");
    let settings = Settings {
        origins: args.origins.clone(),
        requests_per_second: args.requests_per_second,
        failures_per_second: args.failures_per_second,
        behind_proxy: args.behind_proxy,
        telemetry,
        ..Settings::default()
    };
    let edge = Edge::new(machine.executor().clone(), settings);
    welcome(machine, &edge, args, &url, theme).await?;

    let stop = watch::Sender::new(false);
    let stopped = |mut stop: watch::Receiver<bool>| async move {
        // The sender lives until this function returns.
        let _ = stop.wait_for(|is_stopped| *is_stopped).await;
    };
    let serving = serve(edge.clone(), listener, tls, stopped(stop.subscribe()));
    let worker_stop = stopped(stop.subscribe());
    let working = async {
        if args.no_worker {
            worker_stop.await;
            return Ok(());
        }
        machine.work(worker_stop).await
    };
    // Requests that are under way may wait for runs, so both stop together.
    let both = async {
        // A server whose worker has failed would take on runs that nobody runs.
        let served = async { serving.await.map_err(wrong_tls) };
        tokio::try_join!(served, working).map(|_| ())
    };
    tokio::pin!(both);
    let mut is_stopping = false;
    loop {
        tokio::select! {
            done = &mut both => {
                done?;
                return Ok(Exit::Ok);
            }
            () = interrupts.next() => {
                if is_stopping {
                    return Ok(Exit::Interrupted);
                }
                is_stopping = true;
                let text = "Stopping: what is under way is left in good order. Again to quit at once.";
                out::notes(&[Line::of(Tone::Warn, text)], theme);
                stop.send_replace(true);
            }
        }
    }
}

/// Takes as many file descriptors as this process may have: each connection is one.
fn use_all_files() {
    let mut files = getrlimit(Resource::Nofile);
    files.current = files.maximum;
    // Fewer connections are taken where it does not work.
    let _ = setrlimit(Resource::Nofile, files);
}

fn wrong_tls(error: ServeError) -> anyhow::Error {
    match &error {
        ServeError::Tls { .. } => Usage::new(error.to_string())
            .hint("both files are PEM; the key is that of the first certificate")
            .into(),
        ServeError::Io(_) => error.into(),
    }
}

/// Says where it is and, at the first start, how to become its administrator.
async fn welcome(
    machine: &LocalMachine,
    edge: &Edge,
    args: &ServeArgs,
    url: &str,
    theme: Theme,
) -> anyhow::Result<()> {
    let mut lines = vec![
        Line::of(Tone::Strong, &format!("Serving {url}")),
        Line::of(
            Tone::Dim,
            &format!("The store is {}. Ctrl-C stops in good order.", machine.store().place()),
        ),
    ];
    if let Some(login) = first_login(edge.store(), args.new_login).await? {
        let minutes = login.lasts.as_secs() / 60;
        let text = format!("Become its administrator, once, within {minutes} minutes:");
        lines.push(Line::of(Tone::Plain, &text));
        if has_web() {
            let page = format!("  open {url}/login#code={}", login.code);
            lines.push(Line::of(Tone::Strong, &page));
        }
        let command = format!("  sluice login {url} --code {}", login.code);
        lines.push(Line::of(Tone::Strong, &command));
    }
    out::notes(&lines, theme);
    Ok(())
}
