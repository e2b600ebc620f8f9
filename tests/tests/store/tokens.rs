//! Tokens, tickets and the audit: who may come in, once or often, and what they did.

use serde_json::json;
use sluice_db::{AuditEntry, AuditFilter, KeepError, NewLogin, NewToken, Purpose, Ticket};
use sluice_model::{AuditId, Capability, Code, Quota, Scope, TokenId};

use crate::world::{World, tenant};

crate::on_both! {
    a_token_is_found_by_its_hash_and_taken_back_once
    a_use_is_noted_once_a_minute
    a_ticket_is_redeemed_once
    a_token_has_so_many_tickets
    a_login_code_and_its_token_are_one
    a_tenant_has_so_many_tokens
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
    let listed = local.tokens(None, None).await.expect("they are listed");
    assert_eq!(listed.iter().map(|row| &row.id).collect::<Vec<_>>(), [&token(2).id, &token(1).id]);
    let rest = local.tokens(Some(&token(2).id), Some(5)).await.expect("they are listed");
    assert_eq!(rest.iter().map(|row| &row.id).collect::<Vec<_>>(), [&token(1).id]);
    assert_eq!(listed[0].grants.as_deref(), Some(&grants[..]));

    let admin = world.store.admin();
    let other = tenant("other");
    admin.create_tenant(&other, &Quota::default(), &[], 1).await.expect("it is made");
    let other = world.store.tenant(&other);
    assert!(other.tokens(None, None).await.expect("they are listed").is_empty());
    assert_eq!(other.token(&token(1).id).await.expect("the store answers"), None);
    let one = local.token(&token(1).id).await.expect("the store answers");
    assert_eq!(one.map(|row| row.name), Some(token(1).name));
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
        let row = local.token(&token(1).id).await.expect("the store answers").expect("it is there");
        seen.push(row.last_used_at_us);
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
    let issue = async |hash, ticket, now_us| {
        assert!(keys.issue_ticket(&hash, ticket, now_us).await.expect("the store answers"));
    };
    issue([1; 32], bare.clone(), 1).await;
    let redeem = async |hash, purpose, now_us| {
        keys.redeem_ticket(&hash, purpose, now_us).await.expect("the store answers")
    };
    assert_eq!(redeem([1; 32], Purpose::Login, 99).await, None, "it is for something else");
    assert_eq!(redeem([1; 32], Purpose::Socket, 99).await, Some(bare.clone()));
    assert_eq!(redeem([1; 32], Purpose::Socket, 99).await, None, "it is gone");
    issue([2; 32], bare.clone(), 1).await;
    assert_eq!(redeem([2; 32], Purpose::Socket, 100).await, None, "its time is over");
    issue([9; 32], Ticket { expires_at_us: 200, ..bare }, 100).await;
    assert_eq!(redeem([2; 32], Purpose::Socket, 50).await, None, "and it was swept away");

    let of_token = ticket(Some(token(1).id));
    for hash in [[3; 32], [4; 32]] {
        issue(hash, of_token.clone(), 1).await;
    }
    assert_eq!(redeem([3; 32], Purpose::Socket, 1).await, Some(of_token));
    local.revoke_token(&token(1).id, 2).await.expect("it is taken back");
    assert_eq!(redeem([4; 32], Purpose::Socket, 3).await, None, "it goes with its token");
}

async fn a_token_has_so_many_tickets(world: World) {
    let (local, keys) = (world.local(), world.store.keys());
    local.create_token(token(1)).await.expect("it is made");
    local.create_token(token(2)).await.expect("it is made");
    let issue = async |number: u8, of: u8, now_us| {
        let ticket = Ticket {
            tenant: tenant("local"),
            token: Some(token(of).id),
            purpose: Purpose::Socket,
            scopes: Vec::new(),
            expires_at_us: now_us + 100,
        };
        keys.issue_ticket(&[number; 32], ticket, now_us).await.expect("the store answers")
    };
    for number in 0..100 {
        assert!(issue(number, 1, 1).await, "{number}");
    }
    assert!(!issue(100, 1, 1).await);
    assert!(issue(101, 2, 1).await, "others have their own");
    let used = keys.redeem_ticket(&[7; 32], Purpose::Socket, 2).await;
    assert!(used.expect("the store answers").is_some());
    assert!(issue(100, 1, 2).await, "one was used");
    assert!(!issue(102, 1, 3).await);
    assert!(issue(102, 1, 103).await, "the time of the others is over");
}

async fn a_login_code_and_its_token_are_one(world: World) {
    let (local, keys) = (world.local(), world.store.keys());
    let code = Ticket {
        tenant: tenant("local"),
        token: None,
        purpose: Purpose::Login,
        scopes: vec![Scope::Admin],
        expires_at_us: 100,
    };
    assert!(keys.issue_ticket(&[1; 32], code.clone(), 1).await.expect("the store answers"));
    let log_in = async |hash: u8, of: u8, now_us| {
        let login = NewLogin { token: token(of), entry: entry(u64::from(of)) };
        keys.log_in(&[hash; 32], login, now_us).await
    };
    assert_eq!(log_in(2, 1, 50).await.expect("the store answers"), None, "there is no such code");
    assert_eq!(log_in(1, 1, 100).await.expect("the store answers"), None, "its time is over");
    local.create_token(token(5)).await.expect("it is made");
    log_in(1, 5, 50).await.expect_err("the id is taken");
    let quota = Quota { tokens: 1, ..Quota::default() };
    world.store.admin().set_quota(&tenant("local"), &quota).await.expect("it is set");
    let refused = log_in(1, 1, 50).await;
    let code_of = |error: &KeepError| match error {
        KeepError::Refused(failure) => Some(failure.code),
        KeepError::Db(_) => None,
    };
    assert_eq!(refused.as_ref().err().and_then(code_of), Some(Code::QuotaExceeded), "{refused:?}");
    assert!(local.audit(AuditFilter::default()).await.expect("it is listed").is_empty());
    local.revoke_token(&token(5).id, 50).await.expect("it is taken back");
    assert_eq!(log_in(1, 1, 50).await.expect("the code is still there"), Some(code));
    let made = keys.find(&[1; 32]).await.expect("the store answers").expect("it is there");
    assert_eq!((made.scopes, made.name), (vec![Scope::Admin], token(1).name));
    assert_eq!(local.audit(AuditFilter::default()).await.expect("it is listed").len(), 1);
    assert_eq!(log_in(1, 2, 50).await.expect("the store answers"), None, "it is used");
}

async fn a_tenant_has_so_many_tokens(world: World) {
    let (admin, name) = (world.store.admin(), tenant("small"));
    let quota = Quota { tokens: 2, ..Quota::default() };
    admin.create_tenant(&name, &quota, &[], 1).await.expect("it is made");
    let small = world.store.tenant(&name);
    for number in [1, 2] {
        assert!(small.create_token(token(number)).await.expect("it is made"));
    }
    let refused = small.create_token(token(3)).await;
    let Err(KeepError::Refused(failure)) = refused else { panic!("{refused:?}") };
    assert_eq!((failure.code, &failure.details["quota"]), (Code::QuotaExceeded, &json!("tokens")));
    assert!(small.revoke_token(&token(1).id, 6).await.expect("it is taken back"));
    assert!(small.create_token(token(3)).await.expect("it is made"));
    let later = NewToken { at_us: 500, expires_at_us: Some(900), ..token(4) };
    assert!(small.create_token(later).await.expect("two have ended"));
    assert!(world.local().create_token(token(5)).await.expect("others have their own"));
}

fn entry(number: u64) -> AuditEntry {
    AuditEntry {
        id: AuditId::new(number, [0; 10]),
        at_us: number,
        actor: "ada".to_owned(),
        action: "token.create".to_owned(),
        subject: format!("tok {number}"),
        detail: json!({"number": number}),
    }
}

async fn the_audit_lists_newest_first(world: World) {
    let local = world.local();
    for number in 1..=12 {
        local.note(entry(number)).await.expect("it is noted");
    }
    let list = async |before: Option<AuditId>, limit| {
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
    assert!(list(Some(AuditId::new(99, [0; 10])), None).await.is_empty());
    let other = world.store.tenant(&tenant("other"));
    let filter = AuditFilter { before: Some(first[0].id.clone()), limit: None };
    for filter in [AuditFilter::default(), filter] {
        assert!(other.audit(filter).await.expect("it is listed").is_empty());
    }
}
