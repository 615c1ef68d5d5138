"""Calendars: appointments out, as feeds that other programs subscribe to; busy time in, from theirs."""
