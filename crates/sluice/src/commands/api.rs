//! `sluice api`: one request to a server, as it stands.

use std::io::Read as _;

use anyhow::Context as _;
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};

use super::async_runtime;
use crate::cli::{ApiArgs, Global};
use crate::exit::{Exit, Usage};
use crate::out;
use crate::remote::Remote;

/// Sends it, and prints the body of the answer. Exit code 1 where that is no success.
pub fn run(args: &ApiArgs, global: &Global) -> anyhow::Result<Exit> {
    let method = Method::from_bytes(args.method.to_ascii_uppercase().as_bytes()).map_err(|_| {
        Usage::new(format!("`{}` is no method", args.method)).hint("as in GET or POST")
    })?;
    let remote = Remote::of(global.server.as_deref())?;
    let mut request = remote.request(method, &args.path)?;
    if let Some(body) = &args.body {
        request = request.header(CONTENT_TYPE, "application/json").body(body_of(body)?);
    }
    for header in &args.headers {
        let wrong =
            || Usage::new(format!("`{header}` is no header")).hint("as in 'Prefer: wait=10'");
        let (name, value) = header.split_once(':').ok_or_else(wrong)?;
        let name = HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| wrong())?;
        let value = HeaderValue::from_str(value.trim()).map_err(|_| wrong())?;
        request = request.header(name, value);
    }
    let runtime = async_runtime()?;
    let (is_success, text) = runtime.block_on(async {
        let answer = remote.send(request).await?;
        let is_success = answer.status().is_success();
        anyhow::Ok((is_success, answer.text().await.context("the answer broke off")?))
    })?;
    let shown = match serde_json::from_str::<serde_json::Value>(&text) {
        Ok(value) => crate::render::output(&value, out::data_is_for_people()),
        Err(_) => text,
    };
    out::data(&shown)?;
    Ok(if is_success { Exit::Ok } else { Exit::Failed })
}

fn body_of(body: &str) -> anyhow::Result<Vec<u8>> {
    match body.strip_prefix('@') {
        Some("-") => {
            let mut bytes = Vec::new();
            std::io::stdin()
                .lock()
                .read_to_end(&mut bytes)
                .context("cannot read standard input")?;
            Ok(bytes)
        }
        Some(path) => Ok(std::fs::read(path)
            .map_err(|error| Usage::new(format!("cannot read `{path}`: {error}")))?),
        None => Ok(body.as_bytes().to_vec()),
    }
}
