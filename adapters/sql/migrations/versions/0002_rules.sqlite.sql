ALTER TABLE sequences ADD COLUMN rules_revision INTEGER NOT NULL DEFAULT 0;

ALTER TABLE businesses ADD COLUMN waitlist_mode TEXT NOT NULL DEFAULT 'HOLD_AND_OFFER';

ALTER TABLE services ADD COLUMN policies JSON NOT NULL DEFAULT '{}';

CREATE TABLE resources_anew (
    business_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    capacity INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    description TEXT,
    location_id INTEGER,
    archived_at BIGINT,
    CONSTRAINT uq_resources_business_id_id UNIQUE (business_id, id),
    CONSTRAINT fk_resources_business_id FOREIGN KEY(business_id) REFERENCES businesses (business_id),
    CONSTRAINT fk_resources_business_id_location_id FOREIGN KEY(business_id, location_id) REFERENCES locations (business_id, id),
    CONSTRAINT ck_resources_capacity CHECK (capacity >= 1)
);

INSERT INTO resources_anew (business_id, id, kind, name, capacity, revision) SELECT business_id, id, kind, name, capacity, revision FROM resources;

DROP TABLE resources;

ALTER TABLE resources_anew RENAME TO resources;

CREATE INDEX ix_resources_revision ON resources (business_id, revision);

CREATE INDEX ix_resources_rooms_and_kit ON resources (business_id) WHERE kind IN ('room', 'kit');

CREATE TABLE schedules (
    business_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    provider_id INTEGER,
    location_id INTEGER,
    time_zone TEXT,
    weekly_hours JSON NOT NULL,
    first_day DATE,
    last_day DATE,
    service_ids JSON,
    is_public BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT uq_schedules_business_id_id UNIQUE (business_id, id),
    CONSTRAINT fk_schedules_business_id FOREIGN KEY(business_id) REFERENCES businesses (business_id),
    CONSTRAINT fk_schedules_business_id_provider_id FOREIGN KEY(business_id, provider_id) REFERENCES providers (business_id, id),
    CONSTRAINT fk_schedules_business_id_location_id FOREIGN KEY(business_id, location_id) REFERENCES locations (business_id, id)
);

CREATE TABLE date_overrides (
    business_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    provider_id INTEGER,
    location_id INTEGER,
    day DATE NOT NULL,
    shifts JSON NOT NULL,
    note TEXT,
    created_at BIGINT NOT NULL,
    CONSTRAINT uq_date_overrides_business_id_id UNIQUE (business_id, id),
    CONSTRAINT fk_date_overrides_business_id FOREIGN KEY(business_id) REFERENCES businesses (business_id),
    CONSTRAINT fk_date_overrides_business_id_provider_id FOREIGN KEY(business_id, provider_id) REFERENCES providers (business_id, id),
    CONSTRAINT fk_date_overrides_business_id_location_id FOREIGN KEY(business_id, location_id) REFERENCES locations (business_id, id)
);

CREATE UNIQUE INDEX uq_date_overrides_business ON date_overrides (business_id, day) WHERE provider_id IS NULL AND location_id IS NULL;

CREATE UNIQUE INDEX uq_date_overrides_location ON date_overrides (business_id, location_id, day) WHERE provider_id IS NULL AND location_id IS NOT NULL;

CREATE UNIQUE INDEX uq_date_overrides_provider ON date_overrides (business_id, provider_id, day) WHERE provider_id IS NOT NULL;

CREATE TABLE holiday_calendars (
    business_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    code TEXT NOT NULL,
    location_id INTEGER,
    created_at BIGINT NOT NULL,
    CONSTRAINT uq_holiday_calendars_business_id_id UNIQUE (business_id, id),
    CONSTRAINT fk_holiday_calendars_business_id FOREIGN KEY(business_id) REFERENCES businesses (business_id),
    CONSTRAINT fk_holiday_calendars_business_id_location_id FOREIGN KEY(business_id, location_id) REFERENCES locations (business_id, id)
);

CREATE TABLE holidays (
    business_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    first_day DATE NOT NULL,
    last_day DATE NOT NULL,
    location_id INTEGER,
    calendar_id INTEGER,
    created_at BIGINT NOT NULL,
    CONSTRAINT uq_holidays_business_id_id UNIQUE (business_id, id),
    CONSTRAINT fk_holidays_business_id FOREIGN KEY(business_id) REFERENCES businesses (business_id),
    CONSTRAINT fk_holidays_business_id_location_id FOREIGN KEY(business_id, location_id) REFERENCES locations (business_id, id),
    CONSTRAINT fk_holidays_business_id_calendar_id FOREIGN KEY(business_id, calendar_id) REFERENCES holiday_calendars (business_id, id)
);

CREATE INDEX ix_holidays_calendar_id ON holidays (business_id, calendar_id);

CREATE TABLE blocks (
    business_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    title TEXT,
    starts TEXT NOT NULL,
    ends TEXT NOT NULL,
    time_zone TEXT,
    recurrence JSON,
    exceptions JSON NOT NULL,
    reaches JSON NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT uq_blocks_business_id_id UNIQUE (business_id, id),
    CONSTRAINT fk_blocks_business_id FOREIGN KEY(business_id) REFERENCES businesses (business_id)
);

CREATE TABLE series (
    business_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    provider_id INTEGER NOT NULL,
    client_id INTEGER NOT NULL,
    service_id INTEGER,
    recurrence JSON NOT NULL,
    starts_at BIGINT NOT NULL,
    time_zone TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT uq_series_business_id_id UNIQUE (business_id, id),
    CONSTRAINT fk_series_business_id_provider_id FOREIGN KEY(business_id, provider_id) REFERENCES providers (business_id, id),
    CONSTRAINT fk_series_business_id_client_id FOREIGN KEY(business_id, client_id) REFERENCES clients (business_id, id),
    CONSTRAINT fk_series_business_id_service_id FOREIGN KEY(business_id, service_id) REFERENCES services (business_id, id)
);

CREATE TABLE group_sessions (
    business_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    provider_id INTEGER NOT NULL,
    service_id INTEGER NOT NULL,
    location_id INTEGER NOT NULL,
    seats_id INTEGER NOT NULL,
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    duration_minutes INTEGER NOT NULL,
    capacity INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    ended_at BIGINT,
    CONSTRAINT uq_group_sessions_business_id_id UNIQUE (business_id, id),
    CONSTRAINT fk_group_sessions_business_id_provider_id FOREIGN KEY(business_id, provider_id) REFERENCES providers (business_id, id),
    CONSTRAINT fk_group_sessions_business_id_service_id FOREIGN KEY(business_id, service_id) REFERENCES services (business_id, id),
    CONSTRAINT fk_group_sessions_business_id_location_id FOREIGN KEY(business_id, location_id) REFERENCES locations (business_id, id),
    CONSTRAINT fk_group_sessions_business_id_seats_id FOREIGN KEY(business_id, seats_id) REFERENCES resources (business_id, id)
);

CREATE INDEX ix_group_sessions_seats_id ON group_sessions (business_id, seats_id);

CREATE UNIQUE INDEX uq_group_sessions_open ON group_sessions (business_id, provider_id, service_id, starts_at) WHERE ended_at IS NULL;

CREATE TABLE holds (
    business_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    provider_id INTEGER NOT NULL,
    service_id INTEGER,
    client_id INTEGER,
    location_id INTEGER NOT NULL,
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    duration_minutes INTEGER NOT NULL,
    seats INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT,
    ended_as TEXT,
    CONSTRAINT uq_holds_business_id_id UNIQUE (business_id, id),
    CONSTRAINT fk_holds_business_id_provider_id FOREIGN KEY(business_id, provider_id) REFERENCES providers (business_id, id),
    CONSTRAINT fk_holds_business_id_service_id FOREIGN KEY(business_id, service_id) REFERENCES services (business_id, id),
    CONSTRAINT fk_holds_business_id_client_id FOREIGN KEY(business_id, client_id) REFERENCES clients (business_id, id),
    CONSTRAINT fk_holds_business_id_location_id FOREIGN KEY(business_id, location_id) REFERENCES locations (business_id, id),
    CONSTRAINT ck_holds_seats CHECK (seats >= 1)
);

CREATE TABLE service_providers (
    business_id INTEGER NOT NULL,
    service_id INTEGER NOT NULL,
    provider_id INTEGER NOT NULL,
    weight INTEGER NOT NULL,
    CONSTRAINT pk_service_providers PRIMARY KEY (business_id, service_id, provider_id),
    CONSTRAINT fk_service_providers_business_id_service_id FOREIGN KEY(business_id, service_id) REFERENCES services (business_id, id),
    CONSTRAINT fk_service_providers_business_id_provider_id FOREIGN KEY(business_id, provider_id) REFERENCES providers (business_id, id),
    CONSTRAINT ck_service_providers_weight CHECK (weight >= 1)
);

CREATE TABLE appointments_anew (
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
    awaiting TEXT,
    seats INTEGER NOT NULL,
    segments JSON,
    needs JSON,
    group_session_id INTEGER,
    series_id INTEGER,
    CONSTRAINT uq_appointments_business_id_id UNIQUE (business_id, id),
    CONSTRAINT fk_appointments_business_id_location_id FOREIGN KEY(business_id, location_id) REFERENCES locations (business_id, id),
    CONSTRAINT fk_appointments_business_id_provider_id FOREIGN KEY(business_id, provider_id) REFERENCES providers (business_id, id),
    CONSTRAINT fk_appointments_business_id_client_id FOREIGN KEY(business_id, client_id) REFERENCES clients (business_id, id),
    CONSTRAINT fk_appointments_business_id_service_id FOREIGN KEY(business_id, service_id) REFERENCES services (business_id, id),
    CONSTRAINT fk_appointments_business_id_group_session_id FOREIGN KEY(business_id, group_session_id) REFERENCES group_sessions (business_id, id),
    CONSTRAINT fk_appointments_business_id_series_id FOREIGN KEY(business_id, series_id) REFERENCES series (business_id, id),
    CONSTRAINT ck_appointments_length CHECK (ends_at > starts_at),
    CONSTRAINT ck_appointments_seats CHECK (seats >= 1)
);

INSERT INTO appointments_anew (business_id, id, location_id, provider_id, client_id, service_id, status, starts_at, ends_at, duration_minutes, buffer_before_minutes, buffer_after_minutes, price_minor, deposit_minor, currency, description, style, notes, internal_notes, created_at, updated_at, confirmed_at, cancellation_reason, seats)
SELECT business_id, id, location_id, provider_id, client_id, service_id, status, starts_at, ends_at, duration_minutes, buffer_before_minutes, buffer_after_minutes, price_minor, deposit_minor, currency, description, style, notes, internal_notes, created_at, updated_at, confirmed_at, cancellation_reason, 1 FROM appointments;

DROP TABLE appointments;

ALTER TABLE appointments_anew RENAME TO appointments;

CREATE INDEX ix_appointments_client_id ON appointments (business_id, client_id, starts_at);

CREATE INDEX ix_appointments_group_session_id ON appointments (business_id, group_session_id);

CREATE INDEX ix_appointments_provider_id ON appointments (business_id, provider_id, starts_at);

CREATE INDEX ix_appointments_series_id ON appointments (business_id, series_id);

CREATE INDEX ix_appointments_starts_at ON appointments (business_id, starts_at, id);

CREATE TABLE allocations_anew (
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
    hold_id INTEGER,
    group_session_id INTEGER,
    service_id INTEGER,
    begins_minute INTEGER,
    expires_at BIGINT,
    CONSTRAINT uq_allocations_business_id_id UNIQUE (business_id, id),
    CONSTRAINT fk_allocations_business_id_resource_id FOREIGN KEY(business_id, resource_id) REFERENCES resources (business_id, id),
    CONSTRAINT fk_allocations_business_id_appointment_id FOREIGN KEY(business_id, appointment_id) REFERENCES appointments (business_id, id),
    CONSTRAINT fk_allocations_business_id_hold_id FOREIGN KEY(business_id, hold_id) REFERENCES holds (business_id, id),
    CONSTRAINT fk_allocations_business_id_group_session_id FOREIGN KEY(business_id, group_session_id) REFERENCES group_sessions (business_id, id),
    CONSTRAINT ck_allocations_length CHECK (ends_minute > starts_minute),
    CONSTRAINT ck_allocations_quantity CHECK (quantity >= 1)
);

INSERT INTO allocations_anew (business_id, id, resource_id, quantity, starts_minute, ends_minute, kind, is_active, is_exclusive, appointment_id, expires_at) SELECT business_id, id, resource_id, quantity, starts_minute, ends_minute, kind, is_active, is_exclusive, appointment_id, expires_at FROM allocations;

DROP TABLE allocations;

ALTER TABLE allocations_anew RENAME TO allocations;

CREATE INDEX ix_allocations_appointment_id ON allocations (business_id, appointment_id);

CREATE INDEX ix_allocations_group_session_id ON allocations (business_id, group_session_id);

CREATE INDEX ix_allocations_hold_id ON allocations (business_id, hold_id);

CREATE INDEX ix_allocations_taken ON allocations (business_id, resource_id, starts_minute, ends_minute) WHERE is_active;

UPDATE allocations
SET begins_minute = starts_minute + a.buffer_before_minutes, service_id = a.service_id
FROM appointments AS a
WHERE a.business_id = allocations.business_id AND a.id = allocations.appointment_id;

UPDATE allocations SET is_active = false WHERE kind = 'hold';

CREATE TABLE appointment_providers (
    business_id INTEGER NOT NULL,
    appointment_id INTEGER NOT NULL,
    provider_id INTEGER NOT NULL,
    CONSTRAINT pk_appointment_providers PRIMARY KEY (business_id, appointment_id, provider_id),
    CONSTRAINT fk_appointment_providers_business_id_appointment_id FOREIGN KEY(business_id, appointment_id) REFERENCES appointments (business_id, id),
    CONSTRAINT fk_appointment_providers_business_id_provider_id FOREIGN KEY(business_id, provider_id) REFERENCES providers (business_id, id)
);

CREATE TABLE provider_choices (
    business_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    appointment_id INTEGER NOT NULL,
    service_id INTEGER,
    mode TEXT NOT NULL,
    provider_id INTEGER NOT NULL,
    candidates JSON NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT uq_provider_choices_business_id_id UNIQUE (business_id, id),
    CONSTRAINT fk_provider_choices_business_id_appointment_id FOREIGN KEY(business_id, appointment_id) REFERENCES appointments (business_id, id),
    CONSTRAINT fk_provider_choices_business_id_service_id FOREIGN KEY(business_id, service_id) REFERENCES services (business_id, id),
    CONSTRAINT fk_provider_choices_business_id_provider_id FOREIGN KEY(business_id, provider_id) REFERENCES providers (business_id, id)
);

CREATE INDEX ix_provider_choices_appointment_id ON provider_choices (business_id, appointment_id);

CREATE INDEX ix_provider_choices_service_id ON provider_choices (business_id, service_id, created_at);

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

CREATE TRIGGER tr_allocations_room_insert BEFORE INSERT ON allocations
WHEN NEW.is_active AND NOT NEW.is_exclusive AND NEW.kind <> 'external'
BEGIN
    SELECT RAISE(ABORT, 'ex_allocations_room')
    WHERE NEW.quantity + (
        SELECT max(level) FROM (
            SELECT (
                SELECT coalesce(sum(beside.quantity), 0) FROM allocations AS beside
                WHERE beside.business_id = NEW.business_id AND beside.resource_id = NEW.resource_id
                    AND beside.is_active AND beside.kind <> 'external' AND beside.id IS NOT NEW.id
                    AND beside.starts_minute <= edge.at AND edge.at < beside.ends_minute
            ) AS level
            FROM (
                SELECT NEW.starts_minute AS at
                UNION
                SELECT other.starts_minute FROM allocations AS other
                WHERE other.business_id = NEW.business_id AND other.resource_id = NEW.resource_id
                    AND other.is_active AND other.kind <> 'external' AND other.id IS NOT NEW.id
                    AND other.starts_minute > NEW.starts_minute AND other.starts_minute < NEW.ends_minute
            ) AS edge
        )
    ) > (SELECT capacity FROM resources WHERE business_id = NEW.business_id AND id = NEW.resource_id);
END;

CREATE TRIGGER tr_allocations_room_update BEFORE UPDATE OF resource_id, quantity, starts_minute, ends_minute, kind, is_active, is_exclusive ON allocations
WHEN NEW.is_active AND NOT NEW.is_exclusive AND NEW.kind <> 'external'
BEGIN
    SELECT RAISE(ABORT, 'ex_allocations_room')
    WHERE NEW.quantity + (
        SELECT max(level) FROM (
            SELECT (
                SELECT coalesce(sum(beside.quantity), 0) FROM allocations AS beside
                WHERE beside.business_id = NEW.business_id AND beside.resource_id = NEW.resource_id
                    AND beside.is_active AND beside.kind <> 'external' AND beside.id IS NOT NEW.id
                    AND beside.starts_minute <= edge.at AND edge.at < beside.ends_minute
            ) AS level
            FROM (
                SELECT NEW.starts_minute AS at
                UNION
                SELECT other.starts_minute FROM allocations AS other
                WHERE other.business_id = NEW.business_id AND other.resource_id = NEW.resource_id
                    AND other.is_active AND other.kind <> 'external' AND other.id IS NOT NEW.id
                    AND other.starts_minute > NEW.starts_minute AND other.starts_minute < NEW.ends_minute
            ) AS edge
        )
    ) > (SELECT capacity FROM resources WHERE business_id = NEW.business_id AND id = NEW.resource_id);
END;
