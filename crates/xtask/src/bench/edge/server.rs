//! A server over a fresh store, at work, and what its clients ask of it.

use std::net::SocketAddr;

use anyhow::Context as _;
use serde_json::{Value, json};
use sluice_db::Store;
use sluice_executor::{Executor, ExecutorError};
use sluice_model::TenantId;
use sluice_sandbox::{ImageSource, Sandbox};
use sluice_server::{Edge, ServeError, Settings, first_login, serve};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::bench::durable::place::quota;
use crate::places;

const FLOWS: &str = include_str!("flows.py");

/// A server whose limits nobody meets.
pub(super) struct Server {
    store: Store,
    address: SocketAddr,
    client: Client,
    stop: [oneshot::Sender<()>; 2],
    serving: JoinHandle<Result<(), ServeError>>,
    working: JoinHandle<Result<(), ExecutorError>>,
}

/// Whoever asks. Clones share their connections.
#[derive(Clone)]
pub(super) struct Client {
    http: reqwest::Client,
    base: String,
    token: String,
}

impl Server {
    /// A server over the store at that address, which takes so many requests of a tenant in a second.
    pub(super) async fn start(url: &str, requests_per_second: u32) -> anyhow::Result<Server> {
        // The first measurement installs it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let source = ImageSource { cache_dir: places::cache_dir()?, hash_seed: 0 };
        let sandbox = Sandbox::new(source.open(&mut |stage| eprintln!("{stage} ..."))?)?;
        let store = Store::open(url).await?;
        store.admin().set_quota(&TenantId::local(), &quota()).await?;
        let code = first_login(&store, true).await?.context("no code")?.code;
        let executor = Executor::new(store.clone(), sandbox, sluice_executor::Settings::shared());
        let settings = Settings {
            requests_per_second,
            sockets_per_tenant: 1_000_000,
            connections: 1_000_000,
            connections_per_address: 1_000_000,
            ..Settings::default()
        };
        let edge = Edge::new(executor.clone(), settings);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (stop_serving, serving_stopped) = oneshot::channel::<()>();
        let (stop_working, working_stopped) = oneshot::channel::<()>();
        let stopped = async { serving_stopped.await.unwrap_or(()) };
        let serving = tokio::spawn(serve(edge, listener, None, stopped));
        let working = tokio::spawn(async move {
            executor.work(async { working_stopped.await.unwrap_or(()) }).await
        });
        let http = reqwest::Client::builder().no_proxy().build()?;
        let base = format!("http://{address}");
        let mut client = Client { http, base, token: String::new() };
        let bought = client.post("/v1/login", &json!({ "code": code }), false).await?;
        client.token = bought["secret"].as_str().context("no token")?.to_owned();
        client.post("/v1/flows", &json!({ "source": FLOWS }), false).await?;
        let stop = [stop_serving, stop_working];
        Ok(Server { store, address, client, stop, serving, working })
    }

    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    /// Somebody of a new tenant.
    pub(super) async fn tenant(&self, name: &str) -> anyhow::Result<Client> {
        let tenant = json!({ "tenant": name, "quota": quota() });
        self.client.post("/v1/tenants", &tenant, false).await?;
        let path = format!("/v1/tenants/{name}/tokens");
        let made =
            self.client.post(&path, &json!({ "name": "bench", "role": "owner" }), false).await?;
        let token = made["secret"].as_str().context("no token")?.to_owned();
        let client = Client { token, ..self.client.clone() };
        client.post("/v1/flows", &json!({ "source": FLOWS }), false).await?;
        Ok(client)
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    pub(super) async fn stop(self) -> anyhow::Result<()> {
        for stop in self.stop {
            // A part that ended by itself says why below.
            let _ = stop.send(());
        }
        self.serving.await??;
        self.working.await??;
        self.store.close().await;
        Ok(())
    }
}

impl Client {
    pub(super) fn token(&self) -> &str {
        &self.token
    }

    /// Posts JSON, and waits for the end of the run if there is to be one.
    pub(super) async fn post(
        &self,
        path: &str,
        body: &Value,
        to_the_end: bool,
    ) -> anyhow::Result<Value> {
        let mut request = self.http.post(format!("{}{path}", self.base)).json(body);
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        if to_the_end {
            request = request.header("Prefer", "wait=60");
        }
        let answer = request.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        anyhow::ensure!(status.is_success(), "POST {path}: {status}: {text}");
        Ok(serde_json::from_str(&text)?)
    }

    /// Starts a flow and gives the run's id.
    pub(super) async fn start(&self, flow: &str, input: &Value) -> anyhow::Result<String> {
        let path = format!("/v1/flows/{flow}/runs");
        let run = self.post(&path, &json!({ "input": input }), false).await?;
        Ok(run["run"].as_str().context("a run has no id")?.to_owned())
    }

    /// Runs a flow to its end.
    pub(super) async fn run(&self, flow: &str, input: &Value) -> anyhow::Result<()> {
        let path = format!("/v1/flows/{flow}/runs");
        let run = self.post(&path, &json!({ "input": input }), true).await?;
        anyhow::ensure!(run["end"]["outcome"] == "succeeded", "a run did not succeed: {run}");
        Ok(())
    }

    /// Asks for something.
    pub(super) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let request = self.http.get(format!("{}{path}", self.base)).bearer_auth(&self.token);
        Ok(serde_json::from_str(&request.send().await?.error_for_status()?.text().await?)?)
    }
}
