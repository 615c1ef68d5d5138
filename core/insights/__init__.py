"""Figures over state: counted from what is, never from the log, which is pruned."""
