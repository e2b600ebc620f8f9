-- `{text}`, `{bytes}` and `{by_key}` stand for the engine's own words (src/migrate.rs). Times are in
-- microseconds since the Unix epoch.

CREATE TABLE tenants (
    id {text} PRIMARY KEY,
    quota TEXT NOT NULL,
    created_at_us BIGINT NOT NULL
){by_key};

INSERT INTO tenants (id, quota, created_at_us) VALUES ('local', '{}', 0);

-- Every source that a run or a flow version is pinned to, by SHA-256 in hex.
CREATE TABLE sources (
    digest {text} PRIMARY KEY,
    source TEXT NOT NULL
);

-- Which of them a tenant has used, and so may read.
CREATE TABLE tenant_sources (
    tenant {text} NOT NULL REFERENCES tenants (id),
    digest {text} NOT NULL REFERENCES sources (digest),
    PRIMARY KEY (tenant, digest)
){by_key};

-- Bytes that a tenant's events, answers and artifacts name, by SHA-256 in hex. Each tenant has its own,
-- so that nobody finds out what others keep.
CREATE TABLE blobs (
    tenant {text} NOT NULL REFERENCES tenants (id),
    digest {text} NOT NULL,
    bytes {bytes} NOT NULL,
    PRIMARY KEY (tenant, digest)
);

CREATE TABLE flows (
    tenant {text} NOT NULL REFERENCES tenants (id),
    name {text} NOT NULL,
    current BIGINT NOT NULL,
    PRIMARY KEY (tenant, name)
){by_key};

CREATE TABLE flow_versions (
    tenant {text} NOT NULL,
    name {text} NOT NULL,
    version BIGINT NOT NULL,
    source_digest {text} NOT NULL REFERENCES sources (digest),
    description TEXT NOT NULL,
    created_at_us BIGINT NOT NULL,
    PRIMARY KEY (tenant, name, version),
    FOREIGN KEY (tenant, name) REFERENCES flows (tenant, name)
){by_key};

-- What follows from the events of each run, in the same transaction, and its lease.
CREATE TABLE runs (
    id {text} PRIMARY KEY,
    tenant {text} NOT NULL REFERENCES tenants (id),
    flow {text} NOT NULL,
    source_digest {text} NOT NULL REFERENCES sources (digest),
    image_digest {text} NOT NULL,
    state {text} NOT NULL CHECK (state IN ('queued', 'running', 'waiting', 'ended')),
    outcome {text},
    code {text},
    created_at_us BIGINT NOT NULL,
    started_at_us BIGINT,
    ended_at_us BIGINT,
    -- When the queue looks at the run: a queued run is taken from then on, a waiting run wakes, the
    -- lease of a running one is over. Null: not before something else happens.
    due_at_us BIGINT,
    deadline_us BIGINT,
    fence BIGINT NOT NULL DEFAULT 0,
    worker {text},
    attempts BIGINT NOT NULL DEFAULT 0,
    -- How often something came that the run may have waited for.
    wakes BIGINT NOT NULL DEFAULT 0,
    -- Leases that ran out in a row.
    lost BIGINT NOT NULL DEFAULT 0,
    cancel_reason TEXT,
    parent_run {text},
    parent_call BIGINT,
    root_run {text},
    depth BIGINT NOT NULL DEFAULT 0,
    forked_from_run {text},
    forked_from_seq BIGINT,
    -- Number and hash of the last event.
    seq BIGINT NOT NULL,
    hash {bytes} NOT NULL,
    cpu_time_us BIGINT NOT NULL DEFAULT 0,
    idempotency_key {text},
    -- 1 where questions or kept results are to be cleared away when the run ends.
    leaves BIGINT NOT NULL DEFAULT 0,
    -- 1 for a record that was made elsewhere.
    imported BIGINT NOT NULL DEFAULT 0
){by_key};

-- Tenant::runs, newest first.
CREATE INDEX runs_by_tenant ON runs (tenant, id);
-- Tenant::runs of one state; the counts that quotas are held to.
CREATE INDEX runs_by_state ON runs (tenant, state, id);
-- Tenant::runs of one outcome.
CREATE INDEX runs_by_outcome ON runs (tenant, outcome, id) WHERE outcome IS NOT NULL;
-- Tenant::runs of one flow.
CREATE INDEX runs_by_flow ON runs (tenant, flow, id);
-- Tenant::runs of one flow and one outcome.
CREATE INDEX runs_by_flow_and_outcome ON runs (tenant, flow, outcome, id) WHERE outcome IS NOT NULL;
-- Tenant::children, RunLog::look, and that each call has one child.
CREATE UNIQUE INDEX runs_by_parent ON runs (parent_run, parent_call) WHERE parent_run IS NOT NULL;
-- Tenant::runs of one root.
CREATE INDEX runs_by_root ON runs (root_run, id) WHERE root_run IS NOT NULL;
-- Tenant::submit, that a key is one run.
CREATE UNIQUE INDEX runs_by_key ON runs (tenant, idempotency_key) WHERE idempotency_key IS NOT NULL;
-- Queue::claim and Queue::next_due: the tenants with work, and each one's work in order.
CREATE INDEX runs_by_due ON runs (image_digest, tenant, due_at_us) WHERE due_at_us IS NOT NULL;

-- Append-only. Written with the row of the run, so it needs no foreign key to be whole.
CREATE TABLE events (
    run_id {text} NOT NULL,
    seq BIGINT NOT NULL,
    at_us BIGINT NOT NULL,
    kind {text} NOT NULL,
    observed TEXT,
    body TEXT NOT NULL,
    hash {bytes} NOT NULL,
    PRIMARY KEY (run_id, seq)
){by_key};

CREATE TABLE asks (
    id {text} PRIMARY KEY,
    tenant {text} NOT NULL REFERENCES tenants (id),
    run_id {text} NOT NULL REFERENCES runs (id),
    call BIGINT NOT NULL,
    question TEXT NOT NULL,
    assignee {text},
    state {text} NOT NULL CHECK (state IN ('open', 'answered', 'closed')),
    created_at_us BIGINT NOT NULL,
    due_at_us BIGINT,
    answer TEXT,
    answered_by {text},
    answered_at_us BIGINT,
    -- Also RunLog::look and the end of a run.
    UNIQUE (run_id, call)
){by_key};

-- Tenant::asks of one state, newest first.
CREATE INDEX asks_by_state ON asks (tenant, state, id);

CREATE TABLE kv (
    tenant {text} NOT NULL REFERENCES tenants (id),
    space {text} NOT NULL,
    key {text} NOT NULL,
    value TEXT NOT NULL,
    expires_at_us BIGINT,
    PRIMARY KEY (tenant, space, key)
){by_key};

-- What calls that change keys and values answered, until the run ends: a call that is made again
-- after a crash changes nothing again.
CREATE TABLE call_results (
    run_id {text} NOT NULL REFERENCES runs (id),
    call BIGINT NOT NULL,
    answer TEXT NOT NULL,
    PRIMARY KEY (run_id, call)
){by_key};

CREATE TABLE artifacts (
    run_id {text} NOT NULL REFERENCES runs (id),
    name {text} NOT NULL,
    media_type TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    digest {text} NOT NULL,
    call BIGINT NOT NULL,
    at_us BIGINT NOT NULL,
    PRIMARY KEY (run_id, name)
){by_key};
