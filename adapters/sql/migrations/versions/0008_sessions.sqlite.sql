ALTER TABLE stream_tickets ADD COLUMN session_id INTEGER;
