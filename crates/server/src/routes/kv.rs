//! Keys and values of the tenant, as flows see them by `flow.kv(space)`.

use aide::axum::ApiRouter;
use aide::axum::routing::get_with;
use axum::response::NoContent;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sluice_db::{KvEntry, KvMatch};
use sluice_executor::{now_us, sha256};
use sluice_model::{CallKind, Capability, KvAction};

use super::op;
use crate::auth::{Caller, Identity, Read, Write};
use crate::condition::Condition;
use crate::edge::Edge;
use crate::input::{At, Body, Params};
use crate::page::{Page, PageParams, limit};
use crate::problem::Problem;
use crate::reply::{Reply, Tagged};

pub(super) fn routes() -> ApiRouter<Edge> {
    ApiRouter::new()
        .api_route(
            "/v1/kv",
            get_with(spaces, op("list_kv_spaces", "The spaces with keys in them.")),
        )
        .api_route(
            "/v1/kv/{space}",
            get_with(list, op("list_kv", "The keys of a space, in order.")),
        )
        .api_route(
            "/v1/kv/{space}/{key}",
            get_with(get, op("get_kv", "A key with its value."))
                .put_with(put, op("put_kv", "Set a key."))
                .delete_with(delete, op("delete_kv", "Remove a key.")),
        )
}

/// Which space.
#[derive(Deserialize, JsonSchema)]
struct SpacePath {
    /// Its name.
    space: String,
}

/// Which key.
#[derive(Deserialize, JsonSchema)]
struct KeyPath {
    /// The name of the space.
    space: String,
    /// The key.
    key: String,
}

/// Which keys.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct KvParams {
    /// Only keys that begin so.
    #[serde(default)]
    prefix: String,
    /// At most so many: 1 to 500; 50 where it is absent.
    #[schemars(range(min = 1, max = 500))]
    limit: Option<u32>,
    /// Go on where an earlier part ended: its `next`.
    after: Option<String>,
}

/// A key with its value.
#[derive(Serialize, JsonSchema)]
struct Entry {
    /// The key.
    key: String,
    /// Its value.
    value: Value,
    /// When it is gone, in microseconds since the Unix epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at_us: Option<u64>,
}

/// A value to be set.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({ "value": { "seen": 3 } }))]
struct NewValue {
    /// The value.
    value: Value,
    /// After how many milliseconds it is gone; it stays where this is absent.
    #[serde(default)]
    ttl_ms: Option<u64>,
}

impl From<KvEntry> for Entry {
    fn from(entry: KvEntry) -> Entry {
        Entry { key: entry.key, value: entry.value, expires_at_us: entry.expires_at_us }
    }
}

async fn spaces(
    caller: Caller<Read>,
    Params(page): Params<PageParams>,
) -> Result<Reply<Page<String>>, Problem> {
    let limit = limit(page.limit)?;
    let spaces = caller.tenant.kv_spaces(page.after.as_deref(), limit + 1).await?;
    Ok(Reply::new(Page::of(spaces, limit, Clone::clone)))
}

async fn list(
    caller: Caller<Read>,
    At(path): At<SpacePath>,
    Params(params): Params<KvParams>,
) -> Result<Reply<Page<Entry>>, Problem> {
    let limit = limit(params.limit)?;
    let after = params.after.as_deref();
    let part = caller.tenant.kv_list(&path.space, &params.prefix, after, limit, now_us()).await?;
    let page = Page::part(part, |entry| entry.key.clone());
    Ok(Reply::new(page.map(Entry::from)))
}

async fn found(identity: &Identity, path: &KeyPath) -> Result<KvEntry, Problem> {
    let entry = identity.tenant.kv_get(&path.space, &path.key, now_us()).await?;
    entry.ok_or_else(|| Problem::not_found("such key"))
}

/// Names a value.
fn tag(value: &Value) -> String {
    sha256(value.to_string().as_bytes()).chars().take(32).collect()
}

async fn get(
    caller: Caller<Read>,
    At(path): At<KeyPath>,
) -> Result<Reply<Entry, 200, Tagged>, Problem> {
    let entry = found(&caller, &path).await?;
    let tag = tag(&entry.value);
    Ok(Reply::new(Entry::from(entry)).etag(tag))
}

async fn put(
    caller: Caller<Write>,
    At(path): At<KeyPath>,
    condition: Condition,
    Body(new): Body<NewValue>,
) -> Result<Reply<Entry, 200, Tagged>, Problem> {
    // A space is named as capabilities name it, so that a flow can be granted it.
    if !Capability::can_name(CallKind::Kv, &path.space) {
        return Err(Problem::field("space", "it has letters, digits and . _ - /"));
    }
    if !KvAction::is_key(&path.key) {
        return Err(Problem::field("key", "it has 1 to 512 bytes, none of them zero"));
    }
    let ttl_us = new.ttl_ms.map(|ms| ms.saturating_mul(1_000));
    let now = loop {
        let (expected, now) = (expected(&caller, &path, &condition).await?, now_us());
        let tenant = &caller.tenant;
        if tenant.kv_put(&path.space, &path.key, &new.value, ttl_us, expected, now).await? {
            break now;
        }
        // Somebody else changed it since it was read.
    };
    caller.note("set key", &format!("{}/{}", path.space, path.key), json!({})).await?;
    let tag = tag(&new.value);
    let expires_at_us = ttl_us.map(|ttl_us| now.saturating_add(ttl_us));
    Ok(Reply::new(Entry { key: path.key, value: new.value, expires_at_us }).etag(tag))
}

async fn delete(
    caller: Caller<Write>,
    At(path): At<KeyPath>,
    condition: Condition,
) -> Result<NoContent, Problem> {
    loop {
        let held = found(&caller, &path).await?;
        condition.require("key", Some(&tag(&held.value)))?;
        let expected = KvMatch::Is(held.value);
        if caller.tenant.kv_delete(&path.space, &path.key, expected, now_us()).await? {
            break;
        }
        // Somebody else changed it since it was read.
    }
    caller.note("remove key", &format!("{}/{}", path.space, path.key), json!({})).await?;
    Ok(NoContent)
}

/// What the key must hold still when it is changed, where what it holds now is as it should be.
async fn expected(
    identity: &Identity,
    path: &KeyPath,
    condition: &Condition,
) -> Result<KvMatch, Problem> {
    if condition.is_none() {
        return Ok(KvMatch::Any);
    }
    let held = identity.tenant.kv_get(&path.space, &path.key, now_us()).await?;
    condition.require("key", held.as_ref().map(|held| tag(&held.value)).as_deref())?;
    Ok(held.map_or(KvMatch::Absent, |held| KvMatch::Is(held.value)))
}
