"""The bell that wakes readers of the log: in one process, or across several by Redis."""
