"""Businesses and who is in them: locations, providers, clients."""
