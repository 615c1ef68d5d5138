"""The plan a business is on, and what it allows."""
