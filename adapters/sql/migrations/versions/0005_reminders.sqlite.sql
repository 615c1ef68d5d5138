ALTER TABLE clients ADD COLUMN language TEXT;

ALTER TABLE clients ADD COLUMN sms_opted_out_at BIGINT;

CREATE INDEX ix_jobs_of_business ON jobs (lane, business_id, run_at, id) WHERE state = 'WAITING';

CREATE TABLE message_settings (
    business_id INTEGER NOT NULL,
    language TEXT NOT NULL,
    changes_held_minutes INTEGER NOT NULL,
    channels JSON NOT NULL,
    reminders JSON NOT NULL,
    updated_at BIGINT NOT NULL,
    CONSTRAINT pk_message_settings PRIMARY KEY (business_id),
    CONSTRAINT fk_message_settings_business_id FOREIGN KEY(business_id) REFERENCES businesses (business_id)
);

CREATE TABLE message_templates (
    business_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    channel TEXT NOT NULL,
    language TEXT NOT NULL,
    subject TEXT,
    text TEXT NOT NULL,
    html TEXT,
    updated_at BIGINT NOT NULL,
    CONSTRAINT pk_message_templates PRIMARY KEY (business_id, name, channel, language),
    CONSTRAINT fk_message_templates_business_id FOREIGN KEY(business_id) REFERENCES businesses (business_id)
);

CREATE TABLE messages (
    business_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    message_key TEXT NOT NULL,
    channel TEXT NOT NULL,
    template TEXT NOT NULL,
    language TEXT NOT NULL,
    client_id INTEGER,
    appointment_id INTEGER,
    facts JSON NOT NULL,
    status TEXT NOT NULL,
    segments INTEGER,
    sid TEXT,
    error_code INTEGER,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CONSTRAINT uq_messages_business_id_id UNIQUE (business_id, id),
    CONSTRAINT fk_messages_business_id_client_id FOREIGN KEY(business_id, client_id) REFERENCES clients (business_id, id),
    CONSTRAINT fk_messages_business_id_appointment_id FOREIGN KEY(business_id, appointment_id) REFERENCES appointments (business_id, id)
);

CREATE UNIQUE INDEX uq_messages_message_key ON messages (business_id, message_key);

CREATE INDEX ix_messages_appointment_id ON messages (business_id, appointment_id, id);
