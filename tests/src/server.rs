//! A server on a port of its own, over a store of its own, with an executor at work: what tests of the
//! edge talk to, by HTTP alone.

use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use sluice_db::Store;
use sluice_executor::{
    Executor, ExecutorError, Guard, MasterKey, MasterKeys, Outside, SpanSink, Vault,
};
use sluice_model::Scrub;
use sluice_server::{Edge, ServeError, Settings, Tls, first_login, serve};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::sandbox;

/// A server at work.
pub struct Server {
    directory: tempfile::TempDir,
    edge: Edge,
    address: SocketAddr,
    /// The certificate that it shows, where it speaks TLS.
    trusted: Option<reqwest::Certificate>,
    administrator: String,
    stop: Option<(oneshot::Sender<()>, oneshot::Sender<()>)>,
    serving: JoinHandle<Result<(), ServeError>>,
    working: JoinHandle<Result<(), ExecutorError>>,
}

/// Somebody with a token, or without one.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
}

/// What was answered.
#[derive(Debug)]
pub struct Answered {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: reqwest::header::HeaderMap,
    /// The body as text.
    pub text: String,
}

impl Answered {
    /// The body as JSON; `null` where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// The body, where the status is that one.
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self.json()
    }

    /// The code of the problem.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

impl Server {
    /// A server with the usual settings.
    pub async fn start() -> Server {
        Server::start_with(|_| ()).await
    }

    /// One with other settings.
    pub async fn start_with(change: impl FnOnce(&mut Settings)) -> Server {
        Server::start_over(None, change).await
    }

    /// One that speaks TLS, and whose clients trust that certificate alone, which is PEM.
    pub async fn start_over(
        tls: Option<(Tls, &str)>,
        change: impl FnOnce(&mut Settings),
    ) -> Server {
        Server::start_within(Guard::default(), tls, change).await
    }

    /// One whose flows reach this machine.
    pub async fn start_reaching() -> Server {
        let reach = vec!["127.0.0.0/8".parse().expect("a reach")];
        Server::start_within(Guard { reach }, None, |_| ()).await
    }

    async fn start_within(
        guard: Guard,
        tls: Option<(Tls, &str)>,
        change: impl FnOnce(&mut Settings),
    ) -> Server {
        let mut settings = Settings { requests_per_second: 1_000_000, ..Settings::default() };
        change(&mut settings);
        // The first test of a process installs it; the others find it installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("store.db").display().to_string();
        let store = Store::open(&path).await.expect("the store opens");
        let login = first_login(&store, false).await.expect("the store answers");
        let spans = settings.telemetry.clone().map(|it| Arc::new(it) as Arc<dyn SpanSink>);
        let vault = Vault::new(MasterKeys::new(MasterKey::random(), Vec::new()));
        let outside = Some(Outside::new(store.clone(), guard, Some(vault), Scrub::new()));
        let of_executor =
            sluice_executor::Settings { spans, outside, ..sluice_executor::Settings::default() };
        let executor = Executor::new(store, sandbox(), of_executor);
        let edge = Edge::new(executor.clone(), settings);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("it has an address");
        let (stop_serving, serving_stopped) = oneshot::channel::<()>();
        let (stop_working, working_stopped) = oneshot::channel::<()>();
        let stopped = async { serving_stopped.await.unwrap_or(()) };
        let trusted = tls.as_ref().map(|(_, certificate)| {
            reqwest::Certificate::from_pem(certificate.as_bytes()).expect("it is a certificate")
        });
        let tls = tls.map(|(tls, _)| tls);
        let serving = tokio::spawn(serve(edge.clone(), listener, tls, stopped));
        let working = tokio::spawn(async move {
            executor.work(async { working_stopped.await.unwrap_or(()) }).await
        });
        let stop = Some((stop_serving, stop_working));
        let administrator = String::new();
        let mut server =
            Server { directory, edge, address, trusted, administrator, stop, serving, working };
        let code = login.expect("a fresh store has no token").code;
        let bought = server.anonymous().post("/v1/login", &json!({ "code": code })).await;
        bought.expect(201)["secret"]
            .as_str()
            .expect("a token")
            .clone_into(&mut server.administrator);
        server
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The edge behind it, for what HTTP does not tell.
    pub fn edge(&self) -> &Edge {
        &self.edge
    }

    /// The path of its store.
    pub fn store_path(&self) -> String {
        self.directory.path().join("store.db").display().to_string()
    }

    /// Somebody without a token.
    pub fn anonymous(&self) -> Client {
        let http = reqwest::Client::builder().no_proxy();
        let (http, scheme) = match self.trusted.clone() {
            Some(certificate) => (http.tls_certs_only([certificate]), "https"),
            None => (http, "http"),
        };
        Client {
            http: http.build().expect("a client"),
            base: format!("{scheme}://{}", self.address),
            token: None,
        }
    }

    /// Somebody with that token.
    pub fn with(&self, token: &str) -> Client {
        Client { token: Some(token.to_owned()), ..self.anonymous() }
    }

    /// The administrator, of the tenant `local`.
    pub fn administrator(&self) -> Client {
        self.with(&self.administrator)
    }

    /// Makes a tenant, and its owner.
    pub async fn tenant(&self, name: &str) -> Client {
        let admin = self.administrator();
        admin.post("/v1/tenants", &json!({ "tenant": name })).await.expect(201);
        self.token_of(name, "owner").await
    }

    /// Makes a tenant, and somebody of it who has that role.
    pub async fn token_of_new(&self, tenant: &str, role: &str) -> Client {
        self.tenant(tenant).await;
        self.token_of(tenant, role).await
    }

    /// Somebody of a tenant who has that role.
    pub async fn token_of(&self, tenant: &str, role: &str) -> Client {
        let path = format!("/v1/tenants/{tenant}/tokens");
        let wanted = json!({ "name": role, "role": role });
        let made = self.administrator().post(&path, &wanted).await.expect(201);
        self.with(made["secret"].as_str().expect("a token"))
    }

    /// Stops in good order.
    pub async fn stop(mut self) {
        if let Some((serving, working)) = self.stop.take() {
            // A server that has failed says why below.
            let _ = serving.send(());
            let _ = working.send(());
        }
        self.serving.await.expect("it does not panic").expect("it stops in good order");
        self.working.await.expect("it does not panic").expect("it stops in good order");
        self.edge.store().clone().close().await;
    }
}

impl Client {
    /// The token.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// A request that is not sent yet.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends a request.
    pub async fn send(&self, request: RequestBuilder) -> Answered {
        let response = request.send().await.expect("the server answers");
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.expect("the answer is text");
        Answered { status, headers, text }
    }

    /// Reads something.
    pub async fn get(&self, path: &str) -> Answered {
        self.send(self.request(Method::GET, path)).await
    }

    /// Posts JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Answered {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// Puts JSON.
    pub async fn put(&self, path: &str, body: &Value) -> Answered {
        self.send(self.request(Method::PUT, path).json(body)).await
    }

    /// Deletes something.
    pub async fn delete(&self, path: &str) -> Answered {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// Runs a source and waits for its end.
    pub async fn run(&self, source: &str, input: &Value) -> Value {
        let new = json!({ "source": source, "input": input });
        let request = self.request(Method::POST, "/v1/runs").header("Prefer", "wait=60").json(&new);
        self.send(request).await.expect(200)
    }
}
