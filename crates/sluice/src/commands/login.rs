//! `sluice login`: buys a token with a code and keeps it.

use std::io::{BufRead as _, IsTerminal as _};

use anyhow::Context as _;
use reqwest::Method;
use serde_json::{Value, json};

use super::async_runtime;
use crate::cli::{Global, LoginArgs};
use crate::exit::{Exit, Usage};
use crate::out;
use crate::remote::{Login, Remote, base_of, keep_login};
use crate::render::{Line, Theme, Tone};
use crate::settings;

/// Logs in.
pub fn run(args: &LoginArgs, global: &Global) -> anyhow::Result<Exit> {
    let theme = Theme::of_stderr(global.color);
    let base = base_of(&args.url)?;
    let code = match &args.code {
        Some(code) => code.clone(),
        None => asked_for(theme)?,
    };
    let runtime = async_runtime()?;
    let (token, me) = runtime.block_on(async {
        let token = if code.starts_with("slt_") {
            code
        } else {
            let stranger = Remote::at(base.clone(), None)?;
            let name = args.name.clone().unwrap_or_else(own_name);
            let request = stranger.request(Method::POST, "/v1/login")?;
            let answer =
                stranger.send(request.json(&json!({ "code": code, "name": name }))).await?;
            let bought = answered(answer).await?;
            bought["secret"].as_str().context("the server gave no token")?.to_owned()
        };
        let remote = Remote::at(base.clone(), Some(token.clone()))?;
        let answer = remote.send(remote.request(Method::GET, "/v1/me")?).await?;
        anyhow::Ok((token, answered(answer).await?))
    })?;
    let path = keep_login(&Login { server: base.to_string(), token })?;
    let tenant = me["tenant"].as_str().unwrap_or_default();
    let lines = [
        Line::of(Tone::Good, &format!("Logged in to {base} as tenant {tenant}.")),
        Line::of(Tone::Dim, &format!("The token is in {}.", path.display())),
    ];
    out::notes(&lines, theme);
    Ok(Exit::Ok)
}

/// The body of an answer; a problem as an error.
async fn answered(answer: reqwest::Response) -> anyhow::Result<Value> {
    let is_success = answer.status().is_success();
    let body: Value =
        answer.json().await.context("the server did not answer with JSON; is it Sluice?")?;
    if is_success {
        return Ok(body);
    }
    let text = |member: &str| body[member].as_str().unwrap_or_default().to_owned();
    Err(Usage::new(text("detail")).hint(text("hint")).into())
}

fn asked_for(theme: Theme) -> anyhow::Result<String> {
    if std::io::stdin().is_terminal() {
        out::notes(&[Line::of(Tone::Plain, "Paste the login code, then Enter:")], theme);
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("cannot read the code")?;
    let code = line.trim().to_owned();
    if code.is_empty() {
        return Err(Usage::new("there is no login code")
            .hint("`sluice serve` prints one at its first start, and with --new-login")
            .into());
    }
    Ok(code)
}

fn own_name() -> String {
    let user = settings::person().unwrap_or_else(|| "somebody".to_owned());
    format!("{user}@{}", rustix::system::uname().nodename().to_string_lossy())
}
