"""What can happen: the catalogue of event types."""
