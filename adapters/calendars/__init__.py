"""Calendars in iCalendar (RFC 5545): feeds written, and others' calendars read."""
