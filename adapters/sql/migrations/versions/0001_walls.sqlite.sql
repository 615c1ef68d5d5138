CREATE TABLE audit (
    business_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    action TEXT NOT NULL,
    noun TEXT NOT NULL,
    "key" INTEGER,
    facts JSON NOT NULL,
    actor TEXT NOT NULL,
    request_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    CONSTRAINT uq_audit_business_id_id UNIQUE (business_id, id)
);

CREATE TABLE events (
    business_id INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    type TEXT NOT NULL,
    version INTEGER NOT NULL,
    noun TEXT NOT NULL,
    "key" INTEGER NOT NULL,
    payload JSON NOT NULL,
    actor TEXT NOT NULL,
    occurred_at BIGINT NOT NULL,
    CONSTRAINT pk_events PRIMARY KEY (business_id, sequence)
);

CREATE TABLE idempotency (
    business_id INTEGER NOT NULL,
    actor TEXT NOT NULL,
    verb TEXT NOT NULL,
    "key" TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    result JSON,
    created_at BIGINT NOT NULL,
    CONSTRAINT pk_idempotency PRIMARY KEY (business_id, actor, verb, "key")
);

CREATE TABLE identities (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    full_name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT uq_identities_email_key UNIQUE (email_key)
);

CREATE TABLE kept_mail (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id TEXT NOT NULL,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    kept_at BIGINT NOT NULL
);

CREATE UNIQUE INDEX uq_kept_mail_message_id ON kept_mail (message_id);

CREATE TABLE sequences (
    business_id INTEGER NOT NULL,
    last INTEGER NOT NULL,
    CONSTRAINT pk_sequences PRIMARY KEY (business_id)
);

CREATE TABLE tenants (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    "plan" TEXT NOT NULL,
    trial_ends_at BIGINT,
    created_at BIGINT NOT NULL,
    closed_at BIGINT
);

CREATE TABLE api_keys (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    business_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    prefix TEXT NOT NULL,
    key_hash TEXT NOT NULL,
    role TEXT NOT NULL,
    created_by INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT,
    CONSTRAINT uq_api_keys_key_hash UNIQUE (key_hash),
    CONSTRAINT fk_api_keys_business_id FOREIGN KEY(business_id) REFERENCES tenants (id)
);

CREATE INDEX ix_api_keys_business_id ON api_keys (business_id);

CREATE TABLE businesses (
    business_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    slug TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    currency TEXT NOT NULL,
    weekly_hours JSON NOT NULL,
    deposit_percent INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT pk_businesses PRIMARY KEY (business_id),
    CONSTRAINT fk_businesses_business_id FOREIGN KEY(business_id) REFERENCES tenants (id)
);

CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    business_id INTEGER,
    kind TEXT NOT NULL,
    lane TEXT NOT NULL,
    facts JSON NOT NULL,
    dedupe_key TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    run_at BIGINT NOT NULL,
    lease TEXT,
    last_error TEXT,
    created_at BIGINT NOT NULL,
    finished_at BIGINT,
    CONSTRAINT fk_jobs_business_id FOREIGN KEY(business_id) REFERENCES tenants (id)
);

CREATE INDEX ix_jobs_due ON jobs (lane, run_at, id) WHERE state = 'WAITING';

CREATE UNIQUE INDEX uq_jobs_dedupe_key ON jobs (dedupe_key);

CREATE TABLE memberships (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    identity_id INTEGER NOT NULL,
    business_id INTEGER NOT NULL,
    role TEXT NOT NULL,
    provider_id INTEGER,
    epoch INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    ended_at BIGINT,
    CONSTRAINT uq_memberships_identity_id_business_id UNIQUE (identity_id, business_id),
    CONSTRAINT fk_memberships_identity_id FOREIGN KEY(identity_id) REFERENCES identities (id),
    CONSTRAINT fk_memberships_business_id FOREIGN KEY(business_id) REFERENCES tenants (id)
);

CREATE INDEX ix_memberships_business_id ON memberships (business_id);

CREATE TABLE public_slugs (
    noun TEXT NOT NULL,
    slug TEXT NOT NULL,
    business_id INTEGER NOT NULL,
    "key" INTEGER NOT NULL,
    CONSTRAINT pk_public_slugs PRIMARY KEY (noun, slug),
    CONSTRAINT fk_public_slugs_business_id FOREIGN KEY(business_id) REFERENCES tenants (id)
);

CREATE TABLE sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    identity_id INTEGER NOT NULL,
    business_id INTEGER,
    identity_epoch INTEGER NOT NULL,
    family TEXT NOT NULL,
    token_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    revoked_at BIGINT,
    CONSTRAINT uq_sessions_token_hash UNIQUE (token_hash),
    CONSTRAINT fk_sessions_identity_id FOREIGN KEY(identity_id) REFERENCES identities (id),
    CONSTRAINT fk_sessions_business_id FOREIGN KEY(business_id) REFERENCES tenants (id)
);

CREATE INDEX ix_sessions_family ON sessions (family);

CREATE TABLE locations (
    business_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    address TEXT,
    created_at BIGINT NOT NULL,
    archived_at BIGINT,
    CONSTRAINT uq_locations_business_id_id UNIQUE (business_id, id),
    CONSTRAINT fk_locations_business_id FOREIGN KEY(business_id) REFERENCES businesses (business_id)
);

CREATE TABLE resources (
    business_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    capacity INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    CONSTRAINT uq_resources_business_id_id UNIQUE (business_id, id),
    CONSTRAINT fk_resources_business_id FOREIGN KEY(business_id) REFERENCES businesses (business_id),
    CONSTRAINT ck_resources_capacity CHECK (capacity >= 1)
);

CREATE TABLE services (
    business_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    description TEXT,
    duration_minutes INTEGER NOT NULL,
    price_minor INTEGER,
    currency TEXT NOT NULL,
    buffer_before_minutes INTEGER NOT NULL,
    buffer_after_minutes INTEGER NOT NULL,
    deposit_percent INTEGER,
    notice_minutes INTEGER NOT NULL,
    step_minutes INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    archived_at BIGINT,
    CONSTRAINT uq_services_business_id_id UNIQUE (business_id, id),
    CONSTRAINT fk_services_business_id FOREIGN KEY(business_id) REFERENCES businesses (business_id)
);

CREATE TABLE providers (
    business_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    location_id INTEGER NOT NULL,
    resource_id INTEGER NOT NULL,
    display_name TEXT NOT NULL,
    slug TEXT NOT NULL,
    role TEXT NOT NULL,
    email TEXT,
    is_accepting_bookings BOOLEAN NOT NULL,
    weekly_hours JSON,
    deposit_percent INTEGER,
    styles JSON NOT NULL,
    instagram_handle TEXT,
    availability_note TEXT,
    portfolio_images JSON NOT NULL,
    created_at BIGINT NOT NULL,
    archived_at BIGINT,
    CONSTRAINT uq_providers_business_id_id UNIQUE (business_id, id),
    CONSTRAINT fk_providers_business_id_location_id FOREIGN KEY(business_id, location_id) REFERENCES locations (business_id, id),
    CONSTRAINT fk_providers_business_id_resource_id FOREIGN KEY(business_id, resource_id) REFERENCES resources (business_id, id)
);

CREATE UNIQUE INDEX ix_providers_resource_id ON providers (business_id, resource_id);

CREATE TABLE clients (
    business_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    display_name TEXT NOT NULL,
    given_name TEXT,
    family_name TEXT,
    email TEXT,
    email_key TEXT,
    phone TEXT,
    phone_e164 TEXT,
    allergies BLOB,
    medical_notes BLOB,
    internal_notes BLOB,
    preferred_provider_id INTEGER,
    created_at BIGINT NOT NULL,
    archived_at BIGINT,
    CONSTRAINT uq_clients_business_id_id UNIQUE (business_id, id),
    CONSTRAINT fk_clients_business_id FOREIGN KEY(business_id) REFERENCES businesses (business_id),
    CONSTRAINT fk_clients_business_id_preferred_provider_id FOREIGN KEY(business_id, preferred_provider_id) REFERENCES providers (business_id, id)
);

CREATE INDEX ix_clients_created_at ON clients (business_id, created_at, id);

CREATE UNIQUE INDEX uq_clients_email_key ON clients (business_id, email_key) WHERE archived_at IS NULL;

CREATE TABLE appointments (
    business_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    location_id INTEGER NOT NULL,
    provider_id INTEGER NOT NULL,
    client_id INTEGER NOT NULL,
    service_id INTEGER,
    status TEXT NOT NULL,
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    duration_minutes INTEGER NOT NULL,
    buffer_before_minutes INTEGER NOT NULL,
    buffer_after_minutes INTEGER NOT NULL,
    price_minor INTEGER,
    deposit_minor INTEGER,
    currency TEXT NOT NULL,
    description TEXT,
    style TEXT,
    notes TEXT,
    internal_notes BLOB,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    confirmed_at BIGINT,
    cancellation_reason TEXT,
    CONSTRAINT uq_appointments_business_id_id UNIQUE (business_id, id),
    CONSTRAINT fk_appointments_business_id_location_id FOREIGN KEY(business_id, location_id) REFERENCES locations (business_id, id),
    CONSTRAINT fk_appointments_business_id_provider_id FOREIGN KEY(business_id, provider_id) REFERENCES providers (business_id, id),
    CONSTRAINT fk_appointments_business_id_client_id FOREIGN KEY(business_id, client_id) REFERENCES clients (business_id, id),
    CONSTRAINT fk_appointments_business_id_service_id FOREIGN KEY(business_id, service_id) REFERENCES services (business_id, id),
    CONSTRAINT ck_appointments_length CHECK (ends_at > starts_at)
);

CREATE INDEX ix_appointments_client_id ON appointments (business_id, client_id, starts_at);

CREATE INDEX ix_appointments_provider_id ON appointments (business_id, provider_id, starts_at);

CREATE INDEX ix_appointments_starts_at ON appointments (business_id, starts_at, id);

CREATE TABLE allocations (
    business_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    resource_id INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    starts_minute INTEGER NOT NULL,
    ends_minute INTEGER NOT NULL,
    kind TEXT NOT NULL,
    is_active BOOLEAN NOT NULL,
    is_exclusive BOOLEAN NOT NULL,
    appointment_id INTEGER,
    expires_at BIGINT,
    CONSTRAINT uq_allocations_business_id_id UNIQUE (business_id, id),
    CONSTRAINT fk_allocations_business_id_resource_id FOREIGN KEY(business_id, resource_id) REFERENCES resources (business_id, id),
    CONSTRAINT fk_allocations_business_id_appointment_id FOREIGN KEY(business_id, appointment_id) REFERENCES appointments (business_id, id),
    CONSTRAINT ck_allocations_length CHECK (ends_minute > starts_minute),
    CONSTRAINT ck_allocations_quantity CHECK (quantity >= 1)
);

CREATE INDEX ix_allocations_appointment_id ON allocations (business_id, appointment_id);

CREATE INDEX ix_allocations_taken ON allocations (business_id, resource_id, starts_minute, ends_minute) WHERE is_active;

CREATE TABLE deposits (
    business_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    appointment_id INTEGER NOT NULL,
    client_id INTEGER NOT NULL,
    amount_minor INTEGER NOT NULL,
    refunded_minor INTEGER NOT NULL,
    currency TEXT NOT NULL,
    status TEXT NOT NULL,
    is_current BOOLEAN NOT NULL,
    due_at BIGINT,
    paid_at BIGINT,
    refunded_at BIGINT,
    created_at BIGINT NOT NULL,
    CONSTRAINT uq_deposits_business_id_id UNIQUE (business_id, id),
    CONSTRAINT fk_deposits_business_id_appointment_id FOREIGN KEY(business_id, appointment_id) REFERENCES appointments (business_id, id),
    CONSTRAINT fk_deposits_business_id_client_id FOREIGN KEY(business_id, client_id) REFERENCES clients (business_id, id),
    CONSTRAINT ck_deposits_amounts CHECK (amount_minor >= 0 AND refunded_minor BETWEEN 0 AND amount_minor)
);

CREATE UNIQUE INDEX uq_deposits_current ON deposits (business_id, appointment_id) WHERE is_current;

CREATE TRIGGER tr_allocations_exclusive_insert BEFORE INSERT ON allocations
WHEN NEW.is_active AND NEW.is_exclusive
BEGIN
    SELECT RAISE(ABORT, 'ex_allocations_exclusive')
    WHERE EXISTS (
        SELECT 1 FROM allocations AS other
        WHERE other.business_id = NEW.business_id
            AND other.resource_id = NEW.resource_id
            AND other.is_active
            AND other.is_exclusive
            AND other.id IS NOT NEW.id
            AND other.starts_minute < NEW.ends_minute
            AND NEW.starts_minute < other.ends_minute
    );
END;

CREATE TRIGGER tr_allocations_exclusive_update BEFORE UPDATE OF resource_id, starts_minute, ends_minute, is_active, is_exclusive ON allocations
WHEN NEW.is_active AND NEW.is_exclusive
BEGIN
    SELECT RAISE(ABORT, 'ex_allocations_exclusive')
    WHERE EXISTS (
        SELECT 1 FROM allocations AS other
        WHERE other.business_id = NEW.business_id
            AND other.resource_id = NEW.resource_id
            AND other.is_active
            AND other.is_exclusive
            AND other.id IS NOT NEW.id
            AND other.starts_minute < NEW.ends_minute
            AND NEW.starts_minute < other.ends_minute
    );
END;
