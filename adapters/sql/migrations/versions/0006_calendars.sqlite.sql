CREATE TABLE calendar_feeds (
    business_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    provider_id INTEGER,
    client_id INTEGER,
    token_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT,
    CONSTRAINT uq_calendar_feeds_business_id_id UNIQUE (business_id, id),
    CONSTRAINT fk_calendar_feeds_business_id_provider_id FOREIGN KEY(business_id, provider_id) REFERENCES providers (business_id, id),
    CONSTRAINT fk_calendar_feeds_business_id_client_id FOREIGN KEY(business_id, client_id) REFERENCES clients (business_id, id),
    CONSTRAINT ck_calendar_feeds_owner CHECK ((provider_id IS NULL) <> (client_id IS NULL))
);

CREATE UNIQUE INDEX uq_calendar_feeds_token_hash ON calendar_feeds (business_id, token_hash);

CREATE INDEX ix_calendar_feeds_provider_id ON calendar_feeds (business_id, provider_id);

CREATE INDEX ix_calendar_feeds_client_id ON calendar_feeds (business_id, client_id);

CREATE TABLE calendar_sources (
    business_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    provider_id INTEGER NOT NULL,
    url BLOB NOT NULL,
    host TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    etag TEXT,
    modified TEXT,
    read_at BIGINT,
    fetched_at BIGINT,
    tried_at BIGINT,
    error TEXT,
    failures INTEGER NOT NULL,
    CONSTRAINT uq_calendar_sources_business_id_id UNIQUE (business_id, id),
    CONSTRAINT fk_calendar_sources_business_id_provider_id FOREIGN KEY(business_id, provider_id) REFERENCES providers (business_id, id)
);

CREATE INDEX ix_calendar_sources_provider_id ON calendar_sources (business_id, provider_id);

ALTER TABLE allocations ADD COLUMN calendar_source_id INTEGER;

CREATE INDEX ix_allocations_calendar_source_id ON allocations (business_id, calendar_source_id);
