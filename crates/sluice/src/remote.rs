//! A server: requests to it, in the name of whoever logged in, and all that commands do there.

mod login;
mod machine;
mod means;
mod messages;
mod records;
mod refused;
mod stream;

use std::time::Duration;

use anyhow::Context as _;
use reqwest::{Method, RequestBuilder, Response, Url};
use serde::de::DeserializeOwned;

pub use self::login::{Login, keep_login};
pub use self::machine::RemoteMachine;
pub use self::means::RemoteMeans;
pub use self::records::RemoteRecords;
pub use self::refused::Refused;
use crate::exit::Usage;

/// The variable that names the server.
pub const SERVER: &str = "SLUICE_SERVER";
/// The variable that holds the token.
pub const TOKEN: &str = "SLUICE_TOKEN";
/// What stands for the server of the last login where a server is named.
const OF_LOGIN: &str = "login";

/// How long a server may take to be there.
const LONGEST_CONNECT: Duration = Duration::from_secs(10);

/// How often a request is repeated that was one too many, and how long is waited for that at most.
const PATIENCE: (u32, Duration) = (5, Duration::from_secs(10));

/// A server, and who asks. Cheap to clone.
#[derive(Clone)]
pub struct Remote {
    http: reqwest::Client,
    base: Url,
    token: Option<String>,
}

/// The server that commands are to work on: of the option, else of the environment.
pub fn named(option: Option<&str>) -> Option<String> {
    option.map(str::to_owned).or_else(|| text_of(SERVER))
}

impl Remote {
    /// The server of an option, else of the environment, else of the last login.
    pub fn of(option: Option<&str>) -> anyhow::Result<Remote> {
        let login = login::read_login()?;
        let server = match named(option).filter(|name| name != OF_LOGIN) {
            Some(server) => server,
            None => login.as_ref().map(|login| login.server.clone()).ok_or_else(|| {
                Usage::new("no server is named")
                    .hint(format!("`sluice login URL` keeps one; --server and {SERVER} name one"))
            })?,
        };
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
            .connect_timeout(LONGEST_CONNECT)
            .build()
            .context("cannot make requests")?;
        Ok(Remote { http, base, token })
    }

    /// Where it is.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// A request by its path and query.
    pub fn request(&self, method: Method, path: &str) -> anyhow::Result<RequestBuilder> {
        let url = self.base.join(path).with_context(|| format!("`{path}` is no path"))?;
        if url.origin() != self.base.origin() {
            // A token must not go elsewhere.
            return Err(Usage::new(format!("`{path}` is not on {}", self.base))
                .hint("write the path alone, as in /v1/runs")
                .into());
        }
        Ok(self.authorized(self.http.request(method, url)))
    }

    /// A request by the parts of its path below `/v1`, which may be any texts. Refused where nobody is
    /// logged in.
    fn to(&self, method: Method, parts: &[&str]) -> anyhow::Result<RequestBuilder> {
        if self.token.is_none() {
            return Err(refused::not_logged_in(&self.base).into());
        }
        let mut url = self.base.clone();
        match url.path_segments_mut() {
            Ok(mut path) => path.clear().push("v1").extend(parts),
            Err(()) => anyhow::bail!("{} has no paths", self.base),
        };
        Ok(self.authorized(self.http.request(method, url)))
    }

    fn authorized(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends it.
    pub async fn send(&self, request: RequestBuilder) -> anyhow::Result<Response> {
        request.send().await.map_err(|error| {
            let mut why = String::new();
            let mut cause = std::error::Error::source(&error);
            while let Some(error) = cause {
                why = format!(": {error}");
                cause = error.source();
            }
            Usage::new(format!("cannot reach {}{why}", self.base))
                .hint("is `sluice serve` running there?")
                .into()
        })
    }

    /// Sends it, and takes nothing but a success for an answer. A request that was one too many in a
    /// short time was not carried out, and is repeated.
    async fn answer(&self, request: RequestBuilder) -> anyhow::Result<Response> {
        let (tries, longest) = PATIENCE;
        for _ in 1..tries {
            let Some(copy) = request.try_clone() else { break };
            let answer = self.send(copy).await?;
            if answer.status().is_success() {
                return Ok(answer);
            }
            let refused = Refused::of(answer, &self.base).await;
            match refused.one_too_many() {
                Some(wait) => tokio::time::sleep(wait.min(longest)).await,
                None => return Err(refused.into()),
            }
        }
        let answer = self.send(request).await?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        Err(Refused::of(answer, &self.base).await.into())
    }

    /// Sends it, and reads the answer.
    async fn ask<T: DeserializeOwned>(&self, request: RequestBuilder) -> anyhow::Result<T> {
        let text = self.text(request).await?;
        serde_json::from_str(&text).with_context(|| {
            format!("{} gave an answer that this version of Sluice does not understand", self.base)
        })
    }

    /// Sends it, and takes the answer as it is.
    async fn text(&self, request: RequestBuilder) -> anyhow::Result<String> {
        let answer = self.answer(request).await?;
        answer.text().await.with_context(|| format!("the answer of {} broke off", self.base))
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

    #[test]
    fn any_text_is_one_part_of_a_path() {
        let base = base_of("http://127.0.0.1:7878").expect("it is an address");
        let remote = Remote::at(base, Some("slt_x".to_owned())).expect("it can ask");
        let request = remote.to(Method::GET, &["flows", "a/b?c#d e"]).expect("it is a request");
        let request = request.build().expect("it is whole");
        assert_eq!(request.url().as_str(), "http://127.0.0.1:7878/v1/flows/a%2Fb%3Fc%23d%20e");
    }
}
