"""Webhooks: where a business wants its events sent, and how they get there."""
