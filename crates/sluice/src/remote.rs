//! Servers that this user has logged in to, and requests to them.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::PathBuf;

use anyhow::Context as _;
use etcetera::BaseStrategy as _;
use reqwest::{Method, RequestBuilder, Response, Url};
use serde::{Deserialize, Serialize};

use crate::exit::Usage;

/// The variable that names the server.
pub const SERVER: &str = "SLUICE_SERVER";
/// The variable that holds the token.
pub const TOKEN: &str = "SLUICE_TOKEN";

/// What `sluice login` keeps.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Login {
    /// The server.
    pub server: String,
    /// The token.
    pub token: String,
}

/// A server, and who asks.
pub struct Remote {
    http: reqwest::Client,
    base: Url,
    token: Option<String>,
}

impl Remote {
    /// The server of an option, else of the environment, else of the last login.
    pub fn of(option: Option<&str>) -> anyhow::Result<Remote> {
        let named = option.map(str::to_owned).or_else(|| text_of(SERVER));
        let login = read_login()?;
        let server = named.or_else(|| login.as_ref().map(|login| login.server.clone()));
        let server = server.ok_or_else(|| {
            Usage::new("no server is named")
                .hint(format!("`sluice login URL` keeps one; --server and {SERVER} name one"))
        })?;
        let base = base_of(&server)?;
        // A token is for the server that gave it.
        let kept = login.filter(|login| base_of(&login.server).is_ok_and(|kept| kept == base));
        let token = text_of(TOKEN).or(kept.map(|login| login.token));
        Remote::at(base, token)
    }

    /// That server, as somebody.
    pub fn at(base: Url, token: Option<String>) -> anyhow::Result<Remote> {
        // A second one in the same process changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .user_agent(concat!("sluice/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .context("cannot make requests")?;
        Ok(Remote { http, base, token })
    }

    /// A request.
    pub fn request(&self, method: Method, path: &str) -> anyhow::Result<RequestBuilder> {
        let url = self.base.join(path).with_context(|| format!("`{path}` is no path"))?;
        if url.origin() != self.base.origin() {
            // A token must not go elsewhere.
            return Err(Usage::new(format!("`{path}` is not on {}", self.base))
                .hint("write the path alone, as in /v1/runs")
                .into());
        }
        let request = self.http.request(method, url);
        Ok(match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        })
    }

    /// Sends it.
    pub async fn send(&self, request: RequestBuilder) -> anyhow::Result<Response> {
        request.send().await.map_err(|error| {
            let why = std::error::Error::source(&error)
                .map_or_else(String::new, |why| format!(": {why}"));
            Usage::new(format!("cannot reach {}{why}", self.base))
                .hint("is `sluice serve` running there?")
                .into()
        })
    }
}

fn text_of(variable: &str) -> Option<String> {
    std::env::var(variable).ok().filter(|text| !text.is_empty())
}

/// The address of a server.
pub fn base_of(server: &str) -> anyhow::Result<Url> {
    let wrong = |why: String| {
        Usage::new(format!("`{server}` is no address of a server: {why}"))
            .hint("write it as in http://127.0.0.1:7878")
    };
    let url = Url::parse(server).map_err(|error| wrong(error.to_string()))?;
    if !["http", "https"].contains(&url.scheme()) || url.host_str().is_none() {
        return Err(wrong("it begins with http:// or https:// and a host".to_owned()).into());
    }
    Ok(url)
}

fn login_file() -> anyhow::Result<PathBuf> {
    let base = etcetera::choose_base_strategy()
        .with_context(|| format!("cannot tell where your home directory is; set {TOKEN}"))?;
    Ok(base.config_dir().join("sluice").join("login.json"))
}

fn read_login() -> anyhow::Result<Option<Login>> {
    let path = login_file()?;
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(serde_json::from_str(&text).map_err(|error| {
            Usage::new(format!("{} is no login: {error}", path.display()))
                .hint("remove it, and log in again with `sluice login URL`")
        })?)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// Keeps a login, for this user's eyes only. Returns where.
pub fn keep_login(login: &Login) -> anyhow::Result<PathBuf> {
    let path = login_file()?;
    let cannot = || format!("cannot write {}", path.display());
    if let Some(folder) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).with_context(cannot)?;
    }
    // Written beside it first, so that a login is never half there.
    let draft = path.with_extension("draft");
    let _ = fs::remove_file(&draft);
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)
        .with_context(cannot)?;
    file.write_all(serde_json::to_string_pretty(login)?.as_bytes()).with_context(cannot)?;
    fs::rename(&draft, &path).with_context(cannot)?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_never_goes_to_another_host() {
        let base = base_of("http://127.0.0.1:7878").expect("it is an address");
        let remote = Remote::at(base, Some("slt_x".to_owned())).expect("it can ask");
        assert!(remote.request(Method::GET, "/v1/me").is_ok());
        for elsewhere in ["http://evil.example/v1/me", "//evil.example/v1/me"] {
            assert!(remote.request(Method::GET, elsewhere).is_err(), "{elsewhere}");
        }
        for wrong in ["", "127.0.0.1:7878", "ftp://x", "http://"] {
            assert!(base_of(wrong).is_err(), "{wrong}");
        }
    }
}
