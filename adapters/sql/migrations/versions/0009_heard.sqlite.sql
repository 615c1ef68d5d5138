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
    calendar_source_id INTEGER,
    expires_at BIGINT,
    CONSTRAINT uq_allocations_business_id_id UNIQUE (business_id, id),
    CONSTRAINT fk_allocations_business_id_resource_id FOREIGN KEY(business_id, resource_id) REFERENCES resources (business_id, id),
    CONSTRAINT fk_allocations_business_id_appointment_id FOREIGN KEY(business_id, appointment_id) REFERENCES appointments (business_id, id),
    CONSTRAINT fk_allocations_business_id_hold_id FOREIGN KEY(business_id, hold_id) REFERENCES holds (business_id, id),
    CONSTRAINT fk_allocations_business_id_group_session_id FOREIGN KEY(business_id, group_session_id) REFERENCES group_sessions (business_id, id),
    CONSTRAINT fk_allocations_business_id_calendar_source_id FOREIGN KEY(business_id, calendar_source_id) REFERENCES calendar_sources (business_id, id),
    CONSTRAINT ck_allocations_length CHECK (ends_minute > starts_minute),
    CONSTRAINT ck_allocations_quantity CHECK (quantity >= 1)
);

INSERT INTO allocations_anew (business_id, id, resource_id, quantity, starts_minute, ends_minute, kind, is_active, is_exclusive, appointment_id, hold_id, group_session_id, service_id, begins_minute, calendar_source_id, expires_at)
SELECT business_id, id, resource_id, quantity, starts_minute, ends_minute, kind, is_active, is_exclusive, appointment_id, hold_id, group_session_id, service_id, begins_minute, calendar_source_id, expires_at FROM allocations;

DROP TABLE allocations;

ALTER TABLE allocations_anew RENAME TO allocations;

CREATE INDEX ix_allocations_appointment_id ON allocations (business_id, appointment_id);

CREATE INDEX ix_allocations_group_session_id ON allocations (business_id, group_session_id);

CREATE INDEX ix_allocations_hold_id ON allocations (business_id, hold_id);

CREATE INDEX ix_allocations_taken ON allocations (business_id, resource_id, starts_minute, ends_minute) WHERE is_active;

CREATE INDEX ix_allocations_calendar_source_id ON allocations (business_id, calendar_source_id);

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

CREATE INDEX ix_messages_client_id ON messages (business_id, client_id, id);

CREATE INDEX ix_clients_phone_e164 ON clients (business_id, phone_e164) WHERE phone_e164 IS NOT NULL;

CREATE INDEX ix_appointment_providers_provider_id ON appointment_providers (business_id, provider_id);
