CREATE TABLE display_credentials (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    business_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    prefix TEXT NOT NULL,
    token_hash TEXT NOT NULL,
    created_by INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT,
    CONSTRAINT uq_display_credentials_token_hash UNIQUE (token_hash),
    CONSTRAINT fk_display_credentials_business_id FOREIGN KEY(business_id) REFERENCES tenants (id)
);

CREATE INDEX ix_display_credentials_business_id ON display_credentials (business_id);

CREATE TABLE stream_tickets (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    business_id INTEGER NOT NULL,
    ticket_hash TEXT NOT NULL,
    actor TEXT NOT NULL,
    identity_epoch INTEGER,
    membership_epoch INTEGER,
    credential_expires_at BIGINT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    uses INTEGER NOT NULL,
    CONSTRAINT uq_stream_tickets_ticket_hash UNIQUE (ticket_hash),
    CONSTRAINT fk_stream_tickets_business_id FOREIGN KEY(business_id) REFERENCES tenants (id)
);

CREATE INDEX ix_stream_tickets_expires_at ON stream_tickets (expires_at);
