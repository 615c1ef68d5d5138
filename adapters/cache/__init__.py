"""What several processes share for a moment, in Redis."""
