"""Selections into fenced SQL: one statement per level, to-one relations joined in."""
