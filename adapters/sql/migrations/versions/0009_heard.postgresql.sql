ALTER TABLE allocations ADD CONSTRAINT fk_allocations_business_id_calendar_source_id FOREIGN KEY (business_id, calendar_source_id) REFERENCES calendar_sources (business_id, id) NOT VALID;

ALTER TABLE allocations VALIDATE CONSTRAINT fk_allocations_business_id_calendar_source_id;

CREATE INDEX ix_messages_client_id ON messages (business_id, client_id, id);

CREATE INDEX ix_clients_phone_e164 ON clients (business_id, phone_e164) WHERE phone_e164 IS NOT NULL;

CREATE INDEX ix_appointment_providers_provider_id ON appointment_providers (business_id, provider_id);
