"""Rooms and kit: what a service needs beside the provider."""
