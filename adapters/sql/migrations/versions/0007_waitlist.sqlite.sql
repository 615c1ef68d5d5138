CREATE TABLE waitlist_entries (
    business_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    client_id INTEGER NOT NULL,
    service_id INTEGER,
    provider_id INTEGER,
    location_id INTEGER,
    first_day DATE,
    last_day DATE,
    days JSON,
    weekdays JSON,
    times JSON,
    duration_minutes INTEGER,
    seats INTEGER NOT NULL,
    description TEXT,
    style TEXT,
    notes TEXT,
    status TEXT NOT NULL,
    joined_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    lapses_at BIGINT,
    expired_offers INTEGER NOT NULL,
    CONSTRAINT uq_waitlist_entries_business_id_id UNIQUE (business_id, id),
    CONSTRAINT fk_waitlist_entries_business_id_client_id FOREIGN KEY(business_id, client_id) REFERENCES clients (business_id, id),
    CONSTRAINT fk_waitlist_entries_business_id_service_id FOREIGN KEY(business_id, service_id) REFERENCES services (business_id, id),
    CONSTRAINT fk_waitlist_entries_business_id_provider_id FOREIGN KEY(business_id, provider_id) REFERENCES providers (business_id, id),
    CONSTRAINT fk_waitlist_entries_business_id_location_id FOREIGN KEY(business_id, location_id) REFERENCES locations (business_id, id),
    CONSTRAINT ck_waitlist_entries_seats CHECK (seats >= 1)
);

CREATE INDEX ix_waitlist_entries_waiting ON waitlist_entries (business_id, id) WHERE status = 'WAITING';

CREATE INDEX ix_waitlist_entries_client_id ON waitlist_entries (business_id, client_id);

CREATE TABLE waitlist_offers (
    business_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    entry_id INTEGER NOT NULL,
    hold_id INTEGER,
    provider_id INTEGER NOT NULL,
    service_id INTEGER,
    location_id INTEGER NOT NULL,
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    status TEXT NOT NULL,
    opening TEXT NOT NULL,
    by_staff BOOLEAN NOT NULL,
    message TEXT,
    nonce TEXT NOT NULL,
    token_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    given_up_by INTEGER,
    ended_at BIGINT,
    appointment_id INTEGER,
    CONSTRAINT uq_waitlist_offers_business_id_id UNIQUE (business_id, id),
    CONSTRAINT fk_waitlist_offers_business_id_entry_id FOREIGN KEY(business_id, entry_id) REFERENCES waitlist_entries (business_id, id),
    CONSTRAINT fk_waitlist_offers_business_id_hold_id FOREIGN KEY(business_id, hold_id) REFERENCES holds (business_id, id),
    CONSTRAINT fk_waitlist_offers_business_id_provider_id FOREIGN KEY(business_id, provider_id) REFERENCES providers (business_id, id),
    CONSTRAINT fk_waitlist_offers_business_id_service_id FOREIGN KEY(business_id, service_id) REFERENCES services (business_id, id),
    CONSTRAINT fk_waitlist_offers_business_id_location_id FOREIGN KEY(business_id, location_id) REFERENCES locations (business_id, id),
    CONSTRAINT fk_waitlist_offers_business_id_given_up_by FOREIGN KEY(business_id, given_up_by) REFERENCES clients (business_id, id),
    CONSTRAINT fk_waitlist_offers_business_id_appointment_id FOREIGN KEY(business_id, appointment_id) REFERENCES appointments (business_id, id)
);

CREATE UNIQUE INDEX uq_waitlist_offers_token_hash ON waitlist_offers (business_id, token_hash);

CREATE UNIQUE INDEX uq_waitlist_offers_opening ON waitlist_offers (business_id, entry_id, opening);

CREATE UNIQUE INDEX uq_waitlist_offers_open ON waitlist_offers (business_id, entry_id) WHERE status = 'OPEN';

CREATE INDEX ix_waitlist_offers_hold_id ON waitlist_offers (business_id, hold_id);

ALTER TABLE services ADD COLUMN turns_since BIGINT;

ALTER TABLE holds ADD COLUMN mode TEXT;

ALTER TABLE holds ADD COLUMN candidates JSON;

CREATE INDEX ix_holds_chosen ON holds (business_id, service_id) WHERE ended_at IS NULL AND mode IS NOT NULL;
