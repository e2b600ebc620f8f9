-- `{text}`, `{bytes}` and `{by_key}` stand for the engine's own words (src/migrate.rs).
-- Times are in microseconds since the Unix epoch.

-- Services that flows may be let at: those of whoever runs the store, the same for all tenants.
CREATE TABLE services (
    name {text} PRIMARY KEY,
    address TEXT NOT NULL,
    -- Null where nobody could read its document yet.
    document_digest {text},
    client_digest {text},
    -- What people, models and editors read of it.
    interface_digest {text},
    stub_digest {text},
    -- Which methods may be called again, and which change nothing: a JSON object, docs/rpc.md.
    effects TEXT,
    checked_at_us BIGINT
){by_key};

-- Documents of services, and the texts made of them, by SHA-256 in hex. Runs are pinned to
-- clients, so nothing here is ever removed.
CREATE TABLE texts (
    digest {text} PRIMARY KEY,
    content TEXT NOT NULL
){by_key};

-- The key of each tenant, sealed under the master key, which is not in the store.
CREATE TABLE data_keys (
    tenant {text} PRIMARY KEY REFERENCES tenants (id),
    sealed TEXT NOT NULL
){by_key};

-- Versions of secrets, sealed under the key of their tenant. The highest is the current one.
CREATE TABLE secrets (
    tenant {text} NOT NULL REFERENCES tenants (id),
    name {text} NOT NULL,
    version BIGINT NOT NULL,
    sealed TEXT NOT NULL,
    -- Where it may go: a JSON object, docs/secrets.md.
    bounds TEXT NOT NULL,
    created_at_us BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    PRIMARY KEY (tenant, name, version)
){by_key};

-- What a tenant calls models, and where they are.
CREATE TABLE models (
    tenant {text} NOT NULL REFERENCES tenants (id),
    alias {text} NOT NULL,
    -- A JSON object, docs/models.md.
    endpoint TEXT NOT NULL,
    changed_at_us BIGINT NOT NULL,
    PRIMARY KEY (tenant, alias)
){by_key};

-- What a tenant's models took in a day, which is a number of days since 1970-01-01.
CREATE TABLE model_usage (
    tenant {text} NOT NULL REFERENCES tenants (id),
    day BIGINT NOT NULL,
    tokens BIGINT NOT NULL,
    cost_micros BIGINT NOT NULL,
    PRIMARY KEY (tenant, day)
){by_key};

-- Who submitted it, in the words of the audit.
ALTER TABLE runs ADD COLUMN started_by TEXT;
