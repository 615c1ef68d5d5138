"""Which Daybook this is."""

VERSION = "0.1.0"
