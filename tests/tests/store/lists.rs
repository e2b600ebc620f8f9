//! Lists of runs and flows: newest first, a page at a time, one tenant's.

use serde_json::json;
use sluice_db::{FlowFilter, RunFilter};
use sluice_model::{Quota, RunState};

use crate::world::{World, ended, start, tenant, text};

crate::on_both! {
    runs_are_listed_newest_first
    a_source_that_is_current_makes_no_new_version
    a_flow_is_saved_where_it_is_as_it_should_be
    flows_are_found_by_their_words
}

async fn runs_are_listed_newest_first(world: World) {
    let admin = world.store.admin();
    admin.create_tenant(&tenant("other"), &Quota::default(), &[], 1).await.expect("it is made");
    let mut foreign = world.new_run();
    foreign.start = start(tenant("other"));
    world.submit(foreign).await;
    let mut runs = Vec::new();
    for number in 0..5 {
        let mut new = world.new_run();
        new.start.flow = String::from(if number % 2 == 0 { "even" } else { "odd" });
        runs.push(world.submit(new).await);
    }
    let mut first = world.claim("w", 10, 9).await;
    let place = first.iter().position(|leased| leased.run == runs[0]).expect("it was taken");
    let mut first = first.remove(place);
    first.log.append(vec![ended(11, json!(1))]).await.expect("the lease holds");
    let child = world.claim("w", 12, 1).await;
    assert!(child.is_empty());

    let list = async |filter: RunFilter| {
        let rows = world.local().runs(&filter).await.expect("they are listed");
        let place = |id| runs.iter().position(|run| *run == id);
        rows.into_iter().filter_map(|row| place(row.id)).collect::<Vec<_>>()
    };
    let all = RunFilter::default();
    assert_eq!(list(all.clone()).await, [4, 3, 2, 1, 0]);
    assert_eq!(list(RunFilter { limit: Some(2), ..all.clone() }).await, [4, 3]);
    let before = Some(runs[3].clone());
    assert_eq!(list(RunFilter { limit: Some(2), before, ..all.clone() }).await, [2, 1]);
    assert_eq!(list(RunFilter { flow: Some("odd".to_owned()), ..all.clone() }).await, [3, 1]);
    assert_eq!(list(RunFilter { state: Some(RunState::Ended), ..all.clone() }).await, [0]);
    let outcome = |word: &str| RunFilter { outcome: Some(word.to_owned()), ..all.clone() };
    assert_eq!(list(outcome("succeeded")).await, [0]);
    assert!(list(outcome("failed")).await.is_empty());
    assert!(list(RunFilter { parent: Some(runs[1].clone()), ..all.clone() }).await.is_empty());
    assert!(list(RunFilter { root: Some(runs[1].clone()), ..all }).await.is_empty());
}

async fn a_source_that_is_current_makes_no_new_version(world: World) {
    let local = world.local();
    let save = async |name: &str, source: &str, at_us| {
        let saved = local.save_flow(name, &text(source), &json!({"doc": source}), at_us).await;
        saved.expect("it is saved").version
    };
    assert_eq!(save("hello", "a", 1).await, 1);
    assert_eq!(save("hello", "a", 2).await, 1);
    assert_eq!(save("hello", "b", 3).await, 2);
    assert_eq!(save("hello", "a", 4).await, 3);
    assert_eq!(save("help", "b", 5).await, 1);
    let current = local.flow("hello").await.expect("the store answers").expect("it is there");
    assert_eq!((current.version, current.created_at_us), (3, 4));
    assert_eq!(current.description, json!({"doc": "a"}));
    let source = local.source(&current.source_digest).await.expect("the store answers");
    assert_eq!(source, Some(text("a")));
    let versions = local.flow_versions("hello").await.expect("they are listed");
    assert_eq!(versions.iter().map(|version| version.version).collect::<Vec<_>>(), [3, 2, 1]);
    let some = local.some_flow_versions("hello", Some(3), 1).await.expect("they are listed");
    assert_eq!((some.items[0].version, some.items.len(), some.has_more), (2, 1, true));
    let filter = FlowFilter { limit: Some(1), ..FlowFilter::default() };
    let some = local.some_flows(&filter).await.expect("they are listed");
    assert_eq!((some.items[0].name.as_str(), some.items.len(), some.has_more), ("hello", 1, true));
    let list = async |prefix: &str, after: Option<&str>| {
        let (prefix, after) = (prefix.to_owned(), after.map(str::to_owned));
        let flows = local.flows(&FlowFilter { prefix, after, ..FlowFilter::default() }).await;
        flows.expect("they are listed").into_iter().map(|flow| flow.name).collect::<Vec<_>>()
    };
    assert_eq!(list("", None).await, ["hello", "help"]);
    assert_eq!(list("hell", None).await, ["hello"]);
    assert_eq!(list("h", Some("hello")).await, ["help"]);
    let other = world.store.tenant(&tenant("other"));
    assert!(other.flow("hello").await.expect("the store answers").is_none());
    assert_eq!(other.source(&current.source_digest).await.expect("the store answers"), None);
}

async fn a_flow_is_saved_where_it_is_as_it_should_be(world: World) {
    let local = world.local();
    let save = async |source: &str, expected: Option<u64>| {
        let described = json!({});
        let is_expected = move |version| version == expected;
        let saved = local.replace_flow("f", &text(source), &described, is_expected, 1).await;
        saved.expect("the store answers").map(|saved| saved.version)
    };
    assert_eq!(save("a", Some(1)).await, None);
    assert_eq!(local.flow("f").await.expect("the store answers"), None, "nothing is left of it");
    assert_eq!(save("a", None).await, Some(1));
    assert_eq!(save("b", None).await, None);
    assert_eq!(save("b", Some(1)).await, Some(2));
    assert_eq!(save("c", Some(1)).await, None);
    // Of many who begin a flow, one does.
    let other = world.elsewhere().await;
    let mut saves = Vec::new();
    for (number, store) in [&world.store, &other].into_iter().cycle().take(12).enumerate() {
        let tenant = store.tenant(local.id());
        saves.push(tokio::spawn(async move {
            let (source, is_new) =
                (text(&number.to_string()), |version: Option<u64>| version.is_none());
            tenant.replace_flow("g", &source, &json!({}), is_new, 1).await
        }));
    }
    let mut begun = 0;
    for save in saves {
        begun += usize::from(save.await.expect("it ends").expect("the store answers").is_some());
    }
    assert_eq!(begun, 1);
    let versions = local.flow_versions("g").await.expect("they are listed");
    assert_eq!(versions.len(), 1);
}

async fn flows_are_found_by_their_words(world: World) {
    let local = world.local();
    for (name, summary) in [
        ("report", "Writes 100% of the Überblick"),
        ("pay_all", "Pays what is due!"),
        ("payall", "Says \"type\" \u{0} and nothing"),
    ] {
        let described = json!({"summary": summary, "input": {"type": "object"}});
        local.save_flow(name, &text(name), &described, 1).await.expect("it is saved");
    }
    let find = async |words: &str| {
        let filter = FlowFilter { text: Some(words.to_owned()), ..FlowFilter::default() };
        let flows = local.flows(&filter).await.expect("they are listed");
        flows.into_iter().map(|flow| flow.name).collect::<Vec<_>>()
    };
    assert_eq!(find("PAY").await, ["pay_all", "payall"]);
    assert_eq!(find("pay_").await, ["pay_all"], "a wildcard is a letter");
    assert_eq!(find("0%").await, ["report"]);
    assert_eq!(find("ÜBERBLICK").await, ["report"]);
    assert_eq!(find("due!").await, ["pay_all"]);
    assert_eq!(find("type").await, ["payall"], "schemas are not searched");
    assert_eq!(find("").await.len(), 3);
    assert!(find("object").await.is_empty());
    assert!(find("a\u{0}").await.is_empty());
    assert!(find(&"a".repeat(2_000)).await.is_empty());
    // The words are those of the current version.
    let described = json!({"summary": "Anew"});
    local.save_flow("report", &text("other"), &described, 2).await.expect("it is saved");
    assert_eq!(find("anew").await, ["report"]);
    assert!(find("überblick").await.is_empty());
    let filter = FlowFilter {
        text: Some("pay".to_owned()),
        prefix: "payal".to_owned(),
        ..FlowFilter::default()
    };
    assert_eq!(local.flows(&filter).await.expect("they are listed").len(), 1);
}
