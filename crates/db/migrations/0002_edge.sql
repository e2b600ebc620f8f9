-- `{text}`, `{bytes}`, `{serial}` and `{by_key}` stand for the engine's own words (src/migrate.rs).
-- Times are in microseconds since the Unix epoch.

-- Capability words, as a JSON list: what the tenant's runs may do at most.
ALTER TABLE tenants ADD COLUMN grants TEXT NOT NULL DEFAULT '[]';
ALTER TABLE tenants ADD COLUMN label TEXT;
-- Bytes written for the tenant, about. It only grows.
ALTER TABLE tenants ADD COLUMN stored_bytes BIGINT NOT NULL DEFAULT 0;

-- Nothing was withheld from anybody before.
UPDATE tenants SET grants =
    '["rpc:*","http:*","llm:*","flow:*","ask","kv:*","secret:*","artifact:*"]';

-- Whoever runs Sluice for themselves is not held to ceilings that are for others.
UPDATE tenants SET quota = '{"cpu_ms_per_day":1000000000000000,"stored_bytes":1000000000000000,'
    || '"calls_per_second":1000000000,"tokens":1000000000,"limits":{"cpu_time_ms":1000000000000000,'
    || '"wall_time_ms":1000000000000000,"memory_bytes":1000000000000000,'
    || '"output_bytes":1000000000000000,"spans":1000000000000000,"events":1000000000000000,'
    || '"calls":1000000000000000,"event_bytes":1000000000000000,'
    || '"string_bytes":1000000000000000,"payload_bytes":1000000000000000}}'
    WHERE id = 'local' AND quota = '{}';

-- Name and summary in small letters, for Tenant::flows with a text. Filled by src/migrate.rs.
ALTER TABLE flow_versions ADD COLUMN words TEXT NOT NULL DEFAULT '';

-- Who may come in. The token itself is nowhere, only its SHA-256.
CREATE TABLE tokens (
    id {text} PRIMARY KEY,
    tenant {text} NOT NULL REFERENCES tenants (id),
    name TEXT NOT NULL,
    -- Also Keys::find.
    hash {bytes} NOT NULL UNIQUE,
    -- Words of scopes, as a JSON list.
    scopes TEXT NOT NULL,
    -- Capability words, as a JSON list; null: those of the tenant.
    grants TEXT,
    created_at_us BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    expires_at_us BIGINT,
    revoked_at_us BIGINT,
    last_used_at_us BIGINT
){by_key};

-- Tenant::tokens, newest first.
CREATE INDEX tokens_by_tenant ON tokens (tenant, id);

-- Tenant::create_token and Keys::log_in: how many are valid.
CREATE INDEX tokens_not_revoked ON tokens (tenant, expires_at_us) WHERE revoked_at_us IS NULL;

-- What a browser or a person comes in with, once.
CREATE TABLE tickets (
    hash {bytes} PRIMARY KEY,
    tenant {text} NOT NULL REFERENCES tenants (id),
    token_id {text} REFERENCES tokens (id),
    purpose {text} NOT NULL CHECK (purpose IN ('login', 'socket')),
    scopes TEXT NOT NULL,
    expires_at_us BIGINT NOT NULL
){by_key};

-- Keys::issue_ticket, which sweeps those whose time is over.
CREATE INDEX tickets_by_end ON tickets (expires_at_us);
-- Tenant::revoke_token, which takes a token's tickets with it, and Keys::issue_ticket, which counts them.
CREATE INDEX tickets_by_token ON tickets (token_id) WHERE token_id IS NOT NULL;

-- Who did what at the edge. Append-only.
CREATE TABLE audit (
    -- The order of entries. It counts those of all tenants, so nobody is shown it.
    seq {serial},
    -- Also Tenant::audit, for the place of an entry.
    id {text} NOT NULL UNIQUE,
    tenant {text} NOT NULL REFERENCES tenants (id),
    at_us BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action {text} NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL
);

-- Tenant::audit, newest first.
CREATE INDEX audit_by_tenant ON audit (tenant, seq);

-- What a tenant's runs took in one UTC day, counted in days since the Unix epoch.
CREATE TABLE usage (
    tenant {text} NOT NULL REFERENCES tenants (id),
    day BIGINT NOT NULL,
    runs BIGINT NOT NULL,
    succeeded BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    cpu_time_us BIGINT NOT NULL,
    events BIGINT NOT NULL,
    PRIMARY KEY (tenant, day)
){by_key};

-- Queue::claim for a tenant that has used up its day: runs that are only to be ended.
CREATE INDEX runs_to_cancel ON runs (image_digest, tenant, due_at_us)
    WHERE cancel_reason IS NOT NULL AND due_at_us IS NOT NULL;
