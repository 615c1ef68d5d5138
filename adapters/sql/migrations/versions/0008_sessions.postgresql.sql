ALTER TABLE stream_tickets ADD COLUMN session_id BIGINT;

CREATE INDEX ix_sessions_expires_at ON sessions (expires_at);
