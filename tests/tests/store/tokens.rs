//! Tokens, tickets and the audit: who may come in, once or often, and what they did.

use serde_json::json;
use sluice_db::{AuditEntry, AuditFilter, NewToken, Purpose, Ticket};
use sluice_model::{Capability, Quota, Scope, TokenId};

use crate::world::{World, tenant};

crate::on_both! {
    a_token_is_found_by_its_hash_and_taken_back_once
    a_use_is_noted_once_a_minute
    a_ticket_is_redeemed_once
    the_audit_lists_newest_first
}

pub(crate) fn token(number: u8) -> NewToken {
    NewToken {
        id: TokenId::new(u64::from(number), [number; 10]),
        name: format!("token {number}"),
        hash: [number; 32],
        scopes: vec![Scope::Read, Scope::Run],
        grants: None,
        created_by: "ada".to_owned(),
        at_us: 5,
        expires_at_us: Some(500),
    }
}

async fn a_token_is_found_by_its_hash_and_taken_back_once(world: World) {
    let (local, keys) = (world.local(), world.store.keys());
    assert!(!keys.any_token().await.expect("the store answers"));
    assert!(local.create_token(token(1)).await.expect("it is made"));
    assert!(keys.any_token().await.expect("the store answers"));
    assert!(!local.create_token(token(1)).await.expect("the store answers"), "the id is taken");
    let same_hash = NewToken { hash: [1; 32], ..token(2) };
    assert!(!local.create_token(same_hash).await.expect("the store answers"));
    let grants: Vec<Capability> = vec!["kv:notes".parse().expect("a capability")];
    let narrow = NewToken { grants: Some(grants.clone()), expires_at_us: None, ..token(2) };
    assert!(local.create_token(narrow).await.expect("it is made"));
    let nobody = world.store.tenant(&tenant("nobody"));
    assert!(!nobody.create_token(token(3)).await.expect("the store answers"));

    let found = keys.find(&[1; 32]).await.expect("the store answers").expect("it is there");
    assert_eq!((found.id.clone(), found.tenant.as_str()), (token(1).id, "local"));
    assert_eq!((&found.scopes, &found.grants), (&token(1).scopes, &None));
    assert_eq!((found.created_at_us, found.expires_at_us), (5, Some(500)));
    assert!(found.is_valid(499) && !found.is_valid(500));
    assert_eq!(keys.find(&[9; 32]).await.expect("the store answers"), None);
    let listed = local.tokens().await.expect("they are listed");
    assert_eq!(listed.iter().map(|row| &row.id).collect::<Vec<_>>(), [&token(2).id, &token(1).id]);
    assert_eq!(listed[0].grants.as_deref(), Some(&grants[..]));

    let admin = world.store.admin();
    let other = tenant("other");
    admin.create_tenant(&other, &Quota::default(), &[], 1).await.expect("it is made");
    let other = world.store.tenant(&other);
    assert!(other.tokens().await.expect("they are listed").is_empty());
    assert!(!other.revoke_token(&token(1).id, 6).await.expect("the store answers"));
    assert!(local.revoke_token(&token(1).id, 7).await.expect("it is taken back"));
    assert!(!local.revoke_token(&token(1).id, 8).await.expect("the store answers"));
    let found = keys.find(&[1; 32]).await.expect("the store answers").expect("it is there still");
    assert_eq!((found.revoked_at_us, found.is_valid(10)), (Some(7), false));
}

async fn a_use_is_noted_once_a_minute(world: World) {
    let (local, keys) = (world.local(), world.store.keys());
    local.create_token(token(1)).await.expect("it is made");
    let minute = 60_000_000;
    let mut seen = Vec::new();
    for at_us in [minute, minute + 1, 2 * minute - 1, 2 * minute] {
        keys.used(&token(1).id, at_us).await.expect("the store answers");
        seen.push(local.tokens().await.expect("they are listed")[0].last_used_at_us);
    }
    assert_eq!(seen, [Some(minute), Some(minute), Some(minute), Some(2 * minute)]);
}

async fn a_ticket_is_redeemed_once(world: World) {
    let (local, keys) = (world.local(), world.store.keys());
    local.create_token(token(1)).await.expect("it is made");
    let ticket = |token| Ticket {
        tenant: tenant("local"),
        token,
        purpose: Purpose::Socket,
        scopes: vec![Scope::Read],
        expires_at_us: 100,
    };
    let bare = ticket(None);
    keys.issue_ticket(&[1; 32], bare.clone()).await.expect("it is kept");
    let redeem = async |hash, purpose, now_us| {
        keys.redeem_ticket(&hash, purpose, now_us).await.expect("the store answers")
    };
    assert_eq!(redeem([1; 32], Purpose::Login, 99).await, None, "it is for something else");
    assert_eq!(redeem([1; 32], Purpose::Socket, 99).await, Some(bare.clone()));
    assert_eq!(redeem([1; 32], Purpose::Socket, 99).await, None, "it is gone");
    keys.issue_ticket(&[2; 32], bare).await.expect("it is kept");
    assert_eq!(redeem([2; 32], Purpose::Socket, 100).await, None, "its time is over");
    assert_eq!(redeem([2; 32], Purpose::Socket, 50).await, None, "and it was swept away");

    let of_token = ticket(Some(token(1).id));
    for hash in [[3; 32], [4; 32]] {
        keys.issue_ticket(&hash, of_token.clone()).await.expect("it is kept");
    }
    assert_eq!(redeem([3; 32], Purpose::Socket, 1).await, Some(of_token));
    local.revoke_token(&token(1).id, 2).await.expect("it is taken back");
    assert_eq!(redeem([4; 32], Purpose::Socket, 3).await, None, "it goes with its token");
}

async fn the_audit_lists_newest_first(world: World) {
    let local = world.local();
    let entry = |number: u64| AuditEntry {
        at_us: number,
        actor: "ada".to_owned(),
        action: "token.create".to_owned(),
        subject: format!("tok {number}"),
        detail: json!({"number": number}),
    };
    for number in 1..=12 {
        local.note(entry(number)).await.expect("it is noted");
    }
    let list = async |before: Option<String>, limit| {
        local.audit(AuditFilter { before, limit }).await.expect("it is listed")
    };
    let first = list(None, Some(2)).await;
    assert_eq!(first.iter().map(|row| row.at_us).collect::<Vec<_>>(), [12, 11]);
    assert_eq!((first[0].subject.as_str(), &first[0].detail), ("tok 12", &json!({"number": 12})));
    let rest = list(Some(first[1].id.clone()), None).await;
    assert_eq!(
        rest.iter().map(|row| row.at_us).collect::<Vec<_>>(),
        (1..=10).rev().collect::<Vec<_>>()
    );
    assert!(first[0].id > first[1].id && first[1].id > rest[0].id, "ids sort by age");
    assert!(list(Some("nothing".to_owned()), None).await.is_empty());
    let other = world.store.tenant(&tenant("other"));
    assert!(other.audit(AuditFilter::default()).await.expect("it is listed").is_empty());
}
