//! A store that an older program made is brought up, with what is in it.

use serde_json::json;
use sluice_db::{FlowFilter, Store};
use sluice_model::{Capability, Limits};

use crate::world::{World, ended, tenant};

crate::on_both! {
    a_store_of_the_first_schema_goes_on
}

const FIRST: &str = include_str!("../../../crates/db/migrations/0001_initial.sql");

const RUN: &str = "run_00000000000000000000000001";

/// The first event of a run, as the first program wrote it.
const BODY: &str = concat!(
    r#"{"kind":"run_queued","tenant":"local","flow":"flow","source_digest":"digest","#,
    r#""image_digest":"image","input":{"name":"Ada"},"#,
    r#""seed":"0000000000000000000000000000000000000000000000000000000000000000","#,
    r#""grants":[],"uses":[],"limits":{"cpu_time_ms":60000,"wall_time_ms":3600000,"#,
    r#""memory_bytes":268435456,"output_bytes":4194304,"spans":20000,"events":100000,"#,
    r#""calls":10000,"event_bytes":67108864,"string_bytes":262144,"payload_bytes":4194304},"#,
    r#""retry":{"retries":0,"backoff_ms":1000,"max_backoff_ms":3600000,"on":[]}}"#
);

/// Its hash.
const HASH: &str = "55ed5a2c2d879a4230fd8dc96d46fd95a2d8963eed6cccdd99208d8b080b0177";

fn words(world: &World) -> [(&'static str, &'static str); 3] {
    if world.is_sqlite() {
        [("{text}", "TEXT"), ("{bytes}", "BLOB"), ("{by_key}", " WITHOUT ROWID")]
    } else {
        [("{text}", "TEXT COLLATE \"C\""), ("{bytes}", "BYTEA"), ("{by_key}", "")]
    }
}

async fn a_store_of_the_first_schema_goes_on(mut world: World) {
    world.store.clone().close().await;
    world.empty();
    let schema = words(&world).iter().fold(FIRST.to_owned(), |sql, (open, w)| sql.replace(open, w));
    let hash = if world.is_sqlite() { format!("X'{HASH}'") } else { format!("'\\x{HASH}'") };
    let flow = json!({"name": "report", "summary": "Writes the Quarterly report"});
    world.sql(&format!(
        "{schema}
         CREATE TABLE schema_version (version BIGINT NOT NULL);
         INSERT INTO schema_version VALUES (1);
         INSERT INTO tenants VALUES ('bounded', '{{\"running\":2,\"queued\":3}}', 4);
         INSERT INTO sources VALUES ('digest', 'source');
         INSERT INTO tenant_sources VALUES ('local', 'digest');
         INSERT INTO flows VALUES ('local', 'report', 1);
         INSERT INTO flow_versions VALUES ('local', 'report', 1, 'digest', '{flow}', 5);
         INSERT INTO runs (id, tenant, flow, source_digest, image_digest, state, created_at_us,
             due_at_us, seq, hash)
             VALUES ('{RUN}', 'local', 'flow', 'digest', 'image', 'queued', 1, 1, 1, {hash});
         INSERT INTO events VALUES ('{RUN}', 1, 1, 'run_queued', NULL, '{BODY}', {hash});"
    ));
    world.store = Store::open(&world.address).await.expect("it is brought up");
    let local = world.local();
    let mut leased = world.claim("w", 10, 9).await.remove(0);
    assert_eq!((leased.run.as_str(), leased.start.input["name"].as_str()), (RUN, Some("Ada")));
    leased.log.append(vec![ended(11, json!(1))]).await.expect("the lease holds");
    let verified = local.verify(&leased.run).await.expect("the record is read");
    assert_eq!((verified.events, verified.first_bad), (2, None));
    assert_eq!(local.usage(0..=0).await.expect("the store answers")[0].succeeded, 1);

    let row = local.row().await.expect("the store answers").expect("it is there");
    assert_eq!(row.grants, Capability::every());
    let generous = Limits { cpu_time_ms: 1 << 40, ..Limits::default() };
    assert_eq!(generous.first_above(&row.quota.limits), None);
    let bounded = world.store.admin().tenant(&tenant("bounded")).await;
    let bounded = bounded.expect("the store answers").expect("it is there");
    assert_eq!((bounded.quota.running, bounded.grants), (2, Capability::every()));
    let text = Some("quarterly".to_owned());
    let flows = local.flows(&FlowFilter { text, ..FlowFilter::default() }).await;
    assert_eq!(flows.expect("they are listed").len(), 1);
}
