ALTER TABLE sequences ADD COLUMN is_followed BOOLEAN NOT NULL DEFAULT 0;

CREATE TABLE webhook_endpoints (
    business_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    url TEXT NOT NULL,
    scheme TEXT NOT NULL,
    scheme_version TEXT NOT NULL,
    event_names JSON,
    hears JSON NOT NULL,
    description TEXT,
    is_active BOOLEAN NOT NULL,
    disabled_cause TEXT,
    secret BLOB,
    old_secret BLOB,
    old_secret_ends_at BIGINT,
    taken_to INTEGER NOT NULL,
    failing_since BIGINT,
    last_success_at BIGINT,
    quiet_until BIGINT,
    pruned_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    archived_at BIGINT,
    CONSTRAINT uq_webhook_endpoints_business_id_id UNIQUE (business_id, id),
    CONSTRAINT fk_webhook_endpoints_business_id FOREIGN KEY(business_id) REFERENCES businesses (business_id)
);

CREATE TABLE webhook_bodies (
    business_id INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    scheme TEXT NOT NULL,
    version TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT pk_webhook_bodies PRIMARY KEY (business_id, sequence, scheme, version)
);

CREATE TABLE webhook_deliveries (
    business_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    endpoint_id INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    event_type TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    next_at BIGINT,
    created_at BIGINT NOT NULL,
    settled_at BIGINT,
    CONSTRAINT uq_webhook_deliveries_business_id_id UNIQUE (business_id, id),
    CONSTRAINT fk_webhook_deliveries_business_id_endpoint_id FOREIGN KEY(business_id, endpoint_id) REFERENCES webhook_endpoints (business_id, id)
);

CREATE INDEX ix_webhook_deliveries_due ON webhook_deliveries (business_id, endpoint_id, next_at) WHERE state = 'WAITING';

CREATE INDEX ix_webhook_deliveries_sequence ON webhook_deliveries (business_id, sequence);

CREATE UNIQUE INDEX uq_webhook_deliveries_event ON webhook_deliveries (business_id, endpoint_id, sequence);

CREATE TABLE webhook_attempts (
    business_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    delivery_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    at BIGINT NOT NULL,
    status INTEGER,
    error TEXT,
    milliseconds INTEGER NOT NULL,
    answer TEXT NOT NULL,
    CONSTRAINT uq_webhook_attempts_business_id_id UNIQUE (business_id, id),
    CONSTRAINT fk_webhook_attempts_business_id_delivery_id FOREIGN KEY(business_id, delivery_id) REFERENCES webhook_deliveries (business_id, id)
);

CREATE INDEX ix_webhook_attempts_delivery_id ON webhook_attempts (business_id, delivery_id);

CREATE TABLE webhook_turns (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    business_id INTEGER NOT NULL,
    endpoint_id INTEGER NOT NULL,
    newest INTEGER NOT NULL,
    due_at BIGINT NOT NULL,
    is_listening BOOLEAN NOT NULL,
    is_ailing BOOLEAN NOT NULL,
    lease TEXT,
    lease_ends_at BIGINT,
    CONSTRAINT fk_webhook_turns_business_id FOREIGN KEY(business_id) REFERENCES tenants (id)
);

CREATE INDEX ix_webhook_turns_due ON webhook_turns (is_ailing, due_at, id);

CREATE UNIQUE INDEX uq_webhook_turns_endpoint_id ON webhook_turns (business_id, endpoint_id);
